"""Those in a room who keep track of its affiliations: XEP-0463 0.2.0, §5.2.2, §6."""

from __future__ import annotations

import pytest

from folkmoot.engine.decide import trickling
from folkmoot.xmpp.xml import Element
from tests.facades.muc.coven import (
    CRONE,
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
from tests.facades.muc.test_hats import becomes, in_a_space
from tests.facades.muc.test_versions import NS, USER, enters_asking, leaves
from tests.stage import Client, Stage

CAVE = "cave@chat.shakespeare.lit"
PUBSUB = "http://jabber.org/protocol/pubsub"


def told(name: str, affiliation: str, step: str = "") -> str:
    """Example 7: a change of somebody who is not in the room."""
    return f"""
        <message from='coven@chat.shakespeare.lit'><x xmlns='{USER}'><mav xmlns='{NS}'{step}/>
          <item jid='{name}@shakespeare.lit' affiliation='{affiliation}' role='none'/></x>
        </message>"""


def until(stanza: Element) -> str:
    """The version a stanza leads to."""
    x = stanza.child(USER, "x")
    mav = None if x is None else x.child(NS, "mav")
    assert mav is not None, stanza
    return mav.get("until", "")


async def tracked(stage: Stage, **fields: str) -> tuple[Client, str]:
    """The owner of a room in a space, who is in it and keeps track; and the version there is."""
    crone = await in_a_space(stage)
    await configures(crone, {"whois": "anyone", **fields})
    _, _, version = await enters_asking(crone, "firstwitch")
    await crone.drains()
    return crone, version


async def test_a_change_in_a_space_is_told_in_its_rooms(stage: Stage) -> None:
    """§5.2.2, Example 7: admitted, promoted, removed, banned; each from the last version to the
    next, which is the one that those who enter are told."""
    crone, version = await tracked(stage)
    for affiliation, in_room in (
        ("member", "member"),
        ("publisher", "admin"),
        ("none", "none"),
        ("outcast", "outcast"),
    ):
        await becomes(crone, affiliation, "hecate")
        message = await crone.receives(told("hecate", in_room, f" since='{version}'"))
        version = until(message)
        await crone.receives_nothing()
    _, sinces, now = await enters_asking(crone, "firstwitch", version)
    assert (sinces, now) == ([], version)


async def test_somebody_who_is_let_in_and_leaves(stage: Stage) -> None:
    """§5.2.2: standing by a subscription is standing."""
    crone, version = await tracked(stage)
    hecate = await stage.client(HECATE)
    subscribe = f"""
        <iq type='set' id='s' to='pubsub.shakespeare.lit'><pubsub xmlns='{PUBSUB}'>
          <%s node='craft' jid='hecate@shakespeare.lit'/></pubsub></iq>"""
    await hecate.asks(subscribe % "subscribe")
    await crone.receives_nothing()
    succeeded(
        await crone.asks(f"""
            <iq type='set' id='a' to='pubsub.shakespeare.lit'><pubsub xmlns='{PUBSUB}#owner'>
              <subscriptions node='craft'><subscription jid='hecate@shakespeare.lit'
                subscription='subscribed'/></subscriptions></pubsub></iq>""")
    )
    version = until(await crone.hears(told("hecate", "member", f" since='{version}'")))
    await hecate.asks(subscribe % "unsubscribe")
    await crone.hears(told("hecate", "none", f" since='{version}'"))


async def test_who_keeps_no_track_hears_nothing_more(stage: Stage) -> None:
    """§5.1: who did not ask for versions, or enters once more without."""
    crone, _ = await tracked(stage)
    await becomes(crone, "member", "hag66")
    await crone.drains()
    hag = await joined(stage, HAG, "thirdwitch")
    await enters(crone, "firstwitch")
    await hag.drains()
    await becomes(crone, "member", "hecate")
    for client in (crone, hag):
        await client.receives_nothing()


async def test_who_may_not_ask_hears_nothing(stage: Stage) -> None:
    """§5.2.3; and members hear no more of a ban than that somebody is no member any more."""
    crone, _ = await tracked(stage)
    await becomes(crone, "member", "hag66", "hecate")
    hag, wicca = await stage.client(HAG), await stage.client(WICCAROCKS)
    _, _, version = await enters_asking(hag, "thirdwitch")
    await enters(wicca, "secondwitch", f"<mav xmlns='{NS}'/>")
    for client in (hag, wicca):
        await client.drains()
    await becomes(crone, "outcast", "macbeth")
    await hag.receives_nothing()
    await becomes(crone, "outcast", "hecate")
    await hag.receives(told("hecate", "none"))
    await grants(crone, "affiliation='member' jid='banquo@shakespeare.lit'")
    await hag.receives(told("banquo", "member"))
    await grants(crone, "affiliation='outcast' jid='banquo@shakespeare.lit'")
    await hag.receives(told("banquo", "none"))
    await wicca.receives_nothing()
    found, sinces, _ = await enters_asking(hag, "thirdwitch", version)
    assert (found, sinces) == (
        {
            "banquo@shakespeare.lit": "none",
            "hecate@shakespeare.lit": "none",
            "macbeth@shakespeare.lit": "none",
        },
        [version],
    )


async def test_what_is_no_change_in_a_room_is_not_told_there(stage: Stage) -> None:
    """§5.2.2: where a row of the room overrides it, or the room takes it not from the space."""
    crone, _ = await tracked(stage)
    await grants(crone, "affiliation='admin' jid='hecate@shakespeare.lit'")
    await crone.drains()
    await becomes(crone, "member", "hecate")
    await crone.receives_nothing()
    await configures(crone, {"{urn:folkmoot:spaces:0}inherit": "staff"})
    await becomes(crone, "member", "hag66")
    await crone.drains()
    await becomes(crone, "member", "banquo")
    await crone.receives_nothing()
    await becomes(crone, "publisher", "banquo")
    await crone.receives(told("banquo", "admin"))


async def test_rooms_of_other_spaces_are_left_alone(stage: Stage) -> None:
    """§5.2.2: a change is told in the rooms it is a change in."""
    crone, _ = await tracked(stage)
    await enters(crone, "firstwitch", f"<mav xmlns='{NS}'/>", CAVE)
    await configures(crone, {"whois": "anyone"}, CAVE)
    await crone.drains()
    await becomes(crone, "member", "hecate")
    await crone.receives(told("hecate", "member"))
    await crone.receives_nothing()


async def test_who_is_there_is_told_of_by_presence(stage: Stage) -> None:
    """§5.2.2: with the versions, too, whether they stay or have to go; and by no message."""
    crone, version = await tracked(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    await crone.drains()
    presence = f"<presence from='coven@chat.shakespeare.lit/thirdwitch'%s><x xmlns='{USER}'>"
    presence += f"<mav xmlns='{NS}' since='%s'/><item affiliation='%s'/></x></presence>"
    for affiliation, gone in (("member", ""), ("outcast", " type='unavailable'")):
        await becomes(crone, affiliation, "hag66")
        version = until(await crone.receives(presence % (gone, version, affiliation)))
        await crone.receives_nothing()
    await hag.hears(presence.replace(" since='%s'", "") % (" type='unavailable'", "outcast"))
    _, sinces, now = await enters_asking(crone, "firstwitch", version)
    assert (sinces, now) == ([], version)


async def test_who_is_there_and_not_shown_is_told_of_by_message(stage: Stage) -> None:
    """§5.2.2, where presence is for moderators (`muc#roomconfig_presencebroadcast`)."""
    crone, _ = await tracked(stage, presencebroadcast="moderator")
    await becomes(crone, "member", "hag66")
    hag = await stage.client(HAG)
    await enters_asking(hag, "thirdwitch")
    await joined(stage, WICCAROCKS, "secondwitch")
    for client in (crone, hag):
        await client.drains()
    await becomes(crone, "member", "wiccarocks")
    await hag.hears(told("wiccarocks", "member"))
    await hag.receives_nothing()
    await crone.receives("<presence from='coven@chat.shakespeare.lit/secondwitch'/>")
    await crone.receives_nothing()


async def test_a_restart_forgets_nobody(stage: Stage) -> None:
    """§5.1: who keeps track is kept with the occupant."""
    crone, _ = await tracked(stage)
    await stage.core.engine.settled()
    ((room,),) = stage.core.engine.nodes.entities.tracked.values()
    record = await stage.store.node(room)
    assert record is not None
    assert list(record.trackers) == [crone.jid]
    await crone.leaves()
    assert not stage.core.engine.nodes.entities.tracked


async def test_so_much_is_told_at_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """LOOKS_MAX changes of one command; the next version says that there were more."""
    monkeypatch.setattr(trickling, "LOOKS_MAX", 2)
    crone, version = await tracked(stage)
    await becomes(crone, "member", "hag66", "hecate", "wiccarocks")
    for name in ("hag66", "hecate"):
        version = until(await crone.receives(told(name, "member", f" since='{version}'")))
    await crone.receives_nothing()
    await becomes(crone, "member", "banquo")
    assert f"since='{version}'" not in str(await crone.receives(told("banquo", "member")))
    found, sinces, _ = await enters_asking(crone, "firstwitch", version)
    assert sinces == [version]
    assert set(found) == {"wiccarocks@shakespeare.lit", "banquo@shakespeare.lit"}


# --- §6


async def test_who_was_no_part_of_it_then(stage: Stage) -> None:
    """§6, Example 8: what there was before is not told; and they enter, with the version of now."""
    crone = await opened(stage, whois="anyone")
    _, _, version = await enters_asking(crone, "firstwitch")
    await grants(crone, "affiliation='member' jid='hag66@shakespeare.lit'")
    hag = await stage.client(HAG)
    came = await enters(hag, "thirdwitch", f"<mav xmlns='{NS}' since='{version}'/>")
    error, self_presence = came[0], came[2]
    assert (error.name, error.get("type")) == ("message", "error")
    assert "<forbidden" in str(error)
    assert "<item" not in str(error)
    later = until(self_presence)
    assert later != version
    await leaves(hag, "thirdwitch")
    assert await enters_asking(hag, "thirdwitch", later) == ({}, [], later)


@pytest.mark.parametrize(
    ("past", "told"),
    [
        (("member", "none", "member"), False),
        (("outcast", "member"), False),
        (("member", "admin", "member"), True),
    ],
)
async def test_what_somebody_was_at_a_version(
    stage: Stage, past: tuple[str, ...], told: bool
) -> None:
    """§6: it counts what they were then, not that they have been something else since."""
    crone = await opened(stage, whois="anyone")
    for affiliation in past[:-1]:
        _, _, version = await enters_asking(crone, "firstwitch")
        await grants(crone, f"affiliation='{affiliation}' jid='hag66@shakespeare.lit'")
    if not told:
        _, _, version = await enters_asking(crone, "firstwitch")
    await grants(crone, f"affiliation='{past[-1]}' jid='hag66@shakespeare.lit'")
    hag = await stage.client(HAG)
    found, sinces, _ = await enters_asking(hag, "thirdwitch", version)
    assert (found, sinces) == (
        ({"hag66@shakespeare.lit": "member"}, [version]) if told else ({}, [])
    )


async def test_who_sees_more_now_is_told_all(stage: Stage) -> None:
    """§5.2.1: an admin is told of bans that were nothing to them when they were a member."""
    crone = await opened(stage, whois="anyone")
    await grants(crone, "affiliation='member' jid='hag66@shakespeare.lit'")
    await grants(crone, "affiliation='outcast' jid='macbeth@shakespeare.lit'")
    hag = await stage.client(HAG)
    found, _, version = await enters_asking(hag, "thirdwitch")
    assert "macbeth@shakespeare.lit" not in found
    await leaves(hag, "thirdwitch")
    await grants(crone, "affiliation='admin' jid='hag66@shakespeare.lit'")
    found, sinces, _ = await enters_asking(hag, "thirdwitch", version)
    assert sinces == [""]
    assert found == {
        CRONE.partition("/")[0]: "owner",
        "hag66@shakespeare.lit": "admin",
        "macbeth@shakespeare.lit": "outcast",
    }
