"""What is in presence stays as it is, and is told to those who come: Muji (XEP-0272 0.2.0)."""

from __future__ import annotations

import pytest

from folkmoot.xmpp.xml import Element
from tests.facades.muc.coven import COVEN, HAG, HECATE, enters, joined, opened
from tests.stage import Stage, element

MUJI = "urn:xmpp:jingle:muji:0"

PREPARING = f"<muji xmlns='{MUJI}'><preparing/></muji>"

CONTENTS = f"""
    <muji xmlns='{MUJI}'>
      <content creator='initiator' name='video'>
        <description xmlns='urn:xmpp:jingle:apps:rtp:0' media='video'>
          <payload-type id='97' name='theora' clockrate='90000'/></description>
      </content>
      <content creator='initiator' name='voice'>
        <description xmlns='urn:xmpp:jingle:apps:rtp:0' media='audio'>
          <payload-type id='97' name='speex' clockrate='8000'/>
          <payload-type id='18' name='G729'/></description>
      </content>
    </muji>"""

MOVIM = f"""
    <muji xmlns='{MUJI}' sid='{COVEN}'>
     <group xmlns='urn:xmpp:jingle:apps:grouping:0' semantics='BUNDLE'><content name='0'/></group>
     <content xmlns='urn:xmpp:jingle:1' creator='initiator' name='0' senders='both'>
      <transport xmlns='urn:xmpp:jingle:transports:ice-udp:1' ufrag='8hhy' pwd='asd88fgp'>
       <fingerprint xmlns='urn:xmpp:jingle:apps:dtls:0' hash='sha-256' setup='actpass'>02:1A
       </fingerprint>
      </transport>
      <description xmlns='urn:xmpp:jingle:apps:rtp:1' media='audio'>
       <payload-type id='111' name='opus' clockrate='48000' channels='2'>
        <parameter name='minptime' value='10'/></payload-type>
       <rtcp-mux/>
       <category xmlns='urn:xmpp:jingle:apps:category:0' name='slides'/>
      </description>
     </content></muji>"""

CAPS = """
    <c xmlns='http://jabber.org/protocol/caps' node='http://telepathy.freedesktop.org/wiki/Muji'
       ver='48QdBuXRCJFb8qIzgy1FOHSGO0U=' hash='sha-1'/>"""

JOIN = "<x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/></x>"
"""Movim puts it into each presence of a call, not only the first."""


def muji(presence: Element) -> Element | None:
    return presence.child(MUJI, "muji")


def as_sent(xml: str) -> Element:
    found = element(f"<presence>{xml}</presence>").first
    assert found is not None
    return found


@pytest.mark.parametrize("join", ["", JOIN], ids=["change", "join"])
@pytest.mark.parametrize("said", [PREPARING, CONTENTS, MOVIM], ids=["prepares", "xep", "movim"])
async def test_it_passes_and_stays(stage: Stage, said: str, join: str) -> None:
    """§3, §5: unchanged to all, with the id to oneself; and to those who come later."""
    crone = await opened(stage, whois="anyone")
    hag = await joined(stage, HAG, "oldhag")
    await crone.drains()
    await hag.sends(f"<presence id='a2' to='{COVEN}/oldhag'>{CAPS}{said}{join}</presence>")
    heard = await crone.receives(f"<presence from='{COVEN}/oldhag'/>")
    mine = await hag.hears(f"<presence id='a2' from='{COVEN}/oldhag'/>")
    hecate = await stage.client(HECATE)
    _, later, *_ = await enters(hecate, "Hecate")
    for each in (heard, mine, later):
        assert muji(each) == as_sent(said)
        assert each.elements[0] == as_sent(CAPS)


async def test_it_is_gone_with_the_next_presence(stage: Stage) -> None:
    """§4: leaving a call is a presence without it."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "oldhag")
    await hag.sends(f"<presence to='{COVEN}/oldhag'>{MOVIM}</presence>")
    await hag.sends(f"<presence to='{COVEN}/oldhag'/>")
    told = [muji(each) is not None for each in await crone.drains()]
    assert told == [False, True, False]
    _, later, *_ = await enters(await stage.client(HECATE), "Hecate")
    assert muji(later) is None
