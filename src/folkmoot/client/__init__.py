"""Spaces (XEP-0503 0.3.0) for bots and bridges: a slixmpp plugin with typed answers.

`connected` is the shortest way in; `SpacesClient` is a slixmpp client with everything set up; and
`Spaces` is the plugin alone, for a client or a component of one's own. docs/client.md shows them.
It works with any server that follows the XEP, and knows nothing of the rest of Folkmoot.
"""

from importlib.util import find_spec

if find_spec("slixmpp") is None:
    raise ImportError("folkmoot.client needs slixmpp: pip install 'folkmoot[client]'")

from folkmoot.client.connection import NotLoggedIn, SpacesClient, connected
from folkmoot.client.events import (
    AffiliationChanged,
    Configured,
    Deleted,
    Event,
    EventsLost,
    ItemChanged,
    ItemsRetracted,
    Purged,
    Requested,
    SubscriptionChanged,
)
from folkmoot.client.model import (
    Access,
    Affiliation,
    Content,
    Image,
    Images,
    InvalidAddress,
    Item,
    Member,
    Membership,
    NodeLink,
    Other,
    Request,
    Room,
    Space,
    SpaceAddress,
    State,
    Support,
    WebLink,
)
from folkmoot.client.namespaces import AnyNamespace
from folkmoot.client.plugin import Spaces, TooMuch

__all__ = [
    "Access",
    "Affiliation",
    "AffiliationChanged",
    "AnyNamespace",
    "Configured",
    "Content",
    "Deleted",
    "Event",
    "EventsLost",
    "Image",
    "Images",
    "InvalidAddress",
    "Item",
    "ItemChanged",
    "ItemsRetracted",
    "Member",
    "Membership",
    "NodeLink",
    "NotLoggedIn",
    "Other",
    "Purged",
    "Request",
    "Requested",
    "Room",
    "Space",
    "SpaceAddress",
    "Spaces",
    "SpacesClient",
    "State",
    "SubscriptionChanged",
    "Support",
    "TooMuch",
    "WebLink",
    "connected",
]
