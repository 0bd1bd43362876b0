"""What a configuration may say: defaults, settings put into one, and what a space must have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Final

from folkmoot.engine.commands import Settings
from folkmoot.engine.configuration import (
    CONTACTS_MAX,
    HISTORY_ITEMS_MAX,
    ITEM_SECONDS_MAX,
    NODE_ITEMS_MAX,
    SPACE_TYPE,
    STANZA_TYPE,
    Access,
    NodeConfig,
    Preferences,
    PublishModel,
    RoomConfig,
    SendLast,
)
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.model import ARCHIVE_NODE, MESSAGES_NODE, PRESENCE_NODE, NodeId
from folkmoot.engine.pace import SLOW_SECONDS_MAX
from folkmoot.engine.services import Kind, Services

TEXT_CHARS_MAX: Final = 4_096
"""The longest title, description or password."""

ROSTER_GROUPS_MAX: Final = 100
"""How many roster groups a node lets in (`pubsub#roster_groups_allowed`)."""

SPACE_MUST: Final[Mapping[str, tuple[object, ...]]] = {
    "persist_items": (True,),
    "notify_retract": (True,),
    "purge_offline": (False,),
    "subscribable": (True,),
    "access": (Access.OPEN, Access.AUTHORIZE, Access.WHITELIST),
    "publish": (PublishModel.PUBLISHERS, PublishModel.SUBSCRIBERS),
}
"""Field to the values a space may have there (XEP-0503 0.3.0, §3).

That it can be subscribed to goes without saying there; publish is a SHOULD that we hold.
"""

_SPACE: Final = NodeConfig(
    type=SPACE_TYPE,
    access=Access.AUTHORIZE,
    max_items=NODE_ITEMS_MAX,
    notify_config=True,
    notify_delete=True,
    notify_retract=True,
    notify_sub=True,
    persist_items=True,
    publish=PublishModel.PUBLISHERS,
)
_ROOM: Final = NodeConfig(
    publish=PublishModel.SUBSCRIBERS,
    max_items=NODE_ITEMS_MAX,
    headline=False,
    room=RoomConfig(locked=True),
)
_PRESENCE: Final = NodeConfig(access=Access.AUTHORIZE, persist_items=False, max_items=1)
_MESSAGES: Final = NodeConfig(access=Access.WHITELIST)
_ARCHIVE: Final = NodeConfig(access=Access.WHITELIST, preferences=Preferences())
_PERSONAL: Final = NodeConfig(
    access=Access.PRESENCE, max_items=1, send_last=SendLast.ON_SUB_AND_PRESENCE
)
_LIST: Final = replace(_PERSONAL, max_items=NODE_ITEMS_MAX, send_last=SendLast.NEVER)
_LEAF: Final = NodeConfig()

_LISTS: Final = frozenset({"urn:xmpp:pubsub:subscription", "urn:xmpp:microblog:0"})
"""Nodes of an account with an item for each of many things, which clients make without saying so:
XEP-0330 0.1, §5.2; XEP-0472 0.2.1, §5.1 and §5.2."""

_NODE_FIELDS: Final = frozenset(field.name for field in fields(NodeConfig)) - {
    "room",
    "preferences",
}
_ROOM_FIELDS: Final = frozenset(field.name for field in fields(RoomConfig)) - {"locked", "avatar"}


def default_config(
    services: Services, node: NodeId, settings: Settings, *, stanzas: bool = False
) -> NodeConfig:
    """How a node is configured where its creator says nothing.

    stanzas: it is for stanzas, as one of that type is; somebody has to let people in to what is in
    it (XEP-0207 1.0, §8). Rooms let people in as XEP-0045 has it.
    """
    default = _default(services, node, settings)
    stanzas = stanzas or settings.get("type") == STANZA_TYPE
    of_its_own = default.room is None and (
        services.kind(node.service) is Kind.PUBSUB or services.is_personal(node)
    )
    return replace(default, access=Access.AUTHORIZE) if stanzas and of_its_own else default


def _default(services: Services, node: NodeId, settings: Settings) -> NodeConfig:
    kind = services.kind(node.service)
    if kind is Kind.ROOMS:
        return _ROOM
    if kind is Kind.PUBSUB:
        return _SPACE if settings.get("type") == SPACE_TYPE else _LEAF
    if node.name == PRESENCE_NODE:
        return _PRESENCE
    if node.name == ARCHIVE_NODE:
        return _ARCHIVE
    if node.name == MESSAGES_NODE:
        return replace(_MESSAGES, max_items=min(services.offline_messages_max, NODE_ITEMS_MAX))
    return _LIST if node.name in _LISTS else _PERSONAL


def configured(config: NodeConfig, settings: Settings) -> NodeConfig:
    """A configuration with some settings changed.

    Raises Refused(BAD_CONFIG) naming the field: it does not exist for this node, is out of
    bounds, or is not what a space has to have.
    """
    room = {name[5:]: value for name, value in settings.items() if name.startswith("room.")}
    rest = {name: value for name, value in settings.items() if not name.startswith("room.")}
    for name in rest:
        if name not in _NODE_FIELDS:
            raise Refused(Reason.BAD_CONFIG, name)
    for name in room:
        if config.room is None or name not in _ROOM_FIELDS:
            raise Refused(Reason.BAD_CONFIG, f"room.{name}")
    changed = replace(config, **rest)
    if changed.room is not None and room:
        changed = replace(changed, room=replace(changed.room, **room))
    _hold_bounds(changed)
    if changed.is_space:
        if changed.room is not None:
            raise Refused(Reason.BAD_CONFIG, "type")
        for name, allowed in SPACE_MUST.items():
            if getattr(changed, name) not in allowed:
                raise Refused(Reason.BAD_CONFIG, name)
    return changed


def _hold_bounds(config: NodeConfig) -> None:
    if not 0 <= config.max_items <= NODE_ITEMS_MAX:
        raise Refused(Reason.BAD_CONFIG, "max_items")
    if not 0 <= config.item_seconds <= ITEM_SECONDS_MAX:
        raise Refused(Reason.BAD_CONFIG, "item_seconds")
    if not 1 <= config.payload_bytes_max <= NodeConfig().payload_bytes_max:
        raise Refused(Reason.BAD_CONFIG, "payload_bytes_max")
    if len(config.contacts) > CONTACTS_MAX:
        raise Refused(Reason.BAD_CONFIG, "contacts")
    for name in ("type", "title", "description", "language"):
        if len(getattr(config, name)) > TEXT_CHARS_MAX:
            raise Refused(Reason.BAD_CONFIG, name)
    if len(config.roster_groups) > ROSTER_GROUPS_MAX:
        raise Refused(Reason.BAD_CONFIG, "roster_groups")
    room = config.room
    if room is not None:
        if not 0 <= room.history_items <= HISTORY_ITEMS_MAX:
            raise Refused(Reason.BAD_CONFIG, "room.history_items")
        if room.occupants_max < 0:
            raise Refused(Reason.BAD_CONFIG, "room.occupants_max")
        if not 0 <= room.slow_seconds <= SLOW_SECONDS_MAX:
            raise Refused(Reason.BAD_CONFIG, "room.slow_seconds")
        if len(room.password) > TEXT_CHARS_MAX:
            raise Refused(Reason.BAD_CONFIG, "room.password")


def unmet(config: NodeConfig, expects: Settings) -> str:
    """The first field in which a configuration is not what is expected of it; "" where it is."""
    for name, value in expects.items():
        held: object = config
        for part in name.split("."):
            held = getattr(held, part, None)
        if held != value:
            return name
    return ""
