"""Every option of the server: its type, its default and what it means, in this one place.

The configuration file, its documentation and the command line are made from these classes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple

from folkmoot.config.templates import TEMPLATES, Template
from folkmoot.config.values import (
    ADDRESS,
    BOOLEAN,
    CREATORS,
    DOMAIN,
    PATH,
    Address,
    ArchiveDefault,
    Creators,
    Kind,
    LogFormat,
    LogLevel,
    Strangers,
    choice,
    option,
    optional,
    whole,
)

_MILLION = 1_000_000
_MEBIBYTE = 1_048_576


@dataclass(frozen=True, slots=True)
class Server:
    """What this server is, and where it keeps what it knows."""

    domain: str = option(
        DOMAIN,
        "localhost",
        "The domain of the accounts.",
    )
    data: Path = option(
        PATH,
        Path("data"),
        "The directory of everything the server keeps: the database, the certificate it made for"
        " itself, the lock. Made if it is not there. A relative path starts at this file, and"
        " without a file at the working directory.",
    )
    spaces: str | None = option(
        optional(DOMAIN, "default"),
        None,
        "The domain of spaces; `default`: `spaces.` of that of the accounts, where Movim looks.",
    )
    rooms: str | None = option(
        optional(DOMAIN, "default"),
        None,
        "The domain of rooms; `default`: `rooms.` of that of the accounts.",
    )
    accounts: bool = option(
        BOOLEAN,
        True,
        "Whether accounts are this server's; `false`: they are those of the server that its"
        " services are components of (`folkmoot component`).",
    )

    @property
    def spaces_domain(self) -> str:
        """The domain of spaces and every other pubsub node."""
        return self.spaces or f"spaces.{self.domain}"

    @property
    def rooms_domain(self) -> str:
        """The domain of rooms (XEP-0045)."""
        return self.rooms or f"rooms.{self.domain}"

    @property
    def services(self) -> list[str]:
        """The domains of both."""
        return [self.spaces_domain, self.rooms_domain]


@dataclass(frozen=True, slots=True)
class Listen:
    """Where clients reach the server. `*` is every address of this machine; `off` closes a door."""

    tcp: Address | None = option(
        optional(ADDRESS, "off"),
        Address("*", 5222),
        "Client connections that begin in the clear and turn to TLS (RFC 6120).",
    )
    tls_direct: Address | None = option(
        optional(ADDRESS, "off"),
        Address("*", 5223),
        "Client connections that are TLS from the first byte (XEP-0368).",
    )
    http: Address | None = option(
        optional(ADDRESS, "off"),
        Address("127.0.0.1", 5280),
        "WebSocket at `/xmpp-websocket` (RFC 7395) and `/.well-known/host-meta` (XEP-0156), without"
        " TLS: for a reverse proxy on this machine, and for trying things out.",
    )


@dataclass(frozen=True, slots=True)
class Tls:
    """The certificate clients see."""

    certificate: Path | None = option(
        optional(PATH, "self-signed"),
        None,
        "A PEM file with the certificate and its chain, for the domain, `spaces.` and `rooms.` of"
        " it. `self-signed`: the server makes one, which clients ask their user to accept.",
    )
    key: Path | None = option(
        optional(PATH, "beside"),
        None,
        "A PEM file with the private key. `beside`: in the certificate's file.",
    )


@dataclass(frozen=True, slots=True)
class Login:
    """How accounts log in."""

    cleartext: bool = option(
        BOOLEAN,
        False,
        "Allow logging in without TLS. Passwords and messages can then be read on the way:"
        " for measurements and tests only.",
    )
    failures_max: int = option(
        whole(1, _MILLION),
        20,
        "Failed log-ins from one address within `failures_seconds`; past them it has to wait.",
    )
    failures_seconds: int = option(
        whole(1, 86_400), 60, "The time over which failed log-ins are counted, in seconds."
    )


@dataclass(frozen=True, slots=True)
class Registration:
    """Making an account from within a client (XEP-0077)."""

    enabled: bool = option(BOOLEAN, False, "Whether anybody may make an account for themself.")
    per_hour_max: int = option(
        whole(1, _MILLION), 5, "Accounts that may be made from one address within an hour."
    )


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one client may ask of the server, so that the others notice nothing."""

    connections_max: int = option(
        whole(1, _MILLION),
        20_000,
        "Connections at one time. The operating system must allow as many open files"
        " (`ulimit -n`).",
    )
    connections_per_address_max: int = option(
        whole(1, _MILLION), 2_000, "Connections at one time from one address."
    )
    stanza_bytes_max: int = option(
        # RFC 6120 §13.12: a server must not refuse a stanza of 10,000 bytes or fewer.
        whole(10_000, 64 * _MEBIBYTE),
        262_144,
        "The largest stanza a client may send, in bytes.",
    )
    send_buffer_bytes_max: int = option(
        whole(65_536, 1_024 * _MEBIBYTE),
        4 * _MEBIBYTE,
        "What may wait for one client that reads too slowly, in bytes; past it, its stream ends.",
    )


