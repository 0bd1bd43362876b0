"""Entity capabilities 2.0, in the words of XEP-0390 0.3.2."""

from __future__ import annotations

import pytest
from hypothesis import given

from folkmoot.facades.disco import INFO
from folkmoot.facades.ecaps import HASH_CHARS_MAX, Hash, hash_input, read_hash
from folkmoot.xmpp.xml import Element, parse
from tests.facades.listening import events_of, publication, settled
from tests.stage import Stage, element
from tests.xmpp.xmlgen import elements

BOMBUS = """
    <query xmlns="http://jabber.org/protocol/disco#info">
      <identity category="client" name="BombusMod" type="mobile"/>
      <feature var="http://jabber.org/protocol/si"/>
      <feature var="http://jabber.org/protocol/bytestreams"/>
      <feature var="http://jabber.org/protocol/chatstates"/>
      <feature var="http://jabber.org/protocol/disco#info"/>
      <feature var="http://jabber.org/protocol/disco#items"/>
      <feature var="urn:xmpp:ping"/>
      <feature var="jabber:iq:time"/>
      <feature var="jabber:iq:privacy"/>
      <feature var="jabber:iq:version"/>
      <feature var="http://jabber.org/protocol/rosterx"/>
      <feature var="urn:xmpp:time"/>
      <feature var="jabber:x:oob"/>
      <feature var="http://jabber.org/protocol/ibb"/>
      <feature var="http://jabber.org/protocol/si/profile/file-transfer"/>
      <feature var="urn:xmpp:receipts"/>
      <feature var="jabber:iq:roster"/>
      <feature var="jabber:iq:last"/>
    </query>"""
TKABBER = """
    <query xmlns="http://jabber.org/protocol/disco#info">
      <identity category="client" name="Tkabber" type="pc" xml:lang="en"/>
      <identity category="client" name="Ткаббер" type="pc" xml:lang="ru"/>
      <feature var="games:board"/>
      <feature var="http://jabber.org/protocol/activity"/>
      <feature var="http://jabber.org/protocol/activity+notify"/>
      <feature var="http://jabber.org/protocol/bytestreams"/>
      <feature var="http://jabber.org/protocol/chatstates"/>
      <feature var="http://jabber.org/protocol/commands"/>
      <feature var="http://jabber.org/protocol/disco#info"/>
      <feature var="http://jabber.org/protocol/disco#items"/>
      <feature var="http://jabber.org/protocol/evil"/>
      <feature var="http://jabber.org/protocol/feature-neg"/>
      <feature var="http://jabber.org/protocol/geoloc"/>
      <feature var="http://jabber.org/protocol/geoloc+notify"/>
      <feature var="http://jabber.org/protocol/ibb"/>
      <feature var="http://jabber.org/protocol/iqibb"/>
      <feature var="http://jabber.org/protocol/mood"/>
      <feature var="http://jabber.org/protocol/mood+notify"/>
      <feature var="http://jabber.org/protocol/rosterx"/>
      <feature var="http://jabber.org/protocol/si"/>
      <feature var="http://jabber.org/protocol/si/profile/file-transfer"/>
      <feature var="http://jabber.org/protocol/tune"/>
      <feature var="http://www.facebook.com/xmpp/messages"/>
      <feature var="http://www.xmpp.org/extensions/xep-0084.html#ns-metadata+notify"/>
      <feature var="jabber:iq:avatar"/>
      <feature var="jabber:iq:browse"/>
      <feature var="jabber:iq:dtcp"/>
      <feature var="jabber:iq:filexfer"/>
      <feature var="jabber:iq:ibb"/>
      <feature var="jabber:iq:inband"/>
      <feature var="jabber:iq:jidlink"/>
      <feature var="jabber:iq:last"/>
      <feature var="jabber:iq:oob"/>
      <feature var="jabber:iq:privacy"/>
      <feature var="jabber:iq:roster"/>
      <feature var="jabber:iq:time"/>
      <feature var="jabber:iq:version"/>
      <feature var="jabber:x:data"/>
      <feature var="jabber:x:event"/>
      <feature var="jabber:x:oob"/>
      <feature var="urn:xmpp:avatar:metadata+notify"/>
      <feature var="urn:xmpp:ping"/>
      <feature var="urn:xmpp:receipts"/>
      <feature var="urn:xmpp:time"/>
      <x xmlns="jabber:x:data" type="result">
        <field type="hidden" var="FORM_TYPE">
          <value>urn:xmpp:dataforms:softwareinfo</value>
        </field>
        <field var="software">
          <value>Tkabber</value>
        </field>
        <field var="software_version">
          <value>0.11.1-svn-20111216-mod (Tcl/Tk 8.6b2)</value>
        </field>
        <field var="os">
          <value>Windows</value>
        </field>
        <field var="os_version">
          <value>XP</value>
        </field>
      </x>
    </query>"""
