"""The room configuration form: XEP-0045 1.35.5, §16.5.3, one row for each field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from folkmoot.engine.configuration import (
    HISTORY_ITEMS_MAX,
    Access,
    Audience,
    Inherit,
    NodeConfig,
    Registering,
    RoomConfig,
)
from folkmoot.engine.model import Affiliation, Role
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
from folkmoot.xmpp.jid import JID, InvalidJID

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


def _roles(var: str, label: str, setting: str) -> Row:
    """Some of the roles; none of them is possible."""

    def read(values: Sequence[str]) -> tuple[Role, ...]:
        given = {value for value in values if value}
        if not given <= {role.value for role in Role}:
            raise nonsense("roles are needed")
        return tuple(role for role in Role if role.value in given)

    options = tuple(Option(role.value, role.value.capitalize()) for role in Role)
    return Row(
        var,
        "list-multi",
        label,
        setting,
        read,
        lambda roles: tuple(role.value for role in roles),
        options,
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
    flag("muc#roomconfig_allowinvites", "Members may let others in", "room.allow_invites"),
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
    flag("muc#roomconfig_enablearchiving", "What is said is kept", "room.archive"),
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
    _roles(
        "muc#roomconfig_presencebroadcast",
        "Whose presence everybody hears",
        "room.presence_roles",
    ),
    _roles(
        "muc#roomconfig_getmemberlist",
        "The members of which role may see who the members are",
        "room.list_roles",
    ),
    choice(
        "{urn:folkmoot:rooms:0}registration",
        "How people register as members",
        "room.registering",
        {
            Registering.OPEN: "By themselves",
            Registering.APPROVAL: "An admin has to agree",
            Registering.CLOSED: "Not at all",
        },
    ),
    flag("{urn:folkmoot:rooms:0}lock_nicks", "Registered nicks are used", "room.nicks_locked"),
    # The names of the next four are those that ejabberd gave them, and clients know.
    flag("muc#roomconfig_allowvisitornickchange", "Visitors may change nick", "room.visitor_nicks"),
    flag(
        "muc#roomconfig_allowvisitorstatus",
        "Visitors may say a word in their presence",
        "room.visitor_status",
    ),
    flag("muc#roomconfig_allowvoicerequests", "Visitors may ask for voice", "room.voice_requests"),
    flag("allow_query_users", "Occupants may ask each other's clients", "room.queries"),
)

LISTS: Final = {
    "muc#roomconfig_roomadmins": Affiliation.ADMIN,
    "muc#roomconfig_roomowners": Affiliation.OWNER,
}
"""The fields that are whole lists (§10.1.3)."""

LISTED_MAX: Final = 500
"""The longest list that a form has; a longer one is asked for by itself (§10.5, §10.8)."""

_NOBODY: Final[frozenset[str]] = frozenset()
_FIXED: Final = {
    "muc#roomconfig_enablelogging": (frozenset({"0"}), frozenset({"false"}), _NOBODY),
}
"""A registered field that has one meaning here, and the ways to say it: nothing is logged for the
public."""

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


def read_lists(form: Form) -> dict[Affiliation, frozenset[JID]]:
    """The whole lists that a submitted form has (§10.2); an empty list of owners asks for nothing.

    Raises StanzaError not-acceptable naming a field whose value is no address.
    """
    lists: dict[Affiliation, frozenset[JID]] = {}
    for var, affiliation in LISTS.items():
        if form.field(var) is None:
            continue
        try:
            named = frozenset(JID.parse(each).bare for each in form.values(var) if each.strip())
        except InvalidJID as error:
            raise nonsense(f"{var}: {error}") from error
        if named or affiliation is not Affiliation.OWNER:
            lists[affiliation] = named
    return lists


def config_form(
    address: str, config: NodeConfig, lists: Mapping[Affiliation, Sequence[JID]]
) -> Form:
    """The form an owner is sent (§10.1.3, §10.2).

    address: the room's, for its title. lists: who has a row for what.
    """
    assert config.room is not None
    fields: list[Field] = []
    for row in ROWS:
        if row.var == _SECRET:
            fields.append(_protected(config.room))
        field = _offered(row.field(config))
        if row.var == SLOW_MODE:
            field = replace(field, bounds=(0, SLOW_SECONDS_MAX))
        fields.append(field)
    labels = {Affiliation.ADMIN: "Admins", Affiliation.OWNER: "Owners"}
    for var, affiliation in LISTS.items():
        named = tuple(str(jid) for jid in lists.get(affiliation, ()))
        if len(named) <= LISTED_MAX:
            fields.append(Field(var, "jid-multi", named, labels[affiliation]))
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
