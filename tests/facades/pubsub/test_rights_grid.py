"""XEP-0060 1.30.0, §4.1, Table 1: who may do what, tested pair by pair.

The grid has a row for each operation and a column for each standing; where it says `access` or
`publish`, the access model (§4.5) or the publish model (§16.4.4) decides. Nothing here is read from
the code that it holds to its word.
"""

from __future__ import annotations

from itertools import product
from typing import Final

import pytest

from folkmoot.xmpp.stanza import CLIENT
from tests.facades.pubsub.denmark import HORATIO, OWNER, PUBSUB, Denmark
from tests.stage import Client

GRID: Final = """
                 owner    publisher  publish-only  member   none     subscriber  outcast
config-get       yes      no         no            no       no       no          no
subs-get         yes      no         no            no       no       no          no
affs-get         yes      no         no            no       no       no          no
items            yes      yes        no            yes      access   yes         no
publish          yes      yes        yes           publish  publish  publish     no
overwrite-own    yes      yes        yes           publish  publish  publish     no
overwrite-other  yes      no         no            no       no       no          no
delete-own       yes      yes        yes           yes      yes      yes         no
delete-other     yes      no         no            no       no       no          no
config-set       yes      no         no            no       no       no          no
subs-set         yes      no         no            no       no       no          no
affs-set         yes      no         no            no       no       no          no
purge            yes      no         no            no       no       no          no
unsubscribe      absent   absent     absent        absent   absent   yes         absent
subscribe        yes      yes        no            yes      access   yes         no
delete           yes      no         no            no       no       no          no
"""
"""In the order they are asked, so that none stands in the way of the next.

Table 1 leaves three things to the service. A publisher touches no items but its own, nor purges
(the table's note, §8.5.3.1); what somebody published they may take back, whatever they have become
since, unless they are banned (§7.2: the publisher of an item); and of an open node everybody
retrieves (§4.5).
"""

STANDINGS: Final = tuple(GRID.splitlines()[1].split())
ROWS: Final = {
    row.split()[0]: dict(zip(STANDINGS, row.split()[1:], strict=True))
    for row in GRID.splitlines()[2:]
}

YES: Final = ""
FORBIDDEN: Final = "forbidden"

STRANGER: Final = {
    "open": YES,
    "presence": "presence-subscription-required not-authorized",
    "roster": "not-in-roster-group not-authorized",
    "authorize": "not-subscribed not-authorized",
    "whitelist": "closed-node not-allowed",
}
"""Access model to what a stranger hears who retrieves items (§6.5.9.3-6.5.9.7)."""

ASKS: Final = STRANGER | {"authorize": YES}
"""The same of who subscribes: where owners let people in, to ask is what one may (§6.1.4)."""

CELLS: Final = [
    (standing, access, publish)
    for standing, access, publish in product(
        STANDINGS, STRANGER, ("publishers", "subscribers", "open")
    )
    # Elsewhere nobody is subscribed who is nothing else to the node.
    if standing != "subscriber" or access in ("open", "authorize")
]


def expected(operation: str, standing: str, access: str, publish: str) -> str:
    """The conditions of the answer, the first of them first; YES for a result."""
    cell = ROWS[operation][standing]
    if cell == "absent":  # §6.2.3.2
        return "not-subscribed unexpected-request"
    if cell == "access":
        return (ASKS if operation == "subscribe" else STRANGER)[access]
    if cell == "publish":
        let = publish == "open" or (publish == "subscribers" and standing == "subscriber")
        return YES if let else FORBIDDEN
    return YES if cell == "yes" else FORBIDDEN


def item(id: str) -> str:
    """An item of this id, published."""
    entry = f"<item id='{id}'><entry xmlns='x'/></item>"
    return f"<publish node='princely_musings'>{entry}</publish>"


def owners(name: str, row: str = "") -> str:
    """A request about the node, in the owner's namespace."""
    return f"<{name} node='princely_musings'>{row}</{name}>"


REQUESTS: Final = {
    "config-get": ("get", owners("configure"), OWNER),
    "subs-get": ("get", owners("subscriptions"), OWNER),
    "affs-get": ("get", owners("affiliations"), OWNER),
    "items": ("get", "<items node='princely_musings'/>", PUBSUB),
    "publish": ("set", item("another"), PUBSUB),
    "overwrite-own": ("set", item("own"), PUBSUB),
    "overwrite-other": ("set", item("other"), PUBSUB),
    "delete-own": ("set", "<retract node='princely_musings'><item id='own'/></retract>", PUBSUB),
    "delete-other": (
        "set",
        "<retract node='princely_musings'><item id='other'/></retract>",
        PUBSUB,
    ),
    "config-set": (
        "set",
        owners("configure", "<x xmlns='jabber:x:data' type='submit'/>"),
        OWNER,
    ),
    "subs-set": (
        "set",
        owners("subscriptions", "<subscription jid='yorick@denmark.lit' subscription='none'/>"),
        OWNER,
    ),
    "affs-set": (
        "set",
        owners("affiliations", "<affiliation jid='yorick@denmark.lit' affiliation='none'/>"),
        OWNER,
    ),
    "purge": ("set", owners("purge"), OWNER),
    "unsubscribe": (
        "set",
        "<unsubscribe node='princely_musings' jid='horatio@denmark.lit'/>",
        PUBSUB,
    ),
    "subscribe": ("set", "<subscribe node='princely_musings' jid='horatio@denmark.lit'/>", PUBSUB),
    "delete": ("set", owners("delete"), OWNER),
}


async def placed(denmark: Denmark, standing: str, access: str, publish: str) -> Client:
    """Horatio, who has published an item on a node where Hamlet has, and is now what is said."""
    await denmark.makes(access_model=access, publish_model=publish)
    await denmark.publishes("other")
    horatio = await denmark.client(HORATIO)
    await denmark.affiliates("horatio@denmark.lit", "publisher")
    await horatio.asks(denmark.iq("set", item("own")), "<iq type='result'/>")
    if standing != "subscriber":
        await denmark.affiliates("horatio@denmark.lit", standing)
        return horatio
    await denmark.affiliates("horatio@denmark.lit", "none")
    row = "<subscription jid='horatio@denmark.lit' subscription='subscribed'/>"
    await denmark.hamlet.asks(
        denmark.iq("set", owners("subscriptions", row), OWNER), "<iq type='result'/>"
    )
    return horatio


async def answer(denmark: Denmark, horatio: Client, operation: str) -> str:
    """What Horatio is answered, as `expected` says it."""
    error = (await horatio.asks(denmark.iq(*REQUESTS[operation]))).child(CLIENT, "error")
    if error is None:
        return YES
    return " ".join(each.name for each in error.elements if each.name != "text")


def test_every_operation_has_its_row() -> None:
    """The grid and the requests speak of the same."""
    assert list(ROWS) == list(REQUESTS)


@pytest.mark.parametrize(("standing", "access", "publish"), CELLS)
async def test_rights(denmark: Denmark, standing: str, access: str, publish: str) -> None:
    """§4.1, Table 1, with §4.5 and `pubsub#publish_model`: one column under one configuration."""
    horatio = await placed(denmark, standing, access, publish)
    found = {operation: await answer(denmark, horatio, operation) for operation in ROWS}
    assert found == {
        operation: expected(operation, standing, access, publish) for operation in ROWS
    }
