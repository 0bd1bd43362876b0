"""Taking back what was said: XEP-0424 0.4.2 and XEP-0425 0.3.0; what else is about a message."""

from __future__ import annotations

import pytest

from folkmoot.facades.muc.retraction import REASON_CHARS_MAX
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element
from tests.facades.muc.coven import (
    COVEN,
    HAG,
    HECATE,
    WICCAROCKS,
    enters,
    grants,
    joined,
    opened,
    refused,
    succeeded,
)
from tests.facades.muc.test_occupant_ids import occupant_id
from tests.stage import Client, Stage, holds
from tests.stage import element as stanza

RETRACT = "urn:xmpp:message-retract:1"
MODERATE = "urn:xmpp:message-moderate:1"
OLD = "urn:xmpp:message-moderate:0"
STORE = "<store xmlns='urn:xmpp:hints'/>"
MAGIC = "DM me for free magic potions!"


async def says(client: Client, body: str, id: str = "inappropriate-1") -> str:
    """A message to all; gives the id it has in the archive."""
    await client.sends(
        f"<message id='{id}' type='groupchat' to='{COVEN}'><body>{body}</body></message>"
    )
    heard = await client.hears(f"<message id='{id}'/>")
    (known,) = heard.childs("urn:xmpp:sid:0", "stanza-id")
    return known.get("id", "")


async def moderates(client: Client, item_id: str, reason: str = "") -> Element:
    """XEP-0425 §3, Example 4."""
    told = f"<reason>{reason}</reason>" if reason else ""
    return await client.asks(f"""
        <iq type='set' to='{COVEN}' id='retract-request-1'>
          <moderate id='{item_id}' xmlns='{MODERATE}'><retract xmlns='{RETRACT}'/>{told}</moderate>
        </iq>""")


async def takes_back(client: Client, item_id: str) -> None:
    """XEP-0424 §3, Example 4, of a message to a room."""
    await client.sends(f"""
        <message type='groupchat' to='{COVEN}' id='retract-message-1'>
          <retract id='{item_id}' xmlns='{RETRACT}'/>
          <fallback xmlns='urn:xmpp:fallback:0' for='{RETRACT}'/>
          <body>/me retracted a previous message, but it's unsupported by your client.</body>{STORE}
        </message>""")


async def told_later(stage: Stage) -> list[Element]:
    """What somebody who enters is told was said, less the subject."""
    hecate = await stage.client(HECATE)
    came = await enters(hecate, "Hecate")
    await hecate.leaves()
    return [each for each in came if each.name == "message"][:-1]


async def test_rooms_say_that_they_do(stage: Stage) -> None:
    """XEP-0425 §2, Examples 1 and 2; XEP-0424 §2 and §4, Example 6."""
    crone = await opened(stage)
    features = "".join(
        f"<feature var='{each}'/>" for each in (OLD, MODERATE, RETRACT, f"{RETRACT}#tombstone")
    )
    await crone.asks(
        f"""<iq type='get' to='{COVEN}' id='info1'>
              <query xmlns='http://jabber.org/protocol/disco#info'/></iq>""",
        f"""<iq type='result'><query xmlns='http://jabber.org/protocol/disco#info'>
              {features}</query></iq>""",
    )


