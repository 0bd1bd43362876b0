"""Whatever is sent to accounts, in whatever order: there is an answer, and no bug."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from tests.facades.verona import BALCONY, CHAMBER, JULIET, NURSE, ORCHARD, ROMEO, arrives
from tests.stage import Stage, staged

PLACES = st.sampled_from(
    f"|{ROMEO}|{JULIET}|{NURSE}|{ORCHARD}|{BALCONY}|{JULIET}/gone|nobody@shakespeare.lit"
    "|nobody@shakespeare.lit/here|mercutio@example.net|shakespeare.lit".split("|")
)
ANSWERED = PLACES.filter(lambda place: place not in (ORCHARD, BALCONY))
"""Where the server answers an iq itself; to a stream it passes it on (RFC 6121 §8.5.3.1)."""

WORDS = st.sampled_from(["", "a", "@", "remove", "both", "-1", "128", ROMEO, JULIET, BALCONY])
PRESENCE = (
    *("", "unavailable", "subscribe", "subscribed", "unsubscribe", "unsubscribed"),
    *("probe", "error", "sonnet"),
)
MESSAGE = ("", "normal", "chat", "headline", "groupchat", "error", "sonnet")


@st.composite
def children(draw: st.DrawFn) -> str:
    """What stands in presence and messages."""
    word = draw(WORDS)
    return draw(
        st.sampled_from(
            [
                f"<body>{word}</body>",
                f"<priority>{word}</priority>",
                f"<status>{word}</status>",
                f"<delay xmlns='urn:xmpp:delay' from='shakespeare.lit' stamp='{word}'/>",
                "<no-store xmlns='urn:xmpp:hints'/>",
                "<composing xmlns='http://jabber.org/protocol/chatstates'/>",
                "<error/>",
            ]
        )
    )


@st.composite
def stanzas(draw: st.DrawFn) -> str:
    """Any stanza to an account."""
    id, name = draw(st.sampled_from([("", "presence"), (" id='1'", "message"), ("", "iq")]))
    place = draw(ANSWERED if name == "iq" else PLACES)
    to = f" to='{place}'" if place else ""
    if name == "iq":
        type, word = draw(st.sampled_from(["get", "set"])), draw(WORDS)
        item = f"<item jid='{draw(PLACES)}' subscription='{word}' name='{word}'/>"
        items = "".join(draw(st.lists(st.just(item), max_size=2)))
        query = f"<query xmlns='jabber:iq:roster' ver='{word}'>{items}</query>"
        return f"<iq type='{type}' id='1'{to}>{query}</iq>"
    said = draw(st.sampled_from(PRESENCE if name == "presence" else MESSAGE))
    type = f" type='{said}'" if said else ""
    inside = "".join(draw(st.lists(children(), max_size=3)))
    return f"<{name}{type}{id}{to}>{inside}</{name}>"


PEOPLE = (ORCHARD, BALCONY, CHAMBER)
steps = st.tuples(st.sampled_from(PEOPLE), st.none() | stanzas())


@settings(max_examples=100, deadline=None)
@given(st.lists(steps, max_size=30))
def test_nothing_is_a_bug(script: list[tuple[str, str | None]]) -> None:
    """No input ends in internal-server-error, here or in a log, and every iq is answered."""
    asyncio.run(_play(script))


async def _play(script: Iterable[tuple[str, str | None]]) -> None:
    """None: the client's stream is lost, and it comes again."""
    with capture_logs() as logs:
        async with staged() as stage:
            await stage.account(NURSE)
            clients = {jid: await arrives(stage, jid) for jid in PEOPLE}
            for jid, stanza in script:
                if stanza is None:
                    await clients[jid].leaves()
                    clients[jid] = await arrives(stage, jid)
                elif stanza.startswith("<iq"):
                    assert "internal-server-error" not in str(await clients[jid].asks(stanza))
                else:
                    await clients[jid].sends(stanza)
            for client in clients.values():
                assert "internal-server-error" not in str(await client.drains())
            await _still_works(stage)
    assert [each for each in logs if each["log_level"] == "error"] == []


async def _still_works(stage: Stage) -> None:
    """Somebody who comes now is heard."""
    nurse = await arrives(stage, f"{NURSE}/kitchen")
    await nurse.sends(f"<message to='{NURSE}'><body>Peace</body></message>")
    await nurse.receives("<message><body>Peace</body></message>")
