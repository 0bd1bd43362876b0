"""The room configuration form: XEP-0045 1.35.5, §16.5.3, one row for each field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from folkmoot.engine.configuration import (
    HISTORY_ITEMS_MAX,
    Access,
    Audience,
    Inherit,
    NodeConfig,
    RoomConfig,
)
from folkmoot.engine.pace import SLOW_SECONDS_MAX
from folkmoot.facades.form_table import (
    Row,
    choice,
    flag,
    nonsense,
    number,
    parent,
    read_settings,
    single,
    text,
)
from folkmoot.facades.muc.ns import ROOM_CONFIG
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.forms import Field, Form, Option, read_boolean

OCCUPANTS_MAX: Final = 1_000_000
"""The most occupants that an owner may ask room for."""

PUBSUB: Final = "muc#roomconfig_pubsub"
SLOW_MODE: Final = "muc#roomconfig_slow_mode_duration"
_PROTECTED: Final = "muc#roomconfig_passwordprotectedroom"
_SECRET: Final = "muc#roomconfig_roomsecret"
_WHOIS: Final = {"moderators": False, "anyone": True}
_NO_BOUND: Final = ("none", "")


def _read_whois(values: Sequence[str]) -> bool:
    given = single(values)
    if given not in _WHOIS:
        raise nonsense("moderators or anyone is needed")
    return _WHOIS[given]


_OCCUPANTS: Final = number(
    "muc#roomconfig_maxusers",
    "The most people who may be in the room",
    "room.occupants_max",
    most=OCCUPANTS_MAX,
)

ROWS: Final[tuple[Row, ...]] = (
    text("muc#roomconfig_roomname", "Name", "title"),
    text("muc#roomconfig_roomdesc", "Description", "description"),
    text("muc#roomconfig_lang", "Language", "language"),
    flag("muc#roomconfig_persistentroom", "Stays when nobody is in it", "room.persistent"),
    flag("muc#roomconfig_publicroom", "Listed for everyone", "room.public"),
    Row(
        "muc#roomconfig_membersonly",
        "boolean",
        "For members only",
        "access",
        lambda values: Access.WHITELIST if read_boolean(single(values)) else Access.OPEN,
        lambda access: ("1" if access is Access.WHITELIST else "0",),
    ),
    flag(
        "muc#roomconfig_moderatedroom", "Only members and those given voice speak", "room.moderated"
    ),
    text(_SECRET, "Password", "room.password", type="text-private"),
    Row(
        "muc#roomconfig_whois",
        "list-single",
        "Who sees real addresses",
        "room.whois_anyone",
        _read_whois,
        lambda anyone: ("anyone" if anyone else "moderators",),
        (Option("moderators", "Moderators"), Option("anyone", "Everyone")),
    ),
    replace(
        _OCCUPANTS,
        type="list-single",
        read=lambda values: 0 if single(values) in _NO_BOUND else _OCCUPANTS.read(values),
        say=lambda count: (str(count) if count else "none",),
        options=tuple(
            Option(value, value)
            for value in ("10", "20", "30", "50", "100", "200", "500", "1000", "none")
        ),
    ),
    flag("muc#roomconfig_changesubject", "Everyone may change the subject", "room.change_subject"),
    flag("muc#roomconfig_allowinvites", "Everyone may invite", "room.allow_invites"),
    choice(
        "muc#roomconfig_allowpm",
        "Who may send private messages",
        "room.private_messages",
        {
            Audience.ANYONE: "Everyone",
            Audience.PARTICIPANTS: "Those with a voice",
            Audience.MODERATORS: "Moderators",
            Audience.NOBODY: "Nobody",
        },
    ),
    number(
        "muc#maxhistoryfetch",
        "How many messages someone who enters is sent",
        "room.history_items",
        most=HISTORY_ITEMS_MAX,
    ),
    number(
        SLOW_MODE,
        "Slow mode: how many seconds people wait between messages",
        "room.slow_seconds",
        most=SLOW_SECONDS_MAX,
    ),
    parent(PUBSUB, "The space it is in"),
    choice(
        "{urn:folkmoot:spaces:0}inherit",
        "Whose standing in the space holds here",
        "inherit",
        {
            Inherit.ALL: "Everyone's",
            Inherit.STAFF: "Owners' and publishers'",
            Inherit.NONE: "Nobody's",
        },
    ),
)

_NOBODY: Final[frozenset[str]] = frozenset()
_FIXED: Final = {
    "muc#roomconfig_enablelogging": (frozenset({"0"}), frozenset({"false"}), _NOBODY),
    "muc#roomconfig_presencebroadcast": (
        frozenset({"moderator", "participant", "visitor"}),
        _NOBODY,
    ),
    "muc#roomconfig_roomadmins": (_NOBODY, frozenset({""})),
    "muc#roomconfig_roomowners": (_NOBODY, frozenset({""})),
}
"""Registered fields that have one meaning here, and the ways to say it: affiliations are set by
§9 and §10.3, everyone's presence is broadcast, and nothing is logged for the public."""

_TOLD: Final = frozenset(
    {
        "muc#roomconfig_roomname",
        "muc#roomconfig_changesubject",
        "muc#roomconfig_allowpm",
        "muc#maxhistoryfetch",
    }
)


def read_config(form: Form) -> dict[str, object]:
    """The settings a submitted form asks for; what it does not name stays as it is (§10.2).

    Taken with or without a FORM_TYPE. Raises StanzaError: bad-request for another FORM_TYPE,
    not-acceptable naming a field whose value makes no sense or is not to be had here.
    """
    if form.form_type not in (None, ROOM_CONFIG):
        raise StanzaError("bad-request", f"a form of type {ROOM_CONFIG} is needed")
    for field in form.fields:
        if frozenset(field.values) not in _FIXED.get(field.var, (frozenset(field.values),)):
            raise nonsense(f"{field.var} cannot be so here")
    settings = read_settings(ROWS, form)
    protected = form.boolean(_PROTECTED)
    if protected is False:
        settings["room.password"] = ""
    elif protected and not settings.get("room.password"):
        raise nonsense(f"{_SECRET} is needed")
    return settings


def config_form(address: str, config: NodeConfig) -> Form:
    """The form an owner is sent (§10.1.3, §10.2). address: the room's, for its title."""
    assert config.room is not None
    fields: list[Field] = []
    for row in ROWS:
        if row.var == _SECRET:
            fields.append(_protected(config.room))
        field = _offered(row.field(config))
        if row.var == SLOW_MODE:
            field = replace(field, bounds=(0, SLOW_SECONDS_MAX))
        fields.append(field)
    return Form("form", ROOM_CONFIG, tuple(fields), title=f"Configuration of {address}")


def _protected(room: RoomConfig) -> Field:
    value = "1" if room.password else "0"
    return Field(_PROTECTED, "boolean", (value,), "Entered with a password")


def _offered(field: Field) -> Field:
    """The same field, with its value among those it offers."""
    offered = {option.value for option in field.options}
    if not offered or offered >= set(field.values):
        return field
    return replace(
        field, options=(*field.options, *(Option(value, value) for value in field.values))
    )


def told(config: NodeConfig) -> tuple[Field, ...]:
    """The fields that disco#info shows to anyone who may know of the room (§6.4)."""
    fields = (replace(row.field(config), options=()) for row in ROWS if row.var in _TOLD)
    return tuple(field for field in fields if field.values)
