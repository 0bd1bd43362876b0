"""What the spaces service asks elsewhere, and what others ask of it, through a link."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from folkmoot import asking
from folkmoot.asking import Asking, Unreachable
from folkmoot.eager import begin
from folkmoot.links import Links
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element
from tests.facades.test_any_stanza import stanzas
from tests.stage import PATIENCE_SECONDS, SERVICES, Stage, Wire, element, staged

SPACES = JID.parse("pubsub.shakespeare.lit")
ROOM = JID.parse("orchard@conference.verona.lit")
PUBSUB = "http://jabber.org/protocol/pubsub"
PING = Element("urn:xmpp:ping", "ping")


async def under_way(seconds: float = 5.0) -> tuple[Asking, Wire, asyncio.Task[Element | None]]:
    """A question that is on its way."""
    wire, links = Wire(), Links(SERVICES)
    links.add(wire)
    made = Asking(SPACES, links)
    task = asyncio.ensure_future(made.ask(ROOM, "get", PING, seconds))
    await asyncio.sleep(0)
    return made, wire, task


def answer(wire: Wire, type: str = "result", **attrs: str) -> Element:
    """What comes back for the last question."""
    about = {"type": type, "id": wire.sent[-1].get("id"), "from": str(ROOM), "to": str(SPACES)}
    about |= attrs
    return Element(CLIENT, "iq", about)


def arrived(made: Asking, stanza: Element) -> bool:
    """Something comes through the link."""
    to = JID.parse(stanza.get("to", ""))
    return made.answered(JID.parse(stanza.get("from", "")), to, stanza)


async def test_a_question_and_its_answer() -> None:
    """The child of the result, or nothing."""
    made, wire, task = await under_way()
    assert wire.sent[0].get("from") == str(SPACES)
    assert wire.sent[0].get("to") == str(ROOM)
    told = answer(wire)
    told.append(PING)
    assert arrived(made, told)
    assert await task == PING
    assert arrived(made, told), "late, and nobody else's"


@pytest.mark.parametrize(
    "attrs", [{"from": "tybalt@verona.lit"}, {"to": f"deputy@{SPACES}"}, {"id": "guessed"}]
)
async def test_an_answer_of_somebody_else(attrs: dict[str, str]) -> None:
    """Only who was asked answers, and only what was asked."""
    made, wire, task = await under_way()
    assert arrived(made, answer(wire, **attrs)) is ("id" not in attrs)
    assert not task.done()
    arrived(made, answer(wire))
    assert await task is None


async def test_a_refusal() -> None:
    """As the other side says it; a condition nobody knows is undefined."""
    for said, condition in (("forbidden", "forbidden"), ("tantrum", "undefined-condition")):
        made, wire, task = await under_way()
        told = answer(wire, "error")
        ns = "urn:ietf:params:xml:ns:xmpp-stanzas"
        error = Element(CLIENT, "error", None, Element(ns, said), Element(ns, "text", None, "No."))
        told.append(error)
        arrived(made, told)
        with pytest.raises(StanzaError) as refused:
            await task
        assert (refused.value.condition, refused.value.text) == (condition, "No.")


async def test_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """No link, a link that is lost, no time left, and QUESTIONS_MAX."""
    with pytest.raises(Unreachable, match="no link"):
        await Asking(SPACES, Links(SERVICES)).ask(ROOM, "get", PING, 1.0)
    made, _, task = await under_way()
    made.lost(SPACES)
    with pytest.raises(Unreachable, match="lost"):
        await task
    _, _, task = await under_way(seconds=0.0)
    with pytest.raises(Unreachable, match="no answer within 0 seconds"):
        await task
    monkeypatch.setattr(asking, "QUESTIONS_MAX", 1)
    made, _, task = await under_way()
    with pytest.raises(Unreachable, match="too many"):
        await made.ask(ROOM, "get", PING, 1.0)
    made.lost(SPACES)
    with pytest.raises(Unreachable):
        await task


async def test_nobody_answers_who_was_asked_at_once() -> None:
    """Begun without a task of its own, a question ends itself and nobody else."""
    links = Links(SERVICES)
    links.add(Wire())
    made, failed = Asking(SPACES, links), list[str]()

    async def asks() -> None:
        try:
            await made.ask(ROOM, "get", PING, 0.01)
        except Unreachable as error:
            failed.append(str(error))

    rest = begin(asks())
    assert rest is not None
    task = asyncio.ensure_future(rest)
    await asyncio.wait((task,), timeout=PATIENCE_SECONDS)
    assert failed == ["no answer within 0.01 seconds"]


# --- others ask


async def arrives(stage: Stage, wire: Wire, xml: str | Element) -> None:
    """A stanza comes through the link."""
    stage.core.router.elsewhere.arrived(wire, element(xml) if isinstance(xml, str) else xml)
    await stage.core.router.idle()
    await stage.core.engine.settled()
    await asyncio.sleep(0)


async def test_somebody_elsewhere_uses_spaces(stage: Stage) -> None:
    """Their requests are answered, and they hear what they subscribe to, through the link."""
    wire = Wire()
    stage.core.router.elsewhere.links.add(wire)
    hamlet = await stage.client("hamlet@shakespeare.lit/castle", available=True)
    create = f"<pubsub xmlns='{PUBSUB}'><create node='denmark'/></pubsub>"
    await hamlet.asks(f"<iq type='set' to='{SPACES}' id='c'>{create}</iq>", "<iq type='result'/>")
    subscribe = "<subscribe node='denmark' jid='romeo@verona.lit'/>"
    await arrives(
        stage,
        wire,
        f"<iq type='set' id='s' from='romeo@verona.lit/home' to='{SPACES}'>"
        f"<pubsub xmlns='{PUBSUB}'>{subscribe}</pubsub></iq>",
    )
    item = "<publish node='denmark'><item id='i'><x xmlns='urn:x'/></item></publish>"
    publish = f"<pubsub xmlns='{PUBSUB}'>{item}</pubsub>"
    await hamlet.asks(f"<iq type='set' to='{SPACES}' id='p'>{publish}</iq>", "<iq type='result'/>")
    told = [(each.name, each.get("type"), each.get("to")) for each in wire.sent]
    assert told == [
        ("iq", "result", "romeo@verona.lit/home"),
        ("message", "headline", "romeo@verona.lit"),
    ]


@pytest.mark.parametrize(
    "attrs",
    [
        "from='hamlet@shakespeare.lit' to='pubsub.shakespeare.lit'",
        "from='chat.shakespeare.lit' to='pubsub.shakespeare.lit'",
        "from='romeo@verona.lit' to='hamlet@shakespeare.lit'",
        "from='romeo@verona.lit' to='coven@chat.shakespeare.lit'",
        "from='romeo@verona.lit'",
        "from='@' to='pubsub.shakespeare.lit'",
        "to='pubsub.shakespeare.lit'",
    ],
)
async def test_who_is_no_stranger_and_what_is_not_for_spaces(stage: Stage, attrs: str) -> None:
    """Nobody comes through the link in the name of somebody of ours, or to another service."""
    wire = Wire()
    stage.core.router.elsewhere.links.add(wire)
    create = f"<pubsub xmlns='{PUBSUB}'><create node='denmark'/></pubsub>"
    await arrives(stage, wire, f"<iq type='set' id='c' {attrs}>{create}</iq>")
    assert wire.sent == []


async def test_an_answer_to_no_question(stage: Stage) -> None:
    """Nothing is said to it."""
    wire = Wire()
    stage.core.router.elsewhere.links.add(wire)
    await arrives(stage, wire, f"<iq type='result' id='x' from='verona.lit' to='{SPACES}'/>")
    assert wire.sent == []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(stanzas(), min_size=1, max_size=6))
def test_any_stanza_from_elsewhere(script: list[Element]) -> None:
    """None is a bug, and every request to the service is answered once."""

    async def play() -> None:
        async with staged() as stage:
            wire = Wire()
            stage.core.router.elsewhere.links.add(wire)
            for stanza in script:
                stanza.attrs |= {"from": "romeo@verona.lit/home", "to": str(SPACES)}
                wire.sent.clear()
                await arrives(stage, wire, stanza)
                answers = [each for each in wire.sent if each.name == "iq"]
                if stanza.name == "iq" and stanza.get("type") in ("get", "set"):
                    assert len(answers) == 1
                    assert "internal-server-error" not in repr(answers)

    with capture_logs() as logs:
        asyncio.run(play())
    assert not [each for each in logs if each["log_level"] == "error"]
