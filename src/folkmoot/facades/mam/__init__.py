"""Message Archive Management: XEP-0313 1.1.3; which archives there are, and how each is worded."""

from __future__ import annotations

from typing import Final

from folkmoot.facades import muc, pubsub
from folkmoot.facades.mam.archive import Archive, facade
from folkmoot.facades.muc.notification import archived
from folkmoot.facades.muc.stanzas import room_asked
from folkmoot.facades.pubsub.notification import published
from folkmoot.facades.pubsub.reading import node_named

OF_ROOMS: Final = facade(Archive(room_asked, archived), muc.FACADE.errors)
OF_NODES: Final = facade(Archive(node_named, published), pubsub.FACADE.errors)