@dataclass(frozen=True, slots=True)
class Spaces:
    """Who may make spaces and rooms, and how many."""

    node_creators: Creators = option(
        CREATORS,
        Creators(),
        "Who may create spaces and other nodes: `everyone` with an account here, or a list of"
        ' accounts, as in `["juliet@example.org"]`.',
    )
    room_creators: Creators = option(
        CREATORS, Creators(), "Who may create rooms, in the same words."
    )
    nodes_per_account_max: int = option(
        whole(1, _MILLION), 1_000, "Spaces, rooms and other nodes one account may own."
    )


@dataclass(frozen=True, slots=True)
class Archive:
    """How much of what was said the server keeps. What is past a bound goes, the oldest first."""

    room_days: int = option(
        whole(0, 36_500), 0, "How many days a room keeps its messages; 0: as long as it is there."
    )
    room_messages: int = option(
        whole(0, 1_000 * _MILLION),
        _MILLION,
        "How many messages a room keeps, the newest of them; 0: however many there are.",
    )
    account_days: int = option(
        whole(0, 36_500),
        0,
        "How many days an account keeps what it sent and received; 0: as long as it is there.",
    )
    account_messages: int = option(
        whole(0, 1_000 * _MILLION),
        _MILLION,
        "How many messages an account keeps, the newest of them; 0: however many there are.",
    )
    archive_default: ArchiveDefault = option(
        choice(ArchiveDefault),
        ArchiveDefault.ALWAYS,
        "What an account keeps that does not say itself (XEP-0441): `always` all, `roster` what it"
        " exchanges with its contacts, `never` nothing.",
    )


@dataclass(frozen=True, slots=True)
class Component:
    """The link to another server, which carries what spaces have to do with other domains."""

    server: Address | None = option(
        optional(ADDRESS, "off"),
        None,
        "Where a Prosody, ejabberd or other server takes components (XEP-0114); it has to know the"
        " domain of the spaces as one, and to be on this machine or a network that can be trusted.",
    )
    secret_file: Path | None = option(
        optional(PATH, "none"), None, "A file that holds the secret the server knows for it."
    )
    personal: bool = option(
        BOOLEAN,
        False,
        "Whether accounts of that server have their own nodes here, bookmarks and avatars among"
        " them, as far as it hands them over (XEP-0355) and lets us act for them (XEP-0356). For"
        " `folkmoot component` alone.",
    )


@dataclass(frozen=True, slots=True)
class Sync:
    """Rooms of other conference services that spaces list (docs/extensions/sync.md)."""

    strangers: Strangers = option(
        choice(Strangers),
        Strangers.LEAVE,
        "What becomes of a room's members and admins of whom the space says nothing: `leave` them,"
        " or `remove` them when the room comes to the space. Its owners always stay.",
    )
    queries_per_second_max: int = option(
        whole(1, 1_000), 10, "How many queries one service elsewhere is sent in a second."
    )


