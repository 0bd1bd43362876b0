"""Stream errors and stanza errors as exceptions: RFC 6120 §4.9 and §8.3."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from folkmoot.xmpp.element import Element

STREAM_CONDITIONS = frozenset(
    {
        "bad-format",
        "bad-namespace-prefix",
        "conflict",
        "connection-timeout",
        "host-gone",
        "host-unknown",
        "improper-addressing",
        "internal-server-error",
        "invalid-from",
        "invalid-namespace",
        "invalid-xml",
        "not-authorized",
        "not-well-formed",
        "policy-violation",
        "remote-connection-failed",
        "reset",
        "resource-constraint",
        "restricted-xml",
        "see-other-host",
        "system-shutdown",
        "undefined-condition",
        "unsupported-encoding",
        "unsupported-feature",
        "unsupported-stanza-type",
        "unsupported-version",
    }
)
"""The conditions of RFC 6120 §4.9.3."""

STANZA_ERROR_TYPES = frozenset({"auth", "cancel", "continue", "modify", "wait"})
"""What a sender may do about an error (RFC 6120 §8.3.2)."""

STANZA_CONDITIONS = {
    "bad-request": "modify",
    "conflict": "cancel",
    "feature-not-implemented": "cancel",
    "forbidden": "auth",
    "gone": "cancel",
    "internal-server-error": "cancel",
    "item-not-found": "cancel",
    "jid-malformed": "modify",
    "not-acceptable": "modify",
    "not-allowed": "cancel",
    "not-authorized": "auth",
    "policy-violation": "modify",
    "recipient-unavailable": "wait",
    "redirect": "modify",
    "registration-required": "auth",
    "remote-server-not-found": "cancel",
    "remote-server-timeout": "wait",
    "resource-constraint": "wait",
    "service-unavailable": "cancel",
    "subscription-required": "auth",
    "undefined-condition": "cancel",
    "unexpected-request": "wait",
}
"""The conditions of RFC 6120 §8.3.3, each with the error type recommended for it.

Two have no single recommendation: `undefined-condition` goes with any type and is given
`cancel` here, `unexpected-request` with `wait` or `modify`.
"""


class StreamError(Exception):
    """What ends a stream: it becomes `<stream:error/>`, then the stream closes (RFC 6120 §4.9).

    condition: one of STREAM_CONDITIONS, ValueError otherwise.
    text: a sentence for whoever debugs the other side, "" for none; never shown to users.
    """

    condition: str
    text: str

    def __init__(self, condition: str, text: str = "") -> None:
        if condition not in STREAM_CONDITIONS:
            raise ValueError(f"not a stream error condition: {condition}")
        super().__init__(condition, text)
        self.condition = condition
        self.text = text

    def __str__(self) -> str:
        return f"{self.condition}: {self.text}" if self.text else self.condition


class StanzaError(Exception):
    """What refuses one stanza: it becomes a stanza of type 'error' (RFC 6120 §8.3).

    condition: one of STANZA_CONDITIONS, ValueError otherwise.
    text: a sentence for whoever debugs the other side, "" for none.
    type: one of STANZA_ERROR_TYPES, by default the one recommended for the condition.
    extension: the application-specific condition (§8.3.4), None for none.
    beside: what the stanza holds besides its `<error/>`, None for nothing.
    """

    condition: str
    text: str
    type: str
    extension: Element | None
    beside: Element | None

    def __init__(
        self,
        condition: str,
        text: str = "",
        *,
        type: str | None = None,
        extension: Element | None = None,
        beside: Element | None = None,
    ) -> None:
        if condition not in STANZA_CONDITIONS:
            raise ValueError(f"not a stanza error condition: {condition}")
        if type is not None and type not in STANZA_ERROR_TYPES:
            raise ValueError(f"not a stanza error type: {type}")
        super().__init__(condition, text)
        self.condition = condition
        self.text = text
        self.type = STANZA_CONDITIONS[condition] if type is None else type
        self.extension = extension
        self.beside = beside

    def __str__(self) -> str:
        return f"{self.condition}: {self.text}" if self.text else self.condition
