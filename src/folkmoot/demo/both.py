"""The story of two clients: one of RFC 6121 and XEP-0045, one of XEP-0060 alone (XEP-0207 1.0).

Each does what it can do in its own words, and hears in its own words what the other did.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any, Final

from slixmpp.xmlstream.tostring import tostring

from folkmoot.admin import Admin
from folkmoot.client.namespaces import restored
from folkmoot.control import RemoteAdmin
from folkmoot.demo.actor import PATIENCE_SECONDS, Actor, Unexpected
from folkmoot.demo.cast import Place, people, settle
from folkmoot.demo.child import Child
from folkmoot.demo.performance import attempt
from folkmoot.demo.telling import Telling
from folkmoot.demo.words import Eventing, Ordinary, Words
from folkmoot.lock import Holder
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element, parse, serialize

ORDINARY: Final = "romeo"
EVENTING: Final = "juliet"

_SHOWN: Final = (
    *("type", "from", "to", "node", "jid", "nick"),
    *("role", "affiliation", "subscription", "code", "var"),
)
"""The attributes that are shown: those that say who, what and where."""

_HIDDEN: Final = ("occupant-id", "stanza-id", "delay", "title", "instructions")

_UNSAID: Final = ("FORM_TYPE", "pubsub#subid")
"""The fields of forms that are not shown."""


class Voice:
    """Somebody's client, the words it has, and what it sent and heard since one last looked."""

    def __init__(self, actor: Actor, words: Words) -> None:
        self.actor = actor
        self.words = words
        self._ids = itertools.count(1)
        self._mine: set[str] = set()
        self._passed: list[tuple[str, Element]] = []
        actor.xmpp.add_filter("in", self._hear)

    def new_id(self) -> str:
        """An id for a stanza whose answer is to be shown."""
        id = f"act{next(self._ids)}"
        self._mine.add(id)
        return id

    def send(self, stanza: Element) -> None:
        """Send a stanza as it is."""
        self._passed.append(("→", stanza))
        self.actor.xmpp.send_raw(serialize(stanza, CLIENT))

    def passed(self) -> list[tuple[str, Element]]:
        """What was sent and heard since the last time, in order."""
        passed, self._passed = self._passed, []
        return passed

    def _hear(self, stanza: Any) -> Any:
        element = parse(restored(tostring(stanza.xml, top_level=True)))
        if element.name != "iq" or element.get("id") in self._mine:
            element.attrs.pop("to", None)  # which is always oneself
            self._passed.append(("←", element))
        return stanza


