"""The vCard of a room: XEP-0486 0.1.0, §3.2."""

from __future__ import annotations

from dataclasses import replace

from folkmoot.engine.decide.nodes import hold_owner
from folkmoot.engine.decide.occupants import room_of
from folkmoot.engine.decide.stamp import Stamp
from folkmoot.engine.events import Event, NodeConfigured
from folkmoot.engine.room_commands import SetCard
from folkmoot.engine.room_events import CardChanged
from folkmoot.engine.view import View


def set_card(command: SetCard, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """Another vCard from an owner, or none; another avatar is a new configuration (Example 7)."""
    record = view.found(command.node)
    room = room_of(record)
    hold_owner(command.node, command.actor, view)
    before = record.config
    after = replace(before, room=replace(room, avatar=command.avatar))
    card = CardChanged(node=command.node, card=command.card)
    if after == before:
        return (card,)
    moved = NodeConfigured(node=command.node, before=before, after=after, by=command.actor)
    return (card, moved)
