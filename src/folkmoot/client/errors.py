"""What goes wrong with spaces: each a type of its own, and each a `SpacesError`."""

from __future__ import annotations

from xml.etree.ElementTree import Element

_CONDITIONS = "{urn:ietf:params:xml:ns:xmpp-stanzas}"
_NOT_OFFERED = ("feature-not-implemented", "service-unavailable")


class SpacesError(Exception):
    """Something went wrong; the text says what."""


class NotConnected(SpacesError):
    """There is no way to the server, or it is none that can be trusted."""


class NotLoggedIn(SpacesError):
    """The server did not take the password."""


class NoAnswer(SpacesError):
    """What was asked stays unanswered: it took too long, or the stream has ended."""


class BadAnswer(SpacesError):
    """An answer without what it has to have."""


class TooMuch(SpacesError):
    """A service lists more than is taken."""


class EventsLost(SpacesError):
    """Too many events waited, or the stream was lost: listen anew, then ask for the content."""


class Refused(SpacesError):
    """The answer is an error (RFC 6120 §8.3).

    condition: its name; undefined-condition where it has none. detail: what the protocol says of it
    beside, as `closed-node` (XEP-0060), or empty. said: its text for people, or empty.
    """

    def __init__(self, condition: str, detail: str = "", said: str = "") -> None:
        super().__init__(": ".join(filter(None, (f"{condition} {detail}".strip(), said))))
        self.condition = condition
        self.detail = detail
        self.said = said


class NotOffered(Refused):
    """The service does not know what it was asked for."""


def refusal(stanza: Element) -> Refused:
    """What a stanza of type `error` says."""
    condition, detail, said = "", "", ""
    for child in stanza:
        for each in child if child.tag.endswith("}error") else ():
            name = each.tag.rpartition("}")[2]
            if not each.tag.startswith(_CONDITIONS):
                detail = detail or name
            elif name == "text":
                said = (each.text or "").strip()
            else:
                condition = name
    kind = NotOffered if condition in _NOT_OFFERED else Refused
    return kind(condition or "undefined-condition", detail, said)
