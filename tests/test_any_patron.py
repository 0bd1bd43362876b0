"""Whatever a server says that delegates and grants, and whatever others say in its stead.

What the server hands on is answered, each once. Who is not on a roster neither sees nor hears of
what is for contacts; and nobody but the server gains anything by its words.
"""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from folkmoot.facades.privilege import NOTHING
from folkmoot.xmpp.xml import Element
from tests.stage import Stage, element, staged
from tests.test_delegation import (
    ANNOYED,
    CAPULET,
    INFO,
    ITEMS,
    JULIET,
    MOOD,
    MOODS,
    PUBSUB,
    SERVER,
    SERVICE,
)
from tests.test_privileges import ACCOUNT, ROMEO, ROSTER, Town, contact

TYBALT = "tybalt@capulet.lit/alley"
SECRET = "curse my nurse"
PEOPLE = (JULIET, ACCOUNT, ROMEO, TYBALT, "rosaline@verona.lit/x")
OTHERS = (*PEOPLE, "verona.lit", SERVICE, "coven@rooms.capulet.lit/first", "@", "")
WORDS = ("", "none", "get", "both", "outgoing", "roster", "managed_entity", "true", "1", MOOD)

people, others, words = st.sampled_from(PEOPLE), st.sampled_from(OTHERS), st.sampled_from(WORDS)
versions = st.sampled_from(
    [f"urn:xmpp:{of}:{number}" for of in ("delegation", "privilege") for number in (1, 2, 3)]
)
payloads = st.sampled_from(
    [
        MOODS,
        ANNOYED,
        f"<query xmlns='{INFO}'/>",
        f"<query xmlns='{INFO}' node='{MOOD}'/>",
        f"<query xmlns='{ITEMS}'/>",
        f"<query xmlns='{ROSTER}'/>",
        f"<pubsub xmlns='{PUBSUB}'><subscribe node='{MOOD}' jid='tybalt@capulet.lit'/></pubsub>",
        f"<pubsub xmlns='{PUBSUB}'><create node='presence'/></pubsub>",
        f"<pubsub xmlns='{PUBSUB}#owner'><purge node='{MOOD}'/></pubsub>",
        f"<pubsub xmlns='{PUBSUB}'/>",
        "<x xmlns='urn:x'/>",
        "",
    ]
)


@st.composite
def inner(draw: st.DrawFn) -> str:
    """What may be handed on."""
    name = draw(st.sampled_from(["iq", "iq", "iq", "message"]))
    type = draw(st.sampled_from(["get", "set", "set", "result", "error", ""]))
    to = draw(st.one_of(st.just(""), st.just(f" to='{ACCOUNT}'"), others.map(" to='{}'".format)))
    xml = draw(payloads)
    by = draw(others)
    return f"<{name} xmlns='jabber:client' id='i' type='{type}' from='{by}'{to}>{xml}</{name}>"


@st.composite
def requests(draw: st.DrawFn) -> str:
    """What people ask of her account, as a server hands it on."""
    xml, by = draw(payloads), draw(people)
    type = "get" if xml == MOODS or xml.startswith("<query") else "set"
    iq = f"<iq xmlns='jabber:client' id='i' type='{type}' from='{by}' to='{ACCOUNT}'>{xml}</iq>"
    return (
        "<iq type='set'><delegation xmlns='urn:xmpp:delegation:2'>"
        f"<forwarded xmlns='urn:xmpp:forward:0'>{iq}</forwarded></delegation></iq>"
    )


@st.composite
def told(draw: st.DrawFn) -> str:
    """What a server says of what it delegates and grants, or hands on."""
    ns = draw(versions)
    kind = draw(st.sampled_from(["delegation", "privilege", "iq", "iq", "disco"]))
    if kind == "delegation":
        names = draw(st.lists(st.sampled_from([PUBSUB, f"{PUBSUB}#owner", INFO, ROSTER, ""])))
        inside = "".join(f"<delegated namespace='{each}'/>" for each in names)
        return f"<message><delegation xmlns='{ns}'>{inside}</delegation></message>"
    if kind == "privilege":
        row = st.builds(
            "<perm access='{}' type='{}' push='{}'/>".format,
            st.sampled_from(["roster", "message", "presence", "iq", ""]),
            words,
            words,
        )
        inside = "".join(draw(st.lists(row, max_size=4)))
        return f"<message><privilege xmlns='{ns}'>{inside}</privilege></message>"
    if kind == "disco":
        between = draw(st.sampled_from(["::", ":bare:", ":"]))
        return f"<iq type='get'><query xmlns='{INFO}' node='{ns}{between}{PUBSUB}'/></iq>"
    type = draw(st.sampled_from(["set", "set", "set", "get", "result", "error"]))
    return (
        f"<iq type='{type}'><delegation xmlns='{ns}'><forwarded xmlns='urn:xmpp:forward:0'>"
        f"{draw(inner())}</forwarded></delegation></iq>"
    )


