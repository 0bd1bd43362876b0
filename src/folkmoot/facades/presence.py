"""Presence and subscriptions to it: RFC 6121 §3, §4.

An account's resources are the items of its `presence` node, and who may hear of them subscribes to
that node; here are the words of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from folkmoot.engine.account_questions import arrival, presences
from folkmoot.engine.commands import (
    Approve,
    Command,
    Entry,
    Publish,
    Retract,
    Subscribe,
    Unsubscribe,
)
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.model import State, Via
from folkmoot.engine.notifications import (
    ApprovalAsked,
    Notification,
    PresenceTold,
    SubscriptionTold,
)
from folkmoot.engine.relations import presence_of
from folkmoot.facades import eventing, messages
from folkmoot.facades.facade import Answer, Errors, Facade, Outgoing, Reach, Request, Route
from folkmoot.facades.pubsub.latest import send_latest
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT, wording
from folkmoot.xmpp.xml import XML_LANG, Element, serialize

PRIORITY_MIN: Final = -128
PRIORITY_MAX: Final = 127

REQUEST_BYTES_MAX: Final = 4_096
"""The longest request for presence: it is kept until it is answered (§3.1.3)."""

_INTEGER: Final = re.compile(r"\s*[+-]?[0-9]{1,3}\s*")

_NOTHING_TO_END: Final = frozenset(
    {Reason.NODE_NOT_FOUND, Reason.ITEM_NOT_FOUND, Reason.NOT_SUBSCRIBED}
)
"""Why there is nothing to do for who gives up what they have not; they hear nothing of it."""


def read_priority(presence: Element) -> int:
    """The priority of a resource, -128 to 127, 0 where none is given (§4.7.2.3).

    Raises StanzaError bad-request.
    """
    found = presence.childs(CLIENT, "priority")
    if not found:
        return 0
    if len(found) > 1 or found[0].elements or _INTEGER.fullmatch(found[0].text) is None:
        raise StanzaError("bad-request", "one priority, and an integer")
    priority = int(found[0].text)
    if not PRIORITY_MIN <= priority <= PRIORITY_MAX:
        raise StanzaError("bad-request", "a priority is from -128 to 127")
    return priority


def _is_broadcast(request: Request) -> bool:
    return request.stanza.get("to") is None


# --- availability (§4)


async def available(request: Request) -> Iterable[Element]:
    """Presence for everyone who is subscribed (§4.2, §4.4), or for one address (§4.6)."""
    priority = read_priority(request.stanza)
    if not _is_broadcast(request):
        return _directed(request)
    actor, sender = request.actor, request.sender
    entry = Entry(id=actor.resource, payload=request.stanza)
    await request.run(Publish(actor=actor, node=presence_of(actor), entry=entry))
    if not sender.available:
        await _welcome(request)
        await send_latest(request)
    if priority >= 0 and not (sender.available and sender.priority >= 0):
        # What is on its way is missed and kept, or taken, before it is asked what there is.
        await request.engine.told()
        await messages.waiting(request.engine, actor)
    return ()


async def _welcome(request: Request) -> None:
    """Who is there, and who asks for presence, for a resource that has just come (§4.2, §3.1.3)."""
    waiting, to = await request.ask(arrival, request.actor), (request.actor,)
    if request.sender.eventing:
        request.tell(*eventing.welcome(request.actor, waiting))
        return
    for resource, item in waiting.presences:
        presence = _stamped(item.payload, resource, "")
        request.tell(Outgoing(wording(presence), to, Reach.PRESENT))
    for subscriber, said in waiting.requests:
        asked = _stamped(said, subscriber, "subscribe")
        request.tell(Outgoing(wording(asked), to, Reach.PRESENT))


async def unavailable(request: Request) -> Iterable[Element]:
    """A resource is not available any more (§4.5), or not to one address (§4.6)."""
    if not _is_broadcast(request):
        return _directed(request)
    actor = request.actor
    gone = Retract(
        actor=actor,
        node=presence_of(actor),
        item_ids=(actor.resource,),
        parting=request.stanza,
    )
    if await _ends(request, gone):
        # §4.5.2: the resource that goes hears of it, though it is not available any more.
        request.tell(Outgoing(wording(request.stanza), (actor,), Reach.PRESENT))
    return ()


async def _ends(request: Request, command: Command) -> bool:
    """Whether there was something to end."""
    try:
        await request.run(command)
    except Refused as refused:
        if refused.reason not in _NOTHING_TO_END:
            raise
        return False
    return True


def _directed(request: Request) -> Iterable[Element]:
    """Presence for one address; where nobody is, nobody hears it (§4.6.3, §8.5.1)."""
    request.tell(
        _ordinary(request.stanza, (request.to,)),
        eventing.directed(request.actor, request.stanza, request.to),
    )
    return ()


async def error(request: Request) -> Iterable[Element]:
    """An error is for the resource whose presence it was about (RFC 6120 §8.3)."""
    if not request.to.is_bare:
        request.tell(Outgoing(wording(request.stanza), (request.to,), Reach.PRESENT))
    return ()


async def probe(request: Request) -> Iterable[Element]:
    """What somebody may hear of an account, once more (§4.3.2); to a full JID, less of it."""
    target, id = request.to, request.stanza.get("id")
    try:
        items = await request.ask(presences, request.actor, target)
    except Refused:
        _answer(request, Element(CLIENT, "presence", _attrs(target.bare, "unsubscribed", id)))
        return ()
    for item in items:
        resource = target.bare.with_resource(item.id)
        if target.resource:
            told = Element(CLIENT, "presence", _attrs(resource, "", None))
        else:
            told = _stamped(item.payload, resource, "")
        _answer(request, told)
    if not items:
        _answer(request, Element(CLIENT, "presence", _attrs(target, "unavailable", id)))
    return ()


def _answer(request: Request, presence: Element) -> None:
    presence.attrs["to"] = str(request.actor)
    request.tell(Answer(request.actor, presence))


# --- subscriptions (§3)


async def subscribe(request: Request) -> Iterable[Element]:
    """Ask to hear an account's presence (§3.1)."""
    contact = _contact(request)
    if len(serialize(request.stanza).encode()) > REQUEST_BYTES_MAX:
        raise StanzaError("policy-violation", f"longer than {REQUEST_BYTES_MAX} bytes")
    account = request.actor.bare
    asked = Subscribe(
        actor=request.actor,
        node=presence_of(contact),
        subscriber=account,
        via=Via.PRESENCE,
        said=request.stanza,
    )
    await request.run(asked)
    return ()


