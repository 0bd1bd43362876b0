"""Items told together: XEP-0060 1.30.0, §16.4.2, `pubsub#digest`; the noun, and its bounds.

No item is copied for a digest: it is made of the items that stand behind a mark when it is due. So
of what was published twice meanwhile the last is told, and what is gone by then is not. That an
item is gone, and all else there is to hear of a node, is told at once.
"""

from __future__ import annotations

from typing import Final, NamedTuple

DIGEST_SECONDS: Final = 86_400.0
"""How far digests are apart where nobody says: "approx. one per day" (§6.3.3, Example 56)."""

DIGEST_SECONDS_MIN: Final = 1.0
"""The least that may be asked for; what is due is looked for less often than that (`core`)."""

DIGEST_SECONDS_MAX: Final = 604_800.0
"""The most that may be asked for: a week."""

DIGEST_ITEMS_MAX: Final = 100
"""How many items wait: as soon as it is seen that there are so many they are told."""

DIGEST_ITEMS_PER_LOOK: Final = 10
"""After how many items published to a node it is looked whether there are so many."""

DIGESTS_AT_ONCE_MAX: Final = 1_000
"""How many digests one command tells; the others wait for the next."""


class Digest(NamedTuple):
    """That a subscription has items gathered, and how far it has been told.

    seconds: from one digest to the next, at least. told: the place (`ItemPage.places`) up to which
    items are not to be told any more. at: when the next is due, in seconds since 1970.
    """

    seconds: float
    told: int = 0
    at: float = 0.0
