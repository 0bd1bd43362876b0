"""The archive of a room: XEP-0313 1.1.3; ids as XEP-0359 0.7.0 has them."""

from __future__ import annotations

import pytest

from folkmoot.facades.mam.query import IDS_MAX, RESULTS_DEFAULT, RESULTS_MAX
from folkmoot.xmpp.xml import Element
from tests.facades.mam.asking import MAM, Found, looks_up, paged, query
from tests.facades.muc.coven import (
    COVEN,
    HAG,
    HECATE,
    WICCAROCKS,
    configures,
    enters,
    grants,
    joined,
    opened,
    refused,
)
from tests.stage import Client, Stage, holds
from tests.stage import element as stanza

VERSES = (
    "Thrice the brinded cat hath mew'd.",
    "Thrice and once the hedge-pig whined.",
    "Harpier cries 'Tis time, 'tis time.",
    "Round about the cauldron go.",
)
USER = "http://jabber.org/protocol/muc#user"
SID = "urn:xmpp:sid:0"
OCCUPANT = "urn:xmpp:occupant-id:0"


async def says(client: Client, inside: str) -> Element:
    """Say something; gives what the room makes of it."""
    await client.sends(f"<message id='m' type='groupchat' to='{COVEN}'>{inside}</message>")
    return await client.hears(f"<message id='m' type='groupchat'>{inside}</message>")


async def spoken(stage: Stage, **fields: str) -> tuple[Client, Client]:
    """Two witches who speak in turn, a minute after each other."""
    crone = await opened(stage, **fields)
    wicca = await joined(stage, WICCAROCKS, "secondwitch")
    for number, verse in enumerate(VERSES):
        await says((crone, wicca)[number % 2], f"<body>{verse}</body>")
        stage.clock.at += 60
    return crone, wicca


async def all_of(client: Client) -> Found:
    """The whole archive."""
    return await looks_up(client, COVEN)


async def ids(client: Client) -> list[str]:
    """The ids of all there is."""
    return (await all_of(client)).ids


async def test_the_messages_of_a_room(stage: Stage) -> None:
    """§4.2, §6.1.2, Example 27: as they were said, without an address, with time and id."""
    _, wicca = await spoken(stage)
    found = await looks_up(wicca, COVEN, query(attrs="queryid='g27'"))
    first = found.results[0]
    assert holds(
        first,
        stanza(f"""
        <message from='{COVEN}' to='{WICCAROCKS}'>
          <result xmlns='{MAM}' queryid='g27'>
            <forwarded xmlns='urn:xmpp:forward:0'>
              <delay xmlns='urn:xmpp:delay' stamp='2004-05-18T20:00:00Z'/>
              <message xmlns='jabber:client' from='{COVEN}/firstwitch' id='m' type='groupchat'>
                <body>{VERSES[0]}</body>
              </message>
            </forwarded>
          </result>
        </message>"""),
    )
    assert found.bodies == list(VERSES)
    assert found.complete
    assert found.page == (found.ids[0], found.ids[-1], "0", "4")
    assert all(each.get("to") is None for each in found.messages)


async def test_one_id_everywhere(stage: Stage) -> None:
    """§3.5; XEP-0359 §3: the message that is heard, told again, and looked up has the same id."""
    crone = await opened(stage)
    live = await says(crone, "<body>Double, double</body>")
    hecate = await stage.client(HECATE)
    told = next(each for each in await enters(hecate, "Hecate") if "Double" in str(each))
    found = await all_of(hecate)
    assert found.ids == [stanza_id(live)] == [stanza_id(told)] == [stanza_id(found.messages[0])]


def stanza_id(message: Element) -> str:
    """The one id by the room."""
    (found,) = (
        each.get("id", "") for each in message.childs(SID, "stanza-id") if each.get("by") == COVEN
    )
    return found


