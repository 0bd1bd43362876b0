"""The node configuration form: XEP-0060 1.30.0, §16.4.4, one row for each field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from folkmoot.engine.configuration import (
    ITEM_SECONDS_MAX,
    NODE_ITEMS_MAX,
    Access,
    Inherit,
    Inviters,
    ItemReply,
    NodeConfig,
    NodeFull,
    PublishModel,
    SendLast,
)
from folkmoot.engine.model import NodeId
from folkmoot.facades.form_table import (
    Row,
    choice,
    flag,
    node_uri,
    nonsense,
    number,
    read_node_uri,
    read_settings,
    single,
    text,
    unknown,
)
from folkmoot.facades.pubsub.conditions import specific, unmet, unsupported
from folkmoot.facades.pubsub.ns import META_DATA, NODE_CONFIG
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.forms import DATA, Field, Form
from folkmoot.xmpp.jid import JID, InvalidJID
from folkmoot.xmpp.xml import Element

_NODE_TYPE: Final = "pubsub#node_type"
RELATIONSHIPS: Final = "urn:xmpp:pubsub-relationships:0"
PARENT: Final = f"{{{RELATIONSHIPS}}}parent"
LINK: Final = f"{{{RELATIONSHIPS}}}link"
"""XEP-0496's fields; the engine keeps what they say."""

_FIXED: Final = (_NODE_TYPE,)
"""Fields that have one meaning here; any other is refused."""

_ACCESS: Final = choice(
    "pubsub#access_model",
    "Who may subscribe and retrieve items",
    "access",
    {
        Access.OPEN: "Anyone",
        Access.PRESENCE: "Those subscribed to an owner's presence",
        Access.ROSTER: "Those in certain roster groups",
        Access.AUTHORIZE: "Those an owner lets in",
        Access.WHITELIST: "Members",
    },
)


def _read_access(values: Sequence[str]) -> object:
    try:
        return _ACCESS.read(values)
    except StanzaError as error:  # §8.1.2, Example 136
        extension = specific("unsupported-access-model")
        raise StanzaError(error.condition, error.text, extension=extension) from error


def _read_notification_type(values: Sequence[str]) -> bool:
    given = single(values)
    if given not in ("headline", "normal"):
        raise nonsense("headline or normal is needed")
    return given == "headline"


def _read_expire(values: Sequence[str]) -> int:
    given = single(values).strip()
    if given == "max":
        return 0
    seconds = int(given) if given.isascii() and given.isdigit() and len(given) <= 18 else 0
    if not 1 <= seconds <= ITEM_SECONDS_MAX:
        raise nonsense(f"1 to {ITEM_SECONDS_MAX} seconds, or max")
    return seconds


def _read_groups(values: Sequence[str]) -> tuple[str, ...]:
    """Each group once; their order says nothing, so that there is just one for the same groups."""
    return tuple(sorted(set(values)))


def _read_contacts(values: Sequence[str]) -> tuple[JID, ...]:
    try:
        return tuple(JID.parse(value) for value in values)
    except InvalidJID as error:
        raise nonsense(str(error)) from error


def relation(var: str, label: str, setting: str) -> Row:
    """A node by its name where it is of the same service, else by its address (XEP-0496 §5)."""

    def read(values: Sequence[str]) -> NodeId | str | None:
        given = single(values)
        return read_node_uri(given) if given.startswith("xmpp:") else given or None

    def say(node: NodeId | None) -> tuple[str, ...]:
        return () if node is None else (node_uri(node),)

    return Row(var, "text-single", label, setting, read, say)


def related(config: NodeConfig, service: JID) -> tuple[Field, ...]:
    """What a configuration says of other nodes, those of the same service by their names."""
    rows = (row for row in ROWS if row.var in (PARENT, LINK))
    return tuple(_nearby(row.field(config), config, service) for row in rows)


def _nearby(field: Field, config: NodeConfig, service: JID | None) -> Field:
    named = {PARENT: config.parent, LINK: config.link}.get(field.var)
    if named is None or named.service != service:
        return field
    return replace(field, values=(named.name,))