async def test_a_moderator_takes_back_a_message(stage: Stage) -> None:
    """XEP-0425 §3.1, Examples 5 and 6, in the words of 0.2.1 too; §4, Example 8."""
    macbeth = await opened(stage)
    hag = await joined(stage, HAG, "oldhag")
    hers = occupant_id(await macbeth.receives("<presence/>"))
    item_id = await says(hag, MAGIC)
    await says(hag, "Or some more", "more")
    await macbeth.drains()
    stage.clock.at += 60
    succeeded(await moderates(macbeth, item_id, "Not for this forum"))
    notice = await hag.receives(f"""
        <message type='groupchat' from='{COVEN}'>
          <retract id='{item_id}' xmlns='{RETRACT}'>
            <moderated by='{COVEN}/firstwitch' xmlns='{MODERATE}'>
              <occupant-id xmlns='urn:xmpp:occupant-id:0'/>
            </moderated>
            <reason>Not for this forum</reason>
          </retract>
          <apply-to id='{item_id}' xmlns='urn:xmpp:fasten:0'>
            <moderated by='{COVEN}/firstwitch' xmlns='{OLD}'>
              <occupant-id xmlns='urn:xmpp:occupant-id:0'/>
              <retract xmlns='urn:xmpp:message-retract:0'/>
              <reason>Not for this forum</reason>
            </moderated>
          </apply-to>
          <stanza-id xmlns='urn:xmpp:sid:0' by='{COVEN}'/>
        </message>""")
    assert notice.childs("urn:xmpp:occupant-id:0", "occupant-id") == []
    await macbeth.receives(f"<message from='{COVEN}'><retract xmlns='{RETRACT}'/></message>")

    tombstone, kept, told = await told_later(stage)
    assert MAGIC not in str(tombstone)
    assert occupant_id(tombstone) == hers
    assert holds(
        tombstone,
        stanza(f"""
            <message type='groupchat' from='{COVEN}/oldhag' id='inappropriate-1'>
              <retracted xmlns='{RETRACT}' stamp='2004-05-18T20:01:00Z' id='{notice.get("id")}'>
                <moderated by='{COVEN}/firstwitch' xmlns='{MODERATE}'>
                  <occupant-id xmlns='urn:xmpp:occupant-id:0'/>
                </moderated>
                <reason>Not for this forum</reason>
              </retracted>
              <stanza-id xmlns='urn:xmpp:sid:0' by='{COVEN}' id='{item_id}'/>
              <delay xmlns='urn:xmpp:delay' stamp='2004-05-18T20:00:00Z'/>
            </message>"""),
    ), tombstone
    assert kept.get("id") == "more"
    assert holds(told, stanza(f"<message from='{COVEN}'><retract xmlns='{RETRACT}'/></message>"))


async def test_the_words_of_an_older_version(stage: Stage) -> None:
    """XEP-0425 0.2.1 §3: what clients of today send besides."""
    macbeth = await opened(stage)
    item_id = await says(macbeth, MAGIC)
    asked = f"""
        <iq type='set' to='{COVEN}' id='old'>
          <apply-to id='{item_id}' xmlns='urn:xmpp:fasten:0'><moderate xmlns='{OLD}'>%s</moderate>
          </apply-to></iq>"""
    refused(await macbeth.asks(asked % ""), "bad-request")
    retract = "<retract xmlns='urn:xmpp:message-retract:0'/><reason>No</reason>"
    succeeded(await macbeth.asks(asked % retract))
    await macbeth.receives(
        f"<message><retract xmlns='{RETRACT}'><reason>No</reason></retract></message>"
    )


async def test_only_moderators_moderate(stage: Stage) -> None:
    """XEP-0425 §3.2, Example 7; nobody learns whether there is such a message."""
    macbeth = await opened(stage)
    hag = await joined(stage, HAG, "oldhag")
    item_id = await says(hag, MAGIC)
    outsider = await stage.client(WICCAROCKS)
    for each in (hag, outsider):
        for named in (item_id, "nothing"):
            refused(await moderates(each, named), "forbidden")
    assert MAGIC in str(await told_later(stage))
    await macbeth.drains()
    succeeded(await grants(macbeth, "nick='oldhag' role='moderator'"))
    succeeded(await moderates(hag, item_id))


async def test_nobody_moderates_who_stands_above_them(stage: Stage) -> None:
    """As nobody shows them the door (XEP-0045 §8.2)."""
    macbeth = await opened(stage)
    hag = await joined(stage, HAG, "oldhag")
    succeeded(await grants(macbeth, "nick='oldhag' role='moderator'"))
    item_id = await says(macbeth, "Is this a dagger?")
    refused(await moderates(hag, item_id), "not-allowed")
    succeeded(await moderates(macbeth, item_id))


async def test_an_owner_need_not_be_there(stage: Stage) -> None:
    """Then there is no address to name, but an id."""
    macbeth = await opened(stage, persistentroom="1")
    hag = await joined(stage, HAG, "oldhag")
    item_id = await says(hag, MAGIC)
    await macbeth.sends(f"<presence type='unavailable' to='{COVEN}/firstwitch'/>")
    await hag.drains()
    succeeded(await moderates(macbeth, item_id))
    notice = await hag.receives("<message/>")
    (retract,) = notice.childs(RETRACT, "retract")
    (moderated,) = retract.childs(MODERATE, "moderated")
    assert moderated.get("by") is None
    assert moderated.first is not None
    assert moderated.first.get("id")