@pytest.mark.parametrize("by", [COVEN, COVEN.upper(), "Coven@Chat.Shakespeare.lit"])
async def test_an_id_that_is_forged(stage: Stage, by: str) -> None:
    """XEP-0359 §3, rules 2 and 3: none by anybody here; others', and origin-id, stay."""
    crone = await opened(stage)
    await crone.sends(
        f"<message id='f' type='groupchat' to='{COVEN}'><body>Trouble</body>"
        f"<stanza-id xmlns='{SID}' by='{by}' id='forged'/>"
        f"<stanza-id xmlns='{SID}' by='{by}' id='forged again'/>"
        f"<stanza-id xmlns='{SID}' by='crone1@example.net' id='hers'/>"
        f"<stanza-id xmlns='{SID}' by='hag66@shakespeare.lit' id='forged for a member'/>"
        f"<stanza-id xmlns='{SID}' by='@' id='nobody'/><origin-id xmlns='{SID}' id='o'/></message>"
    )
    heard = await crone.receives("<message id='f'><body>Trouble</body></message>")
    assert "forged" not in str(heard)
    for message in (heard, (await all_of(crone)).messages[-1]):
        given = [each.get("id") for each in message.childs(SID, "stanza-id")]
        assert given == ["hers", "nobody", stanza_id(message)]
        assert message.child(SID, "origin-id") is not None


async def test_between_two_times(stage: Stage) -> None:
    """§4.1.2, Examples 7 and 8."""
    crone, _ = await spoken(stage)
    found = await looks_up(
        crone, COVEN, query({"start": "2004-05-18T20:01:00Z", "end": "2004-05-18T20:02:00Z"})
    )
    assert found.bodies == list(VERSES[1:3])
    found = await looks_up(crone, COVEN, query({"start": "2004-05-18T22:01:30+02:00"}))
    assert found.bodies == list(VERSES[2:])
    found = await looks_up(crone, COVEN, query({"start": "2030-01-01T00:00:00Z"}))
    assert (found.bodies, found.complete, found.page) == ([], True, ("", "", "", "0"))


async def test_beside_messages_one_has(stage: Stage) -> None:
    """§4.1.3, Examples 9 to 11: after one, between two, and just this one."""
    crone, _ = await spoken(stage)
    known = await ids(crone)
    found = await looks_up(crone, COVEN, query({"after-id": known[1]}))
    assert found.bodies == list(VERSES[2:])
    found = await looks_up(crone, COVEN, query({"after-id": known[0], "before-id": known[3]}))
    assert found.bodies == list(VERSES[1:3])
    assert found.page[2:] == ("0", "2")
    found = await looks_up(crone, COVEN, query({"ids": [known[2], known[0], known[2]]}))
    assert found.bodies == [VERSES[0], VERSES[2]]


@pytest.mark.parametrize("field", ["before-id", "after-id", "ids"])
async def test_an_id_that_is_not_there(stage: Stage, field: str) -> None:
    """§4.1.3: item-not-found."""
    crone, _ = await spoken(stage)
    found = await looks_up(crone, COVEN, query({field: "09af3-cc343-b409f"}))
    refused(found.answer, "item-not-found", "cancel")
    assert found.results == []


@pytest.mark.parametrize("beside", ["after", "before"])
async def test_a_page_beside_what_is_not_there(stage: Stage, beside: str) -> None:
    """§4.3.2, Example 21."""
    crone, _ = await spoken(stage)
    found = await looks_up(crone, COVEN, query(more=paged(f"<{beside}>x</{beside}>")))
    refused(found.answer, "item-not-found", "cancel")


async def test_page_by_page(stage: Stage) -> None:
    """§4.3.1, §4.3.2, Examples 18 to 22: forwards until it is complete."""
    crone, _ = await spoken(stage)
    bodies: list[str] = []
    beside, places = "", []
    for _ in range(4):
        found = await looks_up(crone, COVEN, query(more=paged(f"<max>3</max>{beside}")))
        bodies += found.bodies
        places.append((found.page[2:], found.complete))
        beside = f"<after>{found.page[1]}</after>"
        if found.complete:
            break
    assert bodies == list(VERSES)
    assert places == [(("0", "4"), False), (("3", "4"), True)]


async def test_the_last_page_first(stage: Stage) -> None:
    """§4.3.3, Example 23: within it, the oldest message still comes first."""
    crone, _ = await spoken(stage)
    found = await looks_up(crone, COVEN, query(more=paged("<max>3</max><before/>")))
    assert (found.bodies, found.complete, found.page[2]) == (list(VERSES[1:]), False, "1")
    before = f"<max>3</max><before>{found.page[0]}</before>"
    found = await looks_up(crone, COVEN, query(more=paged(before)))
    assert (found.bodies, found.complete) == ([VERSES[0]], True)