@dataclass(frozen=True, slots=True)
class Rooms:
    """How much may happen in one room each second, so that the others notice nothing."""

    messages_max: int = option(
        whole(1, _MILLION),
        10,
        "Messages of one person, on all their devices; 10 times that at once.",
    )
    messages_of_all_max: int = option(
        whole(1, _MILLION), 100, "Messages of all in the room together; 5 times that at once."
    )
    presences_max: int = option(
        whole(1, _MILLION), 5, "Changes of one person's presence; 20 times that at once."
    )
    presences_of_all_max: int = option(
        whole(1, _MILLION),
        200,
        "Presences of all together, entering among them; 100 times that at once, for when all"
        " come back after a restart.",
    )


@dataclass(frozen=True, slots=True)
class Pubsub:
    """How much may be published to one node each second, so that the others notice nothing."""

    items_max: int = option(
        whole(1, _MILLION),
        50,
        "Items of one person, on all their devices; 20 times that at once.",
    )
    items_of_all_max: int = option(
        whole(1, _MILLION), 500, "Items of all who publish there; 20 times that at once."
    )


@dataclass(frozen=True, slots=True)
class Log:
    """What the server says about its work, on standard error. Never a password, never a message."""

    format: LogFormat = option(
        choice(LogFormat),
        LogFormat.TEXT,
        "`text` for eyes, `json` for programs: one object a line.",
    )
    level: LogLevel = option(
        choice(LogLevel),
        LogLevel.INFO,
        "The least weight a line needs: `debug`, `info`, `warning` or `error`.",
    )


class TlsFiles(NamedTuple):
    """The files of the certificate in force; `own` if the server makes them itself."""

    certificate: Path
    key: Path
    own: bool


@dataclass(frozen=True, slots=True)
class Config:
    """A whole configuration: a table of options for each field, and for each template."""

    server: Server = Server()
    listen: Listen = Listen()
    tls: Tls = Tls()
    login: Login = Login()
    registration: Registration = Registration()
    limits: Limits = Limits()
    spaces: Spaces = Spaces()
    space_templates: Mapping[str, Template] = field(default_factory=lambda: TEMPLATES)
    archive: Archive = Archive()
    component: Component = Component()
    sync: Sync = Sync()
    rooms: Rooms = Rooms()
    pubsub: Pubsub = Pubsub()
    log: Log = Log()

    @property
    def tls_files(self) -> TlsFiles:
        """Where the certificate and its key are, configured or made by the server."""
        if self.tls.certificate is None:
            data = self.server.data
            return TlsFiles(data / "certificate.pem", data / "key.pem", own=True)
        return TlsFiles(self.tls.certificate, self.tls.key or self.tls.certificate, own=False)

    @property
    def database(self) -> Path:
        """The file of the embedded database."""
        return self.server.data / "folkmoot.db"


class Option(NamedTuple):
    """One option, as the reader and the documentation need it."""

    table: str
    key: str
    kind: Kind[Any]
    default: object
    meaning: str

    @property
    def default_text(self) -> str:
        """The default as TOML."""
        return self.kind.write(self.default)


class Table(NamedTuple):
    """One table of the file: its dataclass, what it is about, its options."""

    name: str
    type: type[Any]
    meaning: str
    options: tuple[Option, ...]


def _table(name: str, made_of: type[Any]) -> Table:
    options = tuple(
        Option(name, one.name, one.metadata["kind"], one.default, one.metadata["meaning"])
        for one in fields(made_of)
    )
    return Table(name, made_of, made_of.__doc__ or "", options)


def _tables() -> Iterator[Table]:
    for table in fields(Config):
        if table.default is not MISSING:
            yield _table(table.name, type(table.default))


TABLES = tuple(_tables())

TEMPLATE = _table("space_templates", Template)
"""The table of each template, whatever its name."""
