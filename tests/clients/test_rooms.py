"""Rooms, with slixmpp's XEP-0045 at the other end (1.35.5 read)."""

from __future__ import annotations

import pytest
from slixmpp.exceptions import IqError, PresenceError

from folkmoot.xmpp.jid import JID
from tests.clients.actors import Actor, body, codes, condition, left, presence
from tests.clients.town import Town

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def opened(town: Town, owner: Actor, nick: str) -> JID:
    """A room that its owner has entered, and unlocked as it is (§10.1.2)."""
    room = JID.parse(f"{town.named('coven').local}@{town.place.rooms}")
    await owner.enters(room, nick)
    form = "<x xmlns='jabber:x:data' type='submit'/>"
    await owner.asks(
        "set", room, f"<query xmlns='http://jabber.org/protocol/muc#owner'>{form}</query>"
    )
    return room


async def test_entering_tells_who_is_there_and_what_was_said(town: Town) -> None:
    """§7.2.2, §7.2.13, §7.2.15: the others, oneself, what was said, the subject; in this order."""
    crone, hag = await town.actor("crone"), await town.actor("hag")
    room = await opened(town, crone, "firstwitch")
    crone.xmpp.plugin["xep_0045"].set_subject(str(room), "Fire burn and cauldron bubble!")
    crone.says(room, "Thrice the brinded cat hath mew'd.", type="groupchat")
    await crone.hears("groupchat_message", body("Thrice the brinded cat hath mew'd."))
    self_presence, subject, occupants, history = await hag.enters(room, "thirdwitch", history=9)
    assert codes(self_presence) >= {110}
    assert subject["subject"] == "Fire burn and cauldron bubble!"
    assert [each["from"].resource for each in occupants] == ["firstwitch", "thirdwitch"]
    (said,) = history
    assert said["body"] == "Thrice the brinded cat hath mew'd."
    assert said["delay"]["from"] == str(room)
    seen = await crone.hears("groupchat_presence", presence(room.with_resource("thirdwitch")))
    assert (seen["muc"]["affiliation"], seen["muc"]["role"]) == ("none", "participant")


async def test_they_talk(town: Town) -> None:
    """§7.4, §7.5: to all, reflected to the sender with its id; and to one alone."""
    crone, hag = await town.actor("crone"), await town.actor("hag")
    room = await opened(town, crone, "firstwitch")
    await hag.enters(room, "thirdwitch")
    hag.says(room, "Harpier cries: 'tis time", type="groupchat")
    for actor in (crone, hag):
        heard = await actor.hears("groupchat_message", body("Harpier cries: 'tis time"))
        assert heard["from"] == f"{room}/thirdwitch"
    hag.says(room.with_resource("firstwitch"), "I'll give thee a wind.")
    whisper = await crone.hears("message", body("I'll give thee a wind."))
    assert whisper["from"] == f"{room}/thirdwitch"


async def test_nicks_change_and_clash(town: Town) -> None:
    """§7.6: 303 with the new nick, then presence with it; §7.2.8: a nick in use is refused."""
    crone, hag = await town.actor("crone"), await town.actor("hag")
    room = await opened(town, crone, "firstwitch")
    with pytest.raises(PresenceError) as refused:
        await hag.enters(room, "firstwitch")
    assert refused.value.presence["error"]["condition"] == "conflict"
    await hag.enters(room, "thirdwitch")
    hag.xmpp.send_presence(pto=f"{room}/oldhag")
    gone = await crone.hears("groupchat_presence", left(room, "thirdwitch"))
    assert 303 in codes(gone)
    assert gone["muc"]["item_nick"] == "oldhag"
    await crone.hears("groupchat_presence", presence(room.with_resource("oldhag")))


async def test_a_kicked_occupant_may_come_back(town: Town) -> None:
    """§8.2: unavailable with 307 to all, and the kicked one enters again."""
    crone, pistol = await town.actor("crone"), await town.actor("pistol")
    room = await opened(town, crone, "firstwitch")
    await pistol.enters(room, "pistol")
    muc = crone.xmpp.plugin["xep_0045"]
    await muc.set_role(str(room), "pistol", "none", reason="Avaunt, you cullion!")
    for actor in (crone, pistol):
        gone = await actor.hears("groupchat_presence", left(room, "pistol"))
        assert 307 in codes(gone)
    again, *_ = await pistol.enters(room, "pistol")
    assert again["muc"]["role"] == "participant"


async def test_a_banned_user_may_not(town: Town) -> None:
    """§9.1: unavailable with 301 to all, forbidden at the door, and a row on the ban list."""
    crone, pistol = await town.actor("crone"), await town.actor("pistol")
    room = await opened(town, crone, "firstwitch")
    await pistol.enters(room, "pistol")
    muc = crone.xmpp.plugin["xep_0045"]
    await muc.set_affiliation(str(room), "outcast", jid=str(pistol.account))
    for actor in (crone, pistol):
        gone = await actor.hears("groupchat_presence", left(room, "pistol"))
        assert 301 in codes(gone)
    with pytest.raises(PresenceError) as refused:
        await pistol.enters(room, "pistol")
    assert refused.value.presence["error"]["condition"] == "forbidden"
    banned = await muc.get_affiliation_list(str(room), "outcast")
    assert banned == [str(pistol.account)]
    await muc.set_affiliation(str(room), "none", jid=str(pistol.account))
    await pistol.enters(room, "pistol")


async def test_a_participant_moderates_nobody(town: Town) -> None:
    """§8.2, Example 94: who is no moderator gets not-allowed or forbidden, and nothing happens."""
    crone, hag = await town.actor("crone"), await town.actor("hag")
    room = await opened(town, crone, "firstwitch")
    await hag.enters(room, "thirdwitch")
    with pytest.raises(IqError) as error:
        await hag.xmpp.plugin["xep_0045"].set_role(str(room), "firstwitch", "none")
    assert condition(error.value) in ("not-allowed", "forbidden")
    await crone.is_up_to_date()
    assert not [what for name, what in crone.heard if name == "groupchat_presence"][2:]


async def test_who_is_lost_leaves(town: Town) -> None:
    """§7.14: a broken connection is a leave that others see."""
    crone, hag = await town.actor("crone"), await town.actor("hag")
    room = await opened(town, crone, "firstwitch")
    await hag.enters(room, "thirdwitch")
    hag.xmpp.abort()
    await crone.hears("groupchat_presence", left(room, "thirdwitch"))


async def test_a_destroyed_room_is_gone(town: Town) -> None:
    """§10.9: everybody is put out with the reason; what is entered next is another room."""
    crone, hag = await town.actor("crone"), await town.actor("hag")
    room = await opened(town, crone, "firstwitch")
    await hag.enters(room, "thirdwitch")
    await crone.xmpp.plugin["xep_0045"].destroy(str(room), reason="Macbeth doth come.")
    gone = await hag.hears("groupchat_presence", left(room, "thirdwitch"))
    destroyed = gone.xml.find(".//{http://jabber.org/protocol/muc#user}destroy")
    assert destroyed is not None
    again, *_ = await hag.enters(room, "thirdwitch")
    assert 201 in codes(again)
