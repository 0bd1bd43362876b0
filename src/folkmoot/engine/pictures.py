"""A space's avatar: one item with two names (XEP-0503 0.3.0 §5.4).

The XEP has one id for it, Movim another, which each client knows alone. It is kept once, under the
XEP's, and found, listed, told and deleted under either.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from folkmoot.engine.model import Item

AVATAR: Final = "urn:xmpp:spaces:avatar:metadata:0"
MOVIMS_AVATAR: Final = "urn:xmpp:avatar:metadata"


def kept_under(item_id: str) -> str:
    """The id under which a space keeps what is published under an id."""
    return AVATAR if item_id == MOVIMS_AVATAR else item_id


def under_both(item: Item) -> tuple[Item, ...]:
    """An item of a space under each of its ids, the one it is kept under first."""
    return (item, replace(item, id=MOVIMS_AVATAR)) if item.id == AVATAR else (item,)


def named_both(item_ids: Iterable[str]) -> tuple[str, ...]:
    """Ids of items of a space, and with the avatar's its other one."""
    both = {AVATAR: (AVATAR, MOVIMS_AVATAR)}
    return tuple(name for item_id in item_ids for name in both.get(item_id, (item_id,)))


def as_asked(item_ids: Sequence[str], items: Iterable[Item]) -> tuple[Item, ...]:
    """What was found of some ids, each under the id it was asked by, in the order of asking."""
    found = {item.id: item for item in items}
    return tuple(
        replace(found[kept], id=item_id)
        for item_id in dict.fromkeys(item_ids)
        if (kept := kept_under(item_id)) in found
    )
