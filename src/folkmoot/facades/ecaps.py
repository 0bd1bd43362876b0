"""Entity capabilities 2.0: XEP-0390 0.3.2. Another hash of the same, without its ambiguities."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from folkmoot.facades.disco import INFO, told_features
from folkmoot.xmpp.forms import DATA, FORM_TYPE
from folkmoot.xmpp.xml import XML_LANG, Element

NS: Final = "urn:xmpp:caps"
HASHES: Final = "urn:xmpp:hashes:2"

HASH_CHARS_MAX: Final = 128
"""The longest hash worth remembering, in Base64; that of SHA-512 has 88 characters."""

_FUNCTIONS: Final = {
    "sha-256": "sha256",
    "sha-512": "sha512",
    "sha3-256": "sha3_256",
    "sha3-512": "sha3_512",
}
"""Hash functions by their names in XEP-0300; the first that a set has is asked about."""

_UNIT, _RECORD, _GROUP, _FILE = b"\x1f", b"\x1e", b"\x1d", b"\x1c"


@dataclass(frozen=True, slots=True)
class Hash:
    """One hash of a set that a presence announces (§4.2)."""

    function: str
    value: str

    def question(self) -> Element:
        """What a client is asked to learn what its capabilities are (§4.3)."""
        return Element(INFO, "query", {"node": f"{NS}#{self.function}.{self.value}"})

    def verified(self, query: Element) -> frozenset[str] | None:
        """The features a client answers with, None where they are not those announced (§4.4)."""
        told = hash_input(query)
        if told is None:
            return None
        digest = hashlib.new(_FUNCTIONS[self.function], told).digest()
        if b64encode(digest).decode() != self.value:
            return None
        return told_features(query)


def read_hash(presence: Element) -> Hash | None:
    """The hash of a presence by which to ask, None where there is none that can be verified."""
    c = presence.child(NS, "c")
    told = {} if c is None else {each.get("algo", ""): each for each in c.childs(HASHES, "hash")}
    for function in _FUNCTIONS:
        value = told[function].text.strip() if function in told else ""
        if 0 < len(value) <= HASH_CHARS_MAX:
            return Hash(function, value)
    return None


def hash_input(query: Element) -> bytes | None:
    """What the hash is of (§4.1); None for an answer that has more in it than can be hashed."""
    identities, features, forms = (
        query.childs(INFO, "identity"),
        query.childs(INFO, "feature"),
        query.childs(DATA, "x"),
    )
    told = (*identities, *features, *forms)
    if len(told) != len(query.elements) or not all(map(_is_plain, forms)):
        return None
    default = query.get(XML_LANG, "")
    return b"".join(
        (
            _sorted(_units(each.get("var", "")) for each in features) + _FILE,
            _sorted(_identity(each, default) for each in identities) + _FILE,
            _sorted(_sorted(map(_field, _fields(form))) + _GROUP for form in forms) + _FILE,
        )
    )


def _identity(identity: Element, language: str) -> bytes:
    return _units(
        identity.get("category", ""),
        identity.get("type", ""),
        identity.get(XML_LANG, language),
        identity.get("name", ""),
        end=_RECORD,
    )


def _is_plain(form: Element) -> bool:
    """Whether a form is a set of fields whose meaning is named (§4.1, steps 2 and 3)."""
    tabled = form.childs(DATA, "reported") or form.childs(DATA, "item")
    return not tabled and any(field.get("var") == FORM_TYPE for field in _fields(form))


def _fields(form: Element) -> list[Element]:
    return form.childs(DATA, "field")


def _field(field: Element) -> bytes:
    values = (_units(value.text) for value in field.childs(DATA, "value"))
    return _units(field.get("var", "")) + _sorted(values) + _RECORD


def _units(*texts: str, end: bytes = b"") -> bytes:
    return b"".join(text.encode() + _UNIT for text in texts) + end


def _sorted(parts: Iterable[bytes]) -> bytes:
    return b"".join(sorted(parts))
