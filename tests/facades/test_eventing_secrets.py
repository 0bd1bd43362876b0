"""What pubsub tells of people and rooms, beside what the ordinary protocols tell the same asker.

Row by row as docs/extensions/eventing.md has it, "Who may know what": the asker asks in both ways,
and through pubsub learns the same or less. RFC 6121, XEP-0045 1.35.5, XEP-0207 1.0.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

import pytest

from folkmoot.xmpp.xml import Element
from tests.facades.muc.coven import configures, enters, grants, succeeded
from tests.facades.test_eventing_rooms import (
    BARD,
    JULIET,
    OWNER,
    PUBSUB,
    ROMEO,
    ROOM,
    SERVICE,
    asked,
    subscribe,
)
from tests.facades.verona import arrives, meet
from tests.stage import Client, Stage, staged

PAGE: Final = Path(__file__).parents[2] / "docs/extensions/eventing.md"

NURSE = "nurse@shakespeare.lit"
TYBALT = "tybalt@shakespeare.lit"
PETER = "peter@shakespeare.lit"

Told = list[Element]
Asks = Callable[[Client], Awaitable[Told]]


def iq(to: str, payload: str, type: str = "get") -> str:
    return f"<iq type='{type}' to='{to}' id='ask'>{payload}</iq>"


def asking(*requests: str) -> Asks:
    """All that comes of some iqs; what is refused tells what its error says."""

    async def ask(client: Client) -> Told:
        told: Told = []
        for request in requests:
            told.append(await client.asks(request))
            told += await client.drains()
        return told

    return ask


def saying(*presences: str) -> Asks:
    """All that comes of some presences."""

    async def say(client: Client) -> Told:
        told: Told = []
        for presence in presences:
            await client.sends(presence)
            told += await client.drains()
        return told

    return say


def disco(what: str, to: str, node: str = "") -> str:
    return iq(to, f"<query xmlns='http://jabber.org/protocol/disco#{what}' node='{node}'/>")


def owners(what: str, to: str, node: str) -> str:
    return iq(to, f"<pubsub xmlns='{OWNER}'><{what} node='{node}'/></pubsub>")


def mine(what: str, to: str, attrs: str = "") -> str:
    return iq(to, f"<pubsub xmlns='{PUBSUB}'><{what} {attrs}/></pubsub>")


def facts(told: Told, known: tuple[str, ...]) -> set[str]:
    """Which of some facts were told."""
    said = "".join(map(str, told))
    return {fact for fact in known if fact in said}


def denied(told: Told) -> bool:
    return any(each.get("type") in ("error", "unsubscribed") for each in told)


# --- rooms

CAPULET = "juliet@shakespeare.lit"
ROOM_FACTS: Final = (
    *("romeo@shakespeare.lit", "bard@shakespeare.lit", NURSE, TYBALT, PETER),
    *(f"{ROOM}/Romeo", f"{ROOM}/bard", f"{ROOM}/Peter"),
    *("secret", "aloud", "muc#roomconfig_roomsecret", "A room for few"),
)
"""Who is in it and who belongs to it, really and by nick, what was said, and how it is kept."""

_LISTS = ("owner", "admin", "member", "outcast")

ROOM_PAIRS: Final[Mapping[str, tuple[Asks, Asks]]] = {
    "what a room is": (
        asking(disco("info", ROOM)),
        asking(disco("info", SERVICE, "characters")),
    ),
    "which rooms there are": (
        asking(disco("items", SERVICE)),
        asking(mine("subscriptions", SERVICE), mine("affiliations", SERVICE)),
    ),
    "who is in a room": (
        asking(disco("items", ROOM)),
        asking(
            disco("items", SERVICE, "characters"),
            owners("subscriptions", SERVICE, "characters"),
            mine("subscriptions", SERVICE, "node='characters'"),
        ),
    ),
    "who belongs to a room": (
        asking(
            *(
                iq(
                    ROOM,
                    "<query xmlns='http://jabber.org/protocol/muc#admin'>"
                    f"<item affiliation='{each}'/></query>",
                )
                for each in _LISTS
            )
        ),
        asking(
            owners("affiliations", SERVICE, "characters"),
            mine("affiliations", SERVICE, "node='characters'"),
        ),
    ),
    "how a room is configured": (
        asking(iq(ROOM, "<query xmlns='http://jabber.org/protocol/muc#owner'/>")),
        asking(
            owners("configure", SERVICE, "characters"),
            mine("options", SERVICE, f"node='characters' jid='{ROMEO}'"),
        ),
    ),
    "what was said in a room": (
        asking(iq(ROOM, "<query xmlns='urn:xmpp:mam:2'/>", "set")),
        asking(asked("items node='characters'", "get")),
    ),
}
"""How one asks by XEP-0045 and its kin, and how of the node."""

HEARD_IN_ROOMS: Final = ("who comes into a room, and is there", "what is being said in a room")
"""The rows that are about what one hears unasked, having entered in either way."""

ASKERS = ("stranger", "outcast", "member", "former", "visitor", "participant", "moderator")
INSIDE = ("visitor", "participant", "moderator")
STANDING: Final = {
    "stranger": "none",
    "outcast": "outcast",
    "member": "member",
    "former": "member",
    "moderator": "admin",
}
"""The affiliation of each; the others have the least that lets them in."""

KINDS: Final[Mapping[str, Mapping[str, str]]] = {
    "open": {},
    "hidden": {"publicroom": "0"},
    "membersonly": {"membersonly": "1"},
    "password": {"passwordprotectedroom": "1", "roomsecret": "rose"},
}


async def enter(client: Client, nick: str, *, through_pubsub: bool) -> Told:
    """All that comes of entering, in one of the two ways; with the password, should it be one."""
    if not through_pubsub:
        return await enters(client, nick, "<password>rose</password>", room=ROOM)
    answer = await client.asks(subscribe(str(client.jid), nick, roompassword="rose"))
    return [answer, *await client.drains()]


async def scene(
    stage: Stage, asker: str, whois: str, kind: str, *, through_pubsub: bool
) -> tuple[Client, dict[str, Told]]:
    """A room in which there has been something, and who asks about it; what they heard unasked."""
    bard = await stage.client(BARD)
    await enters(bard, "bard", room=ROOM)
    moderated = "1" if asker == "visitor" else "0"
    fields = {"whois": whois, "moderatedroom": moderated, "roomdesc": "A room for few"}
    succeeded(await configures(bard, {**fields, **KINDS[kind]}, ROOM))
    standing = STANDING.get(asker, "member" if kind == "membersonly" else "none")
    for jid, affiliation in (
        (CAPULET, standing),
        (ROMEO.partition("/")[0], "member"),
        (NURSE, "member"),
        (PETER, "member"),
        (TYBALT, "outcast"),
    ):
        await grants(bard, f"affiliation='{affiliation}' jid='{jid}'", room=ROOM)
    romeo = await stage.client(ROMEO)
    await enter(romeo, "Romeo", through_pubsub=False)
    await romeo.sends(f"<message to='{ROOM}' type='groupchat'><body>secret</body></message>")

    client = await stage.client(JULIET)
    heard: dict[str, Told] = {}
    heard[HEARD_IN_ROOMS[0]] = await enter(client, "JC", through_pubsub=through_pubsub)
    if asker not in INSIDE:
        await client.leaves()
        client = await stage.client(JULIET)
    if asker == "former":
        await grants(bard, f"affiliation='none' jid='{CAPULET}'", room=ROOM)
    peter = await stage.client(f"{PETER}/street")
    await enter(peter, "Peter", through_pubsub=False)
    await grants(bard, "role='none' nick='Peter'", "Out", room=ROOM)
    heard[HEARD_IN_ROOMS[0]] += await client.drains()
    await romeo.sends(f"<message to='{ROOM}' type='groupchat'><body>aloud</body></message>")
    heard[HEARD_IN_ROOMS[1]] = await client.drains()
    return client, heard


@pytest.mark.parametrize("whois", ["anyone", "moderators"])
@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("asker", ASKERS)
async def test_rooms_tell_no_more_through_pubsub(asker: str, kind: str, whois: str) -> None:
    """Whoever asks, of whichever kind of room: the same, or less; and refused where refused."""
    heard: dict[bool, dict[str, Told]] = {}
    for through_pubsub in (False, True):
        async with staged() as stage:
            client, came = await scene(stage, asker, whois, kind, through_pubsub=through_pubsub)
            heard[through_pubsub] = came
            for row, (ordinarily, by_pubsub) in ROOM_PAIRS.items():
                told, shown = await ordinarily(client), await by_pubsub(client)
                more = facts(shown, ROOM_FACTS) - facts(told, ROOM_FACTS)
                assert not more, f"{row}: pubsub tells {more}"
                if row in ("what a room is", "what was said in a room"):
                    assert denied(shown) is denied(told), row
                    assert facts(shown, ROOM_FACTS) == facts(told, ROOM_FACTS), row
                    assert _ids(shown) == _ids(told), row
    coming, speaking = HEARD_IN_ROOMS
    seen = facts(heard[False][coming], ROOM_FACTS)
    assert facts(heard[True][coming], ROOM_FACTS) == seen
    spoken = facts(heard[False][speaking], ROOM_FACTS)
    # Whom to reply to is said with a message, to whom presence has said who that is.
    assert spoken <= facts(heard[True][speaking], ROOM_FACTS) <= spoken | seen
    entered = asker != "outcast" and (asker, kind) != ("stranger", "membersonly")
    knows = entered and (whois == "anyone" or asker == "moderator")
    assert ("romeo@shakespeare.lit" in str(heard[True])) is knows


def _ids(told: Told) -> list[str]:
    """The archive ids in an answer, in order."""
    return re.findall(r"<(?:result|item)\b[^>]*\sid='([^']+)'", "".join(map(str, told)))


async def test_of_a_room_that_waits_for_its_owner_nothing_is_told(stage: Stage) -> None:
    """XEP-0045 §7.2.10: by neither protocol, to anybody else."""
    bard = await stage.client(BARD)
    await enters(bard, "bard", room=ROOM)
    stranger = await stage.client(JULIET)
    for ordinarily, by_pubsub in ROOM_PAIRS.values():
        assert facts(await ordinarily(stranger), ROOM_FACTS) == set()
        assert facts(await by_pubsub(stranger), ROOM_FACTS) == set()


# --- accounts

BALCONY = f"{CAPULET}/balcony"
PHONE = "romeo@shakespeare.lit/phone"
ME = PHONE.partition("/")[0]

ACCOUNT_FACTS: Final = (BALCONY, "Moping", "/balcony", NURSE, "id='balcony'")
"""On which device she is, what she says, and who else hears it."""

ACCOUNT_PAIRS: Final[Mapping[str, tuple[Asks, Asks]]] = {
    "whether somebody is there": (
        saying(f"<presence to='{CAPULET}' type='probe'/>"),
        asking(mine("items", CAPULET, "node='presence'")),
    ),
    "whether a device is there": (
        saying(f"<presence to='{BALCONY}' type='probe'/>"),
        asking(
            iq(
                CAPULET,
                f"<pubsub xmlns='{PUBSUB}'>"
                "<items node='presence'><item id='balcony'/></items></pubsub>",
            )
        ),
    ),
    "who somebody's contacts are": (
        asking(iq(CAPULET, "<query xmlns='jabber:iq:roster'/>")),
        asking(
            owners("subscriptions", CAPULET, "presence"),
            owners("affiliations", CAPULET, "presence"),
            mine("affiliations", CAPULET),
        ),
    ),
    "what an account has": (
        asking(disco("info", CAPULET), disco("items", CAPULET)),
        asking(
            *(
                disco(what, CAPULET, node)
                for what in ("info", "items")
                for node in ("presence", "archive", "messages")
            ),
            mine("items", CAPULET, "node='archive'"),
            mine("items", CAPULET, "node='messages'"),
        ),
    ),
}
"""How one asks by RFC 6121, and how of the node `presence`."""

HEARD_OF_ACCOUNTS: Final = "what somebody says of their presence"
OWN_STATE: Final = "whether one has been let in"
EXISTENCE: Final = "whether there is such an account"

RELATIONS = ("stranger", "asking", "followed", "contact", "former", "denied", "own device")


async def related(stage: Stage, relation: str, *, through_pubsub: bool) -> tuple[Client, Client]:
    """Juliet, whom her nurse hears, and somebody who asks about her."""
    juliet = await arrives(stage, BALCONY)
    nurse = await arrives(stage, f"{NURSE}/kitchen")
    await meet(juliet, nurse)
    asker = await arrives(stage, f"{CAPULET}/phone" if relation == "own device" else PHONE)
    wish = f"<presence to='{CAPULET}' type='subscribe'/>"
    if relation in ("asking", "contact", "former", "denied"):
        await asker.sends(wish)
    if relation in ("contact", "former"):
        await juliet.sends(f"<presence to='{ME}' type='subscribed'/>")
    if relation in ("former", "denied"):
        await juliet.sends(f"<presence to='{ME}' type='unsubscribed'/>")
    if relation == "followed":
        await juliet.sends(f"<presence to='{ME}' type='subscribe'/>")
        await asker.sends(f"<presence to='{CAPULET}' type='subscribed'/>")
    if through_pubsub:
        await asker.asks(f"""
            <iq type='set' id='here'>
              <pubsub xmlns='{PUBSUB}'><publish node='presence'>
                <item><presence xmlns='jabber:client'/></item></publish></pubsub>
            </iq>""")
    for client in (juliet, nurse, asker):
        await client.drains()
    return juliet, asker


@pytest.mark.parametrize("relation", RELATIONS)
async def test_accounts_tell_no_more_through_pubsub(relation: str) -> None:
    """Whoever asks: the same, or less; and refused where refused."""
    heard: dict[bool, Told] = {}
    for through_pubsub in (False, True):
        async with staged() as stage:
            juliet, asker = await related(stage, relation, through_pubsub=through_pubsub)
            await juliet.sends("<presence><status>Moping</status></presence>")
            heard[through_pubsub] = await asker.drains()
            for row, (ordinarily, by_pubsub) in ACCOUNT_PAIRS.items():
                told, shown = await ordinarily(asker), await by_pubsub(asker)
                if relation == "own device" and row == "who somebody's contacts are":
                    assert NURSE in str(told) and NURSE in str(shown)
                    continue
                learnt = facts(told, ACCOUNT_FACTS)
                if row == "whether a device is there":  # of which pubsub shows what it says
                    learnt |= facts(await saying(f"<presence to='{CAPULET}' type='probe'/>")(asker),
                                    ACCOUNT_FACTS)  # fmt: skip
                if BALCONY in learnt:
                    learnt.add("id='balcony'")
                more = facts(shown, ACCOUNT_FACTS) - learnt
                assert not more, f"{row}: pubsub tells {more}"
                if row.startswith("whether"):
                    assert denied(shown) is denied(told), row
    ordinary, through = (
        facts(heard[way], ACCOUNT_FACTS) - {"id='balcony'"} for way in (False, True)
    )
    assert through == ordinary, HEARD_OF_ACCOUNTS
    assert ("Moping" in through) is (relation in ("contact", "own device"))


@pytest.mark.parametrize("relation", [each for each in RELATIONS if each != "own device"])
async def test_one_is_told_of_ones_own_wish(stage: Stage, relation: str) -> None:
    """The roster says it, and so do one's own subscriptions at the account (XEP-0060 §5.6)."""
    _, asker = await related(stage, relation, through_pubsub=True)
    roster = await asker.asks(iq(ME, "<query xmlns='jabber:iq:roster'/>"))
    rows = [each for each in roster.elements[0].elements if each.get("jid") == CAPULET]
    states = {("none", "subscribe"): "pending", ("to", None): "subscribed"}
    known = [states.get((each.get("subscription", ""), each.get("ask"))) for each in rows]
    told = await asker.asks(mine("subscriptions", CAPULET))
    shown = [each.get("subscription") for each in told.elements[0].elements[0].elements]
    assert shown == [each for each in known if each]
    assert {each.get("jid") for each in told.elements[0].elements[0].elements} <= {ME}


