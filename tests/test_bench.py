"""The load generator: every workload, at a size at which it is over at once, and its counts."""

from __future__ import annotations

import asyncio
import json
import math
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest
from bench import eventing, fanout, flood, peers, referee, report, sessions, storing, trickle, words
from bench.client import Client, Refusal, crowd, soon
from bench.figures import Figure, Goal, percentile, rate
from bench.place import SPACES, NoServer, Place, serving
from bench.referee import MATCHES, RefereeFailed
from bench.scale import Scale
from bench.tally import BLANK, MARK, Sampler, Tally, marked, stamped
from bench.workloads import WORKLOADS

from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element, serialize

TINY = Scale(5, 4, 3, 6, (2, 3), (2, 3), 3, 4, 0.1)
RUN_SECONDS_MAX = 60
"""Longer than anything here takes."""


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """A server as the workloads get one."""
    with serving(TINY.accounts) as place:
        yield place


# --- workloads


async def test_what_is_published_reaches_all_subscribers(place: Place) -> None:
    """A fan-out ends when every delivery was counted, so it ends at all only if they come."""
    sample = await fanout.pubsub(place, TINY)
    assert sample[fanout.PUBSUB_PER_SECOND] > 0
    assert 0 < sample[fanout.MIDDLE] <= sample[fanout.WORST]
    assert sample[fanout.ALONE] > 0


async def test_what_is_said_reaches_all_occupants(place: Place) -> None:
    """All enter at once, and hear one another do so; then they hear what one of them says."""
    sample = await fanout.muc(place, TINY)
    assert sample[fanout.MUC_PER_SECOND] > 0
    assert 0 < sample[fanout.MIDDLE] <= sample[fanout.WORST]
    assert sample[fanout.ALONE] > 0
    assert sample[fanout.ENTERING_SECONDS] > 0


async def test_a_room_talks_beside_one_that_floods(place: Place) -> None:
    """All that is said in the quiet room is heard, or the workload would not end."""
    sample = await flood.flood(place, TINY)
    assert 0 < sample[flood.BESIDE_MIDDLE] <= sample[flood.BESIDE_WORST]
    assert 0 < sample[flood.CALM_MIDDLE] <= sample[flood.CALM_WORST]
    assert sample[flood.OFFERED] > 0


async def test_every_item_published_is_acknowledged(place: Place) -> None:
    """And is in the database by then."""
    before = place.rows()
    sample = await storing.publishing(place, TINY)
    assert sample[storing.ACKNOWLEDGED] > 0
    assert 0 < sample[storing.MIDDLE] <= sample[storing.WORST]
    assert any(row[0] == "items" for row in place.rows() - before)


async def test_sessions_weigh_something(place: Place) -> None:
    """With TLS and without; how much says nothing at this size."""
    plain, tls = await sessions.plain(place, TINY), await sessions.tls(place, TINY)
    assert set(plain) == {sessions.LOG_INS_CPU, sessions.PLAIN_SIZE}
    assert set(tls) == {sessions.LOG_INS_TLS_CPU, sessions.TLS_SIZE}


async def test_a_member_more_is_one_row_however_many_rooms_there_are(place: Place) -> None:
    """docs/extensions/inheritance.md: nothing is copied. The workload also enters the rooms."""
    sample = await trickle.approving(place, TINY)
    for rooms in TINY.heights:
        assert sample[trickle.approval_rows(rooms)] == 1


async def test_a_room_more_is_three_rows_however_many_members_there_are(place: Place) -> None:
    """The room, its owner, and its place on the space's list."""
    sample = await trickle.adding(place, TINY)
    for members in TINY.crowds:
        assert sample[trickle.addition_rows(members)] == 3


async def test_a_ban_is_heard_in_every_room(place: Place) -> None:
    """The workload waits for all of them."""
    sample = await trickle.banning(place, TINY)
    assert sample[trickle.ban_delay(TINY.banned)] > 0


# --- what is counted


async def test_a_delivery_is_counted_once(place: Place) -> None:
    """The mark is in each kind of delivery once, whatever the server puts around it."""
    async with crowd(place, range(2)) as (owner, hearer):
        await owner.ask("set", SPACES, words.create_node("marks"))
        await hearer.ask("set", SPACES, words.subscribe("marks", hearer.account))
        await entered(owner, "marks", "owner", counted=True)
        await owner.ask("set", words.room("marks"), words.configure_room())
        kinds = [
            hearer.hope(lambda stanza: stanza.child(CLIENT, "status") is not None),
            hearer.hope(lambda stanza: stanza.child(CLIENT, "body") is not None),
            hearer.hope(lambda stanza: stanza.get("from") == SPACES),
        ]
        await entered(hearer, "marks", "hearer")
        owner.send(stamped(words.prepared_groupchat("marks")))
        owner.send(stamped(words.prepared_publish("marks")))
        for kind in kinds:
            delivery = serialize(await soon(kind))
            assert delivery.count(MARK) == 1
            assert BLANK not in delivery


