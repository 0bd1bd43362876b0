"""Whatever is sent to rooms, by whomever and in whatever order: there is an answer, and no bug."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from tests.facades.muc.coven import COVEN, CRONE, HAG, HECATE
from tests.stage import staged

MUC = "http://jabber.org/protocol/muc"

WORDS = st.sampled_from(
    "|-1|1|none|member|owner|admin|outcast|moderator|participant|visitor|anyone|@|/|\u0085"
    f"|firstwitch|second witch|hag66@shakespeare.lit|{HAG}|{COVEN}|99999999999999999999"
    f"|2002-10-13T23:58:37Z|xmpp:pubsub.shakespeare.lit?;node=k|{MUC}#roomconfig|{MUC}#request"
    "|id3|urn:xmpp:mam:2|http://jabber.org/protocol/muc#traffic|x-roomuser-item".split("|")
)
PLACES = st.sampled_from(
    f"{COVEN}|{COVEN}/firstwitch|{COVEN}/second witch|{COVEN}/ |chat.shakespeare.lit"
    "|chat.shakespeare.lit/nick|heath@chat.shakespeare.lit/firstwitch".split("|")
)
ROOM = ("roomname", "membersonly", "persistentroom", "moderatedroom", "passwordprotectedroom")
WHO = ("whois", "maxusers", "roomsecret", "pubsub", "allowpm")
ARCHIVE = ("with", "start", "ids", "after-id")
ASKED = ("FORM_TYPE", "muc#role", "muc#roomnick", "muc#request_allow", "muc#maxhistoryfetch")
VARS = st.sampled_from([*ASKED, *ARCHIVE, *(f"muc#roomconfig_{each}" for each in (*ROOM, *WHO))])


def quoted(text: str) -> str:
    """A value of an attribute; the words above hold nothing else that has to be escaped."""
    return f"'{text}'"


@st.composite
def forms(draw: st.DrawFn) -> str:
    """A data form, of fields that rooms know and values they may not."""
    type = draw(st.sampled_from(["form", "submit", "cancel", "result", "witch"]))
    fields = draw(st.lists(st.tuples(VARS, st.lists(WORDS, max_size=2)), max_size=4))
    told = "".join(
        f"<field var='{var}'>{''.join(f'<value>{each}</value>' for each in values)}</field>"
        for var, values in fields
    )
    return f"<x xmlns='jabber:x:data' type='{type}'>{told}</x>"


@st.composite
def items(draw: st.DrawFn) -> str:
    """Items of muc#admin, with all that may be said in one."""
    names = st.sampled_from(["role", "affiliation", "nick", "jid"])
    rows = draw(st.lists(st.dictionaries(names, WORDS, max_size=3), max_size=3))
    return "".join(
        f"<item {' '.join(f'{name}={quoted(value)}' for name, value in row.items())}/>"
        for row in rows
    )


@st.composite
def extensions(draw: st.DrawFn) -> str:
    """What goes into presence and messages."""
    word = quoted(draw(WORDS))
    return draw(
        st.sampled_from(
            [
                f"<x xmlns='{MUC}'/>",
                f"<x xmlns='{MUC}'><password>{word[1:-1]}</password></x>",
                f"<x xmlns='{MUC}'><history maxchars={word}/></x>",
                f"<x xmlns='{MUC}'><history since={word} seconds={word} maxstanzas={word}/></x>",
                f"<x xmlns='{MUC}#user'/>",
                f"<x xmlns='{MUC}#user'><invite to={word}/></x>",
                f"<x xmlns='{MUC}#user'><decline to={word}/></x>",
                "<body>Double, double toil and trouble</body>",
                "<subject/>",
                "<thread>t</thread>",
                "<error/>",
                "<error><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
                "<no-store xmlns='urn:xmpp:hints'/>",
                "<delay xmlns='urn:xmpp:delay'/>",
                draw(forms()),
            ]
        )
    )


@st.composite
def queries(draw: st.DrawFn) -> str:
    """What goes into an iq."""
    word = quoted(draw(WORDS))
    return draw(
        st.sampled_from(
            [
                "",
                "<ping xmlns='urn:xmpp:ping'/>",
                f"<query xmlns='{MUC}#owner'/>",
                f"<query xmlns='{MUC}#owner'>{draw(forms())}</query>",
                f"<query xmlns='{MUC}#owner'><destroy jid={word}/></query>",
                f"<query xmlns='{MUC}#admin'>{draw(items())}</query>",
                f"<query xmlns='urn:xmpp:mam:2' node={word}>{draw(forms())}<flip-page/></query>",
                "<metadata xmlns='urn:xmpp:mam:2'/>",
                f"<query xmlns='http://jabber.org/protocol/disco#info' node={word}/>",
                f"<query xmlns='http://jabber.org/protocol/disco#items' node={word}/>",
                "<query xmlns='http://jabber.org/protocol/disco#items'>"
                f"<set xmlns='http://jabber.org/protocol/rsm'><max>{word[1:-1]}</max></set></query>",
            ]
        )
    )


@st.composite
def stanzas(draw: st.DrawFn) -> str:
    """Any stanza to a place where rooms are."""
    to, id = draw(PLACES), draw(st.sampled_from(["", "id='1'"]))
    if draw(st.booleans()):
        type = draw(st.sampled_from(["get", "set"]))
        return f"<iq type='{type}' id='1' to='{to}'>{draw(queries())}</iq>"
    name, types = draw(
        st.sampled_from(
            [
                ("presence", ("", "unavailable", "error", "probe", "subscribe", "witch")),
                ("message", ("", "normal", "chat", "groupchat", "error", "headline", "witch")),
            ]
        )
    )
    type = draw(st.sampled_from(types))
    said = f"type='{type}'" if type else ""
    inside = "".join(draw(st.lists(extensions(), max_size=3)))
    return f"<{name} {said} {id} to='{to}'>{inside}</{name}>"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([CRONE, HAG, HECATE]), stanzas()), max_size=25))
def test_nothing_is_a_bug(script: list[tuple[str, str]]) -> None:
    """No input ends in internal-server-error, here or in a log, and every iq is answered."""
    asyncio.run(_play(script))


async def _play(script: Iterable[tuple[str, str]]) -> None:
    with capture_logs() as logs:
        async with staged() as stage:
            clients = {jid: await stage.client(jid) for jid in (CRONE, HAG, HECATE)}
            await clients[CRONE].sends(
                f"<presence to='{COVEN}/firstwitch'><x xmlns='{MUC}'/></presence>"
            )
            for jid, stanza in script:
                if stanza.startswith("<iq"):
                    answer = await clients[jid].asks(stanza)
                    assert "internal-server-error" not in str(answer)
                else:
                    await clients[jid].sends(stanza)
            for client in clients.values():
                assert "internal-server-error" not in str(await client.drains())
    assert [each for each in logs if each["log_level"] == "error"] == []
