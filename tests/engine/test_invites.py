"""Invites are counted as they are used: never more are let in than an invite says."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from folkmoot.engine.commands import Invite, Revoke
from folkmoot.engine.decide import invites
from folkmoot.engine.errors import Reason
from folkmoot.engine.model import State
from folkmoot.engine.space_events import InviteChanged
from folkmoot.xmpp.jid import JID
from tests.engine.memory import MemoryStore
from tests.engine.stand import ACCOUNTS, DENMARK, HAMLET, Stand, running

GUESTS = tuple(JID.parse(f"guest{number}@norway.lit") for number in range(8))


async def token_of(stand: Stand, uses: int = 1) -> str:
    """A token of an invite just made."""
    (event,) = await stand.run(Invite(actor=HAMLET, node=DENMARK, uses=uses))
    assert isinstance(event, InviteChanged)
    return event.token


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(1, 3), min_size=1, max_size=3),
    st.lists(st.tuples(st.sampled_from(GUESTS), st.integers(0, 3)), max_size=16),
    st.booleans(),
)
def test_uses_are_counted_with_the_admission(
    uses: list[int], tries: list[tuple[JID, int]], at_once: bool
) -> None:
    """Whoever comes with whatever token, one after the other or all at once."""

    async def play() -> None:
        async with running(Stand(MemoryStore(ACCOUNTS, waits=at_once))) as stand:
            await stand.space()
            tokens = [await token_of(stand, each) for each in uses]
            tokens += ["wrong"] * (4 - len(tokens))
            asked = [stand.subscribe(DENMARK, jid, invite=tokens[at]) for jid, at in tries]
            if at_once:
                await asyncio.gather(*asked, return_exceptions=True)
            else:
                for each in asked:
                    await asyncio.gather(each, return_exceptions=True)
            await stand.settled()
            node = await stand.node(DENMARK)
            inside = [jid for jid in GUESTS if await stand.state(DENMARK, jid) is State.SUBSCRIBED]
            assert all(each.used <= each.uses for each in node.invites.values())
            assert sum(each.used for each in node.invites.values()) == len(inside)
            assert stand.store.kept[DENMARK].invites == node.invites

    asyncio.run(play())


async def test_a_space_has_so_many_invites(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """INVITES_PER_NODE_MAX counts those that are good; a spent one makes room."""
    monkeypatch.setattr(invites, "INVITES_PER_NODE_MAX", 2)
    await stand.space()
    token = await token_of(stand)
    await token_of(stand)
    await stand.refused(Invite(actor=HAMLET, node=DENMARK), Reason.TOO_MANY_INVITES)
    await stand.subscribe(DENMARK, GUESTS[0], invite=token)
    events = await stand.run(Invite(actor=HAMLET, node=DENMARK))
    assert [event.after is None for event in events if isinstance(event, InviteChanged)] == [
        True,
        False,
    ]
    await stand.refused(
        Revoke(actor=HAMLET, node=DENMARK, id=invites.digest_of(token)[:16]), Reason.ITEM_NOT_FOUND
    )


async def test_a_token_is_shown_to_nobody_by_accident(stand: Stand) -> None:
    """Neither commands nor events say it in a log."""
    await stand.space()
    (event,) = await stand.run(Invite(actor=HAMLET, node=DENMARK))
    assert isinstance(event, InviteChanged)
    assert event.token
    assert event.token not in repr(event)
