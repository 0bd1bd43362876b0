"""What is found out about rooms: XEP-0045 1.35.5, §6, §7.12, §18.1.1; XEP-0059 1.0."""

from __future__ import annotations

from folkmoot.facades.listing import NODES_PER_PAGE_MAX
from folkmoot.xmpp.forms import DATA, Form
from folkmoot.xmpp.xml import Element
from tests.facades.muc.coven import (
    COVEN,
    HAG,
    configures,
    enters,
    grants,
    joined,
    opened,
    refused,
    succeeded,
)
from tests.stage import Client, Stage

INFO = "http://jabber.org/protocol/disco#info"
ITEMS = "http://jabber.org/protocol/disco#items"
RSM = "http://jabber.org/protocol/rsm"
SERVICE = "chat.shakespeare.lit"


async def asks(client: Client, ns: str, to: str, node: str = "", inside: str = "") -> Element:
    """The answer to a discovery."""
    about = f" node='{node}'" if node else ""
    return await client.asks(
        f"<iq type='get' id='disco' to='{to}'><query xmlns='{ns}'{about}>{inside}</query></iq>"
    )


async def found(client: Client, to: str) -> tuple[set[str], Form | None]:
    """Features of a room or of the service, and its form."""
    query = succeeded(await asks(client, INFO, to)).child(INFO, "query")
    assert query is not None
    x = query.child(DATA, "x")
    features = {each.get("var", "") for each in query.childs(INFO, "feature")}
    return features, None if x is None else Form.read(x)


async def rooms(client: Client, inside: str = "") -> tuple[list[str], Element | None]:
    """The rooms of the service, and the page they are."""
    query = succeeded(await asks(client, ITEMS, SERVICE, inside=inside)).child(ITEMS, "query")
    assert query is not None
    listed = [each.get("jid", "") for each in query.childs(ITEMS, "item")]
    return listed, query.child(RSM, "set")


async def test_the_service(stage: Stage) -> None:
    """§6.2, Examples 3 and 4; §7.4: ids are stable."""
    hag = await stage.client(HAG)
    answer = await asks(hag, INFO, SERVICE)
    query = succeeded(answer).child(INFO, "query")
    assert query is not None
    identity = query.child(INFO, "identity")
    assert identity is not None
    assert (identity.get("category"), identity.get("type")) == ("conference", "text")
    features, _ = await found(hag, SERVICE)
    assert {
        "http://jabber.org/protocol/muc",
        "http://jabber.org/protocol/muc#stable_id",
        INFO,
        ITEMS,
        RSM,
        "urn:xmpp:ping",
    } <= features


async def test_a_room_as_it_is(stage: Stage) -> None:
    """§6.4, Examples 8 to 10: first as rooms are, then the other way round."""
    crone = await opened(stage)
    hag = await stage.client(HAG)
    features, _ = await found(hag, COVEN)
    assert {
        "muc_temporary",
        "muc_public",
        "muc_open",
        "muc_unmoderated",
        "muc_semianonymous",
        "muc_unsecured",
        "http://jabber.org/protocol/muc#self-ping-optimization",
    } <= features
    await configures(
        crone,
        {
            "roomname": "A Dark Cave",
            "roomdesc": "The place for all good witches!",
            "lang": "en",
            "persistentroom": "1",
            "publicroom": "0",
            "moderatedroom": "1",
            "whois": "anyone",
            "changesubject": "1",
            "passwordprotectedroom": "1",
            "roomsecret": "cauldronburn",
            "muc#maxhistoryfetch": "50",
        },
    )
    await crone.sends(f"<message type='groupchat' to='{COVEN}'><subject>Spells</subject></message>")
    features, form = await found(hag, COVEN)
    assert {
        "muc_persistent",
        "muc_hidden",
        "muc_open",
        "muc_moderated",
        "muc_nonanonymous",
        "muc_passwordprotected",
    } <= features
    assert form is not None
    assert form.form_type == "http://jabber.org/protocol/muc#roominfo"
    told = {field.var: field.value for field in form.fields}
    assert (
        told
        | {
            "muc#roominfo_description": "The place for all good witches!",
            "muc#roominfo_contactjid": "crone1@shakespeare.lit",
            "muc#roominfo_subject": "Spells",
            "muc#roominfo_subjectmod": "1",
            "muc#roominfo_occupants": "1",
            "muc#roominfo_lang": "en",
            "muc#roomconfig_roomname": "A Dark Cave",
            "muc#roomconfig_changesubject": "1",
            "muc#maxhistoryfetch": "50",
        }
        == told
    )
    assert "cauldronburn" not in str(form)


async def test_what_strangers_see_of_a_members_only_room(stage: Stage) -> None:
    """§6.4, §14.4: that it is one; not what is said in it, nor by how many."""
    crone = await opened(stage, membersonly="1", whois="anyone")
    await crone.sends(f"<message type='groupchat' to='{COVEN}'><subject>Spells</subject></message>")
    hag = await stage.client(HAG)
    features, form = await found(hag, COVEN)
    assert "muc_membersonly" in features
    for hidden in ("Spells", "crone1", "muc#roominfo_occupants"):
        assert hidden not in str(form)
    await grants(crone, "affiliation='member' jid='hag66@shakespeare.lit'")
    assert "Spells" in str((await found(hag, COVEN))[1])


