"""What a stanza must be before anybody looks at what it says (RFC 6120 §7, §8; RFC 6121 §4.7.1)."""

from typing import Final

from folkmoot.streams.features import BIND
from folkmoot.xmpp.element import Element
from folkmoot.xmpp.errors import StanzaError, StreamError
from folkmoot.xmpp.jid import JID, InvalidJID, prepare_resource
from folkmoot.xmpp.stanza import CLIENT

NAMES: Final = frozenset({"message", "presence", "iq"})
REQUESTS: Final = frozenset({"get", "set"})
ANSWERS: Final = frozenset({"result", "error"})
PRESENCE_TYPES: Final = frozenset(
    {
        None,
        "error",
        "probe",
        "subscribe",
        "subscribed",
        "unavailable",
        "unsubscribe",
        "unsubscribed",
    }
)


def check(stanza: Element) -> None:
    """Raise StanzaError where a message, presence or iq is not one: bad-request, jid-malformed.

    The type of a message is left alone: an unknown one means `normal` (RFC 6121 §5.2.2).
    """
    if stanza.name == "iq":
        _check_iq(stanza)
    elif stanza.name == "presence" and stanza.get("type") not in PRESENCE_TYPES:
        raise StanzaError("bad-request", "unknown type of presence")
    to = stanza.get("to")
    if to is not None:
        try:
            JID.parse(to)
        except InvalidJID as error:
            raise StanzaError("jid-malformed", str(error)) from error


def _check_iq(iq: Element) -> None:
    kind = iq.get("type")
    if not iq.get("id"):
        raise StanzaError("bad-request", "an iq needs an id")
    if kind in REQUESTS:
        if len(iq.elements) != 1:
            raise StanzaError("bad-request", "a request has exactly one child element")
    elif kind not in ANSWERS:
        raise StanzaError("bad-request", "an iq is of type get, set, result or error")


def misplaced(element: Element) -> StreamError:
    """The error for an element that has no place in its stream, or not yet (RFC 6120 §4.9.3)."""
    if element.name not in NAMES:
        return StreamError("unsupported-stanza-type")
    if element.ns != CLIENT:
        return StreamError("invalid-namespace")
    return StreamError("not-authorized")


def may_be_answered(stanza: Element) -> bool:
    """Whether an error may go back: never for an answer or an error (RFC 6120 §8.3.1)."""
    return stanza.get("type") not in ANSWERS


def stamp(stanza: Element, sender: JID) -> None:
    """Set `from` to the full JID of who sends it (RFC 6120 §8.1.2.1).

    Raises StreamError invalid-from if it claims to be from anybody but that JID, full or bare.
    """
    text = str(sender)
    claim = stanza.get("from")
    if claim is not None and claim != text:
        claimed = address(claim)
        if claimed is None or claimed not in (sender, sender.bare):
            raise StreamError("invalid-from")
    stanza.attrs["from"] = text


def read_bind(iq: Element, bind: Element) -> str | None:
    """The resource that a client asks for, prepared; None to let the server choose (§7.6, §7.7).

    Raises StanzaError bad-request.
    """
    if iq.get("type") != "set":
        raise StanzaError("bad-request", "a resource is bound with a set")
    resource = bind.child(BIND, "resource")
    if resource is None or not resource.text:
        return None
    try:
        return prepare_resource(resource.text)
    except InvalidJID as error:
        raise StanzaError("bad-request", str(error)) from error  # §7.7.2.1


def address(text: str | None) -> JID | None:
    """The JID that an attribute holds; None where it is absent or holds none."""
    if text is None:
        return None
    try:
        return JID.parse(text)
    except InvalidJID:
        return None
