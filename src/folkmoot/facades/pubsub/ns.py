"""The names of XEP-0060 1.30.0, §16.1 and §16.4."""

from __future__ import annotations

from typing import Final

PUBSUB: Final = "http://jabber.org/protocol/pubsub"
OWNER: Final = PUBSUB + "#owner"
EVENT: Final = PUBSUB + "#event"
ERRORS: Final = PUBSUB + "#errors"
NODE_CONFIG: Final = PUBSUB + "#node_config"
META_DATA: Final = PUBSUB + "#meta-data"
SUBSCRIBE_OPTIONS: Final = PUBSUB + "#subscribe_options"
AUTHORIZATION: Final = PUBSUB + "#subscribe_authorization"
GET_PENDING: Final = PUBSUB + "#get-pending"
COMMANDS: Final = "http://jabber.org/protocol/commands"