MOODY = """
    <query xmlns='http://jabber.org/protocol/disco#info'>
      <identity category='client' type='pc'/>
      <feature var='http://jabber.org/protocol/mood+notify'/>
    </query>"""
MOOD = "http://jabber.org/protocol/mood"


def query(text: str) -> Element:
    """An answer."""
    return parse(text.strip())


@pytest.mark.parametrize(
    ("function", "value", "told"),
    [
        ("sha-256", "kzBZbkqJ3ADrj7v08reD1qcWUwNGHaidNUgD7nHpiw8=", BOMBUS),
        ("sha3-256", "79mdYAfU9rEdTOcWDO7UEAt6E56SUzk/g6TnqUeuD9Q=", BOMBUS),
        ("sha-256", "u79ZroNJbdSWhdSp311mddz44oHHPsEBntQ5b1jqBSY=", TKABBER),
        ("sha3-256", "XpUJzLAc93258sMECZ3FJpebkzuyNXDzRNwQog8eycg=", TKABBER),
    ],
)
def test_verification(function: str, value: str, told: str) -> None:
    """§4.5, Examples 1 and 2: the hash is that of what the client answers, and of nothing else."""
    announced = Hash(function, value)
    features = announced.verified(query(told))
    assert features is not None and "urn:xmpp:ping" in features
    assert announced.verified(query(told.replace("urn:xmpp:ping", "urn:xmpp:pong"))) is None


@pytest.mark.parametrize(
    "more",
    [
        "<other xmlns='x'/>",
        "<x xmlns='jabber:x:data' type='result'><field var='a'><value>b</value></field></x>",
        "<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE'><value>f</value></field>"
        "<reported/></x>",
        "<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE'><value>f</value></field>"
        "<item/></x>",
    ],
)
def test_what_cannot_be_hashed(more: str) -> None:
    """§4.1, steps 1 to 3: other elements, forms that are tables, forms of no type."""
    assert hash_input(query(MOODY.replace("</query>", f"{more}</query>"))) is None


def test_the_language_around_counts() -> None:
    """§4.1: an identity is in the language of what it stands in, unless it says another."""
    inner = query(MOODY.replace("<identity", "<identity xml:lang='en'"))
    outer = query(MOODY.replace("<query", "<query xml:lang='en'"))
    assert hash_input(inner) == hash_input(outer) != hash_input(query(MOODY))


def announced(function: str, value: str) -> Element:
    """A presence with one hash."""
    return element(f"""
        <presence><c xmlns='urn:xmpp:caps'>
          <hash xmlns='urn:xmpp:hashes:2' algo='{function}'>{value}</hash>
        </c></presence>""")


def test_reading() -> None:
    """§4.2, §5.4: a hash of a function that is known, and no longer than hashes are."""
    assert read_hash(announced("sha-256", "aGFzaA==")) == Hash("sha-256", "aGFzaA==")
    longest = "a" * HASH_CHARS_MAX
    assert read_hash(announced("sha-256", longest)) == Hash("sha-256", longest)
    for function, value in (("md5", "aGFzaA=="), ("sha-256", ""), ("sha-256", longest + "a")):
        assert read_hash(announced(function, value)) is None
    assert read_hash(element("<presence/>")) is None


@given(elements)
def test_anything_is_hashed_or_not(told: Element) -> None:
    """Whatever a client answers, it is no error."""
    hash_input(told)
    hash_input(Element(INFO, "query", None, *told.children))
    read_hash(Element("jabber:client", "presence", None, told))


async def test_who_announces_in_this_way_hears_as_well(stage: Stage) -> None:
    """§4.3, §4.4: the question names the hash, and an answer that is true counts (XEP-0163)."""
    hash = Hash("sha-256", "dYoAzqb+UUkVffq/qQL/rEl5xNjf+mR11rW+T/ouvBc=")
    romeo = await stage.client("romeo@shakespeare.lit/orchard")
    await romeo.sends(announced(hash.function, hash.value))
    (asked,) = [each for each in await settled(stage, romeo) if each.name == "iq"]
    assert asked.elements == [
        Element(INFO, "query", {"node": f"urn:xmpp:caps#sha-256.{hash.value}"})
    ]
    await romeo.sends(f"<iq type='result' id='{asked.get('id')}' to='shakespeare.lit'>{MOODY}</iq>")
    await romeo.sends(publication(MOOD, f"<mood xmlns='{MOOD}'><happy/></mood>"))
    assert len(await events_of(stage, romeo)) == 1
