"""Messages to all and to one: XEP-0045 1.35.5, §7.4, §7.5, §8.1, §17.2; ids of XEP-0359 0.7.0."""

from __future__ import annotations

import pytest

from tests.facades.muc.coven import (
    COVEN,
    CRONE,
    HAG,
    HECATE,
    WICCAROCKS,
    configures,
    enters,
    joined,
    opened,
    refused,
)
from tests.stage import Stage

USER = "http://jabber.org/protocol/muc#user"


async def test_a_message_reaches_all(stage: Stage) -> None:
    """§7.4, Examples 44 and 45: the sender too, under the sender's id."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    await crone.drains()
    await hag.sends(f"""
        <message id='hysf1v37' to='{COVEN}' type='groupchat' xml:lang='en'>
          <body>Harpier cries: 'tis time, 'tis time.</body>
        </message>""")
    for each in (crone, hag):
        await each.receives(f"""
            <message from='{COVEN}/thirdwitch' id='hysf1v37' type='groupchat' xml:lang='en'>
              <body>Harpier cries: 'tis time, 'tis time.</body>
            </message>""")


async def test_a_message_without_an_id_is_given_one(stage: Stage) -> None:
    """§7.4: one id for all reflections; XEP-0359 §3: and the archive's, which nobody forges."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    await crone.drains()
    await hag.sends(f"""
        <message to='{COVEN}' type='groupchat'><body>!</body>
          <stanza-id xmlns='urn:xmpp:sid:0' by='{COVEN}' id='forged'/>
          <stanza-id xmlns='urn:xmpp:sid:0' by='hag66@example.net' id='other'/>
          <x xmlns='{USER}'><status code='104'/></x>
        </message>""")
    mine, theirs = await hag.receives("<message/>"), await crone.receives("<message/>")
    assert mine.get("id") == theirs.get("id") is not None
    ids = {each.get("by"): each.get("id") for each in mine.childs("urn:xmpp:sid:0", "stanza-id")}
    assert ids == {COVEN: mine.get("id"), "hag66@example.net": "other"}
    assert mine.child(USER, "x") is None


async def test_visitors_have_no_voice(stage: Stage) -> None:
    """§7.4: in a moderated room."""
    crone = await opened(stage, moderatedroom="1")
    hag = await joined(stage, HAG, "thirdwitch")
    await crone.drains()
    await hag.sends(f"<message id='m' to='{COVEN}' type='groupchat'><body>!</body></message>")
    refused(await hag.receives("<message id='m'/>"), "forbidden", "auth")
    await crone.receives_nothing()


async def test_only_occupants_speak(stage: Stage) -> None:
    """§7.4, §17.2."""
    hag = await stage.client(HAG)
    message = f"<message id='m' to='{COVEN}' type='groupchat'><body>!</body></message>"
    await hag.sends(message)
    refused(await hag.receives("<message/>"), "item-not-found")
    await opened(stage)
    await hag.sends(message)
    refused(await hag.receives("<message/>"), "not-acceptable")


async def test_nothing_is_said_in_a_locked_room(stage: Stage) -> None:
    """§17.2: not to all, nor to one, nor may anybody be invited, until it is configured."""
    crone = await stage.client(CRONE)
    await enters(crone, "firstwitch")
    hag = await stage.client(HAG)
    messages = (
        f"<message to='{COVEN}' type='groupchat'><body>!</body></message>",
        f"<message to='{COVEN}' type='groupchat'><subject>!</subject></message>",
        f"<message to='{COVEN}/firstwitch' type='chat'><body>!</body></message>",
        f"""<message to='{COVEN}'><x xmlns='{USER}'>
            <invite to='hecate@shakespeare.lit'/></x></message>""",
    )
    for message in messages:
        for each in (crone, hag):
            await each.sends(message)
            refused(await each.receives("<message type='error'/>"), "item-not-found", "cancel")
    await configures(crone, {})
    await crone.drains()
    await crone.sends(messages[0])
    await crone.receives(f"<message from='{COVEN}/firstwitch'><body>!</body></message>")


