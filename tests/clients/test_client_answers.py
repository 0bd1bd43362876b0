"""folkmoot.client and services that answer badly, or not at all: each way is a type of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from xml.etree import ElementTree

import pytest
import pytest_asyncio
import slixmpp
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

from folkmoot.client import (
    BadAnswer,
    Content,
    Images,
    Membership,
    NoAnswer,
    NotOffered,
    Refused,
    Space,
    SpaceAddress,
    Spaces,
    SpacesError,
    State,
    asking,
    log_in,
)
from folkmoot.client.connection import ended
from folkmoot.demo.cast import reachable, unverified
from tests.clients.town import PASSWORD, Town

pytestmark = pytest.mark.asyncio(loop_scope="session")

Ask = Callable[[Spaces, SpaceAddress], Awaitable[object]]

CONDITION = "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'"
DETAIL = "xmlns='http://jabber.org/protocol/pubsub#errors'"
PUBSUB = "xmlns='http://jabber.org/protocol/pubsub'"
OWNER = "xmlns='http://jabber.org/protocol/pubsub#owner'"


class Service:
    """A client whose full JID answers requests as it is told to, as a service would."""

    def __init__(self, client: slixmpp.ClientXMPP) -> None:
        self.client: Any = client
        self.answer: str | None = None
        handler: Any = Callback("all", MatchXPath("{jabber:client}iq"), self._asked)
        self.client.register_handler(handler)

    @property
    def address(self) -> SpaceAddress:
        """A space of its."""
        return SpaceAddress.of(self.client.boundjid, "moot")

    def _asked(self, iq: Any) -> None:
        if self.answer is None or iq["type"] not in ("get", "set"):
            return
        reply = iq.reply()
        for child in ElementTree.fromstring(f"<x xmlns='jabber:client'>{self.answer}</x>"):
            if child.tag.endswith("}error"):
                reply["type"] = "error"
            reply.xml.append(child)
        reply.send()


@pytest_asyncio.fixture(loop_scope="session")
async def broken(town: Town) -> AsyncIterator[Service]:
    """A service to break."""
    at = reachable(town.holder.listening["tcp"])
    jid = f"{await town.account('service')}/spaces"
    client = slixmpp.ClientXMPP(jid, PASSWORD, ssl_context=unverified())
    await log_in(client, at.host, at.port, direct_tls=False)
    yield Service(client)
    await client.disconnect()
    await ended(client)


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        ("<error/>", Refused, "undefined-condition"),
        (f"<error><forbidden {CONDITION}/></error>", Refused, "forbidden"),
        (
            f"<error><closed-node {DETAIL}/><not-allowed {CONDITION}/></error>",
            Refused,
            "not-allowed closed-node",
        ),
        (
            f"<error><conflict {CONDITION}/><text {CONDITION}> Taken. </text></error>",
            Refused,
            "conflict: Taken.",
        ),
        (f"<error><service-unavailable {CONDITION}/></error>", NotOffered, "service-unavailable"),
        (
            f"<error><feature-not-implemented {CONDITION}/>"
            f"<unsupported {DETAIL} feature='subscribe'/></error>",
            NotOffered,
            "feature-not-implemented unsupported",
        ),
    ],
)
async def test_an_error_is_refused(
    town: Town, broken: Service, answer: str, kind: type[Refused], said: str
) -> None:
    """RFC 6120 §8.3.2, XEP-0060 §6.1.3: the condition, what the protocol adds, and the text."""
    juliet = await town.guest("juliet")
    broken.answer = answer
    with pytest.raises(Refused) as refused:
        await juliet.spaces.delete(broken.address)
    assert (type(refused.value), str(refused.value)) == (kind, said)


@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        (lambda spaces, at: spaces.members(at), ""),
        (lambda spaces, at: spaces.members(at), f"<pubsub {OWNER}/>"),
        (lambda spaces, at: spaces.requests(at), f"<pubsub {PUBSUB}/>"),
        (lambda spaces, at: spaces.info(at), ""),
        (lambda spaces, at: spaces.listed(at.service), f"<pubsub {PUBSUB}/>"),
        (lambda spaces, at: spaces.parent(at.service), ""),
        (lambda spaces, at: spaces.invite(at), ""),
        (lambda spaces, at: spaces.audit(at), "<audit xmlns='urn:example:audit'/>"),
        (lambda spaces, at: spaces.rooms.members(at.service), ""),
        (
            lambda spaces, at: spaces.rooms.name_space(at.service, at),
            "<query xmlns='http://jabber.org/protocol/muc#owner'/>",
        ),
    ],
)
async def test_what_has_to_be_there_and_is_not(
    town: Town, broken: Service, ask: Ask, answer: str
) -> None:
    """A result that is none."""
    juliet = await town.guest("juliet")
    broken.answer = answer
    with pytest.raises(BadAnswer):
        await ask(juliet.spaces, broken.address)


async def test_what_may_be_missing(town: Town, broken: Service) -> None:
    """A bare result to a subscription is one; nothing listed is an empty list; no form, no data."""
    juliet = await town.guest("juliet")
    at, broken.answer = broken.address, ""
    assert await juliet.spaces.join(at) == Membership(at, State.SUBSCRIBED)
    assert await juliet.spaces.content(at) == Content()
    assert await juliet.spaces.membership(at) == Membership(at)
    broken.answer = "<query xmlns='http://jabber.org/protocol/disco#info'/>"
    assert await juliet.spaces.info(at) == Space(at)
    assert await juliet.spaces.parent(at.service) is None
    broken.answer = f"<error><feature-not-implemented {CONDITION}/></error>"
    assert await juliet.spaces.membership(at) == Membership(at)


async def test_silence_has_an_end(
    town: Town, broken: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ANSWER_SECONDS, of requests and of rooms that do not let in, speak or let go."""
    monkeypatch.setattr(asking, "ANSWER_SECONDS", 0.05)
    juliet = await town.guest("juliet")
    rooms, at = juliet.spaces.rooms, broken.address.service
    for silence in (
        juliet.spaces.info(broken.address),
        juliet.spaces.put(broken.address, Images("banner")),
        rooms.enter(at.bare, "juliet"),
        rooms.leave(at.bare),
        rooms.say(at, "Nurse!"),
    ):
        with pytest.raises(NoAnswer, match="no answer"):
            await silence


async def test_a_stream_that_ends_answers_nothing(town: Town, broken: Service) -> None:
    """Whoever waits knows at once, and so does who asks afterwards."""
    juliet = await town.guest("juliet")
    asked = [
        asyncio.ensure_future(each)
        for each in (
            juliet.spaces.info(broken.address),
            juliet.spaces.rooms.say(broken.address.service, "Nurse!"),
        )
    ]
    await juliet.is_up_to_date()
    juliet.xmpp.abort()
    for each in asked:
        with pytest.raises(NoAnswer, match="the stream has ended"):
            await each
    with pytest.raises(SpacesError, match="there is no stream"):
        await juliet.spaces.info(broken.address)
