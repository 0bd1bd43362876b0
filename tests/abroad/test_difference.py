"""What a room abroad is to have, by values alone (docs/extensions/sync.md)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.abroad.difference import Change, change, strangers
from folkmoot.abroad.words import LISTS, names, read_list, set_query
from folkmoot.engine.abroad import Wish
from folkmoot.engine.access import RANK
from folkmoot.engine.model import Affiliation
from folkmoot.facades.muc.ns import ADMIN as NS
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import parse

OWNER, ADMIN, MEMBER = Affiliation.OWNER, Affiliation.ADMIN, Affiliation.MEMBER
OUTCAST, NONE = Affiliation.OUTCAST, Affiliation.NONE

ROOM = JID.parse("orchard@conference.verona.lit")
NURSE, ROMEO, TYBALT = (JID.parse(f"{name}@verona.lit") for name in ("nurse", "romeo", "tybalt"))

words = st.sampled_from((OWNER, ADMIN, MEMBER, OUTCAST, NONE))


def wish(wanted: Affiliation, **more: Affiliation) -> Wish:
    return replace(Wish(room=ROOM, jid=ROMEO, wanted=wanted), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wanted", "current", "given"),
    [
        (MEMBER, NONE, MEMBER),
        (ADMIN, MEMBER, ADMIN),
        (OWNER, ADMIN, OWNER),
        (OUTCAST, OWNER, OUTCAST),
        (MEMBER, MEMBER, None),
        (MEMBER, ADMIN, None),
        (MEMBER, OUTCAST, None),
        (OWNER, OUTCAST, OWNER),
        (NONE, MEMBER, None),
        (NONE, NONE, None),
    ],
)
def test_what_the_room_says_of_its_own_stands_where_it_says_more(
    wanted: Affiliation, current: Affiliation, given: Affiliation | None
) -> None:
    """Outcast and owner of the space are so in the room; a room's own ban stands otherwise."""
    assert change(wish(wanted), current) == Change(given, None, given, current)


def test_what_was_given_is_taken_back_and_nothing_else() -> None:
    """To what the room had; not where somebody there has changed it since."""
    given = wish(NONE, given=ADMIN, had=MEMBER)
    assert change(given, ADMIN) == Change(MEMBER, ADMIN, None, MEMBER)
    assert change(given, OWNER) == Change(None, None, None, OWNER)
    assert change(given, MEMBER) == Change(None, None, None, MEMBER)


def test_what_may_have_been_given_is_ours() -> None:
    """A wish that was on its way when the process ended."""
    assert change(wish(NONE, giving=MEMBER, had=NONE), MEMBER).to is NONE
    assert change(wish(MEMBER, giving=MEMBER, had=NONE), MEMBER) == Change(
        None, MEMBER, MEMBER, NONE
    )
    lowered = wish(MEMBER, given=ADMIN, giving=MEMBER, had=NONE)
    assert change(lowered, ADMIN) == Change(MEMBER, ADMIN, MEMBER, NONE)


@given(words, st.lists(st.tuples(words, st.sampled_from(("done", "lost", "unknown")))))
def test_a_room_is_in_the_end_as_it_was(
    own: Affiliation, steps: list[tuple[Affiliation, str]]
) -> None:
    """Whatever is wished, and wherever the process ends: what is wished last holds, or nothing.

    lost: ended before the room heard of it; unknown: after that, before the answer came.
    """
    current, kept = own, wish(NONE)
    for wanted, ending in (*steps, (NONE, "done")):
        kept = replace(kept, wanted=wanted)
        found = change(kept, current)
        if found.to is not None:
            kept = replace(kept, given=found.now, giving=found.given, had=found.own)
            if ending == "lost":
                continue
            current = found.to
            if ending == "unknown":
                continue
        had = None if found.given is None else found.own
        kept = replace(kept, given=found.given, giving=None, had=had)
        if wanted in (OWNER, OUTCAST):
            assert current is wanted
        elif own is not OUTCAST:
            assert RANK[current] == max(RANK[own], RANK[wanted])
    assert current is own
    assert (kept.given, kept.giving, kept.had) == (None, None, None)


def test_strangers() -> None:
    """Of whom the space says nothing; owners of the room never, nor who is banned there."""
    lists = {NURSE: OWNER, ROMEO: ADMIN, TYBALT: MEMBER, JID.parse("paris@verona.lit"): OUTCAST}
    assert list(strangers(lists, [])) == [ROMEO, TYBALT]
    assert list(strangers(lists, [ROMEO])) == [TYBALT]


def test_the_words() -> None:
    """XEP-0045 §9.5 and §9.3; nonsense on a list is nobody."""
    answer = parse(
        f"""<query xmlns='{NS}'><item affiliation='member' jid='romeo@verona.lit/home'/>
        <item affiliation='member' jid='@'/><item affiliation='member'/>
        <item affiliation='owner' jid='nurse@verona.lit'/><item jid='tybalt@verona.lit'/></query>"""
    )
    assert read_list(answer, MEMBER) == {ROMEO: MEMBER, TYBALT: MEMBER}
    assert read_list(None, OWNER) == {}
    (item,) = set_query([(ROMEO, ADMIN)]).elements
    assert item.attrs == {"jid": "romeo@verona.lit", "affiliation": "admin"}
    assert NONE not in LISTS


def test_a_room_names_its_space() -> None:
    """Whole, in a field of disco#info or among the words of one."""
    uri = "xmpp:spaces.folk.lit?;node=moot"

    def says(text: str) -> bool:
        return names(
            parse(
                "<query xmlns='http://jabber.org/protocol/disco#info'><x xmlns='jabber:x:data'>"
                f"<field var='any'><value>{text}</value></field></x></query>"
            ),
            uri,
        )

    assert says(uri)
    assert says(f"Welcome to {uri} !")
    assert not says(f"{uri}s")
    assert not says("")
    assert not names(None, uri)