ROWS: Final[tuple[Row, ...]] = (
    text("pubsub#title", "Name", "title"),
    text("pubsub#description", "Description", "description"),
    text("pubsub#type", "Type of the items, or of the node", "type"),
    text("pubsub#language", "Language", "language"),
    Row(
        "pubsub#contact",
        "jid-multi",
        "Whom to ask about it",
        "contacts",
        _read_contacts,
        lambda contacts: tuple(map(str, contacts)),
    ),
    replace(_ACCESS, read=_read_access),
    Row(
        "pubsub#roster_groups_allowed",
        "list-multi",
        "Roster groups that may subscribe",
        "roster_groups",
        _read_groups,
        tuple,
    ),
    flag("pubsub#subscribe", "Allow subscriptions", "subscribable"),
    choice(
        "pubsub#publish_model",
        "Who may publish",
        "publish",
        {
            PublishModel.PUBLISHERS: "Publishers and owners",
            PublishModel.SUBSCRIBERS: "Subscribers as well",
            PublishModel.OPEN: "Anyone",
        },
    ),
    flag("pubsub#persist_items", "Keep items", "persist_items"),
    number("pubsub#max_items", "How many are kept", "max_items", most=NODE_ITEMS_MAX, word="max"),
    choice(
        "pubsub#publish_node_full",
        "What to do when there are as many",
        "node_full",
        {
            NodeFull.RETRACT_OLDEST: "Retract the oldest",
            NodeFull.DISCARD_OLDEST: "Drop the oldest without a word",
            NodeFull.REJECT: "Take no more",
        },
    ),
    Row(
        "pubsub#item_expire",
        "text-single",
        "How many seconds they are kept; max: for ever",
        "item_seconds",
        _read_expire,
        lambda seconds: (str(seconds) if seconds else "max",),
    ),
    flag(
        "pubsub#purge_offline",
        "Delete what a publisher published when they go offline",
        "purge_offline",
    ),
    number(
        "pubsub#max_payload_size",
        "The longest payload, in bytes",
        "payload_bytes_max",
        most=NodeConfig().payload_bytes_max,
    ),
    flag("pubsub#deliver_notifications", "Notify of items", "deliver_notifications"),
    flag("pubsub#deliver_payloads", "Send payloads with notifications", "deliver_payloads"),
    flag(
        "pubsub#presence_based_delivery",
        "Notify only those who are available",
        "present_only",
    ),
    flag("pubsub#notify_config", "Notify when the configuration changes", "notify_config"),
    flag("pubsub#notify_delete", "Notify when the node is deleted", "notify_delete"),
    flag("pubsub#notify_retract", "Notify when items are deleted", "notify_retract"),
    flag("pubsub#notify_sub", "Notify owners of subscribers", "notify_sub"),
    choice(
        "pubsub#send_last_published_item",
        "When to send the newest item unasked",
        "send_last",
        {
            SendLast.NEVER: "Never",
            SendLast.ON_SUB: "When somebody subscribes",
            SendLast.ON_SUB_AND_PRESENCE: "Also when a subscriber comes online",
        },
    ),
    choice(
        "pubsub#itemreply",
        "Whom to name for replies",
        "item_reply",
        {
            ItemReply.PUBLISHER: "Who published the item",
            ItemReply.OWNER: "The owners",
            ItemReply.NONE: "Nobody",
        },
    ),
    Row(
        "pubsub#notification_type",
        "list-single",
        "Type of notifications",
        "headline",
        _read_notification_type,
        lambda headline: ("headline" if headline else "normal",),
    ),
    relation(PARENT, "The node it is in", "parent"),
    relation(LINK, "The node it goes with", "link"),
    choice(
        "{urn:folkmoot:spaces:0}inherit",
        "Whose standing in the node above holds here",
        "inherit",
        {
            Inherit.ALL: "Everyone's",
            Inherit.STAFF: "Owners' and publishers'",
            Inherit.NONE: "Nobody's",
        },
    ),
    choice(
        "{urn:folkmoot:invite:0}inviters",
        "Who may invite others to the space",
        "inviters",
        {
            Inviters.OWNERS: "Owners",
            Inviters.PUBLISHERS: "Publishers and owners",
        },
    ),
)

