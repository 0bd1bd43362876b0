"""What those know who keep track of a room's affiliations: XEP-0463 0.2.0, as a client does it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from folkmoot.engine.access import STAFF
from folkmoot.engine.affiliates import roll
from folkmoot.engine.model import Affiliation, NodeId
from folkmoot.engine.notifications import AbsentTold, Notification, OccupantTold, Step, Welcomed
from folkmoot.engine.versions import version
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID

NOBODY = (Affiliation.NONE, Affiliation.OUTCAST)


@dataclass
class Known:
    """What one occupant knows, and of which version it is."""

    version: str
    rows: dict[JID, Affiliation]

    def hears(self, jid: JID, affiliation: Affiliation, step: Step) -> bool:
        """A change; False where there was another before it that was not heard of."""
        if self.version not in step:
            return False
        self.version = step.until
        self.rows[jid.bare] = affiliation
        return True


class Tracking:
    """What is known of each room by those in it who hear of versions."""

    def __init__(self) -> None:
        self.known: dict[tuple[NodeId, JID], Known] = {}

    def hear(self, told: Iterable[Notification]) -> None:
        """What was told, in its order."""
        for each in told:
            if isinstance(each, Welcomed) and each.roll is not None:
                self._enter(each.node, each.to[0], each)
            elif isinstance(each, AbsentTold):
                self._hear(each.node, each.to, each.jid, each.affiliation, each.step)
            elif isinstance(each, OccupantTold) and each.step and each.seen.jid:
                self._hear(each.node, each.to, each.seen.jid, each.seen.affiliation, each.step)

    def _enter(self, node: NodeId, jid: JID, told: Welcomed) -> None:
        assert told.roll is not None
        found = self.known.pop((node, jid), None)
        rows = dict(found.rows) if found is not None and told.roll.since else {}
        if not told.roll.refused:
            self.known[node, jid] = Known(told.roll.until, rows | dict(told.roll.rows))

    def _hear(
        self, node: NodeId, to: Iterable[JID], jid: JID, affiliation: Affiliation, step: Step
    ) -> None:
        for hearer in to:
            found = self.known.get((node, hearer))
            if found is None:
                continue
            before = found.rows.get(jid.bare)
            # Who may see more than before, or less, has to ask again.
            anew = hearer.bare == jid.bare and (before in STAFF) is not (affiliation in STAFF)
            if anew or not found.hears(jid, affiliation, step):
                del self.known[node, hearer]

    def holds(self, view: View) -> None:
        """Hold that who knows the version that is knows what there is."""
        for (node, jid), found in tuple(self.known.items()):
            record = view.node(node)
            if record is None or jid not in record.trackers:
                del self.known[node, jid]
                continue
            told = roll(view, jid, node, "")
            if found.version != version(view, node) or told.refused:
                continue
            bans = view.affiliation(node, jid) in STAFF
            hidden = (Affiliation.NONE,) if bans else NOBODY
            rows = {each: row for each, row in found.rows.items() if row not in hidden}
            assert _by_themselves(rows) == _by_themselves(dict(told.rows)), (node, jid)


def _by_themselves(rows: dict[JID, Affiliation]) -> dict[JID, Affiliation]:
    """Rows without those of whom it is said already that their server is banned."""
    banned = {each.domain for each in rows if not each.local and rows[each] is Affiliation.OUTCAST}
    return {each: row for each, row in rows.items() if not each.local or each.domain not in banned}
