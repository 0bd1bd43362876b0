"""XEP-0060 1.30.0, §17.2: how refusals are worded, and requests that are themselves wrong."""

from __future__ import annotations

import pytest

from folkmoot.engine.errors import Reason
from folkmoot.facades.pubsub.errors import ERRORS
from folkmoot.facades.pubsub.ns import ERRORS as NS
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT, error_reply
from folkmoot.xmpp.xml import Element
from tests.facades.pubsub.denmark import FRANCISCO, OWNER, PUBSUB, Denmark

CONDITIONS = {
    "closed-node",
    "invalid-jid",
    "invalid-option",  # XEP-0496 0.1.0 §4.2
    "item-forbidden",
    "invalid-subid",
    "item-required",
    "max-items-exceeded",
    "node-full",  # §7.1.3.4; the schema forgets it
    "not-in-roster-group",
    "not-subscribed",
    "payload-required",
    "payload-too-big",
    "pending-subscription",
    "precondition-not-met",
    "presence-subscription-required",
    "subid-required",
    "too-many-subscriptions",
    "unsupported",
    "unsupported-access-model",
}


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_wording(reason: Reason) -> None:
    """The table is total, and what it says is in the schema."""
    for detail in ("", "access", "batch", "title"):
        error = ERRORS[reason](detail)
        if error.extension is not None:
            assert error.extension.ns == NS
            assert error.extension.name in CONDITIONS


@pytest.mark.parametrize("reason", Reason)
def test_the_pubsub_condition_stands_first(reason: Reason) -> None:
    """Movim reads the first child of `<error/>` alone."""
    error = ERRORS[reason]("")
    stanza = Element(CLIENT, "iq", {"type": "set", "id": "1"})
    (told,) = error_reply(stanza, error).elements
    if error.extension is not None:
        assert told.first == error.extension
    assert error.condition in [each.name for each in told.elements]


@pytest.mark.parametrize(
    ("type", "ns", "child", "conditions"),
    [
        ("set", PUBSUB, "", ("bad-request",)),
        ("get", OWNER, "", ("bad-request",)),
        ("set", PUBSUB, "words", ("bad-request",)),
        ("get", PUBSUB, "<create node='x'/>", ("bad-request",)),
        ("set", PUBSUB, "<items node='x'/>", ("bad-request",)),
        ("get", OWNER, "<delete node='x'/>", ("bad-request",)),
        ("set", PUBSUB, "<brew/>", ("feature-not-implemented",)),
        ("set", OWNER, "<brew xmlns='urn:coffee'/>", ("feature-not-implemented",)),
        ("set", PUBSUB, "<subscribe/>", ("nodeid-required", "bad-request")),
        ("set", PUBSUB, "<subscribe node=''/>", ("nodeid-required", "bad-request")),
        ("set", PUBSUB, "<subscribe node='x'/>", ("jid-required", "bad-request")),
        ("set", PUBSUB, "<subscribe node='x' jid='@'/>", ("invalid-jid", "bad-request")),
        ("set", PUBSUB, "<unsubscribe node='x'/>", ("jid-required", "bad-request")),
        ("set", PUBSUB, "<publish/>", ("nodeid-required", "bad-request")),
        ("get", PUBSUB, "<items/>", ("nodeid-required", "bad-request")),
        ("get", PUBSUB, "<options node='x'/>", ("jid-required", "bad-request")),
        ("set", OWNER, "<configure node='x'/>", ("bad-request",)),
    ],
)
async def test_requests_that_make_no_sense(
    denmark: Denmark, type: str, ns: str, child: str, conditions: tuple[str, ...]
) -> None:
    """RFC 6120 §8.3.3: the right error, and never `internal-server-error`."""
    francisco = await denmark.client(FRANCISCO)
    await francisco.refused(denmark.iq(type, child, ns), *conditions)


@pytest.mark.parametrize("service", ["hamlet@denmark.lit", "francisco@denmark.lit"])
async def test_what_the_server_keeps_is_not_reached_this_way(
    denmark: Denmark, service: str
) -> None:
    """Messages that wait have a protocol of their own; of presence see XEP-0207."""
    await denmark.stage.account("francisco@denmark.lit")
    for type, child, ns in (
        ("set", "<create node='messages'/>", PUBSUB),
        ("set", "<subscribe node='messages' jid='hamlet@denmark.lit'/>", PUBSUB),
        ("set", "<publish node='messages'><item id='elsinore'><a/></item></publish>", PUBSUB),
        ("set", "<retract node='messages'><item id='elsinore'/></retract>", PUBSUB),
        ("get", "<items node='messages'/>", PUBSUB),
        ("set", "<delete node='messages'/>", OWNER),
        ("get", "<configure node='messages'/>", OWNER),
    ):
        await denmark.hamlet.refused(denmark.iq(type, child, ns, to=service), "not-allowed")
    for name in ("subscriptions", "affiliations"):
        answer = await denmark.hamlet.asks(denmark.iq("get", f"<{name}/>", to=service))
        assert answer.elements[0].elements[0].children == []
    listed = await denmark.hamlet.asks(
        """
        <iq type='get' to='hamlet@denmark.lit' id='disco1'>
          <query xmlns='http://jabber.org/protocol/disco#items'/>
        </iq>"""
    )
    assert listed.elements[0].children == []


async def test_a_node_of_the_service_may_have_such_a_name(denmark: Denmark) -> None:
    """Only at accounts is it anything else."""
    await denmark.makes("presence")
    await denmark.publishes("1", node="presence")
    francisco = await denmark.subscribed(FRANCISCO, "presence")
    assert francisco.jid == JID.parse(FRANCISCO)
    assert await denmark.items(francisco, "presence") == ["1"]
