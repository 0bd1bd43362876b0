"""What can be asked about the branch below a node: XEP-0496 0.1.0, as XEP-0499 0.1.0 shows it."""

from __future__ import annotations

from typing import Final

from folkmoot.engine import questions
from folkmoot.engine.model import CHAIN_NODES_MAX, NodeId
from folkmoot.engine.questions import NodeInfo
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID

BRANCH_NODES_MAX: Final = 1_000
"""How many nodes of a branch are looked at; those further away, or later by name, are left out."""


def branch(
    view: View, actor: JID, node: NodeId, depth: int, *, linked: bool
) -> tuple[NodeInfo, ...]:
    """The nodes below one that an entity is shown, near ones first, then by name.

    depth: how many levels of children; more than CHAIN_NODES_MAX, or less than 0, is all.
    linked: also what is linked to the node, or to one that is found. Raises Refused: as `info`.
    """
    questions.info(view, actor, node)
    levels = CHAIN_NODES_MAX if depth < 0 else min(depth, CHAIN_NODES_MAX)
    found: list[NodeInfo] = []
    seen, level = {node}, [node]
    for distance in range(levels + 1):
        claims = [each for each in view.related(*level) if each not in seen]
        view.require(claims)
        here = frozenset(level)
        linking = [each for each in claims if linked and _links(view, each, here)]
        children = [each for each in claims if _is_child(view, each, here)]
        wanted = sorted((*linking, *(children if distance < levels else ())), key=str)
        shown = questions.visible(view, actor, tuple(wanted[: BRANCH_NODES_MAX - len(found)]))
        found.extend(shown)
        seen.update(info.id for info in shown)
        level = [info.id for info in shown if info.config.link is None]
        if not level:
            break
    return tuple(found)


def _links(view: View, node: NodeId, level: frozenset[NodeId]) -> bool:
    config = view.config(node)
    return config is not None and config.link in level


def _is_child(view: View, node: NodeId, level: frozenset[NodeId]) -> bool:
    """Whether a node is below one of these; below a space only once that lists it."""
    config = view.config(node)
    if config is None or config.link is not None or config.parent not in level:
        return False
    above = None if config.parent is None else view.config(config.parent)
    if above is None or config.parent is None or node.service != config.parent.service:
        return False
    return not above.is_space or view.lists(config.parent, node)
