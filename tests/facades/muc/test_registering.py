"""Registering with a room, and reserved nicks: XEP-0045 1.35.5, §7.10, §7.12, §9.3, §9.9."""

from __future__ import annotations

import pytest

from folkmoot.engine.decide.registrations import REQUESTS_MAX
from folkmoot.facades.muc.register import PASSED_CHARS_MAX
from folkmoot.xmpp.xml import Element
from tests.facades.muc.coven import (
    COVEN,
    CRONE,
    HAG,
    HECATE,
    WICCAROCKS,
    configures,
    enters,
    grants,
    joined,
    opened,
    refused,
    succeeded,
)
from tests.facades.muc.test_moderating import listed
from tests.facades.muc.test_spaces import (
    ADMIT,
    BAN,
    CONFIGURE,
    CREATE,
    FORM_TYPE,
    LIST,
    ROOM,
    SPACE,
)
from tests.stage import Client, Stage, holds
from tests.stage import element as stanza

REGISTER = "jabber:iq:register"
FORM = "http://jabber.org/protocol/muc#register"
USER = "http://jabber.org/protocol/muc#user"
REGISTERING = "{urn:folkmoot:rooms:0}registration"
LOCKED = "{urn:folkmoot:rooms:0}lock_nicks"


async def asks(client: Client, room: str = COVEN) -> Element:
    """Ask for registration requirements."""
    return await client.asks(
        f"<iq id='jw81b36f' to='{room}' type='get'><query xmlns='{REGISTER}'/></iq>"
    )


async def registers(client: Client, nick: str, more: str = "", room: str = COVEN) -> Element:
    """Submit the form of Example 71."""
    return await client.asks(f"""
        <iq id='nv71va54' to='{room}' type='set'>
          <query xmlns='{REGISTER}'>
            <x xmlns='jabber:x:data' type='submit'>
              <field var='FORM_TYPE'><value>{FORM}</value></field>
              <field var='muc#register_roomnick'><value>{nick}</value></field>
              {more}
            </x>
          </query>
        </iq>""")


async def unregisters(client: Client) -> Element:
    """XEP-0077 §3.2."""
    return await client.asks(f"""
        <iq id='r' to='{COVEN}' type='set'><query xmlns='{REGISTER}'><remove/></query></iq>""")


async def answers(admin: Client, allow: str, fields: str = "") -> None:
    """Submit the form of Example 151."""
    named = fields or "<field var='muc#jid'><value>hag66@shakespeare.lit</value></field>"
    await admin.sends(f"""
        <message to='{COVEN}'>
          <x xmlns='jabber:x:data' type='submit'>
            <field var='FORM_TYPE'><value>{FORM}</value></field>
            {named}
            <field var='muc#register_allow'><value>{allow}</value></field>
          </x>
        </message>""")


async def reserved(client: Client) -> str:
    """§7.12: one's reserved nick."""
    answer = await client.asks(f"""
        <iq id='getnick1' to='{COVEN}' type='get'>
          <query xmlns='http://jabber.org/protocol/disco#info' node='x-roomuser-item'/></iq>""")
    query = succeeded(answer).first
    assert query is not None
    return "" if query.first is None else query.first.get("name", "")


async def test_requirements(stage: Stage) -> None:
    """§7.10, Examples 66, 67 and 70."""
    hag = await stage.client(HAG)
    refused(await asks(hag), "item-not-found", "cancel")
    await opened(stage)
    answer = succeeded(await asks(hag))
    assert holds(
        answer,
        stanza(f"""
            <iq type='result' from='{COVEN}'><query xmlns='{REGISTER}'><instructions/>
              <x xmlns='jabber:x:data' type='form'>
                <field type='hidden' var='FORM_TYPE'><value>{FORM}</value></field>
                <field type='text-single' var='muc#register_roomnick'><required/></field>
                <field var='muc#register_first'/>
                <field var='muc#register_last'/>
                <field var='muc#register_url'/>
                <field var='muc#register_email'/>
                <field type='text-multi' var='muc#register_faqentry'/>
              </x></query></iq>"""),
    )


