"""Messages between accounts: RFC 6121 §5, §8.5; kept for later by XEP-0160 1.0.1.

Who is there to take a message is for the router to know: it delivers what `Reach` says, and what
nobody took comes back to `keep`. What waits is an item of the account's `messages` node: the
message itself, or just its id where the account's archive has it (XEP-0313 1.1.3, §6.1.1).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from folkmoot.engine.account_questions import Waited, is_account, waiting_messages
from folkmoot.engine.commands import Entry, Publish, Remember, Retract
from folkmoot.engine.engine import Engine
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import ItemPublished
from folkmoot.engine.model import ARCHIVE_NODE, MESSAGES_NODE, NodeId
from folkmoot.facades import carbons
from folkmoot.facades.archiving import (
    DELAY,
    cleaned,
    given_by,
    hints,
    is_kept,
    says_something,
    stanza_id,
)
from folkmoot.facades.facade import Answer, Errors, Facade, Outgoing, Reach, Request, Route
from folkmoot.xmpp.dates import format_date
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT, error_reply, wording
from folkmoot.xmpp.xml import Element

FEATURES: Final = ("msgoffline",)
"""What disco#info of the server says (XEP-0160 §4)."""

_ELSEWHERE: Final = Element(CLIENT, "message")
"""What waits in place of a message that the account's archive has."""

Told = Outgoing | Answer


async def personal(request: Request) -> Iterable[Element]:
    """A message someone has to see: to whoever is there, else kept (§8.5.2.1.1, §8.5.3).

    Before that it is in the archives of both, and all their devices that want copies have one.
    """
    sender, to = request.actor, request.to
    message = cleaned(request.stanza, request.services)
    message.attrs.setdefault("to", str(to))
    mine = await remembered(request, message, sender.bare, with_=to)
    theirs = mine
    if to.bare != sender.bare:
        theirs = await remembered(request, message, to.bare, with_=sender)
    request.tell(Outgoing(wording(theirs), (to,), Reach.KEPT))
    if carbons.is_copied(message):
        request.tell(carbons.sent(mine, sender, to))
        if to.bare != sender.bare and not carbons.is_whisper(message):
            request.tell(carbons.received(theirs, to))
    return ()


async def remembered(request: Request, message: Element, account: JID, *, with_: JID) -> Element:
    """A message as an account has it: under the id of its archive, if it is kept there."""
    if not (is_kept(message) and request.services.local(account)):
        return message
    node = NodeId(account, ARCHIVE_NODE)
    events = await request.run(Remember(actor=account, node=node, with_=with_, payload=message))
    for event in events:
        if isinstance(event, ItemPublished):
            return _under(message, account, event.item.id)
    return message


def _under(message: Element, account: JID, id: str) -> Element:
    told = stanza_id(str(account), id)
    return Element(message.ns, message.name, message.attrs, *message.children, told)


async def passing(request: Request) -> Iterable[Element]:
    """A headline: to whoever is there, and never kept (§8.5.2.1.1)."""
    message = cleaned(request.stanza, request.services)
    request.tell(Outgoing(wording(message), (request.to,), Reach.AVAILABLE))
    return ()


async def groupchat(request: Request) -> Iterable[Element]:
    """A room's message may be for one resource; an account is in no room (§8.5.2.1.1)."""
    if request.to.is_bare:
        raise StanzaError("service-unavailable", "an account is no room")
    return await passing(request)


async def error(request: Request) -> Iterable[Element]:
    """An error is for the resource that erred (§8.5.2.1.1, §8.5.3), and a copy for its others."""
    if not request.to.is_bare:
        await passing(request)
        if carbons.is_copied(request.stanza):
            error = cleaned(request.stanza, request.services)
            request.tell(
                carbons.sent(error, request.actor, request.to), carbons.received(error, request.to)
            )
    return ()