class Both:
    """The story itself."""

    def __init__(self, telling: Telling, place: Place, admin: Admin) -> None:
        self.telling = telling
        self.place = place
        self.admin = admin
        self.room = JID.parse(f"hall@{place.rooms}")
        self.voices: dict[str, Voice] = {}

    async def log_in(self) -> None:
        """Two accounts, a client each. Raises AdminError, NotConnected, NotLoggedIn."""
        cast = people(self.place, (ORDINARY, EVENTING))
        await settle(self.admin, cast)
        for person in cast:
            actor = await self.place.enter(person)
            words: Words = Eventing(actor.jid)
            if person.name == ORDINARY:
                words = Ordinary(actor.jid)
                await actor.xmpp.get_roster(timeout=PATIENCE_SECONDS)  # else it hears of no wish
            self.voices[person.name] = Voice(actor, words)

    async def play(self) -> None:
        """Presence, then a room. Raises Unexpected."""
        romeo, juliet = self.voices[ORDINARY], self.voices[EVENTING]
        telling, room = self.telling, self.room
        telling.chapter("Presence: each asks for the other's, and has it")
        telling.heads({ORDINARY: "presence stanzas (RFC 6121)", EVENTING: "pubsub (XEP-0060)"})
        await self._act(ORDINARY, "appears", romeo.words.appear(romeo.new_id()))
        await self._act(EVENTING, "appears", juliet.words.appear(juliet.new_id()))
        wish = juliet.words.ask(juliet.new_id(), romeo.actor.account)
        await self._act(EVENTING, "asks for Romeo's presence", wish, "type='subscribe'")
        yes = romeo.words.grant(romeo.new_id(), juliet.actor.account)
        await self._act(ORDINARY, "grants it", yes, "subscription='subscribed'")
        wish = romeo.words.ask(romeo.new_id(), juliet.actor.account)
        await self._act(ORDINARY, "asks for Juliet's", wish, "pubsub#allow")
        yes = juliet.words.grant(juliet.new_id(), romeo.actor.account)
        await self._act(EVENTING, "grants it", yes, "type='subscribed'")
        moping = juliet.words.appear(juliet.new_id(), "Moping")
        await self._act(EVENTING, "is moping", moping, "<status>Moping</status>")
        telling.chapter("A room: each hears everything, in its own words")
        telling.heads({ORDINARY: "groupchat (XEP-0045)", EVENTING: "pubsub (XEP-0060)"})
        await self._act(EVENTING, "makes a room", juliet.words.enter(juliet.new_id(), room, "JC"))
        await self._act(EVENTING, "opens it", juliet.words.open(juliet.new_id(), room))
        enter = romeo.words.enter(romeo.new_id(), room, "Romeo")
        await self._act(ORDINARY, "enters", enter, f"from='{room}/Romeo'")
        hi = juliet.words.say(juliet.new_id(), room, "hi")
        await self._act(EVENTING, "speaks", hi, "<body>hi</body>")
        ho = romeo.words.say(romeo.new_id(), room, "neither, fair saint")
        await self._act(ORDINARY, "speaks", ho, "<body>neither, fair saint</body>")
        capulet = juliet.words.rename(juliet.new_id(), room, "Capulet")
        await self._act(EVENTING, "takes another nick", capulet, f"from='{room}/Capulet'")
        gone = romeo.words.leave(romeo.new_id(), room, "Romeo")
        await self._act(ORDINARY, "leaves", gone, "type='unavailable'")

    async def _act(self, who: str, does: str, stanza: Element, wanted: str = "") -> None:
        """A step: somebody sends something, and the other has to hear what is wanted of it."""
        with self.telling.step(who, does):
            self.voices[who].send(stanza)
            others = [name for name in self.voices if name != who]
            for name in (who, *others):
                await self.voices[name].actor.is_up_to_date()
            shown = {
                name: [(arrow, shortened(each)) for arrow, each in voice.passed()]
                for name, voice in self.voices.items()
            }
            for name in others if wanted else ():
                heard = [serialize(each, CLIENT) for arrow, each in shown[name] if arrow == "←"]
                if not any(wanted in each for each in heard):
                    raise Unexpected(f"{name} was to hear {wanted}, and heard {heard or 'nothing'}")
        self.telling.beside(shown)

    async def log_out(self) -> None:
        """Close both clients."""
        for voice in self.voices.values():
            await voice.actor.leaves()


def shortened(stanza: Element) -> Element:
    """A stanza for eyes: without namespaces, ids, and what follows from the rest."""
    attrs = {attr: value for attr, value in stanza.attrs.items() if attr in _SHOWN}
    if stanza.name == "field":
        attrs.pop("type", None)
    children = (
        child if isinstance(child, str) else shortened(child)
        for child in stanza.children
        if isinstance(child, str) or (child.name not in _HIDDEN and child.get("var") not in _UNSAID)
    )
    return Element(CLIENT, stanza.name, attrs, *children)


async def perform_both(data: Path, telling: Telling) -> bool:
    """Play it against a server of its own; whether all went well.

    data: an empty directory. Raises ChildFailed where the server does not start, AdminError.
    """
    async with Child(data) as child:
        holder = await child.start()
        story = _story(holder, telling)
        telling.note(
            f"Folkmoot {holder.version} serves {holder.domain}. Romeo's client knows RFC 6121 and"
            " XEP-0045; Juliet's knows XEP-0060 alone, and never sends presence. What a client"
            " sends is marked →, and what it hears ←; stanzas are shortened."
        )
        await story.log_in()
        try:
            await attempt(telling, story.play())
        finally:
            await story.log_out()
    return telling.end()


def _story(holder: Holder, telling: Telling) -> Both:
    assert holder.control is not None, "a server takes requests"
    return Both(telling, Place.of(holder), RemoteAdmin(holder.control))