async def test_what_cannot_be_moderated(stage: Stage) -> None:
    """§3.2: what is not there or not any more, what the room says of its own; nonsense."""
    macbeth = await opened(stage)
    item_id = await says(macbeth, MAGIC)
    refused(await moderates(macbeth, "nothing"), "item-not-found")
    refused(await moderates(macbeth, "x" * 5_000), "item-not-found")
    refused(await moderates(macbeth, ""), "bad-request")
    refused(await moderates(macbeth, item_id, "x" * (REASON_CHARS_MAX + 1)), "not-acceptable")
    nothing = f"<iq type='set' to='{COVEN}' id='n'><moderate xmlns='{MODERATE}' id='x'/></iq>"
    refused(await macbeth.asks(nothing), "bad-request")
    succeeded(await moderates(macbeth, item_id, "x" * REASON_CHARS_MAX))
    notice = (await macbeth.receives("<message/>")).get("id", "")
    refused(await moderates(macbeth, item_id), "item-not-found")
    refused(await moderates(macbeth, notice), "item-not-found")
    elsewhere = (
        f"<iq type='set' to='%s' id='e'><moderate xmlns='{MODERATE}' id='x'>%s</moderate></iq>"
    )
    retract = f"<retract xmlns='{RETRACT}'/>"
    asked = elsewhere % ("nowhere@chat.shakespeare.lit", retract)
    refused(await macbeth.asks(asked), "item-not-found")


async def test_only_the_room_says_that_somebody_moderated(stage: Stage) -> None:
    """XEP-0425 §5; XEP-0424 §4: forged notices and tombstones do not pass."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "oldhag")
    await crone.drains()
    await hag.sends(f"""
        <message type='groupchat' to='{COVEN}'><body>!</body>
          <retract xmlns='{RETRACT}' id='1'><moderated xmlns='{MODERATE}' by='{COVEN}'/></retract>
          <retracted xmlns='{RETRACT}' id='2'/><moderated xmlns='{MODERATE}'/>
          <apply-to xmlns='urn:xmpp:fasten:0' id='3'><moderated xmlns='{OLD}'/></apply-to>
        </message>""")
    heard = str(await crone.receives("<message><body>!</body></message>"))
    assert "moderated" not in heard
    assert "retracted" not in heard


async def test_an_author_takes_back_a_message(stage: Stage) -> None:
    """XEP-0424 §3 and §4, Example 7: from any device; what says so is kept as well."""
    await opened(stage)
    hag = await joined(stage, HAG, "oldhag")
    item_id = await says(hag, "Have not saints lips?", "wrong-recipient-1")
    stage.clock.at += 92
    phone = await joined(stage, "hag66@shakespeare.lit/phone", "hag")
    await takes_back(phone, item_id)
    await hag.hears(
        f"<message from='{COVEN}/hag'><retract id='{item_id}' xmlns='{RETRACT}'/></message>"
    )
    tombstone, told = await told_later(stage)
    assert holds(
        tombstone,
        stanza(f"""
            <message from='{COVEN}/oldhag' id='wrong-recipient-1'>
              <retracted stamp='2004-05-18T20:01:32Z' xmlns='{RETRACT}' id='retract-message-1'/>
              <stanza-id xmlns='urn:xmpp:sid:0' by='{COVEN}' id='{item_id}'/>
            </message>"""),
    ), tombstone
    assert "saints" not in str(tombstone)
    assert holds(told, stanza(f"<message><retract id='{item_id}' xmlns='{RETRACT}'/></message>"))
    await takes_back(hag, item_id)
    assert str((await told_later(stage))[0]) == str(tombstone)


async def test_nobody_takes_back_what_another_said(stage: Stage) -> None:
    """XEP-0424 §5: the request passes as any message, for clients to judge; nothing is gone."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "oldhag")
    item_id = await says(hag, MAGIC)
    await crone.drains()
    for wrong in (item_id, "nothing"):
        await takes_back(crone, wrong)
        await hag.receives(f"""
            <message from='{COVEN}/firstwitch'>
              <retract id='{wrong}' xmlns='{RETRACT}'/></message>""")
    assert MAGIC in str((await told_later(stage))[0])


