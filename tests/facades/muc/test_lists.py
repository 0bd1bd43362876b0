"""Lists of affiliations, in requests and in forms: XEP-0045 1.35.5, §9.5, §10.1.3, §10.2."""

from __future__ import annotations

import pytest

from folkmoot.facades.muc.admin import LIST_ITEMS_MAX
from folkmoot.facades.muc.config import LISTED_MAX
from folkmoot.facades.paging import ANSWER_BYTES_MAX
from folkmoot.xmpp.rsm import RSM
from folkmoot.xmpp.xml import Element, serialize
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
from tests.facades.muc.test_hats import becomes, in_a_space
from tests.facades.muc.test_moderating import listed
from tests.facades.muc.test_owning import form
from tests.stage import Client, Stage

USER = "http://jabber.org/protocol/muc#user"

ADMIN = "http://jabber.org/protocol/muc#admin"


async def page(client: Client, what: str, asked: str) -> tuple[list[str], Element]:
    """A page of a list: what each item is named by, and the `<set/>`."""
    answer = await client.asks(f"""
        <iq type='get' id='m' to='{COVEN}'>
          <query xmlns='{ADMIN}'><item {what}/><set xmlns='{RSM}'>{asked}</set></query></iq>""")
    query = succeeded(answer).child(ADMIN, "query")
    assert query is not None
    found = query.child(RSM, "set")
    assert found is not None
    return [each.get("nick") or each.get("jid", "") for each in query.childs(ADMIN, "item")], found


async def members(crone: Client, count: int, name: str = "witch") -> None:
    """Many members at once."""
    for start in range(0, count, 1_000):
        items = "".join(
            f"<item affiliation='member' jid='{name}{number:05}@shakespeare.lit'/>"
            for number in range(start, min(start + 1_000, count))
        )
        succeeded(
            await crone.asks(
                f"<iq type='set' id='m' to='{COVEN}'><query xmlns='{ADMIN}'>{items}</query></iq>"
            )
        )


async def test_page_by_page(stage: Stage) -> None:
    """XEP-0059 §2.2, §2.3, §2.5, §2.6 and §2.7, of members by address."""
    crone = await opened(stage)
    await members(crone, 5)
    all_of_them = [f"witch{number:05}@shakespeare.lit" for number in range(5)]
    what = "affiliation='member'"
    for asked, start, end in (
        ("<max>2</max>", 0, 2),
        (f"<max>2</max><after>{all_of_them[1]}</after>", 2, 4),
        ("<max>2</max><after>witch00001@</after>", 1, 3),
        (f"<max>2</max><before>{all_of_them[3]}</before>", 1, 3),
        ("<max>2</max><before/>", 3, 5),
        ("<max>2</max><index>4</index>", 4, 5),
        ("<index>9</index>", 5, 5),
        ("<max>0</max>", 0, 0),
        ("", 0, 5),
    ):
        found, told = await page(crone, what, asked)
        assert found == all_of_them[start:end], asked
        assert "<count>5</count>" in str(told)
        assert (f"<first index='{start}'>" in str(told)) is bool(found)
    answer = await crone.asks(f"""
        <iq type='get' id='m' to='{COVEN}'><query xmlns='{ADMIN}'><item {what}/>
          <set xmlns='{RSM}'><after>a</after><before>z</before></set></query></iq>""")
    refused(answer, "bad-request")


async def test_members_of_a_space_are_in_the_list(stage: Stage) -> None:
    """docs/extensions/inheritance.md: on the pages of the list, and in no row of the room."""
    crone = await in_a_space(stage)
    witches = [f"witch{number}" for number in range(4)]
    names = [f"{each}@shakespeare.lit" for each in witches]
    await becomes(crone, "member", *witches[1:])
    succeeded(await grants(crone, f"jid='{names[0]}' affiliation='member'"))
    succeeded(await grants(crone, f"jid='{names[3]}' affiliation='none'"))
    for asked, start, end in (
        ("<max>2</max>", 0, 2),
        (f"<max>2</max><after>{names[1]}</after>", 2, 3),
        ("<max>2</max><before/>", 1, 3),
    ):
        found, told = await page(crone, "affiliation='member'", asked)
        assert found == names[start:end]
        assert "<count>3</count>" in str(told)
    room = next(each for each in stage.core.engine.nodes if each.config.room is not None)
    assert set(map(str, room.affiliations)) == {"crone1@shakespeare.lit", names[0], names[3]}


