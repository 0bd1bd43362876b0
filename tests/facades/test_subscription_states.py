"""Subscription states: RFC 6121 Appendix A, all eight tables of it, row by row."""

from __future__ import annotations

import pytest

from folkmoot.engine.model import State
from folkmoot.engine.relations import presence_of
from folkmoot.engine.view import View
from tests.facades.test_roster import fetched, items_of
from tests.facades.verona import BALCONY, ORCHARD, arrives
from tests.stage import Client, Stage

NONE, PENDING, SUBSCRIBED = State.NONE, State.PENDING, State.SUBSCRIBED

STATES = {
    "None": (NONE, NONE),
    "None + Pending Out": (PENDING, NONE),
    "None + Pending In": (NONE, PENDING),
    "None + Pending Out+In": (PENDING, PENDING),
    "To": (SUBSCRIBED, NONE),
    "To + Pending In": (SUBSCRIBED, PENDING),
    "From": (NONE, SUBSCRIBED),
    "From + Pending Out": (PENDING, SUBSCRIBED),
    "Both": (SUBSCRIBED, SUBSCRIBED),
}
"""§A.1: the user's subscription to the contact, and the contact's to the user."""

NAMES = {states: name for name, states in STATES.items()}
MIRROR = {name: NAMES[back, out] for name, (out, back) in STATES.items()}
"""The same seen by the contact."""

SAME = "no state change"

OUTBOUND = {
    "subscribe": """
        None                  | MUST | None + Pending Out
        None + Pending Out    | MUST | no state change
        None + Pending In     | MUST | None + Pending Out+In
        None + Pending Out+In | MUST | no state change
        To                    | MUST | no state change
        To + Pending In       | MUST | no state change
        From                  | MUST | From + Pending Out
        From + Pending Out    | MUST | no state change
        Both                  | MUST | no state change
        """,
    "unsubscribe": """
        None                  | MUST | no state change
        None + Pending Out    | MUST | None
        None + Pending In     | MUST | no state change
        None + Pending Out+In | MUST | None + Pending In
        To                    | MUST | None
        To + Pending In       | MUST | None + Pending In
        From                  | MUST | no state change
        From + Pending Out    | MUST | From
        Both                  | MUST | From
        """,
    "subscribed": """
        None                  | M.N. | no state change
        None + Pending Out    | M.N. | no state change
        None + Pending In     | MUST | From
        None + Pending Out+In | MUST | From + Pending Out
        To                    | M.N. | no state change
        To + Pending In       | MUST | Both
        From                  | M.N. | no state change
        From + Pending Out    | M.N. | no state change
        Both                  | M.N. | no state change
        """,
    "unsubscribed": """
        None                  | S.N. | no state change
        None + Pending Out    | S.N. | no state change
        None + Pending In     | MUST | None
        None + Pending Out+In | MUST | None + Pending Out
        To                    | S.N. | no state change
        To + Pending In       | MUST | To
        From                  | MUST | None
        From + Pending Out    | MUST | None + Pending Out
        Both                  | MUST | To
        """,
}
"""Tables 2 to 5 (§A.2): the user's state, whether the stanza goes out, the user's new state.

The pre-approval of table 4 is in test_subscriptions.
"""

INBOUND = {
    "subscribe": """
        None                  | MUST | None + Pending In
        None + Pending Out    | MUST | None + Pending Out+In
        None + Pending In     | S.N. | no state change
        None + Pending Out+In | S.N. | no state change
        To                    | MUST | To + Pending In
        To + Pending In       | S.N. | no state change
        From                  | S.N. | no state change
        From + Pending Out    | S.N. | no state change
        Both                  | S.N. | no state change
        """,
    "unsubscribe": """
        None                  | S.N. | no state change
        None + Pending Out    | S.N. | no state change
        None + Pending In     | MUST | None
        None + Pending Out+In | MUST | None + Pending Out
        To                    | S.N. | no state change
        To + Pending In       | MUST | To
        From                  | MUST | None
        From + Pending Out    | MUST | None + Pending Out
        Both                  | MUST | To
        """,
    "subscribed": """
        None                  | S.N. | no state change
        None + Pending Out    | MUST | To
        None + Pending In     | S.N. | no state change
        None + Pending Out+In | MUST | To + Pending In
        To                    | S.N. | no state change
        To + Pending In       | S.N. | no state change
        From                  | S.N. | no state change
        From + Pending Out    | MUST | Both
        Both                  | S.N. | no state change
        """,
    "unsubscribed": """
        None                  | S.N. | no state change
        None + Pending Out    | MUST | None
        None + Pending In     | S.N. | no state change
        None + Pending Out+In | MUST | None + Pending In
        To                    | MUST | None
        To + Pending In       | MUST | None + Pending In
        From                  | S.N. | no state change
        From + Pending Out    | MUST | From
        Both                  | MUST | From
        """,
}
"""Tables 6 to 9 (§A.3): the contact's state, whether it hears the stanza, its new state."""


