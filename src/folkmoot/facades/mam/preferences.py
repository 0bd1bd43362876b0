"""With whom an account keeps its messages: XEP-0441 0.2.0."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from folkmoot.engine import archives
from folkmoot.engine.commands import Prefer
from folkmoot.engine.configuration import Keep, Preferences
from folkmoot.engine.model import ARCHIVE_NODE
from folkmoot.facades.archiving import MAM
from folkmoot.facades.facade import Request, Route, read_jid
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.xml import Element

NAMED_MAX: Final = 1_000
"""How many JIDs each of the two lists may name."""

_DEFAULTS: Final = {each.value: each for each in Keep}


async def told(request: Request) -> Iterable[Element]:
    """The preferences as they are (§2.1, Examples 1 and 2)."""
    node = request.node(ARCHIVE_NODE)
    found = await request.ask(archives.preferences, request.actor, node)
    assert found.default is not None
    prefs = Element(MAM, "prefs", {"default": found.default.value})
    for name, jids in (("always", found.always), ("never", found.never)):
        prefs.append(Element(MAM, name, None, *(Element(MAM, "jid", None, jid) for jid in jids)))
    return (prefs,)


async def change(request: Request) -> Iterable[Element]:
    """Other preferences; the answer is what holds from now on (Examples 4 and 5)."""
    asked = request.payload
    default = _DEFAULTS.get(asked.get("default", ""))
    if default is None:
        raise StanzaError("bad-request", f"default is one of {', '.join(_DEFAULTS)}")
    preferences = Preferences(
        default=default, always=_named(asked, "always"), never=_named(asked, "never")
    )
    node = request.node(ARCHIVE_NODE)
    await request.run(Prefer(actor=request.actor, node=node, preferences=preferences))
    return await told(request)


def _named(asked: Element, name: str) -> tuple[str, ...]:
    """The JIDs of a list, each once."""
    listed = asked.child(MAM, name)
    given = [] if listed is None else listed.childs(MAM, "jid")
    if len(given) > NAMED_MAX:
        raise StanzaError("policy-violation", f"at most {NAMED_MAX} JIDs in a list")
    return tuple(dict.fromkeys(str(read_jid(each.text.strip())) for each in given))


ROUTES: Final = (
    Route("iq", "get", (MAM, "prefs"), told),
    Route("iq", "set", (MAM, "prefs"), change),
)