async def unsubscribe(request: Request) -> Iterable[Element]:
    """Hear an account's presence no longer (§3.3)."""
    account = request.actor.bare
    node = presence_of(_contact(request))
    given_up = Unsubscribe(
        actor=request.actor, node=node, subscriber=account, parting=request.stanza
    )
    await _ends(request, given_up)
    return ()


async def subscribed(request: Request) -> Iterable[Element]:
    """Let an account hear one's presence, whether it has asked yet or not (§3.1.5, §3.4)."""
    await request.run(_approval(request, allow=True))
    return ()


async def unsubscribed(request: Request) -> Iterable[Element]:
    """Let an account hear one's presence no longer, or not at all (§3.2)."""
    await request.run(_approval(request, allow=False))
    return ()


def _approval(request: Request, *, allow: bool) -> Approve:
    return Approve(
        actor=request.actor,
        node=presence_of(request.actor),
        subscriber=_contact(request),
        allow=allow,
        beforehand=True,
        said=request.stanza,
    )


def _contact(request: Request) -> JID:
    """Whom it is about: an account, whichever of its resources was named (§3.1.2)."""
    if _is_broadcast(request):
        raise StanzaError("bad-request", "a subscription is with somebody")
    return request.to.bare


# --- words


def word(notification: Notification) -> Iterable[Outgoing]:
    """What is told of presence: to available resources, and to those that see the roster."""
    match notification:
        case PresenceTold(to=to, resource=resource, presence=None, parting=parting):
            gone = _stamped(parting, resource, "unavailable")
            yield _ordinary(gone, to)
        case PresenceTold(to=to, resource=resource, presence=presence):
            yield _ordinary(_stamped(presence, resource, ""), to)
        case ApprovalAsked(to=to, subscriber=subscriber, said=said):
            asked = _stamped(said, subscriber, "subscribe")
            yield _ordinary(asked, to)
        case SubscriptionTold(to=to):
            yield Outgoing(wording(_settled(notification)), to, Reach.INTERESTED)
        case _:
            return


def _ordinary(presence: Element, to: tuple[JID, ...]) -> Outgoing:
    """For devices that send presence; others hear of it in the words of XEP-0207."""
    return Outgoing(wording(presence), to, Reach.PRESENT, eventing=False)


def _settled(told: SubscriptionTold) -> Element:
    """What became of a subscription (§3.1.6, §3.2.3, §3.3.3)."""
    owner = told.node.service
    if told.to == (owner,):
        return _stamped(told.said, told.subscriber.bare, "unsubscribe")
    granted = told.after is not None and told.after.state is State.SUBSCRIBED
    return _stamped(told.said, owner, "subscribed" if granted else "unsubscribed")


def _stamped(said: Element | None, sender: JID, type: str) -> Element:
    """A presence as it was sent, less its addresses (§4.3.2.1 keeps its id); None: a bare one."""
    if said is None:
        return Element(CLIENT, "presence", _attrs(sender, type, None))
    attrs = {XML_LANG: said.get(XML_LANG), **_attrs(sender, type, said.get("id"))}
    return Element(CLIENT, "presence", attrs, *said.children)


def _attrs(sender: JID, type: str, id: str | None) -> dict[str | tuple[str, str], str | None]:
    return {"from": str(sender), "type": type or None, "id": id}


# --- errors


def _says(condition: str, text: str = "") -> Callable[[str], StanzaError]:
    return lambda detail: StanzaError(condition, text)


ERRORS: Final[Errors] = dict.fromkeys(Reason, _says("service-unavailable")) | {
    Reason.FORBIDDEN: _says("not-allowed", "this address has no presence to subscribe to"),
    Reason.OUTCAST: _says("forbidden"),
    Reason.TOO_MANY_INVITES: _says("resource-constraint", "no more invites here"),
    Reason.TOO_MANY_SUBSCRIPTIONS: _says("resource-constraint", "too many subscriptions"),
}
"""Every reason has its words. That there is no such account is said as if nobody were there."""

FACADE: Final = Facade(
    "presence",
    (
        Route("presence", "", (), available),
        Route("presence", "unavailable", (), unavailable),
        Route("presence", "subscribe", (), subscribe),
        Route("presence", "subscribed", (), subscribed),
        Route("presence", "unsubscribe", (), unsubscribe),
        Route("presence", "unsubscribed", (), unsubscribed),
        Route("presence", "probe", (), probe),
        Route("presence", "error", (), error),
    ),
    ERRORS,
    word,
)
