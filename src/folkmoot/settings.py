"""What a configuration says, in the words of those parts of the server that it is about."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from folkmoot.admin import AdminError
from folkmoot.config import Address, Config
from folkmoot.engine.configuration import Keep
from folkmoot.engine.pace import PACES, Pace, Rate
from folkmoot.engine.services import Bounds, Services
from folkmoot.listeners.component import LinkSettings
from folkmoot.listeners.limits import ListenerLimits
from folkmoot.streams.features import Features
from folkmoot.streams.settings import StreamSettings
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Limits

DAY_SECONDS: Final = 86_400

SECRET_BYTES: Final = 32

CLOSE_SECONDS_MAX: Final = 3.0
"""How long clients have to close their streams when the server stops."""

COMPONENTS_AT: Final = Address("127.0.0.1", 5347)
"""Where servers take components, unless they are told otherwise."""

SECRET_FILE: Final = "component.secret"
"""In the data directory: what the server knows its component by."""


def services(config: Config) -> Services:
    """The services a configuration describes."""
    return Services(
        domain=JID.parse(config.server.domain),
        pubsub=JID.parse(config.server.spaces_domain),
        rooms=JID.parse(config.server.rooms_domain),
        accounts=config.server.accounts,
        personal=config.component.personal and not config.server.accounts,
        node_creators=config.spaces.node_creators.named,
        room_creators=config.spaces.room_creators.named,
        nodes_per_account_max=config.spaces.nodes_per_account_max,
        room_archive=Bounds(
            seconds=config.archive.room_days * DAY_SECONDS or None,
            items=config.archive.room_messages or None,
        ),
        account_archive=Bounds(
            seconds=config.archive.account_days * DAY_SECONDS or None,
            items=config.archive.account_messages or None,
        ),
        archive_default=Keep(config.archive.archive_default.value),
        paces=paces(config),
    )


def paces(config: Config) -> Mapping[Pace, Rate]:
    """How often what may happen in rooms and at nodes; what is no option is as it is."""
    rooms, pubsub = config.rooms, config.pubsub
    return {
        **PACES,
        Pace.MESSAGES: Rate(rooms.messages_max, rooms.messages_max * 10),
        Pace.PRESENCES: Rate(rooms.presences_max, rooms.presences_max * 20),
        Pace.MESSAGES_OF_ALL: Rate(rooms.messages_of_all_max, rooms.messages_of_all_max * 5),
        Pace.PRESENCES_OF_ALL: Rate(rooms.presences_of_all_max, rooms.presences_of_all_max * 100),
        Pace.ITEMS: Rate(pubsub.items_max, pubsub.items_max * 20),
        Pace.ITEMS_OF_ALL: Rate(pubsub.items_of_all_max, pubsub.items_of_all_max * 20),
    }


def streams(config: Config) -> StreamSettings:
    """What all streams have in common."""
    return StreamSettings(
        domain=JID.parse(config.server.domain),
        secret=_secret(config.server.data / "secret"),
        features=Features(
            cleartext=config.login.cleartext, registration=config.registration.enabled
        ),
        limits=Limits(stanza_bytes_max=config.limits.stanza_bytes_max),
    )


def _secret(path: Path) -> bytes:
    """The server's own secret, made at the first start; it stays the same from then on."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(secrets.token_bytes(SECRET_BYTES))
    return path.read_bytes()


def listeners(config: Config) -> ListenerLimits:
    """How much clients may do."""
    return ListenerLimits(
        connections_max=config.limits.connections_max,
        connections_per_address_max=config.limits.connections_per_address_max,
        close_seconds_max=CLOSE_SECONDS_MAX,
        send_buffer_bytes_max=config.limits.send_buffer_bytes_max,
        failures_max=config.login.failures_max,
        failures_seconds=config.login.failures_seconds,
        registrations_per_hour_max=config.registration.per_hour_max,
    )


def links(config: Config) -> tuple[LinkSettings, ...]:
    """The links there are to another server.

    Where the accounts are that server's, it is spaces and rooms that are its components; else
    spaces alone, if a server is said at all. Raises AdminError where the secret cannot be read.
    """
    at, file = components_at(config), config.component.secret_file
    server = config.server
    if not server.accounts:
        file = file or server.data / SECRET_FILE
    if at is None:
        return ()
    if file is None:
        raise AdminError("component.server needs component.secret_file")
    secret = read_secret(file)
    domains = [server.spaces_domain] if server.accounts else server.services
    theirs = None if server.accounts else JID.parse(server.domain)
    return tuple(
        LinkSettings(JID.parse(each), at.host, at.port, secret, theirs) for each in domains
    )


def components_at(config: Config) -> Address | None:
    """Where the server takes components whose components we are; None: there is none."""
    return config.component.server or (None if config.server.accounts else COMPONENTS_AT)


def read_secret(file: Path) -> str:
    """The secret of a component. Raises AdminError."""
    try:
        secret = file.read_text("utf-8").strip()
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text"
        raise AdminError(
            f"cannot read the component's secret from {file}: {why}. "
            "`folkmoot component --server prosody` makes one, and says where it belongs"
        ) from None
    if not secret:
        raise AdminError(f"{file} is empty: it has to hold the component's secret")
    return secret
