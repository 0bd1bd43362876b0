"""Entity capabilities, in the words of XEP-0115 1.6.0."""

from __future__ import annotations

import pytest

from folkmoot.facades.caps import Caps
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.xml import parse
from tests.stage import Stage

MUC = "http://jabber.org/protocol/muc"

EXODUS = """
    <query xmlns='http://jabber.org/protocol/disco#info'
           node='http://code.google.com/p/exodus#QgayPKawpkPSDYmwT/WM94uAlu0='>
      <identity category='client' name='Exodus 0.9.1' type='pc'/>
      <feature var='http://jabber.org/protocol/caps'/>
      <feature var='http://jabber.org/protocol/disco#info'/>
      <feature var='http://jabber.org/protocol/disco#items'/>
      <feature var='http://jabber.org/protocol/muc'/>
    </query>"""
EXODUS_CAPS = Caps("sha-1", "http://code.google.com/p/exodus", "QgayPKawpkPSDYmwT/WM94uAlu0=")

PSI = """
    <query xmlns='http://jabber.org/protocol/disco#info'
           node='http://psi-im.org#q07IKJEyjvHSyhy//CH0CxmKi8w='>
      <identity xml:lang='en' category='client' name='Psi 0.11' type='pc'/>
      <identity xml:lang='el' category='client' name='Ψ 0.11' type='pc'/>
      <feature var='http://jabber.org/protocol/caps'/>
      <feature var='http://jabber.org/protocol/disco#info'/>
      <feature var='http://jabber.org/protocol/disco#items'/>
      <feature var='http://jabber.org/protocol/muc'/>
      <x xmlns='jabber:x:data' type='result'>
        <field var='FORM_TYPE' type='hidden'>
          <value>urn:xmpp:dataforms:softwareinfo</value>
        </field>
        <field var='ip_version' type='text-multi'><value>ipv4</value><value>ipv6</value></field>
        <field var='os'><value>Mac</value></field>
        <field var='os_version'><value>10.5.1</value></field>
        <field var='software'><value>Psi</value></field>
        <field var='software_version'><value>0.11</value></field>
      </x>
    </query>"""
PSI_CAPS = Caps("sha-1", "http://psi-im.org", "q07IKJEyjvHSyhy//CH0CxmKi8w=")

PRESENCE = """
    <presence>
      <c xmlns='http://jabber.org/protocol/caps' hash='sha-1'
         node='http://code.google.com/p/exodus' ver='QgayPKawpkPSDYmwT/WM94uAlu0='/>
    </presence>"""


@pytest.mark.parametrize(("caps", "query"), [(EXODUS_CAPS, EXODUS), (PSI_CAPS, PSI)])
def test_generation(caps: Caps, query: str) -> None:
    """§5.2 and §5.3: the hash is that of what the client answers."""
    features = caps.verified(parse(query.strip()))
    assert features is not None and MUC in features


@pytest.mark.parametrize(
    ("what", "instead"),
    [
        (MUC, MUC + "#other"),  # not what was announced
        ("<feature var='http://jabber.org/protocol/caps'/>", f"<feature var='{MUC}'/>"),
        ("</query>", "<identity category='client' name='Exodus 0.9.1' type='pc'/></query>"),
    ],
)
def test_what_is_not_true_or_well_formed_is_not_believed(what: str, instead: str) -> None:
    """§5.4: another hash, a feature twice, an identity twice."""
    assert EXODUS_CAPS.verified(parse(EXODUS.strip().replace(what, instead))) is None


def test_a_form_that_is_none_is_an_error() -> None:
    """XEP-0004 §3.1: a form has a type."""
    with pytest.raises(StanzaError):
        PSI_CAPS.verified(parse(PSI.strip().replace("type='result'", "type='rumour'")))


async def test_a_client_is_asked_once_for_each_hash(stage: Stage) -> None:
    """§6.2: the question names node and hash; whoever announces the same is not asked."""
    romeo = await stage.client("romeo@shakespeare.lit/orchard")
    await romeo.sends(PRESENCE)
    asked = await romeo.hears("""
        <iq type='get' from='shakespeare.lit'>
          <query xmlns='http://jabber.org/protocol/disco#info'
                 node='http://code.google.com/p/exodus#QgayPKawpkPSDYmwT/WM94uAlu0='/>
        </iq>""")
    answer = f"<iq type='result' id='{asked.get('id')}' to='shakespeare.lit'>{EXODUS}</iq>"
    juliet = await stage.client("juliet@shakespeare.lit/balcony")
    await juliet.sends(answer)  # nobody asked her
    router = stage.core.router
    session = router.sessions.get(romeo.jid)
    assert session is not None and not router.capabilities.of(session)
    await romeo.sends(PRESENCE)
    asked = await romeo.hears("<iq type='get'/>")
    await romeo.sends(
        f"<iq type='result' id='{asked.get('id')}' to='shakespeare.lit'>{EXODUS}</iq>"
    )
    assert MUC in router.capabilities.of(session)
    await juliet.sends(PRESENCE)
    assert not [each for each in await juliet.drains() if each.name == "iq"]


async def test_who_announces_another_hash_speaks_for_itself_alone(stage: Stage) -> None:
    """§5.4: what it answers is true of it, but not of who announces the same."""
    romeo = await stage.client("romeo@shakespeare.lit/orchard")
    juliet = await stage.client("juliet@shakespeare.lit/balcony")
    liar = EXODUS.replace("protocol/muc", "protocol/tune+notify")
    for client, known in ((romeo, True), (juliet, False)):
        await client.sends(PRESENCE)
        asked = await client.hears("<iq type='get' from='shakespeare.lit'/>")
        session = stage.core.router.sessions.get(client.jid)
        assert session is not None and not session.features
        if known:
            answer = f"<iq type='result' id='{asked.get('id')}' to='shakespeare.lit'>{liar}</iq>"
            await client.sends(answer)
            await client.sends(PRESENCE)
            assert "http://jabber.org/protocol/tune+notify" in session.features
            assert [each.name for each in await client.drains()] == ["presence"]  # not asked again
