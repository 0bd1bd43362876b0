"""Message Archive Management: XEP-0313 1.1.3; which archives there are, and how each is worded."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from folkmoot.engine.model import ARCHIVE_NODE, Item, NodeId
from folkmoot.facades import muc, pubsub
from folkmoot.facades.facade import Request
from folkmoot.facades.mam import preferences
from folkmoot.facades.mam.archive import Archive, facade
from folkmoot.facades.muc.notification import archived
from folkmoot.facades.muc.stanzas import room_asked
from folkmoot.facades.pubsub.notification import published
from folkmoot.facades.pubsub.reading import node_named
from folkmoot.xmpp.xml import Element


def _of_account(request: Request) -> NodeId:
    """An account's own archive, or one of its nodes."""
    if request.payload.get("node") is None:
        return request.node(ARCHIVE_NODE)
    return node_named(request)


def _exchanged(node: NodeId, item: Item) -> Element:
    """A message as it was sent or received; an item of another node as what was told of it."""
    if node.name == ARCHIVE_NODE and item.payload is not None:
        return item.payload
    return published(node, item)


OF_ROOMS: Final = facade(Archive(room_asked, archived), muc.FACADE.errors)
OF_NODES: Final = facade(Archive(node_named, published), pubsub.FACADE.errors)

_OF_ACCOUNTS: Final = facade(Archive(_of_account, _exchanged), pubsub.FACADE.errors)
OF_ACCOUNTS: Final = replace(_OF_ACCOUNTS, routes=(*_OF_ACCOUNTS.routes, *preferences.ROUTES))
