"""What clients can do: asked once for each hash they announce, and remembered.

In either way of announcing it: XEP-0115 1.6.0, which every client answers for that announces both
ways, and XEP-0390 0.3.2 where there is nothing else.
"""

from __future__ import annotations

import itertools
from collections import OrderedDict
from typing import Final

from folkmoot.facades.caps import Caps, read_caps
from folkmoot.facades.disco import INFO, told_features
from folkmoot.facades.ecaps import Hash, read_hash
from folkmoot.sessions import Session
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element

KNOWN_MAX: Final = 10_000
"""How many hashes are remembered, of which each client in the world has one."""

ASKED_MAX: Final = 10_000
"""How many questions may be open; past it the oldest is given up."""


class Capabilities:
    """Features by what presence announces; only what was verified is told to anyone."""

    def __init__(self, domain: JID) -> None:
        self._domain = domain
        self._known: OrderedDict[Caps | Hash, frozenset[str]] = OrderedDict()
        self._asked: OrderedDict[str, tuple[JID, Caps | Hash]] = OrderedDict()
        self._ids = itertools.count()

    def announced(self, session: Session, presence: Element) -> Element | None:
        """Take up what a presence says; the question to ask the client, None where it is known."""
        caps = read_caps(presence) or read_hash(presence)
        if caps == session.caps and session.features:
            return None
        session.caps = caps
        session.features = self.of(session)
        if caps is None:
            return None
        if caps in self._known:
            self._known.move_to_end(caps)
            return None
        asked = f"caps-{next(self._ids)}"
        self._asked[asked] = session.jid, caps
        if len(self._asked) > ASKED_MAX:
            self._asked.popitem(last=False)
        attrs = {"type": "get", "id": asked, "from": str(self._domain), "to": str(session.jid)}
        return Element(CLIENT, "iq", attrs, caps.question())

    def answered(self, session: Session, iq: Element) -> None:
        """Take up a client's answer; one that was not asked for is nothing.

        One that is not what was announced is believed of this client, but of no other that
        announces the same (XEP-0115 §5.4).
        """
        jid, caps = self._asked.pop(iq.get("id", ""), (None, None))
        query = iq.child(INFO, "query")
        if caps is None or jid != session.jid or query is None:
            return
        features = caps.verified(query)
        if features is not None:
            self._known[caps] = features
            if len(self._known) > KNOWN_MAX:
                self._known.popitem(last=False)
        if caps == session.caps:
            session.features = told_features(query) if features is None else features

    def of(self, session: Session) -> frozenset[str]:
        """The features verified for what a session's client announces, none where none were."""
        return frozenset() if session.caps is None else self._known.get(session.caps, frozenset())
