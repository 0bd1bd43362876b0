"""A process that adds accounts one by one, as an operator does beside a running server.

Arguments: the file, how many.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing
from pathlib import Path

from folkmoot.stores.accounts import Accounts
from folkmoot.stores.database import Database
from folkmoot.xmpp.credentials import Credentials, Keys
from folkmoot.xmpp.jid import JID

CREDENTIALS = Credentials(
    salt=b"salt", iterations=4096, sha1=Keys(b"1", b"2"), sha256=Keys(b"3", b"4")
)


async def main(path: Path, count: int) -> None:
    async with aclosing(Database.open(path)) as database:
        for number in range(count):
            guest = JID.parse(f"guest{number}@capulet.example")
            assert await Accounts(database).add(guest, CREDENTIALS, at=1.0)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