async def test_registering_at_once(stage: Stage) -> None:
    """§7.10, Examples 69, 71, 75 and 76; §7.12, Examples 77 and 78."""
    crone = await opened(stage, **{REGISTERING: "open"})
    hag = await joined(stage, HAG, "thirdwitch")
    await crone.drains()
    assert await reserved(hag) == ""
    succeeded(await registers(hag, "thirdwitch"))
    await crone.receives(f"""
        <presence from='{COVEN}/thirdwitch'>
          <x xmlns='{USER}'><item affiliation='member' role='participant' jid='{HAG}'/></x>
        </presence>""")
    registered = f"""
        <iq type='result'><query xmlns='{REGISTER}'>
          <registered/><username>thirdwitch</username></query></iq>"""
    assert holds(await asks(hag), stanza(registered))
    assert await reserved(hag) == "thirdwitch"
    assert await listed(crone, "affiliation='member'") == [
        {"affiliation": "member", "jid": "hag66@shakespeare.lit", "nick": "thirdwitch"}
    ]


async def test_what_was_registered_outlives_everything(stage: Stage) -> None:
    """§7.10: and is read from the store again."""
    crone = await opened(stage, persistentroom="1", **{REGISTERING: "open"})
    hag = await stage.client(HAG)
    await registers(hag, "thirdwitch")
    await stage.core.engine.settled()
    record = await stage.store.node(next(iter(stage.core.engine.nodes)).id)
    assert record is not None
    assert [(str(jid), each.nick) for jid, each in record.registrations.items()] == [
        ("hag66@shakespeare.lit", "thirdwitch")
    ]
    assert await reserved(crone) == ""


async def test_a_reserved_nick_is_nobody_elses(stage: Stage) -> None:
    """§7.12: entering, changing to it and registering it are conflicts (Examples 29 and 72)."""
    crone = await opened(stage, **{REGISTERING: "open"})
    hag = await stage.client(HAG)
    await registers(hag, "thirdwitch")
    hecate = await stage.client(HECATE)
    enter = f"""
        <presence id='n13mt3l' to='{COVEN}/thirdwitch'>
          <x xmlns='http://jabber.org/protocol/muc'/></presence>"""
    await hecate.sends(enter)
    refused(await hecate.receives(f"<presence from='{COVEN}/thirdwitch'/>"), "conflict", "cancel")
    refused(await registers(hecate, "thirdwitch"), "conflict", "cancel")
    await enters(hecate, "Hecate")
    await hecate.sends(f"<presence to='{COVEN}/thirdwitch'/>")
    refused(await hecate.receives("<presence type='error'/>"), "conflict")
    refused(await registers(crone, "Hecate"), "conflict")
    await enters(hag, "old hag")
    await hag.sends(f"<presence to='{COVEN}/thirdwitch'/>")
    await hag.hears(f"<presence from='{COVEN}/thirdwitch'/>")


async def test_a_locked_nick(stage: Stage) -> None:
    """§7.10, §7.2.2, Example 22: who has registered one enters under it, with status 210."""
    await opened(stage, **{REGISTERING: "open", LOCKED: "1"})
    hag = await joined(stage, HAG, "old hag")
    wicca = await joined(stage, WICCAROCKS, "secondwitch")
    await hag.drains()
    succeeded(await registers(hag, "thirdwitch"))
    await wicca.hears(f"""
        <presence from='{COVEN}/old hag' type='unavailable'>
          <x xmlns='{USER}'><item nick='thirdwitch'/><status code='303'/></x></presence>""")
    await wicca.hears(f"<presence from='{COVEN}/thirdwitch'/>")
    await hag.hears(f"""
        <presence from='{COVEN}/thirdwitch'>
          <x xmlns='{USER}'><status code='110'/><status code='210'/></x></presence>""")
    await hag.sends(f"<presence to='{COVEN}/old hag'/>")
    refused(await hag.hears("<presence type='error'/>"), "not-acceptable")
    await hag.sends(f"<presence to='{COVEN}/thirdwitch' type='unavailable'/>")
    await hag.drains()
    came = await enters(hag, "somebody else")
    assert any(
        holds(
            each,
            stanza(f"""
                <presence id='enter-somebody else' from='{COVEN}/thirdwitch'>
                  <x xmlns='{USER}'><status code='110'/><status code='210'/></x></presence>"""),
        )
        for each in came
    )


