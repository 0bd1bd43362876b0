"""Moderating all rooms of a space at once, in an owner's name (docs/extensions/moderation.md)."""

from __future__ import annotations

from folkmoot.admin import AdminError
from folkmoot.engine.commands import SetAffiliations
from folkmoot.engine.model import Affiliation, Mark
from folkmoot.engine.record import Node
from folkmoot.engine.room_commands import Dismiss, TakeBack
from folkmoot.facades.moderation import PERIODS, moderated
from folkmoot.facades.muc.retraction import notice
from folkmoot.spaces.ground import Arguments, Ground, Message
from folkmoot.xmpp.jid import JID


async def ban(ground: Ground, arguments: Arguments) -> Message:
    """Somebody is an outcast of a space, and so of its rooms."""
    record, owner, jid, reason = await _moderated(ground, arguments)
    banned = {jid: Affiliation.OUTCAST}
    await ground.engine.run(
        SetAffiliations(actor=owner, node=record.id, affiliations=banned, reason=reason)
    )
    return {"banned": str(jid)}


async def kick(ground: Ground, arguments: Arguments) -> Message:
    """Somebody is out of all rooms of a space, and may come back."""
    record, owner, jid, reason = await _moderated(ground, arguments)
    events = await ground.engine.run(Dismiss(actor=owner, node=record.id, jid=jid, reason=reason))
    return {"kicked": str(jid), "rooms": moderated(events).rooms}


async def retract(ground: Ground, arguments: Arguments) -> Message:
    """As much as one command takes back; `next` is what to ask with for more, or null."""
    record, owner, jid, reason = await _moderated(ground, arguments)
    period = arguments.get("period", "all")
    if period not in PERIODS:
        raise AdminError(f"there is no period {period}: choose {', '.join(PERIODS)}")
    start = None
    if "since" in arguments:
        start = Mark(float(arguments["since"]), arguments["room"], arguments["before"])
    command = TakeBack(
        actor=owner,
        node=record.id,
        jid=jid,
        notice=notice,
        reason=reason,
        within=PERIODS[period],
        start=start,
    )
    done = moderated(await ground.engine.run(command))
    return {
        "messages": done.messages,
        "rooms": done.rooms,
        "next": None if done.next is None else done.next._asdict(),
    }


async def _moderated(ground: Ground, arguments: Arguments) -> tuple[Node, JID, JID, str]:
    """The space, an owner of it, whom it is about and why."""
    record = await ground.space(arguments)
    jid = JID.parse(arguments["jid"]).bare
    return record, await ground.owner(record), jid, arguments.get("reason", "")
