"""The difference between what a room abroad has and what it is to have: functions of values.

Rooms of ours derive what a space gives; a room abroad has to be told. It keeps its own rows, and
what we gave it is remembered with what it had before, so that just this can be taken back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from folkmoot.engine.abroad import Wish
from folkmoot.engine.access import RANK
from folkmoot.engine.model import Affiliation
from folkmoot.xmpp.jid import JID

NONE = Affiliation.NONE


class Change(NamedTuple):
    """What meets a wish.

    to: what to set; None: the room has it already. now: what of ours the room has until then.
    given: what of ours it has from then on. own: what the room says of its own.
    """

    to: Affiliation | None
    now: Affiliation | None
    given: Affiliation | None
    own: Affiliation


def change(wish: Wish, current: Affiliation) -> Change:
    """What to do about a wish where the room has `current` for the entity now.

    As in rooms of ours: outcast and owner of the space are so in the room. Otherwise the room's own
    word stands where it says more, and where it is a ban. Nothing wished: what was given goes, and
    nothing else; if somebody has changed it since, it is not ours any more.
    """
    ours = current in (wish.given, wish.giving)
    now = current if ours else None
    own = (wish.had or NONE) if ours else current
    target = own if wish.wanted is NONE else _wanted(wish.wanted, own)
    if target is own:
        return Change(None if current is own else own, now, None, own)
    return Change(None if current is target else target, now, target, own)


def _wanted(wanted: Affiliation, own: Affiliation) -> Affiliation:
    if wanted in (Affiliation.OUTCAST, Affiliation.OWNER):
        return wanted
    return own if own is Affiliation.OUTCAST or RANK[own] > RANK[wanted] else wanted


def strangers(lists: Mapping[JID, Affiliation], known: Collection[JID]) -> Iterator[JID]:
    """Members and admins of a room of whom the space says nothing; never its owners."""
    for jid, current in lists.items():
        staff_or_member = current in (Affiliation.MEMBER, Affiliation.ADMIN)
        if staff_or_member and jid not in known:
            yield jid