async def test_asking_an_admin(stage: Stage) -> None:
    """§9.9, Example 151: in a members-only room too; once it is approved they may come in."""
    crone = await opened(stage, membersonly="1", roomsecret="", **{LOCKED: "0"})
    await crone.sends("<presence/>")
    await crone.drains()
    hag = await stage.client(HAG, available=True)
    word = "<field var='muc#register_faqentry'><value>Just another witch.</value></field>"
    succeeded(await registers(hag, "thirdwitch", word))
    asked = await crone.receives(f"""
        <message from='{COVEN}'>
          <x xmlns='jabber:x:data' type='form'>
            <title>Registration request</title>
            <field var='FORM_TYPE' type='hidden'><value>{FORM}</value></field>
            <field var='muc#jid'><value>hag66@shakespeare.lit</value></field>
            <field var='muc#register_roomnick'><value>thirdwitch</value></field>
            <field var='muc#register_faqentry'><value>Just another witch.</value></field>
            <field var='muc#register_allow' type='boolean'><value>0</value></field>
          </x>
        </message>""")
    assert "muc#register_email" not in str(asked)
    refused(await registers(hag, "thirdwitch"), "not-allowed")
    assert await reserved(hag) == ""
    await answers(crone, "1")
    await hag.receives(f"""
        <message from='{COVEN}'><x xmlns='{USER}'><invite from='crone1@shakespeare.lit'/></x>
        </message>""")
    assert await reserved(hag) == "thirdwitch"
    assert len(await enters(hag, "thirdwitch")) == 3
    await answers(crone, "0")
    assert await reserved(hag) == "thirdwitch"


async def test_an_admin_says_no(stage: Stage) -> None:
    """§9.9: who asked hears it, and may ask again; without an address the nick says who it is."""
    crone = await opened(stage)
    hag = await stage.client(HAG, available=True)
    await registers(hag, "thirdwitch")
    nick = "<field var='muc#register_roomnick'><value>thirdwitch</value></field>"
    await answers(crone, "0", nick)
    await hag.receives(f"""
        <message from='{COVEN}'><x xmlns='jabber:x:data' type='result'>
          <field var='muc#register_allow'><value>0</value></field></x></message>""")
    assert await listed(crone, "affiliation='member'") == []
    await answers(crone, "1", nick)  # nobody waits any more
    assert await listed(crone, "affiliation='member'") == []
    succeeded(await registers(hag, "thirdwitch"))
    succeeded(await unregisters(hag))
    await hag.receives_nothing()


async def test_who_may_answer(stage: Stage) -> None:
    """§9.9: admins and owners."""
    await opened(stage)
    hag = await stage.client(HAG)
    await registers(hag, "thirdwitch")
    for fields in ("", "<field var='muc#register_roomnick'><value>thirdwitch</value></field>"):
        await answers(hag, "1", fields)
        refused(await hag.receives("<message type='error'/>"), "forbidden", "auth")


@pytest.mark.parametrize(
    ("form", "condition"),
    [
        ("<x xmlns='jabber:x:data' type='submit'/>", "bad-request"),
        (
            "<x xmlns='jabber:x:data' type='submit'><field var='muc#register_allow'>"
            "<value>perhaps</value></field></x>",
            "not-acceptable",
        ),
        (
            "<x xmlns='jabber:x:data' type='submit'><field var='muc#register_allow'>"
            "<value>1</value></field></x>",
            "not-acceptable",
        ),
        (
            "<x xmlns='jabber:x:data' type='submit'><field var='muc#register_allow'>"
            "<value>1</value></field><field var='muc#jid'><value>@</value></field></x>",
            "jid-malformed",
        ),
    ],
)
async def test_answers_that_make_no_sense(stage: Stage, form: str, condition: str) -> None:
    """§9.9."""
    crone = await opened(stage)
    hag = await stage.client(HAG)
    await registers(hag, "thirdwitch")
    typed = f"<field var='FORM_TYPE'><value>{FORM}</value></field>"
    form = form.replace("/>", f">{typed}</x>", 1) if form.endswith("/>") else form
    form = form if typed in form else form.replace("type='submit'>", f"type='submit'>{typed}")
    await crone.drains()
    await crone.sends(f"<message to='{COVEN}'>{form}</message>")
    refused(await crone.receives("<message type='error'/>"), condition)
    cancel = form.replace("submit", "cancel")
    await crone.sends(f"<message to='{COVEN}'>{cancel}</message>")
    await crone.receives_nothing()