async def test_a_page_turned_round(stage: Stage) -> None:
    """§4.3.4, Example 24: only the order in which its messages come is another."""
    crone, _ = await spoken(stage)
    asked = query(more=paged("<max>3</max>") + "<flip-page/>")
    found = await looks_up(crone, COVEN, asked)
    assert found.bodies == list(VERSES[2::-1])
    assert (found.page[0], found.page[1]) == (found.ids[-1], found.ids[0])


async def test_a_page_by_its_place_and_the_count_alone(stage: Stage) -> None:
    """XEP-0059 §2.6, §2.7."""
    crone, _ = await spoken(stage)
    found = await looks_up(crone, COVEN, query(more=paged("<max>2</max><index>1</index>")))
    assert (found.bodies, found.page[2:]) == (list(VERSES[1:3]), ("1", "4"))
    found = await looks_up(crone, COVEN, query(more=paged("<max>0</max>")))
    assert (found.results, found.page, found.complete) == ([], ("", "", "", "4"), False)
    found = await looks_up(crone, COVEN, query(more=paged("<index>1</index><before/>")))
    refused(found.answer, "bad-request")


async def test_so_many_at_once(stage: Stage) -> None:
    """§4.3.1: RESULTS_MAX and RESULTS_DEFAULT are reached."""
    crone = await opened(stage)
    for number in range(RESULTS_MAX + 1):
        await crone.sends(f"<message type='groupchat' to='{COVEN}'><body>{number}</body></message>")
        stage.clock.at += 1  # nobody says so much at once
    for asked, most in (("", RESULTS_DEFAULT), (paged("<max>9999</max>"), RESULTS_MAX)):
        found = await looks_up(crone, COVEN, query(more=asked))
        assert (len(found.results), found.complete) == (most, False)


async def test_so_many_ids_at_once(stage: Stage) -> None:
    """IDS_MAX is reached."""
    crone = await opened(stage)
    few, many = ([f"id{number}" for number in range(most)] for most in (IDS_MAX, IDS_MAX + 1))
    refused((await looks_up(crone, COVEN, query({"ids": few}))).answer, "item-not-found")
    refused((await looks_up(crone, COVEN, query({"ids": many}))).answer, "policy-violation")


async def test_the_fields_there_are(stage: Stage) -> None:
    """§4.1.5, Examples 14 and 15; XEP-0122: any id may be asked for."""
    crone = await opened(stage)
    await crone.asks(
        f"<iq type='get' id='form1' to='{COVEN}'><query xmlns='{MAM}'/></iq>",
        f"""
        <iq type='result' id='form1'>
          <query xmlns='{MAM}'>
            <x xmlns='jabber:x:data' type='form'>
              <field type='hidden' var='FORM_TYPE'><value>{MAM}</value></field>
              <field type='jid-single' var='with'/>
              <field type='text-single' var='start'/>
              <field type='text-single' var='end'/>
              <field type='text-single' var='before-id'/>
              <field type='text-single' var='after-id'/>
              <field type='list-multi' var='ids'>
                <validate xmlns='http://jabber.org/protocol/xdata-validate' datatype='xs:string'>
                  <open/>
                </validate>
              </field>
            </x>
          </query>
        </iq>""",
    )


@pytest.mark.parametrize(
    ("asked", "condition"),
    [
        (query({"{http://example.com/}stanza-content": "x"}), "feature-not-implemented"),
        (query({"start": "yesterday"}), "bad-request"),
        (query({"with": "@"}), "jid-malformed"),
        (query({"with": [HAG, HECATE]}), "bad-request"),
        (query(more=paged("<max>many</max>")), "bad-request"),
        (f"<query xmlns='{MAM}'><x xmlns='jabber:x:data' type='form'/></query>", "bad-request"),
        (
            f"<query xmlns='{MAM}'><x xmlns='jabber:x:data' type='submit'>"
            "<field var='FORM_TYPE'><value>urn:xmpp:mam:1</value></field></x></query>",
            "bad-request",
        ),
    ],
)
async def test_a_query_that_makes_no_sense(stage: Stage, asked: str, condition: str) -> None:
    """§4.1.5 for a field that is not known; XEP-0082, XEP-0059."""
    crone = await opened(stage)
    refused((await looks_up(crone, COVEN, asked)).answer, condition)


