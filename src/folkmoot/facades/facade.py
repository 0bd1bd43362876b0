"""What every facade is made of: requests, routes, errors, and words on their way out.

A facade reads a stanza into a command and words notifications. It keeps no state, opens no store
and checks no rights.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Concatenate, ParamSpec, TypeVar

from folkmoot.engine.commands import Command
from folkmoot.engine.engine import Engine
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import Event
from folkmoot.engine.model import NodeId, Show
from folkmoot.engine.notifications import Notification
from folkmoot.engine.services import Services
from folkmoot.engine.view import View
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID, InvalidJID
from folkmoot.xmpp.stanza import Wording, reply
from folkmoot.xmpp.xml import Element

P = ParamSpec("P")
A = TypeVar("A")


class Reach(Enum):
    """How far a stanza goes that is addressed to a bare JID (RFC 6121 §8.5.2)."""

    PRESENT = "present"
    """To every available resource: presence, and what a resource announced an interest in."""
    AVAILABLE = "available"
    """To every available resource whose priority is not negative, else nowhere: headlines."""
    KEPT = "kept"
    """The same, but kept for later where there is none: messages someone has to see."""
    COPIED = "copied"
    """To every resource that asked for copies of messages, but for those that have the message."""
    INTERESTED = "interested"
    """To every resource that has asked for the roster: roster pushes."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A stanza worded once for all who hear it; the address is stamped for each.

    shows: it is for resources alone that are available in one of these ways, None being not to be
    available; empty: for any.
    wanted: a feature; of a bare JID only those resources are meant that have announced it, each
    by its own address. but: of those, and of those that want copies, not these addresses, which
    take it as Reach.AVAILABLE says.
    eventing: it is for those resources alone whose presence came through pubsub (XEP-0207), or for
    those alone whose did not; None: for any.
    """

    wording: Wording
    to: tuple[JID, ...]
    reach: Reach
    shows: frozenset[Show | None] = frozenset()
    wanted: str = ""
    but: frozenset[JID] = frozenset()
    eventing: bool | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A stanza for just one stream, told in its turn among the notifications."""

    to: JID
    stanza: Element


Told = Notification | Outgoing | Answer


@dataclass(frozen=True, slots=True)
class Sender:
    """What was true of the stream a stanza came from, before the stanza.

    available: it has broadcast presence. interested: it has asked for the roster.
    priority: of the presence it broadcast, -128 to 127. eventing: the stanza stands for a request
    of pubsub (XEP-0207).
    """

    available: bool = False
    interested: bool = False
    priority: int = 0
    eventing: bool = False


Instead = Callable[[Element], Awaitable[None]]
"""Handles another stanza of the same sender in place of a request, as if it had been sent."""


@dataclass(frozen=True, slots=True)
class Request:
    """A stanza to be handled, who sent it and to which address.

    actor: the sender's full JID. to: the address; the actor's bare JID where the stanza has none.
    payload: the element a route was found by: the child of an iq, or of what is in it.
    eventing: whether pubsub may speak of presence in it (XEP-0207).
    """

    engine: Engine[Outgoing | Answer]
    stanza: Element
    actor: JID
    to: JID
    payload: Element
    instead: Instead
    sender: Sender = Sender()
    eventing: bool = False

    @property
    def services(self) -> Services:
        """The services of this server."""
        return self.engine.services

    def node(self, name: str) -> NodeId:
        """A node of the service asked."""
        return NodeId(self.to.bare, name)

    async def run(self, command: Command) -> tuple[Event, ...]:
        """Carry out a command. Raises Refused."""
        return await self.engine.run(command)

    async def run_answered(self, command: Command) -> None:
        """The same, and answer that it is done before others hear of it. Raises Refused."""
        await self.engine.run(command, first=(Answer(self.actor, reply(self.stanza)),))

    async def ask(
        self, question: Callable[Concatenate[View, P], A], *args: P.args, **kwargs: P.kwargs
    ) -> A:
        """The answer to a question. Raises Refused."""
        return await self.engine.ask(question, *args, **kwargs)

    def tell(self, *told: Outgoing | Answer) -> None:
        """Send something in its turn: after all that was decided before it."""
        self.engine.tell(*told)


Answered = Iterable[Element] | None
"""The children of an iq's result; None where somebody else will answer.

For other stanzas than an iq there is no result, and nothing to give.
"""

Handler = Callable[[Request], Awaitable[Answered]]


@dataclass(frozen=True, slots=True)
class Route:
    """Which stanzas a handler takes: kind, type and the element inside.

    kind: `iq`, `message` or `presence`. type: of the stanza; "" for presence without one.
    path: namespace and name of the iq's child, then perhaps of the element in it; `()`: the whole
    stanza is the payload, of a message or presence, or of an iq that no other route takes.
    feature: what disco#info says for it, "" for nothing.
    """

    kind: str
    type: str
    path: tuple[str, ...]
    handler: Handler
    feature: str = ""


Errors = Mapping[Reason, Callable[[str], StanzaError]]
"""How a facade says each reason; the argument is the refusal's detail."""


@dataclass(frozen=True, slots=True)
class Facade:
    """One protocol at one service.

    word: a notification of its own `via` in its protocol's words; it may have none.
    eventing: its words are for resources alone whose presence came through pubsub.
    """

    name: str
    routes: tuple[Route, ...]
    errors: Errors
    word: Callable[[Notification], Iterable[Outgoing]] = lambda notification: ()
    eventing: bool = False

    def error(self, refused: Refused) -> StanzaError:
        """A refusal in this protocol's words."""
        return self.errors[refused.reason](refused.detail)


def read_jid(text: str | None) -> JID:
    """A JID a stanza has to hold. Raises StanzaError: bad-request, jid-malformed."""
    if text is None:
        raise StanzaError("bad-request", "a JID is missing")
    try:
        return JID.parse(text)
    except InvalidJID as error:
        raise StanzaError("jid-malformed", f"{text!r} is not a JID: {error}") from error
