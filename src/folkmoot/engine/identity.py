"""Who is who in a room, without saying who: occupant ids (XEP-0421 1.0.1, §4.1)."""

from __future__ import annotations

import hmac
from typing import Final

from folkmoot.engine.model import NodeId
from folkmoot.engine.record import Node
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID

OCCUPANT_ID_CHARS: Final = 40
"""How long an occupant id is, in hexadecimal; XEP-0421 allows 128."""


def occupant_id(record: Node, jid: JID, view: View) -> str:
    """What an entity is known by in a room: the same for all its devices, however often it comes.

    Kept for as long as they are in the room; made anew for who left and is spoken of.
    """
    bare, kept = jid.bare, record.derived.occupant_ids
    found = kept.get(bare)
    if found is None:
        found = made_of(view.services.secret, record.id, bare)
        if record.addresses(bare):
            kept[bare] = found
    return found


def made_of(secret: bytes, room: NodeId, bare: JID) -> str:
    """An id that nobody without the secret makes, traces to a JID, or knows again elsewhere."""
    said = f"{room.name}@{room.service}\0{bare}".encode()
    return hmac.digest(secret, said, "sha256").hex()[:OCCUPANT_ID_CHARS]
