"""Whatever is sent to rooms, by whomever and in whatever order: there is an answer, and no bug."""

from __future__ import annotations

import asyncio
import re
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
    "|http://jabber.org/protocol/muc#traffic|x-roomuser-item|open|id1/1|id2/|urn:x:hat"
    f"|urn:xmpp:hats:commands|/|{MUC}#register|a.1|id9|id3|urn:xmpp:mam:2".split("|")
)
PLACES = st.sampled_from(
    f"{COVEN}|{COVEN}/firstwitch|{COVEN}/second witch|{COVEN}/ |chat.shakespeare.lit"
    "|chat.shakespeare.lit/nick|heath@chat.shakespeare.lit/firstwitch".split("|")
)
ROOM_OCCUPANT = re.compile(r"to='[^']*@[^']*/")
"""Where an iq goes that an occupant has to answer; and these do not."""

ROOM = ("roomname", "membersonly", "persistentroom", "moderatedroom", "passwordprotectedroom")
WHO = (
    "whois",
    "maxusers",
    "roomsecret",
    "pubsub",
    "allowpm",
    "roomadmins",
    "roomowners",
    "slow_mode_duration",
)
ROLES = ("presencebroadcast", "getmemberlist", "allowvisitorstatus", "allowvisitornickchange")
ASKED = (
    "FORM_TYPE",
    "muc#role",
    "muc#roomnick",
    "muc#request_allow",
    "muc#maxhistoryfetch",
    "muc#jid",
    "muc#register_roomnick",
    "muc#register_allow",
    "muc#register_faqentry",
    "allow_query_users",
    "{urn:folkmoot:rooms:0}registration",
    "{urn:folkmoot:rooms:0}lock_nicks",
    "with",
    "start",
    "ids",
    "after-id",
)
HATS = st.sampled_from(["create", "destroy", "list", "assign", "unassign", "list-assigned", "x"])
HAT = ("hats#uri", "hats#title", "hats#hue", "hats#jid")
VARS = st.sampled_from(
    [*ASKED, *HAT, *(f"muc#roomconfig_{each}" for each in (*ROOM, *WHO, *ROLES))]
)


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
def pages(draw: st.DrawFn) -> str:
    """The part of a list that is wanted."""
    names = st.sampled_from(["max", "index", "after", "before"])
    asked = draw(st.dictionaries(names, WORDS, max_size=2))
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in asked.items())
    return f"<set xmlns='http://jabber.org/protocol/rsm'>{inside}</set>"


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
                f"<x xmlns='{MUC}'><mav xmlns='urn:xmpp:muc:affiliations:1' since={word}/></x>",
                f"<x xmlns='{MUC}'><mav xmlns='urn:xmpp:muc:affiliations:1'/></x>",
                f"<x xmlns='{MUC}#user'/>",
                f"<x xmlns='{MUC}#user'><invite to={word}/></x>",
                f"<x xmlns='{MUC}#user'><decline to={word}/></x>",
                "<body>Double, double toil and trouble</body>",
                "<subject/>",
                "<thread>t</thread>",
                "<error/>",
                "<error><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
                "<no-store xmlns='urn:xmpp:hints'/>",
                f"<retract xmlns='urn:xmpp:message-retract:1' id={word}>"
                f"<moderated xmlns='urn:xmpp:message-moderate:1' by={word}/></retract>",
                "<rai xmlns='urn:xmpp:rai:0'/>",
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
                f"<moderate xmlns='urn:xmpp:message-moderate:1' id={word}>"
                "<retract xmlns='urn:xmpp:message-retract:1'/></moderate>",
                f"<apply-to xmlns='urn:xmpp:fasten:0' id={word}>"
                "<moderate xmlns='urn:xmpp:message-moderate:0'><a/></moderate></apply-to>",
                f"<command xmlns='http://jabber.org/protocol/commands' action={word}"
                f" node='urn:xmpp:hats:commands:{draw(HATS)}'>{draw(forms())}</command>",
                "<command xmlns='http://jabber.org/protocol/commands'"
                f" node='urn:xmpp:hats:commands:{draw(HATS)}'/>",
                f"<request xmlns='urn:xmpp:muc-token-invite:0' delay={word} counter={word}/>",
                f"<revoke xmlns='urn:xmpp:muc-token-invite:0'>{word[1:-1]}</revoke>",
                "<tokens xmlns='urn:xmpp:muc-token-invite:0'/>",
                f"<query xmlns='{MUC}#owner'><destroy jid={word}/></query>",
                f"<query xmlns='{MUC}#admin'>{draw(items())}</query>",
                f"<query xmlns='{MUC}#admin'>{draw(items())}{draw(pages())}</query>",
                "<query xmlns='jabber:iq:register'/>",
                "<query xmlns='jabber:iq:register'><remove/></query>",
                f"<query xmlns='jabber:iq:register'>{draw(forms())}</query>",
                f"<unique xmlns='{MUC}#unique'/>",
                "<vCard xmlns='vcard-temp'/>",
                f"<vCard xmlns='vcard-temp'><PHOTO><BINVAL>{word[1:-1]}</BINVAL></PHOTO></vCard>",
                "<vCard xmlns='vcard-temp'><PHOTO><TYPE>image/x</TYPE><BINVAL>eA==</BINVAL></PHOTO>"
                "</vCard>",
                f"<query xmlns='urn:xmpp:mam:2' node={word}>{draw(forms())}<flip-page/></query>",
                "<metadata xmlns='urn:xmpp:mam:2'/>",
                f"<query xmlns='http://jabber.org/protocol/disco#info' node={word}/>",
                f"<query xmlns='http://jabber.org/protocol/disco#items' node={word}/>",
                f"<query xmlns='http://jabber.org/protocol/disco#items'>{draw(pages())}</query>",
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
    if draw(st.integers(0, 5)) == 0:
        id = draw(st.sampled_from(["id1/1", "id2/1", "1", "/"]))
        type = draw(st.sampled_from(["result", "error"]))
        return f"<iq type='{type}' id='{id}' to='{to}'>{draw(queries())}</iq>"
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
    """No input ends in internal-server-error, here or in a log, and rooms answer every iq."""
    asyncio.run(_play(script))


async def _play(script: Iterable[tuple[str, str]]) -> None:
    with capture_logs() as logs:
        async with staged() as stage:
            clients = {jid: await stage.client(jid) for jid in (CRONE, HAG, HECATE)}
            await clients[CRONE].sends(
                f"<presence to='{COVEN}/firstwitch'><x xmlns='{MUC}'/></presence>"
            )
            for jid, stanza in script:
                asked = stanza.startswith(("<iq type='get'", "<iq type='set'"))
                if asked and not ROOM_OCCUPANT.search(stanza):
                    answer = await clients[jid].asks(stanza)
                    assert "internal-server-error" not in str(answer)
                else:
                    await clients[jid].sends(stanza)
            for client in clients.values():
                assert "internal-server-error" not in str(await client.drains())
    assert [each for each in logs if each["log_level"] == "error"] == []
