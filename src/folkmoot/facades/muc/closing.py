"""The end of the service, for those who are in its rooms: XEP-0045 1.35.5, §11.2."""

from __future__ import annotations

from collections.abc import Iterator

from folkmoot.engine.engine import Engine
from folkmoot.engine.identity import made_of
from folkmoot.engine.record import Node
from folkmoot.engine.services import Services
from folkmoot.facades.facade import Answer, Outgoing, Reach
from folkmoot.facades.muc.notification import ONESELF, SHUT_DOWN, absent


async def close(engine: Engine[Outgoing | Answer]) -> None:
    """Tell occupants that they are none any longer, and wait until it is told.

    Those alone whose streams end with the server: whoever is of another one is still in the room
    when it is back.
    """
    for record in engine.nodes:
        engine.tell(*_farewell(record, engine.services))
    await engine.told()


def _farewell(record: Node, services: Services) -> Iterator[Outgoing]:
    for nick in record.nicks:
        to = tuple(jid for jid in record.occupants(nick) if services.local(jid))
        if to:
            id = made_of(services.secret, record.id, to[0].bare)
            words = absent(record.id, nick, (ONESELF, SHUT_DOWN), id=id)
            yield Outgoing(words, to, Reach.AVAILABLE)
