"""By what occupants are known: XEP-0421 1.0.1, and none that somebody else has made up."""

from __future__ import annotations

from pathlib import Path

from folkmoot.engine.identity import OCCUPANT_ID_CHARS, made_of
from folkmoot.engine.model import NodeId
from folkmoot.stores.sqlite import SQLiteStore
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element
from tests.facades.muc.coven import (
    COVEN,
    CRONE,
    HAG,
    HECATE,
    configures,
    enters,
    grants,
    joined,
    opened,
)
from tests.stage import SERVICES, Client, Stage

NS = "urn:xmpp:occupant-id:0"
HEATH = "heath@chat.shakespeare.lit"

FORGED = f"""<occupant-id xmlns='{NS}' id='crone'/>"""


def occupant_id(stanza: Element) -> str:
    """The one occupant id of a stanza."""
    (found,) = stanza.childs(NS, "occupant-id")
    return found.get("id", "")


async def says(client: Client, body: str, more: str = "") -> None:
    """A message to all."""
    await client.sends(
        f"<message id='{body}' to='{COVEN}' type='groupchat'><body>{body}</body>{more}</message>"
    )


async def test_rooms_say_that_they_know_them(stage: Stage) -> None:
    """§2, Examples 1 and 2; §4: the service too, as every room of it has them."""
    crone = await opened(stage)
    for to in (COVEN, "chat.shakespeare.lit"):
        await crone.asks(
            f"""<iq type='get' to='{to}' id='info1'>
                  <query xmlns='http://jabber.org/protocol/disco#info'/></iq>""",
            f"""<iq type='result'><query xmlns='http://jabber.org/protocol/disco#info'>
                  <feature var='{NS}'/></query></iq>""",
        )


async def test_presence_and_messages_have_them(stage: Stage) -> None:
    """§3.1, Examples 3 and 4; §3.2, Examples 5 and 6: the same for all who hear."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    mine = occupant_id(await crone.receives(f"<presence from='{COVEN}/thirdwitch'/>"))
    await says(hag, "Harpier cries")
    for each in (crone, hag):
        assert occupant_id(await each.receives("<message id='Harpier cries'/>")) == mine
    await hag.sends(f"<message id='s' to='{COVEN}/firstwitch' type='chat'><body>?</body></message>")
    assert occupant_id(await crone.receives("<message id='s'/>")) == mine
    await hag.sends(f"<presence type='unavailable' to='{COVEN}/thirdwitch'/>")
    assert occupant_id(await crone.receives("<presence type='unavailable'/>")) == mine
    assert "hag66" not in mine
    assert len(mine) == OCCUPANT_ID_CHARS <= 128


async def test_they_outlast_nicks_devices_and_visits(stage: Stage) -> None:
    """§4.1: stable for the bare JID; another's is another, and so is one's own elsewhere."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    theirs = occupant_id(await crone.receives(f"<presence from='{COVEN}/thirdwitch'/>"))
    await hag.sends(f"<presence to='{COVEN}/oldhag'/>")
    for _ in range(2):
        assert occupant_id(await crone.receives("<presence/>")) == theirs
    await hag.leaves()
    await crone.drains()
    again = await joined(stage, "hag66@shakespeare.lit/broom", "fourthwitch")
    assert occupant_id(await crone.receives("<presence/>")) == theirs
    await joined(stage, HECATE, "Hecate")
    assert occupant_id(await crone.receives("<presence/>")) != theirs
    await opened(stage, room=HEATH)
    came = await enters(again, "thirdwitch", room=HEATH)
    assert theirs not in {occupant_id(each) for each in came if each.name == "presence"}


async def test_history_and_subject_have_them(stage: Stage) -> None:
    """§4: also of those who have left."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    theirs = occupant_id(await crone.receives("<presence/>"))
    await says(hag, "Harpier cries")
    await crone.sends(f"<message to='{COVEN}' type='groupchat'><subject>Fire</subject></message>")
    mine = occupant_id(await crone.hears("<message><subject/></message>"))
    await hag.leaves()
    hecate = await stage.client(HECATE)
    *_, said, subject = await enters(hecate, "Hecate")
    assert (occupant_id(said), occupant_id(subject)) == (theirs, mine)


async def test_all_that_are_made_up_are_removed(stage: Stage) -> None:
    """§4: every one of them, and those in what is said of others."""
    crone = await opened(stage)
    hag = await stage.client(HAG)
    nested = f"<retract xmlns='urn:xmpp:message-retract:1' id='1'><a xmlns='a'/>{FORGED}</retract>"
    await hag.sends(f"""
        <presence to='{COVEN}/thirdwitch'><x xmlns='http://jabber.org/protocol/muc'/>
          {FORGED}<show>away</show>{FORGED}</presence>""")
    assert "'crone'" not in str(await crone.receives("<presence/>"))
    await says(hag, "1", FORGED + nested + FORGED)
    heard = await crone.receives("""
        <message><body>1</body>
          <retract xmlns='urn:xmpp:message-retract:1' id='1'><a xmlns='a'/></retract></message>""")
    assert "'crone'" not in str(heard)
    assert occupant_id(heard)


async def test_being_thrown_out_has_one(stage: Stage) -> None:
    """§4: every presence; also of the end of the room."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    theirs = occupant_id(await crone.receives("<presence/>"))
    await grants(crone, "nick='thirdwitch' role='none'")
    for each in (crone, hag):
        assert occupant_id(await each.hears("<presence type='unavailable'/>")) == theirs
    await crone.asks(f"""
        <iq type='set' to='{COVEN}' id='end'><query xmlns='http://jabber.org/protocol/muc#owner'>
          <destroy/></query></iq>""")
    assert occupant_id(await crone.hears("<presence type='unavailable'/>"))


async def test_nobody_makes_them_without_the_secret(stage: Stage) -> None:
    """§4.1: they depend on it, on the room and on the account, and on nothing else."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    theirs = occupant_id(await crone.receives("<presence/>"))
    room, jid = NodeId(SERVICES.rooms, "coven"), hag.jid.bare
    assert theirs == made_of(stage.core.engine.services.secret, room, jid)
    guesses = {made_of(secret, room, jid) for secret in (b"", b"\0", b"secret")}
    assert theirs not in guesses
    assert made_of(b"s", NodeId(room.service, "heath"), jid) != made_of(b"s", room, jid)
    assert made_of(b"s", room, JID.parse(CRONE).bare) != made_of(b"s", room, jid)


async def test_the_secret_outlasts_the_server(tmp_path: Path) -> None:
    """§4.1: ids are the same after a restart, since what they are made with is."""
    path = tmp_path / "folkmoot.db"
    found: list[bytes] = []
    for _ in range(2):
        store = await SQLiteStore.open(path)
        found += [await store.secret("occupants"), await store.secret("other")]
        await store.aclose()
    assert found[:2] == found[2:]
    assert found[0] != found[1]


async def test_they_are_no_secret_of_anonymous_rooms_alone(stage: Stage) -> None:
    """§4: where all see JIDs they are there as well, and the same."""
    crone = await opened(stage)
    await joined(stage, HAG, "thirdwitch")
    before = occupant_id(await crone.receives("<presence/>"))
    await configures(crone, {"whois": "anyone"})
    again = await joined(stage, "hag66@shakespeare.lit/broom", "thirdwitch")
    await says(again, "1")
    assert occupant_id(await crone.hears("<message><body>1</body></message>")) == before
