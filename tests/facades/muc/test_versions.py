"""Versions of a room's affiliations: XEP-0463 0.2.0, with those of a space among them."""

from __future__ import annotations

import pytest

from folkmoot.engine.standings import STANDINGS_MAX
from folkmoot.facades.paging import ANSWER_BYTES_MAX
from folkmoot.xmpp.xml import Element, serialize
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
    succeeded,
)
from tests.facades.muc.test_spaces import ADMIT, CONFIGURE, CREATE, FORM_TYPE, LIST, ROOM, SPACE
from tests.stage import Client, Stage

USER = "http://jabber.org/protocol/muc#user"
NS = "urn:xmpp:muc:affiliations:1"


def rows(stanzas: list[Element]) -> tuple[dict[str, str], list[str], str]:
    """What came before any presence: JIDs to affiliations, `since` of each part, and `until`."""
    found: dict[str, str] = {}
    sinces: list[str] = []
    until = ""
    for stanza in stanzas:
        x = stanza.child(USER, "x")
        mav = None if x is None else x.child(NS, "mav")
        if stanza.name == "message" and x is not None and mav is not None:
            assert not until, "after the self-presence"
            sinces.append(mav.get("since", ""))
            for item in x.childs(USER, "item"):
                found[item.get("jid", "")] = item.get("affiliation", "")
        elif stanza.name == "presence" and x is not None and mav is not None:
            until = mav.get("until", "")
    return found, sinces, until


async def enters_asking(
    client: Client, nick: str, since: str | None = None, room: str = COVEN
) -> tuple[dict[str, str], list[str], str]:
    """Examples 1 and 2."""
    said = "" if since is None else f" since='{since}'"
    return rows(await enters(client, nick, f"<mav xmlns='{NS}'{said}/>", room))


async def leaves(client: Client, nick: str) -> None:
    """Out of the room."""
    await client.sends(f"<presence to='{COVEN}/{nick}' type='unavailable'/>")
    await client.drains()


async def test_a_room_says_that_it_can(stage: Stage) -> None:
    """§4."""
    crone = await opened(stage)
    answer = await crone.asks(f"""
        <iq type='get' id='i' to='{COVEN}'>
          <query xmlns='http://jabber.org/protocol/disco#info'/></iq>""")
    assert f"<feature var='{NS}'/>" in str(answer)


async def test_all_of_them_and_then_what_changed(stage: Stage) -> None:
    """§5.1, §5.2.1, Examples 1 to 4 and 6; with the current version there is no message."""
    crone = await opened(stage, whois="anyone")
    await grants(crone, "affiliation='member' jid='hag66@shakespeare.lit'")
    await grants(crone, "affiliation='outcast' jid='macbeth@shakespeare.lit'")
    hag = await stage.client(HAG)
    found, sinces, first = await enters_asking(hag, "thirdwitch")
    assert found == {"crone1@shakespeare.lit": "owner", "hag66@shakespeare.lit": "member"}
    assert sinces == [""]
    await leaves(hag, "thirdwitch")
    assert await enters_asking(hag, "thirdwitch", first) == ({}, [], first)
    await leaves(hag, "thirdwitch")
    await grants(crone, "affiliation='admin' jid='hecate@shakespeare.lit'")
    await grants(crone, "affiliation='member' jid='wiccarocks@shakespeare.lit'")
    await grants(crone, "affiliation='none' jid='hecate@shakespeare.lit'")
    found, sinces, second = await enters_asking(hag, "thirdwitch", first)
    assert found == {"hecate@shakespeare.lit": "none", "wiccarocks@shakespeare.lit": "member"}
    assert sinces == [first]
    assert second != first
    found, _, until = await enters_asking(crone, "firstwitch")
    assert found["macbeth@shakespeare.lit"] == "outcast"
    assert until == second


@pytest.mark.parametrize("since", ["9pacabr2q1", ".", "a.b.c", "é", "0.1"])
async def test_versions_nobody_knows(stage: Stage, since: str) -> None:
    """§5.2.1, Example 3: then all of them."""
    crone = await opened(stage)
    found, sinces, _ = await enters_asking(crone, "firstwitch", since)
    assert found == {"crone1@shakespeare.lit": "owner"}
    assert sinces == [""]


