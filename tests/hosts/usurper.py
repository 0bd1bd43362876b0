"""A server that is let in as itself, by dialback (XEP-0220 1.1.1), and then says what it wants.

It shares an address and a secret with an honest one, which vouches for it.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
from typing import Final

from folkmoot.demo.cast import unverified
from tests.clients.actors import PATIENCE_SECONDS
from tests.hosts.league import PORT

TLS: Final = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"


class Usurper:
    """Its stream to another server. itself, other: their domains."""

    def __init__(self, itself: str, other: str, secret: str) -> None:
        self._itself = itself
        self._other = other
        self._secret = secret
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def enter(self, address: str) -> None:
        """Until stanzas are taken."""
        self._reader, self._writer = await asyncio.open_connection(address, PORT)
        await self._open()
        await self._hears(TLS, "<proceed[^>]*>")
        await self._writer.start_tls(unverified())
        id = await self._open()
        key = f"<db:result from='{self._itself}' to='{self._other}'>{self._key(id)}</db:result>"
        await self._hears(key, "<db:result[^>]*type=.valid")

    async def says(self, stanza: str) -> str:
        """Say something that ends the stream; gives what is answered."""
        said = await self._hears(stanza, "</stream:stream>")
        self._writer.close()
        return said

    async def _open(self) -> str:
        """Open the stream; gives its id."""
        header = (
            f"<stream:stream from='{self._itself}' to='{self._other}' version='1.0'"
            " xmlns='jabber:server' xmlns:db='jabber:server:dialback'"
            " xmlns:stream='http://etherx.jabber.org/streams'>"
        )
        found = re.search(r"<stream:stream[^>]*\bid=['\"]([^'\"]+)", await self._hears(header))
        assert found is not None
        return found[1]

    async def _hears(self, said: str, until: str = "</stream:features>") -> str:
        """Say something; gives all that comes until this does."""
        self._writer.write(said.encode())
        heard = ""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not re.search(until, heard):
                data = await self._reader.read(4096)
                assert data, f"the stream ended: {heard}"
                heard += data.decode()
        return heard

    def _key(self, id: str) -> str:
        """XEP-0185 1.0, §3."""
        secret = hashlib.sha256(self._secret.encode()).hexdigest()
        text = f"{self._other} {self._itself} {id}"
        return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
