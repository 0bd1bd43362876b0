"""Making an account before there is one to log in to (XEP-0077 2.4 §3.1)."""

from typing import Final

from folkmoot.streams.events import RegistrationWanted
from folkmoot.xmpp.element import Element
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import InvalidJID, prepare_local

REGISTER: Final = "jabber:iq:register"


def registration_form() -> Element:
    """What a client has to fill in (Example 2)."""
    instructions = Element(REGISTER, "instructions", None, "Choose a name and a password.")
    fields = (Element(REGISTER, name) for name in ("username", "password"))
    return Element(REGISTER, "query", None, instructions, *fields)


def read_registration(query: Element) -> RegistrationWanted:
    """What a client filled in (Example 4). Raises StanzaError not-acceptable."""
    try:
        username = prepare_local(_field(query, "username"))
    except InvalidJID as error:
        raise StanzaError("not-acceptable", str(error)) from error
    password = _field(query, "password")
    if not username or not password:
        raise StanzaError("not-acceptable", "a username and a password are required")
    return RegistrationWanted(username, password)


def _field(query: Element, name: str) -> str:
    child = query.child(REGISTER, name)
    return "" if child is None else child.text
