"""Everything through pubsub: XEP-0207 1.0, made real (docs/extensions/eventing.md).

Presence, rosters and rooms are nodes here in any case; these are XEP-0060's words for them. A
device whose presence came through pubsub hears others' in the same way, and so does an occupant who
entered a room through it.
"""

from __future__ import annotations

from folkmoot.facades.eventing.presence import FACADE, at_server, beside_messages, beside_pubsub
from folkmoot.facades.eventing.rooms import ROOMS, beside_rooms
from folkmoot.facades.eventing.words import directed, welcome

__all__ = [
    "FACADE",
    "ROOMS",
    "at_server",
    "beside_messages",
    "beside_pubsub",
    "beside_rooms",
    "directed",
    "welcome",
]