async def test_the_nick_is_taken_meanwhile(stage: Stage) -> None:
    """§7.10, Example 72: a request reserves nothing."""
    crone = await opened(stage)
    hag = await stage.client(HAG)
    await registers(hag, "thirdwitch")
    succeeded(await registers(crone, "thirdwitch"))
    await crone.drains()
    await answers(crone, "1")
    refused(await crone.receives("<message type='error'/>"), "conflict")


async def test_who_may_not_register(stage: Stage) -> None:
    """§7.10, Example 68; a room that is not open yet is not there."""
    crone = await stage.client(CRONE)
    await enters(crone, "firstwitch")
    hag = await stage.client(HAG)
    refused(await asks(hag), "item-not-found")
    await configures(crone, {REGISTERING: "closed"})
    for answer in (await asks(hag), await registers(hag, "thirdwitch"), await unregisters(hag)):
        refused(answer, "not-allowed", "cancel")
    await configures(crone, {REGISTERING: "open"})
    await grants(crone, "affiliation='outcast' jid='hag66@shakespeare.lit'")
    refused(await asks(hag), "not-allowed", "cancel")
    refused(await asks(hag, "chat.shakespeare.lit"), "service-unavailable")


@pytest.mark.parametrize(
    ("query", "condition"),
    [
        ("", "bad-request"),
        ("<username>thirdwitch</username>", "bad-request"),
        ("<x xmlns='jabber:x:data' type='form'/>", "bad-request"),
        ("<x xmlns='jabber:x:data' type='submit'/>", "not-acceptable"),
        (
            "<x xmlns='jabber:x:data' type='submit'>"
            "<field var='FORM_TYPE'><value>jabber:iq:register</value></field></x>",
            "bad-request",
        ),
        (
            "<x xmlns='jabber:x:data' type='submit'>"
            "<field var='muc#register_roomnick'><value>&#10;</value></field></x>",
            "not-acceptable",
        ),
    ],
)
async def test_requests_that_make_no_sense(stage: Stage, query: str, condition: str) -> None:
    """§7.10, Example 74."""
    await opened(stage)
    hag = await stage.client(HAG)
    answer = await hag.asks(
        f"<iq id='n' to='{COVEN}' type='set'><query xmlns='{REGISTER}'>{query}</query></iq>"
    )
    refused(answer, condition, "modify")


async def test_unregistering(stage: Stage) -> None:
    """XEP-0077 §3.2: who is a member by it is none any longer, and leaves where only those stay."""
    crone = await opened(stage, membersonly="1")
    succeeded(await grants(crone, "affiliation='member' jid='hag66@shakespeare.lit'"))
    hag = await joined(stage, HAG, "thirdwitch")
    succeeded(await registers(hag, "thirdwitch"))
    await crone.drains()
    succeeded(await unregisters(hag))
    for each in (hag, crone):
        await each.receives(f"""
            <presence from='{COVEN}/thirdwitch' type='unavailable'>
              <x xmlns='{USER}'><item affiliation='none' role='none'/><status code='321'/></x>
            </presence>""")
    refused(await unregisters(hag), "not-allowed")
    succeeded(await registers(crone, "firstwitch"))
    succeeded(await unregisters(crone))
    assert await listed(crone, "affiliation='owner'") == [
        {"affiliation": "owner", "jid": "crone1@shakespeare.lit"}
    ]


async def test_nicks_that_admins_reserve(stage: Stage) -> None:
    """§9.3, Example 120; §9.5: the empty nick reserves none; §9.1: a ban ends it."""
    crone = await opened(stage)
    hag = await stage.client(HAG)
    member = "affiliation='member' jid='hag66@shakespeare.lit'"
    succeeded(await grants(crone, f"{member} nick='thirdwitch'"))
    assert await reserved(hag) == "thirdwitch"
    succeeded(await grants(crone, member))
    assert await reserved(hag) == "thirdwitch"
    succeeded(await grants(crone, f"{member} nick=''"))
    assert await reserved(hag) == ""
    succeeded(await grants(crone, f"{member} nick='thirdwitch'"))
    refused(
        await grants(crone, "affiliation='member' jid='hecate@shakespeare.lit' nick='thirdwitch'"),
        "conflict",
    )
    refused(await grants(crone, f"{member} nick=' '"), "jid-malformed")
    await grants(crone, "affiliation='outcast' jid='hag66@shakespeare.lit'")
    hecate = await stage.client(HECATE)
    assert len(await enters(hecate, "thirdwitch")) == 3


