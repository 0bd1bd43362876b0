"""Stanzas of many senders on one stream: each sender's in order, the others' not held up."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot import lanes
from folkmoot.lanes import Full, Lanes
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element

ROMEO, JULIET = (JID.parse(f"{name}@verona.lit/home") for name in ("romeo", "juliet"))


class Work:
    """What is handled, in the order it is done; a stanza with a type waits until it is let go."""

    def __init__(self) -> None:
        self.done: list[tuple[JID, str | None]] = []
        self.gates: dict[str, asyncio.Event] = {}
        self.lanes = Lanes(self.handle)
        self.tasks: list[asyncio.Future[None]] = []

    async def handle(self, sender: JID, stanza: Element) -> None:
        if (gate := stanza.get("type")) is not None:
            await self.gates.setdefault(gate, asyncio.Event()).wait()
        self.done.append((sender, stanza.get("id")))

    def take(self, sender: JID, id: str, gate: str | None = None) -> None:
        stanza = Element(CLIENT, "iq", {"id": id, "type": gate})
        if (rest := self.lanes.take(sender, stanza)) is not None:
            self.tasks.append(asyncio.ensure_future(rest))

    async def opens(self, gate: str) -> None:
        self.gates.setdefault(gate, asyncio.Event()).set()
        await asyncio.gather(*self.tasks)


async def test_one_waits_for_ones_own() -> None:
    """RFC 6120 §10.1; what needs no waiting is done at once."""
    work = Work()
    work.take(ROMEO, "1")
    assert work.done == [(ROMEO, "1")]
    work.take(ROMEO, "2", "balcony")
    work.take(ROMEO, "3")
    work.take(JULIET, "4")
    assert work.done[1:] == [(JULIET, "4")]
    await work.opens("balcony")
    assert work.done[2:] == [(ROMEO, "2"), (ROMEO, "3")]
    work.take(ROMEO, "5")
    assert work.done[-1] == (ROMEO, "5"), "the lane is gone"


@pytest.mark.parametrize("limit", ["LANE_MAX", "WAITING_MAX"])
async def test_too_much_waits(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    """One more than LANE_MAX of a sender, or than WAITING_MAX of all, is not taken."""
    monkeypatch.setattr(lanes, limit, 2)
    work = Work()
    work.take(ROMEO, "1", "balcony")
    work.take(JULIET, "1", "balcony")
    work.take(ROMEO, "2")
    work.take(ROMEO, "3")
    with pytest.raises(Full):
        work.take(ROMEO, "4")
    if limit == "WAITING_MAX":
        with pytest.raises(Full):
            work.take(JULIET, "2")
    await work.opens("balcony")
    assert len(work.done) == 4
    work.take(ROMEO, "4")
    assert work.done[-1] == (ROMEO, "4")


async def test_the_server_stops() -> None:
    """What waited is forgotten with it."""
    work = Work()
    work.take(ROMEO, "1", "balcony")
    work.take(ROMEO, "2")
    await asyncio.sleep(0)
    (task,) = work.tasks
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert work.done == []
    work.take(ROMEO, "3")
    assert work.done == [(ROMEO, "3")]


@given(
    st.lists(
        st.tuples(st.sampled_from((ROMEO, JULIET)), st.sampled_from((None, "a", "b"))), max_size=20
    )
)
def test_any_order(script: list[tuple[JID, str | None]]) -> None:
    """Whatever waits for whatever, each sender's stanzas are done in their order, once."""

    async def play() -> Mapping[JID, list[str | None]]:
        work = Work()
        for number, (sender, gate) in enumerate(script):
            work.take(sender, str(number), gate)
        work.gates.setdefault("a", asyncio.Event()).set()
        await work.opens("b")
        return {jid: [id for each, id in work.done if each == jid] for jid in (ROMEO, JULIET)}

    done = asyncio.run(play())
    for jid in (ROMEO, JULIET):
        assert done[jid] == [str(at) for at, (sender, _) in enumerate(script) if sender == jid]