REQUESTS: Final = tuple(
    iq(
        "WHO",
        f"<pubsub xmlns='{ns}'><{what} {node} jid='{ME}'>{inside}</{what}></pubsub>",
        type,
    )
    for ns in (PUBSUB, OWNER)
    for what, inside in (
        *((each, "") for each in ("items", "unsubscribe", "options", "affiliations", "create")),
        *((each, "") for each in ("configure", "delete", "purge", "default", "affiliations")),
        ("items", "<item id='balcony'/>"),
        ("publish", "<item><presence xmlns='jabber:client'/></item>"),
        ("retract", "<item id='balcony'/>"),
        ("subscriptions", ""),
        ("subscriptions", f"<subscription jid='{ME}' subscription='subscribed'/>"),
    )
    for node in ("node='presence'", "node='archive'", "node='messages'", "node='x'", "")
    for type in ("get", "set")
)


async def test_nothing_says_whether_there_is_an_account(stage: Stage) -> None:
    """A stranger hears the same of one who is there, of one who is not, and of nobody."""
    await arrives(stage, BALCONY)
    away = await arrives(stage, f"{NURSE}/kitchen")
    await meet(away, await arrives(stage, f"{PETER}/street"))
    await away.leaves()
    await stage.account(TYBALT)
    asker = await arrives(stage, PHONE)
    discos = tuple(
        disco(what, "WHO", node) for what in ("info", "items") for node in ("", "presence", "x")
    )
    for request in (*REQUESTS, *discos):
        said = {
            str(await asker.asks(request.replace("WHO", who))).replace(who, "WHO")
            for who in (CAPULET, NURSE, TYBALT, "nobody@shakespeare.lit")
        }
        assert len(said) == 1, said


async def test_who_asks_nobody_hears_what_rfc_6121_says(stage: Stage) -> None:
    """The wish itself is answered as by presence, and by the same words."""
    asker = await arrives(stage, PHONE)
    await asker.sends("<presence to='nobody@shakespeare.lit' type='subscribe'/>")
    (refused,) = await asker.drains()
    wish = f"<pubsub xmlns='{PUBSUB}'><subscribe node='presence' jid='{ME}'/></pubsub>"
    answer = await asker.asks(iq("nobody@shakespeare.lit", wish, "set"))
    assert [str(each) for each in answer.elements] == [str(each) for each in refused.elements]


def test_the_page_has_just_the_rows_that_are_tested() -> None:
    """docs/extensions/eventing.md, "Who may know what"."""
    section = PAGE.read_text("utf-8").partition("## Who may know what\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1].strip() for line in section.splitlines() if line.startswith("|")]
    assert sorted(rows[2:]) == sorted(
        (*ROOM_PAIRS, *HEARD_IN_ROOMS, *ACCOUNT_PAIRS, HEARD_OF_ACCOUNTS, OWN_STATE, EXISTENCE)
    )