async def test_where_it_begins_and_ends(stage: Stage) -> None:
    """§5, Examples 25 and 26; empty where nothing was ever said."""
    crone = await opened(stage)
    asked = f"<iq type='get' id='jui8921rr9' to='{COVEN}'><metadata xmlns='{MAM}'/></iq>"
    empty = (await crone.asks(asked)).child(MAM, "metadata")
    assert empty is not None and empty.elements == []
    for verse in VERSES[:3]:
        await says(crone, f"<body>{verse}</body>")
        stage.clock.at += 60
    first, _, last = await ids(crone)
    await crone.asks(
        asked,
        f"""
        <iq type='result' id='jui8921rr9'>
          <metadata xmlns='{MAM}'>
            <start id='{first}' timestamp='2004-05-18T20:00:00Z'/>
            <end id='{last}' timestamp='2004-05-18T20:02:00Z'/>
          </metadata>
        </iq>""",
    )


# --- who (§6.1.2)


async def test_an_open_room_tells_whoever_could_come_in(stage: Stage) -> None:
    """§6.1.2: also who was never in it; but nobody who is banned."""
    crone, _ = await spoken(stage)
    hag = await stage.client(HAG)
    assert (await all_of(hag)).bodies == list(VERSES)
    await grants(crone, "affiliation='outcast' jid='hag66@shakespeare.lit'")
    refused((await all_of(hag)).answer, "forbidden", "auth")


async def test_a_room_for_members_tells_members(stage: Stage) -> None:
    """§6.1.2, §8.1: only owners, admins and members; others hear `forbidden`."""
    crone, _ = await spoken(stage)
    await configures(crone, {"membersonly": "1"})
    hag = await stage.client(HAG)
    for asked in (f"<query xmlns='{MAM}'/>", f"<metadata xmlns='{MAM}'/>"):
        await hag.refused(f"<iq type='get' id='1' to='{COVEN}'>{asked}</iq>", "forbidden")
    refused((await all_of(hag)).answer, "forbidden", "auth")
    await grants(crone, "affiliation='member' jid='hag66@shakespeare.lit'")
    assert (await all_of(hag)).bodies == list(VERSES)
    await grants(crone, "affiliation='none' jid='hag66@shakespeare.lit'")
    refused((await all_of(hag)).answer, "forbidden", "auth")


async def test_a_password_opens_no_archive_to_who_is_outside(stage: Stage) -> None:
    """§6.1.2: the right to enter takes the password; who is in has shown it, staff needs none."""
    crone, wicca = await spoken(stage)
    await configures(crone, {"passwordprotectedroom": "1", "roomsecret": "cauldronburn"})
    hag = await stage.client(HAG)
    refused((await all_of(hag)).answer, "forbidden", "auth")
    assert (await all_of(wicca)).bodies == list(VERSES)
    await crone.sends(f"<presence type='unavailable' to='{COVEN}/firstwitch'/>")
    assert (await all_of(crone)).bodies == list(VERSES)


async def test_no_room_and_a_room_not_open_yet(stage: Stage) -> None:
    """XEP-0045 §10.1: as if there were none, but to its owner."""
    hag, hecate = await stage.client(HAG), await stage.client(HECATE)
    refused((await all_of(hag)).answer, "item-not-found", "cancel")
    await enters(hag, "thirdwitch")
    assert (await all_of(hag)).bodies == []
    refused((await all_of(hecate)).answer, "item-not-found", "cancel")


async def test_an_archive_is_the_room_s_and_not_the_service_s(stage: Stage) -> None:
    """And what is asked of an occupant is for that occupant to answer (XEP-0045 §17.4)."""
    crone, _ = await spoken(stage)
    refused((await looks_up(crone, "chat.shakespeare.lit")).answer, "service-unavailable")