PUBLIC: Final = frozenset(
    {
        "pubsub#title",
        "pubsub#description",
        "pubsub#type",
        "pubsub#language",
        "pubsub#contact",
        "pubsub#access_model",
        "pubsub#publish_model",
        "pubsub#max_items",
    }
)
"""What of a configuration is for everyone who may know of the node."""


def read_form(element: Element | None) -> Form | None:
    """The data form in an element, None where there is none."""
    x = None if element is None else element.child(DATA, "x")
    return None if x is None else Form.read(x)


def read_config(form: Form | None) -> dict[str, object]:
    """The settings a submitted configuration asks for; with or without its FORM_TYPE.

    Raises StanzaError: bad-request where the form is not submitted; feature-not-implemented for
    another type of node (§8.1.2); not-acceptable naming a field whose value makes no sense.
    """
    if form is None:
        return {}
    if form.type != "submit":
        raise StanzaError("bad-request", "a configuration is submitted")
    if form.values(_NODE_TYPE) not in ((), ("leaf",)):
        raise unsupported("collections")
    return read_settings(ROWS, form)


def read_publishers(form: Form | None) -> tuple[JID, ...]:
    """Who may publish to a node that is being created, as XEP-0207 §6 has it.

    Raises StanzaError not-acceptable.
    """
    texts = () if form is None else form.values("pubsub#publisher")
    try:
        return tuple(map(JID.parse, texts))
    except InvalidJID as error:
        raise nonsense(f"pubsub#publisher: {error}") from error


def read_expectations(form: Form | None) -> dict[str, object]:
    """What publish-options ask of a node: preconditions, never overrides (§7.1.5).

    Raises StanzaError: bad-request where the form is not submitted; precondition-not-met naming a
    field that no node here has, or a value that none can have.
    """
    if form is None:
        return {}
    if form.type != "submit":
        raise StanzaError("bad-request", "options are submitted")
    rest = replace(form, fields=tuple(each for each in form.fields if each.var not in _FIXED))
    if field := unknown(ROWS, rest):
        raise unmet(f"{field} is not known here")
    try:
        return read_config(form)
    except StanzaError as error:
        raise unmet(error.text or f"{_NODE_TYPE} cannot be so here") from error


def config_form(config: NodeConfig, service: JID | None = None) -> Form:
    """The form an owner is sent (§8.2.1). service: of the node, whose nodes are said by name."""
    fields = [_nearby(row.field(config), config, service) for row in ROWS]
    fields.append(Field(_NODE_TYPE, "list-single", ("leaf",), "Type of node"))
    return Form("form", NODE_CONFIG, tuple(fields))


def shown(config: NodeConfig) -> tuple[Field, ...]:
    """The fields of a configuration that are for everyone who may know of the node (§5.4)."""
    fields = (row.field(config) for row in ROWS if row.var in PUBLIC)
    return tuple(field for field in fields if field.values)


def changes_form(before: NodeConfig | None, after: NodeConfig, service: JID) -> Form:
    """What of a node's meta-data is other than it was, or all of it (XEP-0497 0.1.0, §4.2.2)."""
    fields = []
    for row in ROWS:
        if row.var in PUBLIC or row.var in (PARENT, LINK):
            field = _nearby(row.field(after), after, service)
            changed = field.values if before is None else row.field(before) != row.field(after)
            if changed:
                fields.append(replace(field, label="", options=()))
    return Form("result", META_DATA, tuple(fields))


def result_form(config: NodeConfig, service: JID | None = None) -> Form:
    """The configuration as a notification tells it (§8.2.5.3). service: as in `config_form`."""
    fields = (_nearby(row.field(config), config, service) for row in ROWS)
    return Form("result", NODE_CONFIG, tuple(fields))