async def entered(client: Client, room: str, nick: str, *, counted: bool = False) -> None:
    """Someone is in a room."""
    mine = client.hope(lambda stanza: words.is_own_presence(stanza, room))
    client.say(words.enter(room, nick, counted=counted))
    await soon(mine)


async def test_reading_and_counting_take_turns(place: Place) -> None:
    """What comes while a client counts is counted and not read; afterwards it reads again."""
    async with crowd(place, range(2)) as (sender, hearer):
        tally = Tally()
        hearer.count(tally)
        message = Element(CLIENT, "message", {"to": hearer.jid}, Element(CLIENT, "body", None, "^"))
        sender.say(message)
        await tally.reach(1)
        hearer.read()
        again = hearer.hope(lambda stanza: stanza.name == "message")
        sender.say(message)
        assert (await soon(again)).get("from") == sender.jid
        assert tally.count == 1


async def test_the_server_may_refuse(place: Place) -> None:
    """A workload that is refused something ends, and says what."""
    async with crowd(place, range(2)) as (_, stranger):
        with pytest.raises(Refusal, match="item-not-found"):
            await stranger.ask("set", SPACES, words.subscribe("nowhere", stranger.account))


def test_stamps_are_read_where_they_are_whole() -> None:
    """A delivery cut in two between reads is counted once, and timed if its stamp is whole."""
    tally = Tally()
    sampler = Sampler(tally)
    delivery = stamped(marked(40).encode())
    sampler.data_received(delivery + delivery[:10])
    sampler.data_received(delivery[10:])
    assert tally.count == 2
    assert len(tally.delays) == 1
    assert 0 <= tally.delays[0] < RUN_SECONDS_MAX


async def test_a_tally_is_waited_for() -> None:
    """From the beginning, however the count goes up."""
    tally = Tally()
    waiting = asyncio.ensure_future(tally.reach(3))
    for _ in range(3):
        assert not waiting.done()
        tally.add(1)
    await waiting
    await tally.reach(3)


# --- figures


def test_percentiles_are_values_that_were_measured() -> None:
    """The nearest rank."""
    assert percentile([3, 1, 2, 4], 0.5) == 2
    assert percentile([3, 1, 2, 4], 0.99) == 4
    assert percentile([1], 0) == 1
    assert math.isnan(percentile([], 0.5))


def test_a_rate_needs_time() -> None:
    """The clock of processor time goes in steps of a hundredth of a second."""
    assert rate(10, 2) == 5
    assert math.isnan(rate(10, 0))


@pytest.mark.parametrize(
    ("goal", "value", "reached"),
    [
        (Goal(10), 10, True),
        (Goal(10), 9.9, False),
        (Goal(10, at_most=True), 10, True),
        (Goal(10, at_most=True), 10.1, False),
    ],
)
def test_goals(goal: Goal, value: float, reached: bool) -> None:
    """At least, or at most; the median counts."""
    line = report.Line("a workload", Figure("a figure", "a unit", goal=goal), [0, value, 99])
    assert line.reached is reached


def test_a_figure_is_said_with_the_digits_that_mean_something() -> None:
    """And thousands are kept apart."""
    assert Figure("", "").say(1234.5678) == "1,235"
    assert Figure("", "", digits=2).say(1234.5678) == "1,234.57"


def test_figures_tell_themselves_apart() -> None:
    """A sample is a mapping by figure: two of one name and unit would be one."""
    figures = [
        (figure.name, figure.unit)
        for module in (fanout, storing, sessions)
        for figure in vars(module).values()
        if isinstance(figure, Figure)
    ]
    assert len(figures) == len(set(figures))


# --- the command


def test_the_command_prints_a_table_and_writes_json(tmp_path: Path) -> None:
    """`python -m bench`, at its smallest."""
    written = tmp_path / "figures.json"
    ran = bench("--quick", "--only", "publish", "--json", str(written))
    assert ran.returncode == 0, ran.stderr
    assert "Durable publishing, 10 publishers" in ran.stdout
    figures = json.loads(written.read_text("utf-8"))["figures"]
    assert {figure["figure"] for figure in figures} >= {storing.ACKNOWLEDGED.name}
    assert all(figure["median"] > 0 for figure in figures)