async def test_a_private_message(stage: Stage) -> None:
    """§7.5, Examples 46 and 47: to every device of one occupant."""
    await opened(stage)
    crone = await stage.client("crone1@shakespeare.lit/phone")
    await enters(crone, "firstwitch")
    wicca = await joined(stage, WICCAROCKS, "secondwitch")
    hag = await joined(stage, HAG, "thirdwitch")
    for each in (crone, wicca):
        await each.drains()
    await wicca.sends(f"""
        <message id='hgn27af1' to='{COVEN}/firstwitch' type='chat'>
          <body>I'll give thee a wind.</body>
          <x xmlns='{USER}'><item affiliation='owner'/></x>
        </message>""")
    told = await crone.receives(f"""
        <message from='{COVEN}/secondwitch' id='hgn27af1' type='chat'>
          <body>I'll give thee a wind.</body>
          <x xmlns='{USER}'/>
        </message>""")
    assert "affiliation" not in str(told)
    assert "wiccarocks" not in str(told)
    await hag.receives_nothing()
    await wicca.receives_nothing()


async def test_a_private_message_is_no_groupchat(stage: Stage) -> None:
    """§7.5, Example 48."""
    await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    await hag.sends(f"""
        <message id='bx71f29k' to='{COVEN}/firstwitch' type='groupchat'><body>!</body></message>""")
    refused(await hag.receives("<message id='bx71f29k'/>"), "bad-request", "modify")


async def test_a_private_message_to_nobody_and_by_nobody(stage: Stage) -> None:
    """§7.5: item-not-found and not-acceptable."""
    await opened(stage)
    hag = await stage.client(HAG)
    message = f"<message to='{COVEN}/%s' type='chat'><body>!</body></message>"
    await hag.sends(message % "firstwitch")
    refused(await hag.receives("<message/>"), "not-acceptable")
    await enters(hag, "thirdwitch")
    await hag.sends(message % "fourthwitch")
    refused(await hag.receives("<message/>"), "item-not-found")


@pytest.mark.parametrize(
    ("allowed", "moderated", "passes"),
    [
        ("anyone", "1", True),
        ("participants", "0", True),
        ("participants", "1", False),
        ("moderators", "0", False),
        ("none", "0", False),
    ],
)
async def test_who_may_send_private_messages(
    stage: Stage, allowed: str, moderated: str, passes: bool
) -> None:
    """§16.5.3, muc#roomconfig_allowpm."""
    await opened(stage, allowpm=allowed, moderatedroom=moderated)
    hag = await joined(stage, HAG, "thirdwitch")
    await hag.sends(f"<message id='m' to='{COVEN}/firstwitch'><body>!</body></message>")
    if passes:
        await hag.receives_nothing()
    else:
        refused(await hag.receives("<message id='m'/>"), "forbidden")


async def test_the_subject(stage: Stage) -> None:
    """§8.1, Examples 84, 85 and 88."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    await crone.drains()
    for subject in ("<subject>Fire Burn and Cauldron Bubble!</subject>", "<subject/>"):
        await crone.sends(
            f"<message id='lh2bs617' to='{COVEN}' type='groupchat'>{subject}</message>"
        )
        for each in (crone, hag):
            told = await each.receives(f"""
                <message from='{COVEN}/firstwitch' id='lh2bs617' type='groupchat'>{subject}
                </message>""")
            assert "delay" not in str(told)


async def test_not_everybody_sets_the_subject(stage: Stage) -> None:
    """§8.1, Example 87; §7.3: unless the room allows it."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    subject = f"<message to='{COVEN}' type='groupchat'><subject>Mine</subject></message>"
    await hag.sends(subject)
    refused(await hag.receives("<message/>"), "forbidden", "auth")
    await configures(crone, {"changesubject": "1"})
    await hag.drains()
    await hag.sends(subject)
    await hag.receives(f"<message from='{COVEN}/thirdwitch'><subject>Mine</subject></message>")


async def test_a_subject_with_a_body_is_a_message(stage: Stage) -> None:
    """§8.1: it sets no subject."""
    await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    await hag.sends(f"""
        <message to='{COVEN}' type='groupchat'><subject>A</subject><body>B</body></message>""")
    await hag.receives("<message type='groupchat'><subject>A</subject><body>B</body></message>")
    hecate = await stage.client(HECATE)
    assert (await enters(hecate, "Hecate"))[-1].text == ""


async def test_a_room_does_not_chat(stage: Stage) -> None:
    """§17.2: messages for all are of type groupchat; at the service nobody reads any."""
    await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    for type in ("", "type='normal'", "type='chat'"):
        await hag.sends(f"<message {type} to='{COVEN}'><body>!</body></message>")
        refused(await hag.receives("<message/>"), "bad-request")
    for type in ("chat", "groupchat"):
        await hag.sends(
            f"<message type='{type}' to='chat.shakespeare.lit'><body>!</body></message>"
        )
        refused(await hag.receives("<message/>"), "service-unavailable")