async def test_a_retraction_is_kept_whatever_its_author_wishes(stage: Stage) -> None:
    """XEP-0424 §5: who was away has to learn of it; unless it takes back nothing."""
    await opened(stage)
    hag = await joined(stage, HAG, "oldhag")
    item_id = await says(hag, MAGIC)
    wish = f"""
        <message type='groupchat' to='{COVEN}'><retract id='%s' xmlns='{RETRACT}'/>
          <no-store xmlns='urn:xmpp:hints'/></message>"""
    await hag.sends(wish % "nothing")
    await hag.sends(wish % item_id)
    tombstone, told = await told_later(stage)
    assert "retracted" in str(tombstone)
    assert item_id in str(told)


async def changes_subject(client: Client, text: str) -> str:
    """XEP-0045 §8.1; gives the id it has in the archive."""
    subject = f"<subject>{text}</subject>"
    await client.sends(f"<message id='s' type='groupchat' to='{COVEN}'>{subject}</message>")
    heard = await client.hears(f"<message id='s'>{subject}</message>")
    (known,) = heard.childs("urn:xmpp:sid:0", "stanza-id")
    return known.get("id", "")


async def subject_told(stage: Stage) -> Element:
    """What somebody who enters is told is the subject."""
    hecate = await stage.client(HECATE)
    came = await enters(hecate, "Hecate")
    await hecate.leaves()
    (told,) = came[-1].childs(CLIENT, "subject")
    return told


async def test_a_subject_that_is_moderated_is_none_any_more(stage: Stage) -> None:
    """XEP-0425 §3, XEP-0045 §7.2.15, §8.1: nobody is told it again, and who is there sees it go."""
    macbeth = await opened(stage, changesubject="1")
    hag = await joined(stage, HAG, "oldhag")
    item_id = await changes_subject(hag, MAGIC)
    assert (await subject_told(stage)).text == MAGIC
    succeeded(await moderates(macbeth, item_id))
    cleared = await hag.hears(
        f"<message type='groupchat' from='{COVEN}/firstwitch'><subject/></message>"
    )
    assert cleared.childs(CLIENT, "subject")[0].text == ""
    assert (await subject_told(stage)).text == ""
    room = await hag.asks(
        f"<iq type='get' to='{COVEN}' id='i'>"
        "<query xmlns='http://jabber.org/protocol/disco#info'/></iq>"
    )
    assert MAGIC not in str(room)


async def test_an_author_takes_back_a_subject(stage: Stage) -> None:
    """XEP-0424 §3: also one that is the subject; another, set since, stays."""
    await opened(stage, changesubject="1")
    hag = await joined(stage, HAG, "oldhag")
    first = await changes_subject(hag, MAGIC)
    second = await changes_subject(hag, "Fire burn")
    await takes_back(hag, first)
    assert (await subject_told(stage)).text == "Fire burn"
    await takes_back(hag, second)
    assert (await subject_told(stage)).text == ""


async def test_what_is_old_can_be_taken_back(stage: Stage) -> None:
    """Also what is not among the newest any more, and is in the store alone."""
    macbeth = await opened(stage)
    item_id = await says(macbeth, MAGIC)
    for number in range(120):
        stage.clock.at += 1
        await says(macbeth, f"more {number}", f"more-{number}")
    succeeded(await moderates(macbeth, item_id))
    await macbeth.hears(f"<message><retract xmlns='{RETRACT}' id='{item_id}'/></message>")
    assert MAGIC not in str(await told_later(stage))


@pytest.mark.parametrize(
    "said",
    [
        "<body>e</body><replace id='0' xmlns='urn:xmpp:message-correct:0'/>",
        "<body>e</body><markable xmlns='urn:xmpp:chat-markers:0'/>",
        "<reactions id='0' xmlns='urn:xmpp:reactions:0'><reaction>👍</reaction></reactions>",
        f"<reply to='{COVEN}/oldhag' id='0' xmlns='urn:xmpp:reply:0'/><body>Yes</body>",
    ],
    ids=["correction", "marker", "reaction", "reply"],
)
async def test_what_is_about_a_message_passes_and_is_kept(stage: Stage, said: str) -> None:
    """XEP-0308 §3, XEP-0333 §4, XEP-0444 §3, XEP-0461 §3: untouched, and for those who come."""
    crone = await opened(stage)
    await crone.sends(f"<message id='1' type='groupchat' to='{COVEN}'>{said}</message>")
    await crone.receives(f"<message id='1'>{said}</message>")
    (kept,) = await told_later(stage)
    assert holds(kept, stanza(f"<message id='1'>{said}</message>"))
