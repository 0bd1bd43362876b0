"""What can be asked about hats (XEP-0317 0.3.1); see `questions`."""

from __future__ import annotations

from folkmoot.engine import access
from folkmoot.engine.configuration import Inherit
from folkmoot.engine.errors import Refused
from folkmoot.engine.model import Hat, NodeId
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID


def hats_at(view: View, node: NodeId) -> tuple[Hat, ...]:
    """The hats that may be worn at a node: its own first, then those of the nodes it is in."""
    found: dict[str, Hat] = {}
    for each in view.chain(node):
        config = view.found(each).config
        found = {hat.uri: hat for hat in config.hats} | found
        if config.inherit is Inherit.NONE:
            break
    return tuple(found.values())


def hats(view: View, actor: JID, node: NodeId) -> tuple[Hat, ...]:
    """The same, for those who may look in (XEP-0317 §3.4). Raises Refused as `items`."""
    record = view.found(node)
    if reason := access.refuses_items(record.config, view.stance(node, actor)):
        raise Refused(reason)
    return hats_at(view, node)


def own_hats(view: View, actor: JID, node: NodeId, *, wearing: bool) -> tuple[Hat, ...]:
    """A node's own hats, for those who may change them, or say who wears them (§3.2 to §3.6)."""
    config, mine = view.found(node).config, view.affiliation(node, actor)
    reason = access.refuses_wearing(mine) if wearing else access.refuses_hats(mine)
    if reason is not None:
        raise Refused(reason)
    return config.hats


def wearers(view: View, actor: JID, node: NodeId) -> tuple[tuple[JID, Hat], ...]:
    """Who wears which of a node's own hats, for those who may say so (XEP-0317 §3.7)."""
    known = {hat.uri: hat for hat in own_hats(view, actor, node, wearing=True)}
    worn = view.found(node).wearers.items()
    return tuple((jid, known[uri]) for jid, uris in worn for uri in uris)