async def test_whom_a_nick_was_reserved_for(stage: Stage) -> None:
    """§7.12: it is theirs for as long as they belong to the room, and then whoever's asks first."""
    juliet = await stage.client("juliet@shakespeare.lit/balcony")
    await juliet.asks(CREATE)
    await enters(juliet, "Juliet", room=ROOM)
    await juliet.asks(CONFIGURE % (FORM_TYPE, SPACE))
    await juliet.asks(LIST)
    romeo = await stage.client("romeo@shakespeare.lit/garden")
    await romeo.asks("""
        <iq type='set' id='s' to='pubsub.shakespeare.lit'>
          <pubsub xmlns='http://jabber.org/protocol/pubsub'>
            <subscribe node='Qm7xKp2T' jid='romeo@shakespeare.lit'/></pubsub></iq>""")
    await juliet.asks(ADMIT)
    succeeded(await registers(romeo, "Montague", room=ROOM))
    refused(await registers(juliet, "Montague", room=ROOM), "conflict")
    await juliet.asks(BAN)
    succeeded(await registers(juliet, "Montague", room=ROOM))
    record = next(each for each in stage.core.engine.nodes if each.config.room is not None)
    assert [str(jid) for jid in record.registrations] == ["juliet@shakespeare.lit"]


async def test_two_nicks_in_one_breath(stage: Stage) -> None:
    """§9.5: a nick is one person's; who is nothing here has none."""
    crone = await opened(stage)
    item = "<item affiliation='%s' jid='%s@shakespeare.lit' nick='thirdwitch'/>"
    admin = "http://jabber.org/protocol/muc#admin"
    for items, condition in (
        (item % ("member", "hag66") + item % ("member", "hecate"), "conflict"),
        (item % ("none", "hag66"), ""),
    ):
        answer = await crone.asks(
            f"<iq type='set' id='n' to='{COVEN}'><query xmlns='{admin}'>{items}</query></iq>"
        )
        if condition:
            refused(answer, condition)
        else:
            succeeded(answer)
    record = next(each for each in stage.core.engine.nodes if each.config.room is not None)
    assert record.registrations == {}


async def test_how_many_may_wait(stage: Stage) -> None:
    """A request costs an admin's time."""
    await opened(stage)
    for number in range(REQUESTS_MAX):
        witch = await stage.client(f"witch{number}@shakespeare.lit/pda")
        succeeded(await registers(witch, f"witch{number}"))
        await witch.leaves()
    hag = await stage.client(HAG)
    refused(await registers(hag, "thirdwitch"), "resource-constraint")


async def test_how_much_an_admin_has_to_read(stage: Stage) -> None:
    """What somebody filled in is cut."""
    crone = await opened(stage)
    await crone.sends("<presence/>")
    await crone.drains()
    hag = await stage.client(HAG)
    word = "x" * (PASSED_CHARS_MAX + 1)
    await registers(
        hag, "thirdwitch", f"<field var='muc#register_url'><value>{word}</value></field>"
    )
    asked = await crone.receives("<message/>")
    assert "x" * PASSED_CHARS_MAX in str(asked)
    assert word not in str(asked)


async def test_an_account_that_is_gone(stage: Stage) -> None:
    """Its nick is free again."""
    from folkmoot.engine.commands import Forget
    from folkmoot.engine.model import NodeId

    await opened(stage)
    hag = await stage.client(HAG)
    await registers(hag, "thirdwitch")
    account = hag.jid.bare
    await stage.core.engine.run(Forget(actor=account, node=NodeId(account, "presence")))
    record = next(each for each in stage.core.engine.nodes if each.config.room is not None)
    assert record.registrations == {}
