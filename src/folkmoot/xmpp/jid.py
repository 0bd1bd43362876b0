"""Addresses of XMPP entities: RFC 7622.

PRECIS (RFC 8264, RFC 8265) for the localpart and the resourcepart, IDNA2008 (RFC 5890 to 5893,
with the mapping of RFC 5895) for the domainpart.
"""

from __future__ import annotations

import re
from functools import lru_cache, total_ordering
from ipaddress import IPv6Address
from typing import Never

import idna
from precis_i18n import get_profile

JID_CACHE_MAX = 32_768
"""How many parsed addresses are remembered: preparing one costs far more than looking it up."""

JID_CACHED_CHARS_MAX = 256
"""Longer addresses are parsed each time, so that the cache cannot be filled with bulk."""

PART_BYTES_MAX = 1023
"""The length of a localpart, domainpart or resourcepart in UTF-8 (RFC 7622 §3.1)."""

DOMAIN_CHARS_MAX = 253
"""The length of a domain name with its labels in ASCII (RFC 1034 §3.1, as text)."""

_USERNAME = get_profile("UsernameCaseMapped")
_OPAQUE = get_profile("OpaqueString")

_EXCLUDED = frozenset("\"&'/:<>@ ")  # RFC 7622 §3.3.1, and the space.

# Most parts look like this, and are as they should be.
_PLAIN_LOCAL = re.compile(r"[a-z0-9!#-%(-.;=?\[-`{-~]+")
_PLAIN_DOMAIN = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)*")
_PLAIN_RESOURCE = re.compile(r"[!-~][ -~]*")
_IP_LITERAL = re.compile(r"\[([0-9A-Fa-f:.]+)((?:%25[0-9A-Za-z._~-]+)?)\]")


class InvalidJID(ValueError):
    """Text that is no address, or may not be part of one (RFC 7622 §3)."""


def prepare_local(text: str) -> str:
    """A localpart as it is compared: lower case, normalised (RFC 7622 §3.3).

    Raises InvalidJID where it is empty, longer than PART_BYTES_MAX or holds what it may not.
    """
    if _PLAIN_LOCAL.fullmatch(text) is not None and len(text) <= PART_BYTES_MAX:
        return text
    _check_length(text)
    try:
        local = _USERNAME.enforce(text)
    except UnicodeError as error:
        raise InvalidJID(f"not a localpart: {text!r}") from error
    if not _EXCLUDED.isdisjoint(local):
        raise InvalidJID(f"not a localpart: {text!r}")
    return _checked(local)


def prepare_resource(text: str) -> str:
    """A resourcepart as it is compared: normalised, its case kept (RFC 7622 §3.4).

    Raises InvalidJID where it is empty, longer than PART_BYTES_MAX, begins with a space (§3.5,
    example 18) or holds what it may not.
    """
    if _PLAIN_RESOURCE.fullmatch(text) is not None and len(text) <= PART_BYTES_MAX:
        return text
    _check_length(text)
    try:
        resource = _OPAQUE.enforce(text)
    except UnicodeError as error:
        raise InvalidJID(f"not a resourcepart: {text!r}") from error
    if resource.startswith(" "):
        raise InvalidJID(f"not a resourcepart: {text!r}")
    return _checked(resource)


def prepare_domain(text: str) -> str:
    """A domainpart as it is compared: U-labels, lower case, no final dot (RFC 7622 §3.2).

    An IPv6 address stands in brackets and is shortened as in RFC 5952.
    Raises InvalidJID where it is none of a domain name, a host name and an IP address.
    """
    if _PLAIN_DOMAIN.fullmatch(text) is not None and len(text) <= 63:
        return text
    if text.startswith("["):
        return _ip_literal(text)
    try:
        mapped = idna.uts46_remap(text, std3_rules=True).removesuffix(".")
        labels = [idna.ulabel(label) for label in mapped.split(".")]
        ascii_chars = len(b".".join([idna.alabel(label) for label in labels]))
    except UnicodeError as error:
        raise InvalidJID(f"not a domainpart: {text!r}") from error
    if ascii_chars > DOMAIN_CHARS_MAX:
        raise InvalidJID("a domainpart is too long")
    return _checked(".".join(labels))