async def keep(engine: Engine[Told], account: JID, stanza: Element) -> None:
    """Take back a message that nobody was there for, and do what there is left to do with it.

    stanza: with the address it had; where that resource is gone, a chat message is now for the
    account (§8.5.3.2.1). The sender hears where it cannot be kept.
    """
    if not await engine.ask(is_account, account):
        _refuse(engine, stanza)
    elif stanza.get("to") != str(account):
        if stanza.get("type") == "chat" or stanza.child(DELAY, "delay") is not None:
            engine.tell(Outgoing(wording(stanza), (account,), Reach.KEPT))
        else:
            _refuse(engine, stanza)
    elif _worth_keeping(stanza):
        id = _archived(stanza, account)
        entry = Entry(payload=stanza) if id is None else Entry(payload=_ELSEWHERE, id=id)
        try:
            await engine.run(
                Publish(actor=account, node=NodeId(account, MESSAGES_NODE), entry=entry)
            )
        except Refused as refused:
            if refused.reason is not Reason.NODE_FULL:
                raise
            if id is None:
                _refuse(engine, stanza)


def _archived(message: Element, account: JID) -> str | None:
    """The id of a message in an account's archive, which is nobody else's to give."""
    found = (each.get("id") for each in message.elements if given_by(each) == account)
    return next(found, None)


def _refuse(engine: Engine[Told], stanza: Element) -> None:
    """Tell the sender, who may be a resource of this server; the words are the same for any case.

    Whether there is such an account, or such a resource, is nobody's to learn from them (§8.1).
    """
    sender = stanza.get("from")
    if sender is not None:
        refusal, to = error_reply(stanza, StanzaError("service-unavailable")), JID.parse(sender)
        engine.tell(Answer(to, refusal))
        if carbons.is_copied(stanza):
            engine.tell(carbons.received(refusal, to))


def _worth_keeping(stanza: Element) -> bool:
    """Whether a message says something tomorrow (XEP-0160 §3), unless it says so itself.

    no-permanent-store speaks of archives alone, not of waiting (XEP-0334 §3.2).
    """
    if stanza.get("type", "normal") in ("groupchat", "headline", "error"):
        return False
    wished = hints(stanza)
    return "no-store" not in wished and ("store" in wished or says_something(stanza))


async def waiting(engine: Engine[Told], resource: JID) -> None:
    """Send an account's kept messages to one of its resources, in order, and keep them no more."""
    account = resource.bare
    node = NodeId(account, MESSAGES_NODE)
    while waiting := await engine.ask(waiting_messages, account):
        taken = Retract(actor=account, node=node, item_ids=tuple(each.id for each in waiting))
        try:
            await engine.run(taken)
        except Refused as refused:
            if refused.reason is not Reason.ITEM_NOT_FOUND:
                raise
            continue  # another resource came at the same time, and has some of them
        engine.tell(
            *(
                Outgoing(wording(_delayed(each, account)), (resource,), Reach.KEPT)
                for each in waiting
                if each.payload is not None
            )
        )


def _delayed(waited: Waited, account: JID) -> Element:
    """A message with the time it came, by this server's clock (XEP-0203 §4)."""
    assert waited.payload is not None
    message = waited.payload
    if waited.archived:
        message = _under(message, account, waited.id)
    if any(each.get("from") == account.domain for each in message.childs(DELAY, "delay")):
        return message  # it waited before, for somebody who was gone again when it came
    said = {"from": account.domain, "stamp": format_date(waited.at)}
    delay = Element(DELAY, "delay", said, "Offline Storage")
    return Element(message.ns, message.name, message.attrs, *message.children, delay)


def _unavailable(detail: str) -> StanzaError:
    return StanzaError("service-unavailable")


ERRORS: Final[Errors] = dict.fromkeys(Reason, _unavailable)
"""A message that goes nowhere has one answer, whatever the reason (§8.5.1, §8.5.2.2.1)."""

FACADE: Final = Facade(
    "messages",
    (
        Route("message", "", (), personal),
        Route("message", "normal", (), personal),
        Route("message", "chat", (), personal),
        Route("message", "headline", (), passing),
        Route("message", "groupchat", (), groupchat),
        Route("message", "error", (), error),
    ),
    ERRORS,
)