def rows(tables: dict[str, str]) -> list[tuple[str, str, bool, str]]:
    """Type, state, whether the stanza is passed on, and the state it leads to."""
    found = []
    for type, table in tables.items():
        for row in table.strip().splitlines():
            state, passed, new = (cell.strip() for cell in row.split("|"))
            found.append((type, state, passed == "MUST", state if new == SAME else new))
    return found


def told(type: str, state: str) -> tuple[bool, str]:
    """Whether the contact hears a stanza in its state, and its state afterwards."""
    found = {(row[0], row[1]): row[2:] for row in rows(INBOUND)}
    return found[type, state]


async def bring_about(user: Client, contact: Client, state: str) -> None:
    """Let two who do not know each other come to a state."""
    for (one, other), wanted in zip(((user, contact), (contact, user)), STATES[state], strict=True):
        if wanted is not NONE:
            await one.sends(f"<presence to='{other.jid.bare}' type='subscribe'/>")
        if wanted is SUBSCRIBED:
            await other.sends(f"<presence to='{one.jid.bare}' type='subscribed'/>")
    await user.drains()
    await contact.drains()


async def state_of(stage: Stage, user: Client, contact: Client) -> str:
    """The state the user is in, by the engine's own account."""

    def states(view: View) -> tuple[State, State]:
        one, other = user.jid.bare, contact.jid.bare
        view.require([presence_of(one), presence_of(other)])
        return view.state(presence_of(other), one), view.state(presence_of(one), other)

    return NAMES[await stage.core.engine.ask(states)]


SUBSCRIPTION = {"None": "none", "To": "to", "From": "from", "Both": "both"}


@pytest.mark.parametrize(("type", "state", "routed", "new"), rows(OUTBOUND))
async def test_a_stanza_in_a_state(
    stage: Stage, type: str, state: str, routed: bool, new: str
) -> None:
    """§A.2 for who sends it and §A.3 for who is to hear it; both rosters say the new state."""
    romeo, juliet = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    await bring_about(romeo, juliet, state)
    assert await state_of(stage, romeo, juliet) == state
    hears, theirs = told(type, MIRROR[state])
    await romeo.sends(f"<presence to='{juliet.jid.bare}' type='{type}' id='now'/>")
    assert await state_of(stage, romeo, juliet) == new
    assert await state_of(stage, juliet, romeo) == MIRROR[new] == theirs
    heard = [each for each in await juliet.drains() if each.get("type") == type]
    assert len(heard) == (routed and hears)
    for each in heard:
        assert each.get("from") == str(romeo.jid.bare) and each.get("id") == "now"
    for client, name in ((romeo, new), (juliet, MIRROR[new])):
        for item in items_of(await fetched(client)):
            assert item.get("subscription") == SUBSCRIPTION[name.split(" + ")[0]]
            assert (item.get("ask") == "subscribe") is ("Out" in name)


@pytest.mark.parametrize(("type", "state", "routed", "new"), rows(OUTBOUND))
async def test_only_a_change_is_pushed(
    stage: Stage, type: str, state: str, routed: bool, new: str
) -> None:
    """§A.2: where no state changes there is nothing to push; who waits is on no roster (§3.1.3)."""
    romeo, juliet = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    await bring_about(romeo, juliet, state)
    known = items_of(await fetched(romeo)), items_of(await fetched(juliet))
    await romeo.sends(f"<presence to='{juliet.jid.bare}' type='{type}'/>")
    for client, before in zip((romeo, juliet), known, strict=True):
        pushes = [each for each in await client.drains() if each.name == "iq"]
        changed = items_of(await fetched(client)) != before
        assert len(pushes) == changed


def test_the_tables_agree() -> None:
    """What goes out and is heard changes both states, and what is not heard changes neither."""
    for type, state, routed, new in rows(OUTBOUND):
        hears, theirs = told(type, MIRROR[state])
        assert theirs == MIRROR[new]
        assert (routed and hears) == (new != state)