def _ip_literal(text: str) -> str:
    """An IPv6 address in brackets, perhaps with a zone (RFC 6874 §2)."""
    found = _IP_LITERAL.fullmatch(text.removesuffix("."))
    if found is None:
        raise InvalidJID(f"not a domainpart: {text!r}")
    try:
        return f"[{IPv6Address(found[1])}{found[2]}]"
    except ValueError as error:
        raise InvalidJID(f"not a domainpart: {text!r}") from error


def _check_length(text: str) -> None:
    """Spare the profiles what is too long whatever they make of it: none halves a text."""
    if len(text) > 2 * PART_BYTES_MAX:
        raise InvalidJID("part of an address is too long")


def _checked(part: str) -> str:
    if len(part.encode()) > PART_BYTES_MAX:
        raise InvalidJID("part of an address is too long")
    return part


@total_ordering
class JID:
    """An address: `local@domain/resource`, of which only the domain has to be (RFC 7622 §3.1).

    Immutable. Its parts are prepared, so equal addresses have equal parts; it is ordered as text.
    local, domain, resource: "" where absent.
    """

    __slots__ = ("_bare", "_hash", "_text", "domain", "local", "resource")

    local: str
    domain: str
    resource: str
    _bare: JID | None
    _hash: int
    _text: str

    def __init__(self, local: str, domain: str, resource: str = "") -> None:
        """From parts already prepared; text of any other origin is for `JID.parse`."""
        text = f"{local}@{domain}" if local else domain
        if resource:
            text = f"{text}/{resource}"
        assign = super().__setattr__
        assign("local", local)
        assign("domain", domain)
        assign("resource", resource)
        assign("_text", text)
        assign("_hash", hash(text))
        assign("_bare", None if resource else self)

    @staticmethod
    def parse(text: str) -> JID:
        """The address a text says. Raises InvalidJID.

        Equal addresses are one object for as long as JID_CACHE_MAX others are not used.
        """
        if len(text) > JID_CACHED_CHARS_MAX:
            return _parse(text)
        return _parse_cached(text)

    @property
    def is_bare(self) -> bool:
        """Whether it has no resourcepart."""
        return not self.resource

    @property
    def bare(self) -> JID:
        """The address without its resourcepart."""
        bare = self._bare
        if bare is None:
            bare = JID.parse(f"{self.local}@{self.domain}" if self.local else self.domain)
            super().__setattr__("_bare", bare)
        return bare

    def with_resource(self, resource: str) -> JID:
        """The address with another resourcepart, which is prepared. Raises InvalidJID."""
        return JID.parse(f"{self.bare}/{resource}")

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"JID({self._text!r})"

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, JID):
            return NotImplemented
        return self._text == other._text

    def __lt__(self, other: JID) -> bool:
        return self._text < other._text

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError(f"an address cannot change: {name}")

    def __reduce__(self) -> tuple[type[JID], tuple[str, str, str]]:
        return JID, (self.local, self.domain, self.resource)


def _parse(text: str) -> JID:
    # §3.1: the separators are found before anything is mapped; §3.2: the first "/", then "@".
    address, slash, resource = text.partition("/")
    local, at, domain = address.partition("@") if "@" in address else ("", "", address)
    if at and not local:
        raise InvalidJID(f"no localpart before the @: {text!r}")
    if slash and not resource:
        raise InvalidJID(f"no resourcepart after the /: {text!r}")
    return JID(
        prepare_local(local) if at else "",
        prepare_domain(domain),
        prepare_resource(resource) if slash else "",
    )


@lru_cache(JID_CACHE_MAX)
def _parse_cached(text: str) -> JID:
    jid = _parse(text)
    return jid if str(jid) == text else JID.parse(str(jid))
