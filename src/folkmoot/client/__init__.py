"""Spaces (XEP-0503 0.3.0) for bots and bridges: a slixmpp plugin with typed answers.

`connected` is the shortest way in; `SpacesClient` is a slixmpp client with everything set up; and
`Spaces` is the plugin alone, for a client or a component of one's own. docs/client.md shows them.
It works with any server that follows the XEP, and knows nothing of the rest of Folkmoot.
"""

from importlib.util import find_spec

if find_spec("slixmpp") is None:
    raise ModuleNotFoundError(
        "folkmoot.client needs slixmpp: pip install 'folkmoot[client]'", name="slixmpp"
    )

from folkmoot.client.connection import SpacesClient, connected, log_in
from folkmoot.client.errors import (
    BadAnswer,
    EventsLost,
    NoAnswer,
    NotConnected,
    NotLoggedIn,
    NotOffered,
    Refused,
    SpacesError,
    TooMuch,
)
from folkmoot.client.events import (
    AffiliationChanged,
    Configured,
    Deleted,
    Event,
    ItemChanged,
    ItemsRetracted,
    Listening,
    OccupantChanged,
    Purged,
    Requested,
    Said,
    SubscriptionChanged,
)
from folkmoot.client.model import (
    Access,
    Affiliation,
    Change,
    Content,
    Image,
    Images,
    InvalidAddress,
    Invite,
    Item,
    Member,
    Membership,
    NodeLink,
    Occupancy,
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
from folkmoot.client.plugin import Spaces
from folkmoot.client.rooms import RoomExists, Rooms

__all__ = [
    "Access",
    "Affiliation",
    "AffiliationChanged",
    "AnyNamespace",
    "BadAnswer",
    "Change",
    "Configured",
    "Content",
    "Deleted",
    "Event",
    "EventsLost",
    "Image",
    "Images",
    "InvalidAddress",
    "Invite",
    "Item",
    "ItemChanged",
    "ItemsRetracted",
    "Listening",
    "Member",
    "Membership",
    "NoAnswer",
    "NodeLink",
    "NotConnected",
    "NotLoggedIn",
    "NotOffered",
    "Occupancy",
    "OccupantChanged",
    "Other",
    "Purged",
    "Refused",
    "Request",
    "Requested",
    "Room",
    "RoomExists",
    "Rooms",
    "Said",
    "Space",
    "SpaceAddress",
    "Spaces",
    "SpacesClient",
    "SpacesError",
    "State",
    "SubscriptionChanged",
    "Support",
    "TooMuch",
    "WebLink",
    "connected",
    "log_in",
]