async def test_who_they_are_is_told_to_who_may_know(stage: Stage) -> None:
    """§6.1.2, Example 27: a moderator here, everyone where the room is not anonymous."""
    crone, wicca = await spoken(stage)
    for found in (await all_of(wicca), await looks_up(wicca, COVEN, query({"with": COVEN}))):
        assert "shakespeare.lit/" not in "".join(
            str(each).replace(COVEN, "") for each in found.messages
        )
        assert USER not in str(found.messages)
    known = await all_of(crone)
    assert holds(
        known.messages[1],
        stanza(f"""
        <message from='{COVEN}/secondwitch'>
          <x xmlns='{USER}'><item jid='{WICCAROCKS}'/></x>
        </message>"""),
    )
    await crone.sends(f"<presence type='unavailable' to='{COVEN}/firstwitch'/>")
    assert WICCAROCKS in str((await all_of(crone)).messages)  # an owner need not be there
    await configures(crone, {"whois": "anyone"})
    assert WICCAROCKS in str((await all_of(wicca)).messages)


async def test_a_moderator_for_now_knows_for_now(stage: Stage) -> None:
    """XEP-0045 §9.6: what a moderator may see ends with the role."""
    crone, wicca = await spoken(stage)
    await grants(crone, "role='moderator' nick='secondwitch'")
    assert "crone1@" in str((await all_of(wicca)).messages)
    await wicca.sends(f"<presence type='unavailable' to='{COVEN}/secondwitch'/>")
    assert "crone1@" not in str((await all_of(wicca)).messages)


async def test_nobody_is_told_a_real_address_that_was_made_up(stage: Stage) -> None:
    """§8.4: what an occupant says of themselves in the room's words is not in the archive."""
    crone = await opened(stage)
    await says(crone, "<body>I am Hecate</body>")
    await crone.sends(
        f"<message type='groupchat' to='{COVEN}'><body>!</body>"
        f"<x xmlns='{USER}'><item jid='{HECATE}'/></x></message>"
    )
    hag = await stage.client(HAG)
    assert USER not in str((await all_of(hag)).messages)
    assert HECATE not in str((await all_of(crone)).messages)


@pytest.mark.parametrize(
    ("wanted", "moderator", "others"),
    [
        (f"{COVEN}/secondwitch", 2, 2),
        (f"{COVEN}/Hecate", 0, 0),
        (COVEN, 4, 4),
        ("wiccarocks@shakespeare.lit", 2, 0),
        (WICCAROCKS, 2, 0),
        ("wiccarocks@shakespeare.lit/phone", 0, 0),
    ],
)
async def test_with_somebody(stage: Stage, wanted: str, moderator: int, others: int) -> None:
    """§4.1.1: by a real address only for those who may know it; by an occupant's for all."""
    crone, wicca = await spoken(stage)
    for client, count in ((crone, moderator), (wicca, others)):
        found = await looks_up(client, COVEN, query({"with": wanted}))
        assert (len(found.results), found.page[3]) == (count, str(count))


async def test_what_was_taken_back_is_a_tombstone(stage: Stage) -> None:
    """XEP-0424 §4, XEP-0425 §4, XEP-0421 §3: in its place, by whom it was said live."""
    crone, wicca = await spoken(stage)
    live = await says(wicca, "<body>Fillet of a fenny snake</body>")
    author = live.child(OCCUPANT, "occupant-id")
    assert author is not None
    await crone.asks(
        f"<iq type='set' to='{COVEN}' id='r'><moderate xmlns='urn:xmpp:message-moderate:1'"
        f" id='{stanza_id(live)}'><retract xmlns='urn:xmpp:message-retract:1'/></moderate></iq>",
        "<iq type='result'/>",
    )
    for client in (crone, wicca):
        *_, stone, notice = (await all_of(client)).messages
        assert holds(
            stone,
            stanza(f"""
            <message from='{COVEN}/secondwitch' id='m'>
              <retracted xmlns='urn:xmpp:message-retract:1'>
                <moderated xmlns='urn:xmpp:message-moderate:1' by='{COVEN}/firstwitch'/>
              </retracted>
              <occupant-id xmlns='{OCCUPANT}' id='{author.get("id")}'/>
            </message>"""),
        )
        assert "snake" not in str(stone)
        assert holds(
            notice,
            stanza(f"""
            <message from='{COVEN}'>
              <retract xmlns='urn:xmpp:message-retract:1' id='{stanza_id(live)}'/>
            </message>"""),
        )
