"""To whom replies to a node's items go (XEP-0060 1.30.0, §12.17)."""

from __future__ import annotations

from typing import Final

from folkmoot.engine.configuration import ItemReply, NodeConfig
from folkmoot.engine.model import NodeId
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID

REPLIES_MAX: Final = 10
"""How many owners are named with a notification."""


def reply_to(view: View, node: NodeId, config: NodeConfig) -> tuple[JID, ...]:
    """The owners, where it is they who are to be replied to."""
    if config.item_reply is not ItemReply.OWNER:
        return ()
    return view.owners(node)[:REPLIES_MAX]
