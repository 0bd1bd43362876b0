"""The ways to other servers: a link for each of our domains that another server carries.

A link is the stream to a server whose component the domain is (XEP-0114). What is for somebody of
another domain takes the link of the domain it is from; where that has none, nobody there hears it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final, Protocol

import structlog

from folkmoot.engine.services import Services
from folkmoot.xmpp.errors import StanzaError, StreamError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT, Wording, error_reply, stamp
from folkmoot.xmpp.xml import Element, serialize

STANZA_BYTES_MAX: Final = 500_000
"""The largest stanza a server takes from its component, some of them: Prosody ends the stream at
524,288 bytes."""

STAMPS_MAX: Final = 100_000
"""How many addresses of other servers are remembered as they are written."""

_TOO_LARGE: Final = "the answer is larger than a server takes: ask for it page by page"

log = structlog.get_logger()


class Link(Protocol):
    """One of them. domain: of ours. up: whether stanzas pass at the moment."""

    @property
    def domain(self) -> JID: ...

    @property
    def up(self) -> bool: ...

    def write(self, stanza: bytes) -> None:
        """Send a stanza of the stream's own namespace; while the link is down, it is held."""


class NoStream:
    """The stream of somebody of another server: there is none, all answers go through a link."""

    framed = False

    def send(self, data: bytes) -> None:
        """Nothing: no session of such a stream is ever found by its address."""

    def close(self, error: StreamError | None = None) -> None:
        """Nothing: the other server keeps the stream."""


class Links:
    """All links of a server."""

    def __init__(self, services: Services) -> None:
        self._ours = services.domains
        self._links: dict[str, Link] = {}

    def add(self, link: Link) -> None:
        """Take a link, from here on, whether it is up or not."""
        self._links[link.domain.domain] = link

    @property
    def any(self) -> bool:
        """Whether there is one at all, up or down."""
        return bool(self._links)

    def of(self, sender: JID) -> Link | None:
        """The link for what is from an address of ours."""
        return self._links.get(sender.domain)

    def abroad(self, jid: JID) -> bool:
        """Whether an address is another server's."""
        return jid.domain not in self._ours

    def send(self, stanza: Element) -> None:
        """Send a stanza to somebody of another server, if that is what it is and there is a way."""
        link = self._links.get(_domain(stanza.get("from", "")))
        if link is not None and _domain(stanza.get("to", "")) not in self._ours:
            carry(link, stanza)

    def tell(self, wording: Wording, hearers: Iterable[JID]) -> None:
        """Send a stanza to those of its hearers who are of other servers."""
        head, tail, sender = wording
        link = self._links.get(_domain(sender)) if self.any else None
        if link is None:
            return
        for jid in hearers:
            if jid.domain not in self._ours:
                _write(link, head + _stamp(jid) + tail)


def carry(
    link: Link, stanza: Element, refused: Callable[[StanzaError], Element] | None = None
) -> None:
    """Send a stanza over a link, whoever it is for.

    An answer that other servers would not take is an error instead, which says so.
    refused: words that, where it is not the answer itself that becomes an error.
    """
    data = serialize(stanza, CLIENT).encode()
    if len(data) > STANZA_BYTES_MAX and stanza.name == "iq":
        error = StanzaError("policy-violation", _TOO_LARGE)
        instead = _refused(stanza, error) if refused is None else refused(error)
        data = serialize(instead, CLIENT).encode()
    _write(link, data)


def _write(link: Link, data: bytes) -> None:
    if len(data) > STANZA_BYTES_MAX:
        log.warning("a stanza is too large for other servers", bytes=len(data))
    else:
        link.write(data)


def _domain(address: str) -> str:
    return address.partition("/")[0].rpartition("@")[2]


def _refused(answer: Element, error: StanzaError) -> Element:
    asked = Element(
        CLIENT, "iq", answer.attrs | {"from": answer.get("to"), "to": answer.get("from")}
    )
    return error_reply(asked, error)


@lru_cache(STAMPS_MAX)
def _stamp(jid: JID) -> bytes:
    return stamp(jid, framed=False)