async def test_occupants_page_by_page(stage: Stage) -> None:
    """§8.5 and §6.5: by nick."""
    crone = await opened(stage)
    await joined(stage, HAG, "thirdwitch")
    await joined(stage, HECATE, "Hecate")
    found, _ = await page(crone, "role='participant'", "<max>1</max>")
    assert found == ["Hecate"]
    found, _ = await page(crone, "role='participant'", "<max>1</max><before/>")
    assert found == ["thirdwitch"]
    answer = await crone.asks(f"""
        <iq type='get' id='m' to='{COVEN}'>
          <query xmlns='http://jabber.org/protocol/disco#items'>
            <set xmlns='{RSM}'><max>1</max><after>{COVEN}/Hecate</after></set></query></iq>""")
    assert f"<item jid='{COVEN}/firstwitch'/><set" in str(succeeded(answer))


@pytest.mark.parametrize("name", ["w", "w" * 200])
async def test_a_list_that_is_too_long(stage: Stage, name: str) -> None:
    """Unasked it ends where the stanza would be too large, and says how many there are."""
    crone = await opened(stage)
    await members(crone, LIST_ITEMS_MAX + 1, name)
    answer = await crone.asks(f"""
        <iq type='get' id='m' to='{COVEN}'>
          <query xmlns='{ADMIN}'><item affiliation='member'/></query></iq>""")
    query = succeeded(answer).child(ADMIN, "query")
    assert query is not None
    found = query.childs(ADMIN, "item")
    if name == "w":
        assert len(found) == LIST_ITEMS_MAX
    else:
        assert sum(len(serialize(each)) for each in found) > ANSWER_BYTES_MAX // 2
    assert len(serialize(answer)) < 200 * 1_024
    assert f"<count>{LIST_ITEMS_MAX + 1}</count>" in str(query)


async def test_who_may_see_the_members(stage: Stage) -> None:
    """§5.2.1, §9.5; muc#roomconfig_getmemberlist."""
    crone = await opened(stage, whois="anyone", moderatedroom="1")
    await grants(crone, "affiliation='member' jid='hag66@shakespeare.lit'")
    hag = await joined(stage, HAG, "thirdwitch")
    hecate = await joined(stage, HECATE, "Hecate")
    ask = f"""
        <iq type='get' id='m' to='{COVEN}'>
          <query xmlns='{ADMIN}'><item affiliation='%s'/></query></iq>"""
    succeeded(await hag.asks(ask % "member"))
    refused(await hag.asks(ask % "outcast"), "forbidden", "auth")
    refused(await hecate.asks(ask % "member"), "forbidden")
    succeeded(await configures(crone, {"getmemberlist": "moderator"}))
    refused(await hag.asks(ask % "member"), "forbidden")
    await grants(crone, "nick='thirdwitch' role='moderator'")
    succeeded(await hag.asks(ask % "member"))
    await configures(crone, {"whois": "moderators", "getmemberlist": "moderator | participant"})
    refused(await hag.asks(ask % "member"), "forbidden")


async def test_admins_and_owners_by_form(stage: Stage) -> None:
    """§10.1.3, Example 160; §10.2, Examples 168 to 170: whole lists, in one breath."""
    crone = await opened(stage)
    await grants(crone, "affiliation='member' jid='hag66@shakespeare.lit'")
    owners = "crone1@shakespeare.lit | hecate@shakespeare.lit/broom"
    succeeded(
        await configures(
            crone,
            {
                "membersonly": "1",
                "roomadmins": "wiccarocks@shakespeare.lit | hag66@shakespeare.lit",
                "roomowners": owners,
            },
        )
    )
    kept = await form(crone)
    assert kept.values("muc#roomconfig_roomadmins") == (
        "hag66@shakespeare.lit",
        "wiccarocks@shakespeare.lit",
    )
    assert kept.values("muc#roomconfig_roomowners") == (
        "crone1@shakespeare.lit",
        "hecate@shakespeare.lit",
    )
    succeeded(await configures(crone, {"roomadmins": "wiccarocks@shakespeare.lit"}))
    assert await listed(crone, "affiliation='member'") == []
    succeeded(await configures(crone, {"roomadmins": "", "roomowners": ""}))
    assert await listed(crone, "affiliation='admin'") == []
    assert len(await listed(crone, "affiliation='owner'")) == 2


async def test_a_form_is_told_once_as_a_whole(stage: Stage) -> None:
    """§10.2, Example 167: an admin no longer, of a room that is moderated now, is a visitor."""
    crone = await opened(stage)
    await grants(crone, "affiliation='admin' jid='wiccarocks@shakespeare.lit'")
    wicca = await joined(stage, WICCAROCKS, "secondwitch")
    await crone.drains()
    succeeded(await configures(crone, {"moderatedroom": "1", "roomadmins": ""}))
    for each in (crone, wicca):
        await each.receives(f"<message from='{COVEN}'><x xmlns='{USER}'/></message>")
        await each.receives(f"""
            <presence from='{COVEN}/secondwitch'>
              <x xmlns='{USER}'><item affiliation='none' role='visitor'/></x>
            </presence>""")
        await each.receives_nothing()