async def test_a_version_of_the_future(stage: Stage) -> None:
    """§5.2.1."""
    crone = await opened(stage)
    _, _, until = await enters_asking(crone, "firstwitch")
    for count in ("99", "9" * 40, "-1", "x"):
        later = f"{until.split('.')[0]}.{count}"
        assert (await enters_asking(crone, "firstwitch", later))[1] == [""]


async def test_changes_are_told_with_their_versions(stage: Stage) -> None:
    """§5.2.2, Example 7: of who is there by presence, of who is not by message, in their order."""
    crone = await opened(stage, whois="anyone")
    hag = await joined(stage, HAG, "thirdwitch")
    _, _, version = await enters_asking(crone, "firstwitch")
    await hag.drains()
    succeeded(
        await crone.asks(f"""
            <iq type='set' id='a' to='{COVEN}'>
              <query xmlns='http://jabber.org/protocol/muc#admin'>
                <item affiliation='member' jid='hag66@shakespeare.lit'/>
                <item affiliation='admin' jid='hecate@shakespeare.lit'/>
              </query></iq>""")
    )
    for wanted in (
        f"<presence from='{COVEN}/thirdwitch'/>",
        f"""<message from='{COVEN}'><x xmlns='{USER}'><mav xmlns='{NS}'/>
            <item jid='hecate@shakespeare.lit' affiliation='admin' role='none'/></x></message>""",
    ):
        told = await crone.receives(wanted)
        x = told.child(USER, "x")
        mav = None if x is None else x.child(NS, "mav")
        assert mav is not None
        assert mav.get("since") == version
        version = mav.get("until", "")
    assert (await enters_asking(crone, "firstwitch", version))[1] == []
    await hag.drains()
    await grants(crone, "affiliation='outcast' jid='hag66@shakespeare.lit'")
    told = await hag.receives(f"<presence from='{COVEN}/thirdwitch' type='unavailable'/>")
    assert f"<mav xmlns='{NS}' since='{version}'" in str(told)


async def test_other_changes_have_no_versions(stage: Stage) -> None:
    """§5.2.2: a role is no affiliation."""
    crone = await opened(stage, whois="anyone")
    hag = await joined(stage, HAG, "thirdwitch")
    await grants(crone, "affiliation='member' jid='hag66@shakespeare.lit'")
    await hag.drains()
    await grants(crone, "nick='thirdwitch' role='visitor'")
    assert NS not in str(await hag.receives(f"<presence from='{COVEN}/thirdwitch'/>"))
    await configures(crone, {"moderatedroom": "1"})
    assert NS not in str(await hag.drains())


async def test_who_may_not_know(stage: Stage) -> None:
    """§5.2.3, Example 8: as with the lists; and then nothing says that something changed."""
    crone = await opened(stage)
    hag = await stage.client(HAG)
    came = await enters(hag, "thirdwitch", f"<mav xmlns='{NS}'/>")
    assert came[0].get("type") == "error"
    assert "<forbidden" in str(came[0])
    assert NS not in str(came)
    await grants(crone, "affiliation='admin' jid='hecate@shakespeare.lit'")
    await hag.receives_nothing()


async def test_members_of_a_space(stage: Stage) -> None:
    """A change in the space is a change in its rooms, which have no row for it."""
    juliet = await stage.client("juliet@shakespeare.lit/balcony")
    await juliet.asks(CREATE)
    await enters(juliet, "Juliet", room=ROOM)
    await juliet.asks(CONFIGURE % (FORM_TYPE, SPACE))
    await juliet.asks(LIST)
    found, _, version = await enters_asking(juliet, "Juliet", room=ROOM)
    assert found == {"juliet@shakespeare.lit": "owner"}
    succeeded(
        await juliet.asks("""
            <iq type='set' id='a' to='pubsub.shakespeare.lit'>
              <pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>
                <affiliations node='Qm7xKp2T'>
                  <affiliation jid='hecate@shakespeare.lit' affiliation='publisher'/>
                </affiliations></pubsub></iq>""")
    )
    await juliet.drains()
    found, sinces, later = await enters_asking(juliet, "Juliet", version, room=ROOM)
    assert found == {"hecate@shakespeare.lit": "admin"}
    assert sinces == [version]
    romeo = await stage.client("romeo@shakespeare.lit/garden")
    await romeo.asks("""
        <iq type='set' id='s' to='pubsub.shakespeare.lit'>
          <pubsub xmlns='http://jabber.org/protocol/pubsub'>
            <subscribe node='Qm7xKp2T' jid='romeo@shakespeare.lit'/></pubsub></iq>""")
    succeeded(await juliet.asks(ADMIT))
    await juliet.drains()
    found, _, later = await enters_asking(juliet, "Juliet", later, room=ROOM)
    assert found == {"romeo@shakespeare.lit": "member"}
    await configures(juliet, {"{urn:folkmoot:spaces:0}inherit": "none"}, ROOM)
    found, sinces, _ = await enters_asking(juliet, "Juliet", later, room=ROOM)
    assert sinces == [""]
    assert found == {"juliet@shakespeare.lit": "owner"}


