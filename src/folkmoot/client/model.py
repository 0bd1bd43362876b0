"""What there is in XEP-0503 0.3.0: spaces, what they list, and who belongs to them.

Everything is read leniently: what a service does not say is empty or None, and never an error.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Self
from urllib.parse import quote, unquote
from xml.etree.ElementTree import Element

from slixmpp.jid import JID, InvalidJID

SPACES: Final = "urn:xmpp:spaces:0"
PUBSUB: Final = "http://jabber.org/protocol/pubsub"

REQUIRED: Final = (
    "subscribe",
    "create-nodes",
    "delete-nodes",
    "config-node",
    "meta-data",
    "delete-items",
    "retract-items",
    "multi-items",
    "item-ids",
    "manage-subscriptions",
    "retrieve-items",
)
"""What a service of spaces must have (§4), each a feature of XEP-0060."""


class InvalidAddress(ValueError):
    """Text is no address of a space."""


class Access(Enum):
    """Who may join (§3; XEP-0060 §4.5)."""

    OPEN = "open"
    AUTHORIZE = "authorize"
    WHITELIST = "whitelist"
    PRESENCE = "presence"
    ROSTER = "roster"


class Affiliation(Enum):
    """What somebody is to a space (XEP-0060 §4.1), or a room (XEP-0045 §5.2), which has ADMIN."""

    OWNER = "owner"
    ADMIN = "admin"
    PUBLISHER = "publisher"
    PUBLISH_ONLY = "publish-only"
    MEMBER = "member"
    NONE = "none"
    OUTCAST = "outcast"


class State(Enum):
    """How far a subscription has come (XEP-0060 §4.2)."""

    NONE = "none"
    PENDING = "pending"
    UNCONFIGURED = "unconfigured"
    SUBSCRIBED = "subscribed"


@dataclass(frozen=True, slots=True)
class SpaceAddress:
    """Where a space is: a node of a service."""

    service: JID
    node: str

    @classmethod
    def of(cls, service: JID | str, node: str) -> Self:
        """From its parts. Raises InvalidAddress."""
        if not node:
            raise InvalidAddress("a space has a node")
        try:
            return cls(JID(service), node)
        except InvalidJID as error:
            raise InvalidAddress(f"{service} is no JID") from error

    @classmethod
    def parse(cls, iri: str) -> Self:
        """From an IRI (XEP-0060 §12.21), also where `?node=` stands for `?;node=`.

        Raises InvalidAddress.
        """
        scheme, _, rest = iri.strip().partition(":")
        service = rest.partition("?")[0]
        if scheme.lower() != "xmpp" or not service:
            raise InvalidAddress(f"{iri} is no IRI of a node")
        return cls.of(unquote(service), _said_in(iri, "node"))

    @property
    def iri(self) -> str:
        """`xmpp:service?;node=…`, which `parse` reads."""
        return f"xmpp:{quote(str(self.service), safe='@/')}?;node={quote(self.node, safe='')}"

    def __str__(self) -> str:
        return self.iri


def _said_in(iri: str, wanted: str) -> str:
    query = iri.partition("?")[2].partition("#")[0]
    pairs = (part.partition("=") for part in query.split(";"))
    return next((unquote(value) for key, _, value in pairs if key == wanted), "")


def token_in(iri: str) -> str:
    """The token of the invite in an IRI (docs/extensions/invites.md); empty where there is none."""
    return _said_in(iri, "invite")


@dataclass(frozen=True, slots=True)
class Support:
    """What a service says it can do (§4)."""

    features: frozenset[str]

    @property
    def missing(self) -> tuple[str, ...]:
        """What §4 asks for, and it does not say it has; many services work all the same."""
        return tuple(each for each in REQUIRED if f"{PUBSUB}#{each}" not in self.features)


@dataclass(frozen=True, slots=True)
class Space:
    """A space, as far as its service tells.

    type: SPACES; something else of another node, and empty where it is not told.
    access: None where it is not told, or is none we know. members: None where it is not told.
    """

    address: SpaceAddress
    title: str = ""
    description: str = ""
    type: str = ""
    access: Access | None = None
    language: str = ""
    creator: JID | None = None
    owners: tuple[JID, ...] = ()
    members: int | None = None


@dataclass(frozen=True, slots=True)
class Room:
    """A room that a space lists (§5.4; XEP-0402). extensions: their elements as they came."""

    jid: JID
    name: str = ""
    autojoin: bool = False
    nick: str = ""
    password: str = ""
    extensions: tuple[Element, ...] = field(default=(), compare=False)

    @property
    def id(self) -> str:
        """The id of its item."""
        return str(self.jid)


@dataclass(frozen=True, slots=True)
class NodeLink:
    """A pubsub node that a space lists (§5.4; XEP-0330)."""

    id: str
    address: SpaceAddress
    title: str = ""


@dataclass(frozen=True, slots=True)
class WebLink:
    """A page that a space lists (§5.4; XEP-0066)."""

    id: str
    url: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """An image in one format and size (XEP-0084 §4.2); nobody has checked what is claimed of it.

    hash: of the file, SHA-1 in hex. Sizes in pixels, None where they are not told.
    """

    hash: str
    type: str = ""
    bytes: int | None = None
    url: str = ""
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Images:
    """An avatar or a banner: the same image in several formats and sizes (§5.2.1)."""

    id: str
    images: tuple[Image, ...] = ()


@dataclass(frozen=True, slots=True)
class Other:
    """An item of a kind unknown here, or one that makes no sense as the kind it claims (§5.4).

    payload: its first element as it came, None where it has none.
    """

    id: str
    payload: Element | None = field(default=None, compare=False)


Item = Room | NodeLink | WebLink | Images | Other


@dataclass(frozen=True, slots=True)
class Content:
    """What a space lists, each kind in the service's order (§5.4)."""

    rooms: tuple[Room, ...] = ()
    nodes: tuple[NodeLink, ...] = ()
    links: tuple[WebLink, ...] = ()
    avatar: Images | None = None
    banner: Images | None = None
    others: tuple[Other, ...] = ()


@dataclass(frozen=True, slots=True)
class Membership:
    """What one is to a space oneself."""

    address: SpaceAddress
    state: State = State.NONE
    affiliation: Affiliation = Affiliation.NONE


@dataclass(frozen=True, slots=True)
class Member:
    """What somebody is to a space, as its owners are told. jid: a bare one."""

    jid: JID
    state: State = State.NONE
    affiliation: Affiliation = Affiliation.NONE


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody asks to be let in (XEP-0060 §8.6). subid: empty where there is none."""

    address: SpaceAddress
    jid: JID
    subid: str = ""


@dataclass(frozen=True, slots=True)
class Invite:
    """An invite to a space (docs/extensions/invites.md). Times as they came (XEP-0082).

    token, uri: told once, to whoever makes it; empty later.
    """

    id: str
    by: JID | None = None
    created: str = ""
    expires: str = ""
    uses: int = 1
    used: int = 0
    token: str = ""
    uri: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A row of the audit trail (docs/extensions/audit.md). at: as it came (XEP-0082)."""

    id: str
    at: str
    by: str
    what: str
    of: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Occupancy:
    """How one has come into a room. created: whether it was not there before (XEP-0045 §10.1)."""

    room: JID
    nick: str
    affiliation: Affiliation = Affiliation.NONE
    role: str = ""
    created: bool = False
