"""What the listeners ask of the server behind them."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Protocol

from folkmoot.xmpp.credentials import Credentials
from folkmoot.xmpp.element import Element
from folkmoot.xmpp.errors import StreamError
from folkmoot.xmpp.jid import JID

if TYPE_CHECKING:
    from folkmoot.listeners.connection import Connection


class Host(Protocol):
    """Accounts and sessions: whoever takes in the clients that the listeners let in.

    An exception that a method does not name is a bug of the host: it is logged, and the stream it
    happened on ends with internal-server-error.
    """

    async def credentials(self, local: str) -> Credentials | None:
        """What the account keeps to check a log-in; None if there is no such account."""

    async def register(self, local: str, password: str) -> None:
        """Make an account (XEP-0077).

        Raises StanzaError: conflict if it is there, not-acceptable, not-allowed.
        """

    def bind(self, connection: Connection, account: JID, resource: str | None) -> JID:
        """Begin a session; gives its full JID.

        The connection must be sent nothing before this has returned: the client has yet to hear
        its name. A session that the new one replaces is closed here, with conflict, and is lost
        before `close` returns. Raises StanzaError conflict or resource-constraint.
        """

    def receive(self, jid: JID, stanza: Element) -> Awaitable[None] | None:
        """Take a stanza of a session. An awaitable: read no more of the stream until it is done."""

    def lost(self, jid: JID, error: StreamError | None, *, in_peace: bool) -> None:
        """A session is over, however it came; called once for each that `bind` began.

        in_peace: one side closed the stream, and it was not for an error.
        A stanza of its may still be in the host's hands.
        """
