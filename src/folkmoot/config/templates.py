"""Templates: how a space begins that is made from the command line."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import Enum
from types import MappingProxyType
from typing import Final, TypeVar

from folkmoot.config.values import BOOLEAN, Kind, option, quoted, whole
from folkmoot.engine.configuration import Access, Inviters, PublishModel
from folkmoot.xmpp.jid import JID, InvalidJID

E = TypeVar("E", bound=Enum)

ROOMS_MAX: Final = 50
"""How many rooms a template may make."""
ORDER_MAX: Final = 1_000_000
TEXT_CHARS_MAX: Final = 4_096
"""The longest title or description, as for any node."""


def _word(*members: E) -> Kind[E]:
    """One of some members of an enum of the engine, by its value."""
    words = {str(member.value): member for member in members}

    def read(value: object) -> E:
        if not isinstance(value, str) or value not in words:
            raise ValueError
        return words[value]

    return Kind(" or ".join(map(repr, words)), read, lambda member: quoted(member.value))


def _read_text(value: object) -> str:
    if not isinstance(value, str) or len(value) > TEXT_CHARS_MAX:
        raise ValueError
    return value.strip()


TEXT: Final = Kind(f"a text in quotes, of at most {TEXT_CHARS_MAX} characters", _read_text, quoted)


def _read_name(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError
    try:
        return JID.parse(f"{value}@rooms.invalid").local
    except InvalidJID as error:
        raise ValueError(str(error)) from None


_NAME: Final = Kind("what stands before the @ of the room's address", _read_name, quoted)


@dataclass(frozen=True, slots=True)
class TemplateRoom:
    """A room that is made with a space."""

    name: str = option(_NAME, "", "What stands before the `@` of its address.")
    title: str = option(TEXT, "", "What it is called; the name, if nothing is said.")
    description: str = option(TEXT, "", "What it is for.")
    members_only: bool = option(BOOLEAN, True, "Whether only members of the space may enter.")
    category: str = option(TEXT, "", "The heading it stands under.")
    order: int = option(whole(0, ORDER_MAX), 0, "Its place, small first; 0 for none.")


_ROOM_KINDS: Final[Mapping[str, Kind[object]]] = {
    each.name: each.metadata["kind"] for each in fields(TemplateRoom)
}


def _read_room(value: object) -> TemplateRoom:
    if not isinstance(value, dict):
        raise ValueError("a room is a table, as in { name = 'hall' }")
    read: dict[str, object] = {}
    for key, given in value.items():
        kind = _ROOM_KINDS.get(key)
        if kind is None:
            raise ValueError(f"a room has no {key!r}: there are {', '.join(_ROOM_KINDS)}")
        try:
            read[key] = kind.read(given)
        except ValueError as error:
            detail = f": {error}" if str(error) else ""
            raise ValueError(f"a room's {key!r} must be {kind.words}{detail}") from None
    if not read.get("name"):
        raise ValueError("a room needs a 'name'")
    return TemplateRoom(**read)  # type: ignore[arg-type]  # each kind gives its field's type


def _read_rooms(value: object) -> tuple[TemplateRoom, ...]:
    if not isinstance(value, list):
        raise ValueError
    if len(value) > ROOMS_MAX:
        raise ValueError(f"at most {ROOMS_MAX}")
    rooms = tuple(map(_read_room, value))
    if len({room.name for room in rooms}) < len(rooms):
        raise ValueError("each has a name of its own")
    return rooms


def _write_rooms(rooms: tuple[TemplateRoom, ...]) -> str:
    return f"[{', '.join(map(_write_room, rooms))}]"


def _write_room(room: TemplateRoom) -> str:
    pairs = (
        f"{each.name} = {each.metadata['kind'].write(getattr(room, each.name))}"
        for each in fields(TemplateRoom)
        if getattr(room, each.name) != each.default
    )
    return f"{{ {', '.join(pairs)} }}"


_ROOMS: Final = Kind("a list of rooms, as in [{ name = 'hall' }]", _read_rooms, _write_rooms)


@dataclass(frozen=True, slots=True)
class Template:
    """How a space begins that `folkmoot space create --template NAME` makes; any NAME will do."""

    access: Access = option(
        _word(Access.AUTHORIZE, Access.WHITELIST, Access.OPEN),
        Access.AUTHORIZE,
        "Who joins: `authorize`, whoever an owner lets in; `whitelist`, members and who is invited;"
        " `open`, everyone.",
    )
    inviters: Inviters = option(
        _word(Inviters.OWNERS, Inviters.PUBLISHERS),
        Inviters.PUBLISHERS,
        "Who may invite: `owners`, or `publishers` as well.",
    )
    publish: PublishModel = option(
        _word(PublishModel.PUBLISHERS, PublishModel.SUBSCRIBERS),
        PublishModel.PUBLISHERS,
        "Who may put rooms on its list: `publishers` and owners, or `subscribers` as well.",
    )
    title: str = option(TEXT, "", "What it is called, where `--title` does not say.")
    description: str = option(TEXT, "", "What it is for.")
    rooms: tuple[TemplateRoom, ...] = option(
        _ROOMS,
        (),
        "Rooms to make with it, as in `[{ name = 'hall', title = 'The hall', description = '…',"
        " members_only = true, category = 'First steps', order = 1 }]`; all but `name` may be left"
        " out.",
    )


TEMPLATES: Final[Mapping[str, Template]] = MappingProxyType(
    {
        "community": Template(),
        "team": Template(access=Access.WHITELIST, inviters=Inviters.OWNERS),
        "announcements": Template(access=Access.OPEN, inviters=Inviters.OWNERS),
    }
)
"""Those there are without a configuration."""