async def test_a_room_that_is_not_there(stage: Stage) -> None:
    """§6.4, §7.2.10: nor is one that waits for its owner, but for its owner."""
    hag = await stage.client(HAG)
    refused(await asks(hag, INFO, COVEN), "item-not-found")
    crone = await stage.client("crone1@shakespeare.lit/desktop")
    await enters(crone, "firstwitch")
    refused(await asks(hag, INFO, COVEN), "item-not-found")
    succeeded(await asks(crone, INFO, COVEN))
    assert (await rooms(hag))[0] == []
    assert (await rooms(crone))[0] == [COVEN]


async def test_the_rooms(stage: Stage) -> None:
    """§6.3, Examples 5 and 6: the public ones, and those one belongs to."""
    await opened(stage, roomname="A Dark Cave")
    crone = await opened(stage, room="inverness@chat.shakespeare.lit", publicroom="0")
    hag = await stage.client(HAG)
    answer = await asks(hag, ITEMS, SERVICE)
    assert f"<item jid='{COVEN}' name='A Dark Cave'/>" in str(answer)
    assert (await rooms(hag)) == ([COVEN], None)
    assert (await rooms(crone))[0] == [COVEN, "inverness@chat.shakespeare.lit"]
    await grants(
        crone,
        "affiliation='member' jid='hag66@shakespeare.lit'",
        room="inverness@chat.shakespeare.lit",
    )
    assert len((await rooms(hag))[0]) == 2


async def test_many_rooms(stage: Stage) -> None:
    """§6.3, Example 7: page by page, and unasked no more than a page."""
    crone = await stage.client("crone1@shakespeare.lit/desktop")
    names = [f"room{number:03}@{SERVICE}" for number in range(NODES_PER_PAGE_MAX + 1)]
    for name in names:
        await enters(crone, "firstwitch", room=name)
        await configures(crone, {}, room=name)
    hag = await stage.client(HAG)
    listed, page = await rooms(hag)
    assert listed == names[:NODES_PER_PAGE_MAX]
    assert page is not None
    more = f"<set xmlns='{RSM}'><max>1000</max><after>{listed[-1]}</after></set>"
    assert (await rooms(hag, more))[0] == names[NODES_PER_PAGE_MAX:]
    listed, page = await rooms(hag, f"<set xmlns='{RSM}'><max>10</max></set>")
    assert listed == names[:10]
    assert page is not None
    first, last = page.child(RSM, "first"), page.child(RSM, "last")
    assert first is not None and last is not None
    assert (first.text, last.text) == (names[0], names[9])
    assert (await rooms(hag, f"<set xmlns='{RSM}'><max>0</max></set>"))[0] == []


async def test_rooms_backwards(stage: Stage) -> None:
    """XEP-0059 §2.5: the last page, and the one before it."""
    for name in ("cave", "heath", "inverness"):
        await opened(stage, room=f"{name}@{SERVICE}")
    hag = await stage.client(HAG)
    listed, _ = await rooms(hag, f"<set xmlns='{RSM}'><max>2</max><before/></set>")
    assert listed == [f"heath@{SERVICE}", f"inverness@{SERVICE}"]
    before = f"<set xmlns='{RSM}'><max>2</max><before>{listed[0]}</before></set>"
    assert (await rooms(hag, before))[0] == [f"cave@{SERVICE}"]


async def test_rooms_are_counted(stage: Stage) -> None:
    """XEP-0059 §2.2, §2.6 and §2.7: those that somebody is shown, and no other."""
    for name in ("cave", "heath", "inverness"):
        await opened(stage, room=f"{name}@{SERVICE}")
    crone = await opened(stage, room=f"dunsinane@{SERVICE}")
    await configures(crone, {"muc#roomconfig_publicroom": "0"}, room=f"dunsinane@{SERVICE}")
    hag = await stage.client(HAG)
    listed, page = await rooms(hag, f"<set xmlns='{RSM}'><max>1</max><index>1</index></set>")
    assert listed == [f"heath@{SERVICE}"]
    assert str(page) == (
        f"<set xmlns='{RSM}'><first index='1'>heath@{SERVICE}</first>"
        f"<last>heath@{SERVICE}</last><count>3</count></set>"
    )
    _, page = await rooms(hag, f"<set xmlns='{RSM}'><max>0</max></set>")
    assert str(page) == f"<set xmlns='{RSM}'><count>3</count></set>"
    _, page = await rooms(crone, f"<set xmlns='{RSM}'><max>0</max></set>")
    assert str(page) == f"<set xmlns='{RSM}'><count>4</count></set>"


async def test_who_is_in_a_room(stage: Stage) -> None:
    """§6.5, Examples 11 to 13: for its occupants and members."""
    crone = await opened(stage)
    hag = await stage.client(HAG)
    answer = succeeded(await asks(hag, ITEMS, COVEN))
    assert "item" not in str(answer.first).replace("disco#items", "")
    await enters(hag, "thirdwitch")
    for each in (crone, hag):
        answer = await asks(each, ITEMS, COVEN)
        assert f"<item jid='{COVEN}/firstwitch'/><item jid='{COVEN}/thirdwitch'/>" in str(answer)


async def test_asking_about_an_occupant(stage: Stage) -> None:
    """§6.6: outsiders are refused."""
    await opened(stage)
    hag = await stage.client(HAG)
    for ns in (INFO, ITEMS):
        refused(await asks(hag, ns, f"{COVEN}/firstwitch"), "bad-request")


async def test_nodes_a_room_does_not_have(stage: Stage) -> None:
    """§18.1.1, Example 220: everything passes."""
    await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    traffic = "http://jabber.org/protocol/muc#traffic"
    refused(await asks(hag, INFO, COVEN, traffic), "service-unavailable")
    for to in (COVEN, SERVICE):
        for ns in (INFO, ITEMS):
            refused(await asks(hag, ns, to, "anything"), "item-not-found")
