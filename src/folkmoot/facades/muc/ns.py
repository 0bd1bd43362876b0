"""The namespaces of Multi-User Chat (XEP-0045 1.35.5, §16.1) and of what goes through a room."""

from __future__ import annotations

from typing import Final

MUC: Final = "http://jabber.org/protocol/muc"
USER: Final = MUC + "#user"
ADMIN: Final = MUC + "#admin"
OWNER: Final = MUC + "#owner"
ROOM_CONFIG: Final = MUC + "#roomconfig"
ROOM_INFO: Final = MUC + "#roominfo"
REGISTER: Final = MUC + "#register"
REQUEST: Final = MUC + "#request"
STABLE_ID: Final = MUC + "#stable_id"
UNIQUE: Final = MUC + "#unique"
SELF_PING: Final = MUC + "#self-ping-optimization"

AFFILIATIONS: Final = "urn:xmpp:muc:affiliations:1"
OCCUPANT_ID: Final = "urn:xmpp:occupant-id:0"
RETRACT: Final = "urn:xmpp:message-retract:1"
OLD_RETRACT: Final = "urn:xmpp:message-retract:0"
MODERATE: Final = "urn:xmpp:message-moderate:1"
OLD_MODERATE: Final = "urn:xmpp:message-moderate:0"
FASTEN: Final = "urn:xmpp:fasten:0"
TOKEN_INVITE: Final = "urn:xmpp:muc-token-invite:0"
CORRECT: Final = "urn:xmpp:message-correct:0"
RAI: Final = "urn:xmpp:rai:0"
DELAY: Final = "urn:xmpp:delay"
