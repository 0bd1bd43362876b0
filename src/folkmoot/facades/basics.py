"""What every place answers: XMPP Ping (XEP-0199 2.0.1) and Software Version (XEP-0092 1.1)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from folkmoot.facades.facade import Errors, Facade, Request, Route
from folkmoot.version import VERSION
from folkmoot.xmpp.xml import Element

PING: Final = "urn:xmpp:ping"
SOFTWARE: Final = "jabber:iq:version"
FEATURES: Final = (PING, SOFTWARE)


async def ping(request: Request) -> Iterable[Element]:
    """The answer is that there is one (XEP-0199 §4.2)."""
    return ()


async def software(request: Request) -> Iterable[Element]:
    """Name and version; the operating system is nobody's business (XEP-0092 §4)."""
    name = Element(SOFTWARE, "name", None, "Folkmoot")
    version = Element(SOFTWARE, "version", None, VERSION)
    return (Element(SOFTWARE, "query", None, name, version),)


def facade(errors: Errors) -> Facade:
    """Ping and version for one place; neither is ever refused by the engine."""
    routes = (
        Route("iq", "get", (PING, "ping"), ping, feature=PING),
        Route("iq", "get", (SOFTWARE, "query"), software, feature=SOFTWARE),
    )
    return Facade("basics", routes, errors)
