"""How a room says affiliations: XEP-0463 0.2.0; XEP-0045 1.35.5, §9.5, §10.3, §18.1."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from folkmoot.engine.model import Affiliation, NodeId
from folkmoot.engine.notifications import AbsentTold, AffiliationTold, Roll, Step
from folkmoot.facades.muc.ns import AFFILIATIONS as NS
from folkmoot.facades.muc.ns import USER
from folkmoot.facades.muc.stanzas import room_address, user_element
from folkmoot.facades.paging import fitting
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT, STANZAS, Wording, wording
from folkmoot.xmpp.xml import Element

CHANGED_ABSENT: Final = 101

AFFILIATIONS: Final = {
    Affiliation.OWNER: "owner",
    Affiliation.ADMIN: "admin",
    Affiliation.PUBLISHER: "admin",
    Affiliation.MEMBER: "member",
    Affiliation.NONE: "none",
    Affiliation.PUBLISH_ONLY: "none",
    Affiliation.OUTCAST: "outcast",
}
"""How a room says each affiliation, a space's own among them."""


def version_element(*, since: str = "", until: str = "") -> Element:
    """`<mav/>`: from which version to which (XEP-0463 §5.2)."""
    return Element(NS, "mav", {"since": since or None, "until": until or None})


def step_element(step: Step) -> Element:
    """The same, of one change."""
    return version_element(since=step.since, until=step.until)


def absent(told: AbsentTold) -> Wording:
    """Who is not there is something else now (XEP-0045, Examples 176 and 190)."""
    item = _item(told.jid, told.affiliation)
    item.attrs["role"] = "none"
    return _message(told.node, user_element(step_element(told.step), item))


def concerned(told: AffiliationTold) -> Wording:
    """To somebody who is not there: what they are now (§18.1), or that they may come (§9.5)."""
    if told.inviter is None:
        item = Element(USER, "item", {"affiliation": AFFILIATIONS[told.affiliation]})
        return _message(told.node, user_element(item, codes=(CHANGED_ABSENT,)))
    invite = Element(USER, "invite", {"from": str(told.inviter)})
    room = told.config.room
    password = "" if room is None else room.password
    secret = (Element(USER, "password", None, password),) if password else ()
    return _message(told.node, user_element(invite, *secret))


def rolls(room: NodeId, roll: Roll) -> Iterator[Wording]:
    """The affiliations for who enters, in as many messages as it takes (XEP-0463 §5.2.1)."""
    if roll.refused:
        error = Element(CLIENT, "error", {"by": room_address(room), "type": "auth"})
        error.append(Element(STANZAS, "forbidden"))
        attrs = {"from": room_address(room), "type": "error"}
        yield wording(Element(CLIENT, "message", attrs, error))
    elif roll.since != roll.until:
        since = roll.since
        for items in parts(_item(jid, standing) for jid, standing in roll.rows):
            version = version_element(since=since, until=roll.until)
            yield _message(room, user_element(version, *items))
            since = roll.until


def parts(items: Iterable[Element]) -> Iterator[list[Element]]:
    """Elements by what one message holds; one part at least."""
    rest = list(items)
    while True:
        part = rest[fitting(rest)]
        yield part
        rest = rest[len(part) :]
        if not rest:
            return


def _item(jid: JID, affiliation: Affiliation) -> Element:
    attrs = {"affiliation": AFFILIATIONS[affiliation], "jid": str(jid)}
    return Element(USER, "item", attrs)


def _message(room: NodeId, extended: Element) -> Wording:
    return wording(Element(CLIENT, "message", {"from": room_address(room)}, extended))
