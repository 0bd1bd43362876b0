"""A process that commits batches and says so, one number a line, until it is killed.

A batch of number n publishes the item n on each of three nodes. Arguments: the file, the first n.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from pathlib import Path

from folkmoot.engine.configuration import NodeConfig
from folkmoot.engine.events import ItemPublished, NodeCreated
from folkmoot.engine.model import Item, NodeId
from folkmoot.stores.sqlite import SQLiteStore
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element

SERVICE = JID.parse("rooms.capulet.example")
NODES = tuple(NodeId(SERVICE, name) for name in ("ball", "garden", "tomb"))
JULIET = JID.parse("juliet@capulet.example")
WORDS = Element("urn:example:words", "words", None, "O Romeo, Romeo! " * 20)


async def main(path: Path, first: int) -> None:
    store = await SQLiteStore.open(path)
    if await store.node(NODES[0]) is None:
        await store.commit(
            [
                NodeCreated(node=node, config=NodeConfig(), creator=JULIET, at=0, owner=JULIET)
                for node in NODES
            ]
        )
    for number in itertools.count(first):
        item = Item(str(number), JULIET, float(number), WORDS)
        await store.commit([ItemPublished(node=node, item=item, persist=True) for node in NODES])
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