presences = st.builds(
    "<presence type='{}'>{}</presence>".format,
    st.sampled_from(["unavailable", "", "probe", "subscribe"]),
    st.sampled_from(["", "<priority>x</priority>", "<c xmlns='http://jabber.org/protocol/caps'/>"]),
)
pushes = st.sampled_from(
    [f"<iq type='{type}'><query xmlns='{ROSTER}'/></iq>" for type in ("get", "set", "result")]
)
answers = st.builds("<iq type='{}'>{}</iq>".format, st.sampled_from(["result", "error"]), payloads)
anything = st.one_of(requests(), requests(), told(), presences, pushes, answers)


async def begins(stage: Stage) -> Town:
    """A server that delegates and grants; Juliet has a mood, and devices are there."""
    town = Town(stage)
    town.rosters[ACCOUNT] = contact("romeo@montague.lit", "both")
    await town.delegates(PUBSUB, f"{PUBSUB}#owner")
    await town.grants()
    for jid in (JULIET, ROMEO, TYBALT):
        await town.appears(jid)
    await town.publishes()
    town.sent.clear()
    return town


async def arrives(town: Town, by: str, xml: str, number: int) -> None:
    """A stanza by way of the link."""
    stanza = element(xml)
    stanza.attrs |= {"id": f"n{number}", "from": by, "to": SERVICE}
    if not stanza.get("type"):
        stanza.attrs.pop("type", None)
    town.stage.core.router.elsewhere.arrived(town, stanza)
    await town.settles()


def holds_secret(sent: Element) -> set[str]:
    """To whom a stanza says what is for contacts."""
    if SECRET not in str(sent):
        return set()
    found = {sent.get("to", "")}
    for each in sent.elements:
        found |= holds_secret(each)
    return found - {""}


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.just(SERVER), anything), max_size=12))
def test_anything_the_server_says(said: list[tuple[str, str]]) -> None:
    """Every iq that asks for something is answered once, and nobody hears what is not for them."""

    async def play() -> None:
        async with staged(CAPULET, accounts=False) as stage:
            town = await begins(stage)
            for number, (by, xml) in enumerate(said):
                await arrives(town, by, xml, number)
            asked = {
                f"n{number}"
                for number, (_, xml) in enumerate(said)
                if xml.startswith(("<iq type='get'", "<iq type='set'"))
            }
            replies = [each.get("id") for each in town.sent if each.get("to") == SERVER]
            assert sorted(filter(None, replies)) == sorted(asked)
            heard = {jid for each in town.sent for jid in holds_secret(each)}
            assert heard <= {SERVER, ACCOUNT, JULIET, ROMEO, "romeo@montague.lit"}
            assert not stage.core.router.elsewhere.patron.delegation._waiting

    with capture_logs() as logs:
        asyncio.run(play())
    assert not [each for each in logs if each["log_level"] == "error"], logs


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(others, anything), max_size=12))
def test_anything_others_say(said: list[tuple[str, str]]) -> None:
    """Nothing is delegated or granted by it, nor taken back, nor answered as if it were."""

    async def play() -> None:
        async with staged(CAPULET, accounts=False) as stage:
            town = await begins(stage)
            patron = stage.core.router.elsewhere.patron
            before = patron.grants, patron.delegation.delegated
            for number, (by, xml) in enumerate(said):
                await arrives(town, by, xml, number)
            assert (patron.grants, patron.delegation.delegated) == before
            assert not [each for each in town.sent if SECRET in str(each) and each.name == "iq"]
            stage.core.router.elsewhere.detached(town)
            for number, (by, xml) in enumerate(said):
                await arrives(town, by, xml, number)
            assert (patron.grants, patron.delegation.delegated) == (NOTHING, frozenset())

    with capture_logs() as logs:
        asyncio.run(play())
    assert not [each for each in logs if each["log_level"] == "error"], logs