def test_an_unknown_workload_is_named() -> None:
    """And those there are."""
    ran = bench("--only", "nothing")
    assert ran.returncode == 2
    assert all(workload.name in ran.stderr for workload in WORKLOADS)


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, run in a process of its own: it pins its process to a processor."""
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        cwd=Path(__file__).parents[1],
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS_MAX,
        check=False,
    )


def test_a_server_that_does_not_start_says_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Here there is no such command."""
    monkeypatch.setattr("bench.place.FOLKMOOT", Path(sys.executable))
    with pytest.raises(NoServer, match="no accounts could be made"), serving(1, tmp_path):
        pass


# --- the referee

STAND_IN = """
import json, sys
print(json.dumps({
    "said": sys.argv[1:],
    "join": {"srv_cpu_s": 1, "presences_per_srv_cpu_s": 7},
    "phases": [{
        "deliveries_per_srv_cpu_s": 2, "acks_per_s": 3, "p99_ms": 4,
        "srv_cpu_s_per_1000_logins": 5, "rss_per_session_kib": 6, "srv_cpu_s": 8,
        "approve_to_effective_ms": 9, "publish_to_effective_ms": 10,
    }, {"latency": {"p99_ms": 11}}],
}))
"""


@pytest.mark.parametrize("match", MATCHES, ids=lambda match: str(match.name))
def test_the_referee_is_asked_and_read(
    match: referee.Match, place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """All of its figures that have a goal of ours are found where its result has them."""
    script = tmp_path / "load.py"
    script.write_text(STAND_IN, "utf-8")
    monkeypatch.setattr(referee, "SCRIPT", script)
    sample = referee.play(match, place)
    assert set(sample) == set(match.figures)
    assert all(value > 0 for value in sample.values())


def test_a_referee_that_fails_is_heard(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With what it said itself."""
    script = tmp_path / "load.py"
    script.write_text("raise SystemExit('nobody listens')", "utf-8")
    monkeypatch.setattr(referee, "SCRIPT", script)
    with pytest.raises(RefereeFailed, match="nobody listens"):
        referee.play(MATCHES[0], place)


# --- other servers

PEER = """#!/bin/sh
echo $$ > "$2/server.pid"
echo "$1 for $USERS on $CPUS at $PORT" > "$2/users.ready"
exec sleep 60
"""


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A referee and a peer that only look like it."""
    script = tmp_path / "load.py"
    script.write_text(STAND_IN, "utf-8")
    monkeypatch.setattr(referee, "SCRIPT", script)
    starter = tmp_path / "start-peer.sh"
    starter.write_text(PEER, "utf-8")
    starter.chmod(0o755)
    monkeypatch.setattr(peers, "SCRIPTS", tmp_path)
    return starter


@pytest.mark.parametrize("contest", peers.CONTESTS, ids=lambda contest: str(contest.title))
def test_peers_compete_at_the_same_work(
    contest: peers.Contest, stand_in: Path, tmp_path: Path
) -> None:
    """The referee is asked about a peer that was started for it, and its figures are found."""
    contender = peers.Contender("A peer", "client", partial(peers.peer, "prosody", tmp_path))
    sample = peers.compete(contest, contender)
    assert set(sample) == set(contest.figures)
    assert all(value > 0 for value in sample.values())


def test_a_peer_ends_with_its_block(stand_in: Path, tmp_path: Path) -> None:
    """And leaves nothing behind."""
    with peers.peer("prosody", tmp_path) as target:
        assert psutil.pid_exists(target.pid)
        assert list(tmp_path.glob("prosody-bench-*"))
    assert not psutil.pid_exists(target.pid)
    assert not list(tmp_path.glob("prosody-bench-*"))


def test_a_peer_that_does_not_start_says_why(stand_in: Path, tmp_path: Path) -> None:
    stand_in.write_text("#!/bin/sh\necho no luck\nexit 1\n", "utf-8")
    with pytest.raises(NoServer, match="no luck"), peers.peer("prosody", tmp_path):
        pass


async def test_both_tellings_of_a_story_are_counted_to_the_byte() -> None:
    """XEP-0207: what is read is what came off the socket, and pubsub alone says more of it."""
    with serving(4) as place:
        found = await eventing.measured(place)
    ordinary, through_pubsub = found[eventing.ORDINARY], found[eventing.EVENTING]
    assert list(ordinary) == list(through_pubsub)
    for title, passed in ordinary.items():
        assert passed.sent == through_pubsub[title].sent, title  # one stanza for each act
        assert 0 < passed.bytes < through_pubsub[title].bytes, title
    whole = eventing.table(found).splitlines()[-1]
    assert whole.startswith("| all of it | 33 → 33 | ")
    assert "10 messages in it" in eventing.picture(found)
