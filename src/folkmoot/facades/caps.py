"""Entity capabilities: XEP-0115 1.6.0. What a client says it can do, and whether it is true."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from dataclasses import dataclass
from typing import Final

from folkmoot.facades.disco import INFO, told_features
from folkmoot.xmpp.forms import DATA, Form
from folkmoot.xmpp.xml import XML_LANG, Element

NS: Final = "http://jabber.org/protocol/caps"

VER_CHARS_MAX: Final = 128
"""The longest `ver` worth remembering: twice the Base64 of SHA-512."""

_HASHES: Final = {"sha-1": "sha1", "sha-256": "sha256", "sha-512": "sha512"}


@dataclass(frozen=True, slots=True)
class Caps:
    """What a presence says of its client: the hash function, who made it, and the hash itself."""

    hash: str
    node: str
    ver: str

    def question(self) -> Element:
        """What a client is asked to learn what its capabilities are (§6.2)."""
        return Element(INFO, "query", {"node": f"{self.node}#{self.ver}"})

    def verified(self, query: Element) -> frozenset[str] | None:
        """The features a client answers with, None where they are not those announced (§5.4)."""
        text = _verification_text(query)
        if text is None:
            return None
        digest = hashlib.new(_HASHES[self.hash], text.encode()).digest()
        if b64encode(digest).decode() != self.ver:
            return None
        return told_features(query)


def read_caps(presence: Element) -> Caps | None:
    """The `<c/>` of a presence, None where there is none that can be verified (§5.4, §6.1)."""
    c = presence.child(NS, "c")
    if c is None:
        return None
    caps = Caps(c.get("hash", ""), c.get("node", ""), c.get("ver", ""))
    usable = caps.hash in _HASHES and caps.node and 0 < len(caps.ver) <= VER_CHARS_MAX
    return caps if usable else None


def _verification_text(query: Element) -> str | None:
    """What the hash is of (§5.1); None for an answer that is ill-formed (§5.4)."""
    identities = [
        "/".join(each.get(attr, "") for attr in ("category", "type", XML_LANG, "name"))
        for each in query.childs(INFO, "identity")
    ]
    features = [each.get("var", "") for each in query.childs(INFO, "feature")]
    forms = [Form.read(x) for x in query.childs(DATA, "x")]
    named = {form.form_type: form for form in forms if form.form_type is not None}
    for told in (identities, features, [form.form_type for form in forms]):
        if len(set(told)) != len(told):
            return None
    parts = [*_octets(identities), *_octets(features)]
    for form_type in _octets(list(named)):
        parts.append(form_type)
        for field in sorted(named[form_type].fields, key=lambda field: field.var.encode()):
            parts += [field.var, *_octets(list(field.values))]
    return "".join(f"{part}<" for part in parts)


def _octets(texts: list[str]) -> list[str]:
    """Sorted by their octets (§5.1: i;octet)."""
    return sorted(texts, key=lambda text: text.encode())
