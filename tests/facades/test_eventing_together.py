"""XEP-0207 1.0, §5: one room, two kinds of client, and what each sees of the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from folkmoot.xmpp.xml import Element
from tests.facades.muc.coven import enters, grants, joined, succeeded
from tests.facades.muc.test_history import bodies
from tests.facades.test_eventing_rooms import (
    BENVOLIO,
    JULIET,
    ROMEO,
    ROOM,
    all_drain,
    asked,
    comes,
    heard,
    message,
    opened_by_the_bard,
    options,
    payload_of,
    presence,
    publish,
    subscribe,
)
from tests.stage import Client, Stage

SUBJECT = "<message xmlns='jabber:client'><subject>Balcony</subject></message>"


class Ordinary:
    """A client of XEP-0045 in the room."""

    def __init__(self, client: Client, nick: str) -> None:
        self.client = client
        self.nick = nick

    async def enters(self) -> None:
        """Presence to the room (XEP-0045 §7.2)."""
        await self.client.sends(
            f"<presence to='{ROOM}/{self.nick}'><x xmlns='http://jabber.org/protocol/muc'/></presence>"
        )

    async def renames(self, nick: str) -> None:
        """§7.6."""
        await self.client.sends(f"<presence to='{ROOM}/{nick}'/>")

    async def publishes(self, payload: str) -> None:
        """A message to all (§7.4), the subject (§8.1)."""
        said = payload.replace("<message xmlns='jabber:client'", "<message type='groupchat'")
        await self.client.sends(said.replace("<message ", f"<message to='{ROOM}' "))

    async def leaves(self) -> None:
        """§7.14."""
        await self.client.sends(f"<presence type='unavailable' to='{ROOM}/{self.nick}'/>")

    async def hears(self, said: str) -> Element:
        """The stanza, as it is."""
        return await self.client.hears(said)


class Eventing(Ordinary):
    """A client of XEP-0060 alone."""

    async def enters(self) -> None:
        """Listing 13."""
        succeeded(await self.client.asks(subscribe(str(self.client.jid), self.nick)))

    async def renames(self, nick: str) -> None:
        """The option `roomnick` of the subscription."""
        which = f"options node='characters' jid='{self.client.jid}'"
        succeeded(await self.client.asks(asked(which, inside=options(roomnick=nick))))

    async def publishes(self, payload: str) -> None:
        """Listing 16."""
        succeeded(await self.client.asks(publish(payload)))

    async def leaves(self) -> None:
        """The end of the subscription."""
        which = f"unsubscribe node='characters' jid='{self.client.jid}'"
        succeeded(await self.client.asks(asked(which)))

    async def hears(self, said: str) -> Element:
        """The stanza as the payload of an item (Listing 17)."""
        return payload_of(await self.client.hears(heard(said)))


Someone = Ordinary
Happens = Callable[[Client, Someone], Awaitable[object]]


async def _renamed(bard: Client, actor: Someone) -> None:
    await actor.renames("Capulet")


async def _spoke(bard: Client, actor: Someone) -> None:
    await actor.publishes(message("hi"))


async def _set_the_subject(bard: Client, actor: Someone) -> None:
    await actor.publishes(SUBJECT)


async def _left(bard: Client, actor: Someone) -> None:
    await actor.leaves()


async def _lost(bard: Client, actor: Someone) -> None:
    await actor.client.leaves()


async def _kicked(bard: Client, actor: Someone) -> None:
    await grants(bard, f"role='none' nick='{actor.nick}'", "Banished", room=ROOM)


async def _banned(bard: Client, actor: Someone) -> None:
    await grants(bard, f"affiliation='outcast' jid='{actor.client.jid.bare}'", room=ROOM)


def _said(content: str) -> str:
    return f"""
        <message xmlns='jabber:client' from='{ROOM}/JC' type='groupchat'>{content}</message>"""


def _gone(item: str, *codes: int) -> str:
    return presence("JC", item, *codes, type="unavailable")


KINDS = pytest.mark.parametrize(
    ("acts", "sees"), [(Ordinary, Eventing), (Eventing, Ordinary), (Eventing, Eventing)]
)


@KINDS
@pytest.mark.parametrize(
    ("happens", "others", "oneself"),
    [
        (
            _renamed,
            (_gone("nick='Capulet'", 303), presence("Capulet", "role='moderator'")),
            (_gone("nick='Capulet'", 110, 303), presence("Capulet", "role='moderator'", 110)),
        ),
        (_spoke, (_said("<body>hi</body>"),), (_said("<body>hi</body>"),)),
        (
            _set_the_subject,
            (_said("<subject>Balcony</subject>"),),
            (_said("<subject>Balcony</subject>"),),
        ),
        (_left, (_gone("role='none'"),), (_gone("role='none'", 110),)),
        (_lost, (_gone("role='none'", 333),), ()),
        (_kicked, (_gone("role='none'", 307),), (_gone("role='none'", 110, 307),)),
        (
            _banned,
            (_gone("affiliation='outcast' role='none'", 301),),
            (_gone("affiliation='outcast' role='none'", 110, 301),),
        ),
    ],
    ids=["nick", "message", "subject", "leave", "lost stream", "kick", "ban"],
)
async def test_each_sees_what_the_other_does(
    stage: Stage,
    acts: type[Someone],
    sees: type[Someone],
    happens: Happens,
    others: tuple[str, ...],
    oneself: tuple[str, ...],
) -> None:
    """§5: whatever happens to somebody is heard by all, in the words that each came in."""
    bard = await opened_by_the_bard(stage)
    actor = acts(await stage.client(JULIET), "JC")
    hearer = sees(await stage.client(ROMEO), "Romeo")
    await hearer.enters()
    await actor.enters()
    await grants(bard, "role='moderator' nick='JC'", room=ROOM)
    await all_drain(actor.client, hearer.client)
    await happens(bard, actor)
    for said in others:
        await hearer.hears(said)
    for said in oneself:
        await actor.hears(said)


@KINDS
async def test_each_sees_the_other_come(
    stage: Stage, acts: type[Someone], sees: type[Someone]
) -> None:
    """XEP-0045 §7.2.2: who is there is told to who comes, and who comes to those who are."""
    await opened_by_the_bard(stage)
    hearer = sees(await stage.client(ROMEO), "Romeo")
    await hearer.enters()
    await hearer.client.drains()
    actor = acts(await stage.client(JULIET), "JC")
    await actor.enters()
    await hearer.hears(presence("JC", "affiliation='none' role='participant'"))
    await actor.hears(presence("Romeo", "affiliation='none' role='participant'"))
    await actor.hears(presence("JC", "affiliation='none' role='participant'", 110))


async def test_a_moderator_of_either_kind_moderates(stage: Stage) -> None:
    """XEP-0045 §8.2: by its words in any case, and it hears in its own what came of it."""
    bard = await opened_by_the_bard(stage)
    juliet = await comes(stage, JULIET, "JC")
    romeo = await joined(stage, ROMEO, "Romeo", room=ROOM)
    await grants(bard, "role='moderator' nick='JC'", room=ROOM)
    await all_drain(juliet, romeo)
    succeeded(await grants(juliet, "role='none' nick='Romeo'", room=ROOM))
    await romeo.hears(presence("Romeo", "role='none'", 110, 307, type="unavailable"))
    await juliet.hears(heard(presence("Romeo", "role='none'", 307, type="unavailable")))


# --- history


VERSES = ("one", "two", "three")


async def _spoken(stage: Stage) -> Client:
    """A room in which there was something said, a minute after each other."""
    bard = await opened_by_the_bard(stage)
    for verse in VERSES:
        await bard.sends(f"<message to='{ROOM}' type='groupchat'><body>{verse}</body></message>")
        stage.clock.at += 60
    await bard.drains()
    return bard


def _told(came: list[Element]) -> list[str]:
    return bodies([payload_of(each) for each in came])


@pytest.mark.parametrize(
    ("bounds", "told"),
    [
        ({}, 3),
        ({"maxstanzas": "2"}, 2),
        ({"maxstanzas": "0"}, 0),
        ({"maxchars": "0"}, 0),
        ({"maxchars": "65000"}, 3),
        ({"seconds": "120"}, 2),
        ({"since": "2004-05-18T20:01:00Z"}, 2),
        ({"since": "2004-05-18T20:01:00Z", "seconds": "60"}, 1),
        ({"since": "2004-05-18T20:02:00Z", "maxstanzas": "2", "maxchars": "65000"}, 1),
    ],
)
async def test_as_much_history_as_is_wanted(
    stage: Stage, bounds: dict[str, str], told: int
) -> None:
    """XEP-0045 §7.2.14: its four bounds are options, and mean the same."""
    await _spoken(stage)
    juliet = await stage.client(JULIET)
    succeeded(await juliet.asks(subscribe(JULIET, "JC", **bounds)))
    mine = _told(await juliet.drains())
    assert mine == list(VERSES[len(VERSES) - told :])
    romeo = await stage.client(ROMEO)
    attrs = " ".join(f"{name}='{value}'" for name, value in bounds.items())
    came = await enters(romeo, "Romeo", f"<history {attrs}/>", room=ROOM)
    assert mine == bodies(came)


async def test_a_room_bounds_history_where_nobody_does(stage: Stage) -> None:
    """muc#maxhistoryfetch, 20 in a room that says nothing; more than that is not told."""
    bard = await opened_by_the_bard(stage)
    for number in range(21):
        stage.clock.at += 60
        await bard.sends(f"<message to='{ROOM}' type='groupchat'><body>{number}</body></message>")
    for bounds in ({}, {"maxstanzas": "100"}):
        benvolio = await stage.client(BENVOLIO)
        succeeded(await benvolio.asks(subscribe(BENVOLIO, "Ben", **bounds)))
        assert _told(await benvolio.drains()) == [str(number) for number in range(1, 21)]
        await benvolio.leaves()


@pytest.mark.parametrize(
    "bounds",
    [
        {"maxchars": "-1"},
        {"seconds": "long"},
        {"maxstanzas": "99999999999"},
        {"maxstanzas": ""},
        {"since": "yesterday"},
        {"maxhistory": "1"},
    ],
)
async def test_bounds_that_make_no_sense(stage: Stage, bounds: dict[str, str]) -> None:
    """XEP-0060 §6.3.6.2; nobody enters by it."""
    await opened_by_the_bard(stage)
    juliet = await stage.client(JULIET)
    await juliet.refused(subscribe(JULIET, "JC", **bounds), "invalid-options", "bad-request")
    await juliet.refused(publish(message("hi")), "not-subscribed", "not-authorized")


@pytest.mark.parametrize("option", ["maxstanzas", "roompassword"])
async def test_what_is_for_entering_alone(stage: Stage, option: str) -> None:
    """Who is there changes nothing by it, and is told so."""
    await opened_by_the_bard(stage)
    juliet = await comes(stage, JULIET, "JC")
    which = asked(f"options node='characters' jid='{JULIET}'", inside=options(**{option: "1"}))
    await juliet.refused(which, "invalid-options", "bad-request")