async def test_versions_outlive_a_restart(stage: Stage) -> None:
    """§5.2.1: what is kept says the same."""
    crone = await opened(stage, persistentroom="1", whois="anyone")
    await grants(crone, "affiliation='member' jid='hag66@shakespeare.lit'")
    await grants(crone, "affiliation='admin' jid='hecate@shakespeare.lit'")
    await stage.core.engine.settled()
    record = next(each for each in stage.core.engine.nodes if each.config.room is not None)
    kept = await stage.store.node(record.id)
    assert kept is not None
    assert list(kept.standings.items()) == list(record.standings.items())
    assert kept.version == record.version == 2


async def test_as_many_changes_as_are_remembered(stage: Stage) -> None:
    """§5.2.1: a version before them is not known any longer; a long list comes in parts."""
    crone = await opened(stage, whois="anyone")
    _, _, version = await enters_asking(crone, "firstwitch")
    name = "witch" * 30
    for many in (STANDINGS_MAX, 1):
        items = "".join(
            f"<item affiliation='member' jid='{name}{many}x{number}@shakespeare.lit'/>"
            for number in range(many)
        )
        succeeded(
            await crone.asks(f"""
                <iq type='set' id='a' to='{COVEN}'>
                  <query xmlns='http://jabber.org/protocol/muc#admin'>{items}</query></iq>""")
        )
        await crone.drains()
        if many == STANDINGS_MAX:
            came = await enters(crone, "firstwitch", f"<mav xmlns='{NS}' since='{version}'/>")
            found, sinces, until = rows(came)
            assert len(found) == STANDINGS_MAX
            assert sinces == [version, *[until] * (len(sinces) - 1)]
            assert len(sinces) > 1
            assert all(len(serialize(each)) < ANSWER_BYTES_MAX + 2_000 for each in came)
    found, sinces, _ = await enters_asking(crone, "firstwitch", version)
    assert sinces[0] == ""
    assert len(found) == STANDINGS_MAX + 2


async def test_who_is_not_there_hears_of_it(stage: Stage) -> None:
    """XEP-0045 §18.1, status 101; and §9.5, Example 134, for rooms that are for members."""
    crone = await opened(stage)
    hecate = await stage.client(HECATE, available=True)
    await grants(crone, "affiliation='admin' jid='hecate@shakespeare.lit'")
    await hecate.receives(f"""
        <message from='{COVEN}'>
          <x xmlns='{USER}'><item affiliation='admin'/><status code='101'/></x></message>""")
    await grants(crone, "affiliation='admin' jid='hecate@shakespeare.lit'")
    await hecate.receives_nothing()
    await configures(
        crone, {"membersonly": "1", "passwordprotectedroom": "1", "roomsecret": "cauldronburn"}
    )
    wicca = await stage.client(WICCAROCKS, available=True)
    await grants(crone, "affiliation='member' jid='wiccarocks@shakespeare.lit'")
    await wicca.receives(f"""
        <message from='{COVEN}'>
          <x xmlns='{USER}'>
            <invite from='crone1@shakespeare.lit'/><password>cauldronburn</password></x>
        </message>""")
    hag = await stage.client(HAG, available=True)
    await crone.sends(f"""
        <message to='{COVEN}'>
          <x xmlns='{USER}'><invite to='hag66@shakespeare.lit'/></x></message>""")
    await hag.receives(f"<message><x xmlns='{USER}'><invite/></x></message>")
    await hag.receives_nothing()