async def test_who_owns_a_room_that_leaves_its_space_is_never_shown_as_less(stage: Stage) -> None:
    """§10.2: an owner by the space alone owns it by themself then, and sees whom the form names."""
    crone = await in_a_space(stage)
    await grants(crone, "affiliation='owner' jid='crone1@shakespeare.lit'")
    hag = await joined(stage, HAG, "thirdwitch")
    wicca = await joined(stage, WICCAROCKS, "secondwitch")
    for each in (crone, hag, wicca):
        await each.drains()
    admin = {"pubsub": "", "roomadmins": "wiccarocks@shakespeare.lit"}
    succeeded(await configures(crone, admin | {"presencebroadcast": "moderator"}))
    assert any(WICCAROCKS in str(each) for each in await crone.drains())
    came = "".join(map(str, await wicca.drains()))
    assert f"affiliation='owner' role='moderator' jid='{crone.jid}'" in came
    assert f"affiliation='none' role='participant' jid='{crone.jid}'" not in came


async def test_who_is_named_stays(stage: Stage) -> None:
    """§10.2: a room becomes members-only in the breath that makes its admins; nobody else stays."""
    crone = await opened(stage)
    wicca = await joined(stage, WICCAROCKS, "secondwitch")
    hag = await joined(stage, HAG, "thirdwitch")
    succeeded(
        await configures(crone, {"membersonly": "1", "roomadmins": "wiccarocks@shakespeare.lit"})
    )
    await hag.hears(f"<presence from='{COVEN}/thirdwitch' type='unavailable'/>")
    await wicca.hears(f"<presence from='{COVEN}/thirdwitch' type='unavailable'/>")
    await wicca.sends(
        f"<message type='groupchat' to='{COVEN}'><body>Harpier cries</body></message>"
    )
    await wicca.hears(f"<message from='{COVEN}/secondwitch' type='groupchat'/>")


async def test_lists_hold_all_or_nothing(stage: Stage) -> None:
    """§10.2: somebody owns the room; and a setting that cannot be leaves the lists as they were."""
    crone = await opened(stage)
    refused(
        await configures(crone, {"lang": "la", "roomowners": "crone1@shakespeare.lit | @"}),
        "not-acceptable",
    )
    await grants(crone, "affiliation='owner' jid='hecate@shakespeare.lit'")
    answer = await configures(
        crone, {"roomowners": "hecate@shakespeare.lit", "roomname": "x" * 5_000}
    )
    refused(answer, "not-acceptable")
    assert len(await listed(crone, "affiliation='owner'")) == 2
    succeeded(await configures(crone, {"roomowners": "hecate@shakespeare.lit"}))
    hecate = await stage.client(HECATE)
    refused(await configures(crone, {"lang": "la"}), "forbidden")
    refused(
        await configures(hecate, {"roomadmins": "hecate@shakespeare.lit", "lang": "la"}),
        "conflict",
    )
    assert (await form(hecate)).value("muc#roomconfig_lang") is None


async def test_lists_that_are_too_long_for_a_form(stage: Stage) -> None:
    """§10.1.3: they are asked for by themselves."""
    crone = await opened(stage)
    named = " | ".join(f"witch{number}@shakespeare.lit" for number in range(LISTED_MAX + 1))
    succeeded(await configures(crone, {"roomadmins": named}))
    kept = await form(crone)
    assert kept.field("muc#roomconfig_roomadmins") is None
    assert kept.field("muc#roomconfig_roomowners") is not None


async def test_a_unique_name(stage: Stage) -> None:
    """XEP-0307 §2, Examples 1 to 3; the service says that it can (§3)."""
    crone = await stage.client(CRONE)
    ask = "<iq type='get' id='unique1' to='%s'><unique xmlns='%s'/></iq>"
    ns = "http://jabber.org/protocol/muc#unique"
    names = set()
    for _ in range(2):
        answer = succeeded(await crone.asks(ask % ("chat.shakespeare.lit", ns)))
        assert answer.first is not None
        names.add(answer.first.text)
    assert len(names) == 2
    room = f"{names.pop()}@chat.shakespeare.lit"
    assert "code='201'" in str(await enters(crone, "firstwitch", room=room))
    refused(await crone.asks(ask % (room, ns)), "service-unavailable")
    answer = await crone.asks("""
        <iq type='get' id='i' to='chat.shakespeare.lit'>
          <query xmlns='http://jabber.org/protocol/disco#info'/></iq>""")
    assert f"<feature var='{ns}'/>" in str(answer)
