"""What an operator asks about the links to another server: `folkmoot check` does."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from folkmoot.admin import AdminError
from folkmoot.asking import Unreachable
from folkmoot.elsewhere import Elsewhere
from folkmoot.engine.services import Services
from folkmoot.facades.basics import PING
from folkmoot.listeners.component import ComponentLink
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID, InvalidJID
from folkmoot.xmpp.xml import Element

REACH_SECONDS_MAX: Final = 20.0
"""How long another server may take to answer: it may have to be connected to first."""

Message = Mapping[str, Any]


class Postmaster:
    """Answers about the links of a server; nothing is changed."""

    def __init__(
        self, services: Services, links: Sequence[ComponentLink], elsewhere: Elsewhere
    ) -> None:
        """elsewhere: their home."""
        self._services = services
        self._links = links
        self._elsewhere = elsewhere

    async def ask(self, verb: str, arguments: Mapping[str, str]) -> Message:
        """The answer to a question. Raises AdminError where it has none."""
        match verb:
            case "show":
                return self._show()
            case "reach":
                return await self._reach(arguments)
            case "others":
                return {"shared": [str(each) for each in await self._elsewhere.shared()]}
        raise AdminError(f"the server does not know `link {verb}`: is it another version?")

    def _show(self) -> Message:
        services = self._services
        return {
            "accounts": services.accounts,
            "domain": str(services.domain),
            "spaces": str(services.pubsub),
            "rooms": str(services.rooms),
            "links": [_told(each) for each in self._links],
            "lacking": list(self._elsewhere.patron.shortfalls()) if services.personal else None,
        }

    async def _reach(self, arguments: Mapping[str, str]) -> Message:
        """Whether a question of our services to an address is answered, in seconds, and how."""
        try:
            to = JID.parse(arguments.get("to", ""))
        except InvalidJID as error:
            raise AdminError(f"this is no address: {error}") from None
        loop = asyncio.get_running_loop()
        begun, condition = loop.time(), ""
        try:
            await self._elsewhere.asking.ask(to, "get", Element(PING, "ping"), REACH_SECONDS_MAX)
        except StanzaError as refused:
            condition = refused.condition
        except Unreachable as unreachable:
            return {"trouble": str(unreachable)}
        return {"seconds": loop.time() - begun, "condition": condition}


def _told(link: ComponentLink) -> Message:
    state = link.state()
    offers = sorted(state.offers, key=lambda each: (each.kind, each.what, each.how))
    return {
        "domain": str(state.settings.domain),
        "at": [state.settings.host, state.settings.port],
        "since": state.since,
        "trouble": state.trouble,
        "condition": state.condition,
        "times_lost": state.times_lost,
        "held": state.held,
        "dropped": state.dropped,
        "offers": [[each.kind.value, each.what, each.how] for each in offers],
    }
