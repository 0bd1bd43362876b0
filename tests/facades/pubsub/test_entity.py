"""XEP-0060 1.30.0, §5: what anyone can find out."""

from __future__ import annotations

from tests.facades.pubsub.denmark import BERNARDO, FRANCISCO, Denmark

INFO = """
    <iq type='get' from='francisco@denmark.lit/barracks' to='pubsub.shakespeare.lit' id='meta1'>
      <query xmlns='http://jabber.org/protocol/disco#info' node='princely_musings'/>
    </iq>"""
NODES = """
    <iq type='get' from='francisco@denmark.lit/barracks' to='pubsub.shakespeare.lit' id='disco1'>
      <query xmlns='http://jabber.org/protocol/disco#items'/>
    </iq>"""
SUBSCRIPTIONS = """
    <iq type='get' from='francisco@denmark.lit/barracks' to='pubsub.shakespeare.lit'
        id='subscriptions1'>
      <pubsub xmlns='http://jabber.org/protocol/pubsub'>
        <subscriptions/>
      </pubsub>
    </iq>"""
AFFILIATIONS = """
    <iq type='get' from='francisco@denmark.lit/barracks' to='pubsub.shakespeare.lit' id='affil1'>
      <pubsub xmlns='http://jabber.org/protocol/pubsub'>
        <affiliations/>
      </pubsub>
    </iq>"""


async def test_the_service_says_what_it_is(denmark: Denmark) -> None:
    """§5.1, Examples 7 and 8."""
    francisco = await denmark.client(FRANCISCO)
    await francisco.asks(
        """
        <iq type='get' to='pubsub.shakespeare.lit' id='feature1'>
          <query xmlns='http://jabber.org/protocol/disco#info'/>
        </iq>""",
        """
        <iq type='result' from='pubsub.shakespeare.lit' to='francisco@denmark.lit/barracks'
            id='feature1'>
          <query xmlns='http://jabber.org/protocol/disco#info'>
            <identity category='pubsub' type='service'/>
            <feature var='http://jabber.org/protocol/pubsub'/>
          </query>
        </iq>""",
    )


async def test_nodes_are_listed_with_their_titles(denmark: Denmark) -> None:
    """§5.2, Examples 9 and 10."""
    await denmark.makes("Romeoance", title="Letters to my Beloved")
    await denmark.makes("Julliennui", title="A Rose by Another Name")
    francisco = await denmark.client(FRANCISCO)
    await francisco.asks(
        NODES,
        """
        <iq type='result' id='disco1'>
          <query xmlns='http://jabber.org/protocol/disco#items'>
            <item node='Julliennui' name='A Rose by Another Name' jid='pubsub.shakespeare.lit'/>
            <item node='Romeoance' name='Letters to my Beloved' jid='pubsub.shakespeare.lit'/>
          </query>
        </iq>""",
    )


async def test_the_title_is_the_name_in_the_list_as_soon_as_it_changes(denmark: Denmark) -> None:
    """§5.2; bjc/prosody #1226."""
    await denmark.makes(title="Musings")
    await denmark.configures(title="Princely Musings")
    await denmark.hamlet.asks(
        NODES,
        """
        <iq type='result'><query xmlns='http://jabber.org/protocol/disco#items'>
          <item node='princely_musings' name='Princely Musings'/>
        </query></iq>""",
    )


async def test_a_node_is_a_leaf_and_says_what_it_holds(denmark: Denmark) -> None:
    """§5.3 and §5.4, Examples 11 to 14."""
    await denmark.makes(
        type="urn:example:e2ee:bundle",
        title="Princely Musings (Atom)",
        description="Updates for Hamlet's Princely Musings weblog.".replace("'", "&apos;"),
        language="en",
        max_items="120",
    )
    await denmark.affiliates("bernardo@denmark.lit", "publisher")
    francisco = await denmark.subscribed(FRANCISCO)
    await francisco.asks(
        INFO,
        """
        <iq type='result' from='pubsub.shakespeare.lit' id='meta1'>
          <query xmlns='http://jabber.org/protocol/disco#info' node='princely_musings'>
            <identity category='pubsub' type='leaf'/>
            <feature var='http://jabber.org/protocol/pubsub'/>
            <x xmlns='jabber:x:data' type='result'>
              <field var='FORM_TYPE' type='hidden'>
                <value>http://jabber.org/protocol/pubsub#meta-data</value>
              </field>
              <field var='pubsub#title'><value>Princely Musings (Atom)</value></field>
              <field var='pubsub#description'>
                <value>Updates for Hamlet&apos;s Princely Musings weblog.</value>
              </field>
              <field var='pubsub#type'><value>urn:example:e2ee:bundle</value></field>
              <field var='pubsub#language'><value>en</value></field>
              <field var='pubsub#access_model'><value>open</value></field>
              <field var='pubsub#publish_model'><value>publishers</value></field>
              <field var='pubsub#max_items'><value>120</value></field>
              <field var='pubsub#creation_date'><value>2004-05-18T20:00:00Z</value></field>
              <field var='pubsub#num_subscribers'><value>1</value></field>
              <field var='pubsub#creator'><value>hamlet@denmark.lit</value></field>
              <field var='pubsub#owner'><value>hamlet@denmark.lit</value></field>
              <field var='pubsub#publisher'><value>bernardo@denmark.lit</value></field>
            </x>
          </query>
        </iq>""",
    )


async def test_of_a_node_that_is_not_there_nothing_is_said(denmark: Denmark) -> None:
    """§5.3; XEP-0030 §7."""
    await denmark.hamlet.refused(INFO, "item-not-found", type="cancel")


async def test_items_are_listed_by_name(denmark: Denmark) -> None:
    """§5.5, Example 15: the name is the item's id, and there is no node."""
    await denmark.makes()
    await denmark.publishes("368866411b877c30064a5f62b917cffe", "ae890ac52d0df67ed7cfdf51b644e901")
    answer = await denmark.hamlet.asks(
        """
        <iq type='get' to='pubsub.shakespeare.lit' id='items1'>
          <query xmlns='http://jabber.org/protocol/disco#items' node='princely_musings'/>
        </iq>""",
        """
        <iq type='result' id='items1'>
          <query xmlns='http://jabber.org/protocol/disco#items' node='princely_musings'>
            <item jid='pubsub.shakespeare.lit' name='368866411b877c30064a5f62b917cffe'/>
            <item jid='pubsub.shakespeare.lit' name='ae890ac52d0df67ed7cfdf51b644e901'/>
          </query>
        </iq>""",
    )
    assert all(item.get("node") is None for item in answer.elements[0].elements)


async def test_one_finds_ones_subscriptions(denmark: Denmark) -> None:
    """§5.6, Examples 16, 17, 20 and 21."""
    await denmark.makes("node1")
    await denmark.makes("node2", access_model="authorize")
    francisco = await denmark.subscribed(FRANCISCO, "node1")
    await francisco.asks(
        denmark.iq("set", "<subscribe node='node2' jid='francisco@denmark.lit'/>"),
        "<iq type='result'/>",
    )
    await francisco.asks(
        SUBSCRIPTIONS,
        """
        <iq type='result' id='subscriptions1'>
          <pubsub xmlns='http://jabber.org/protocol/pubsub'><subscriptions>
            <subscription node='node1' jid='francisco@denmark.lit' subscription='subscribed'/>
            <subscription node='node2' jid='francisco@denmark.lit' subscription='pending'/>
          </subscriptions></pubsub>
        </iq>""",
    )
    answer = await francisco.asks(denmark.iq("get", "<subscriptions node='node2'/>"))
    (subscriptions,) = answer.elements[0].elements
    assert subscriptions.get("node") == "node2"
    assert [each.get("node") for each in subscriptions.elements] == ["node2"]


async def test_who_has_no_subscriptions_is_told_so(denmark: Denmark) -> None:
    """§5.6, Example 18: an empty element; others' subscriptions are not ours to see."""
    await denmark.makes()
    await denmark.subscribed(BERNARDO)
    francisco = await denmark.client(FRANCISCO)
    answer = await francisco.asks(SUBSCRIPTIONS, "<iq type='result'/>")
    (subscriptions,) = answer.elements[0].elements
    assert (subscriptions.name, subscriptions.children) == ("subscriptions", [])


async def test_one_finds_ones_affiliations(denmark: Denmark) -> None:
    """§5.7, Examples 22, 23, 26 and 27."""
    for node, affiliation in (("node1", "owner"), ("node2", "publisher"), ("node5", "outcast")):
        await denmark.makes(node)
        await denmark.affiliates("francisco@denmark.lit", affiliation, node)
    francisco = await denmark.client(FRANCISCO)
    await francisco.asks(
        AFFILIATIONS,
        """
        <iq type='result' id='affil1'>
          <pubsub xmlns='http://jabber.org/protocol/pubsub'><affiliations>
            <affiliation node='node1' affiliation='owner'/>
            <affiliation node='node2' affiliation='publisher'/>
            <affiliation node='node5' affiliation='outcast'/>
          </affiliations></pubsub>
        </iq>""",
    )
    answer = await francisco.asks(denmark.iq("get", "<affiliations node='node2'/>"))
    (affiliations,) = answer.elements[0].elements
    assert [each.get("affiliation") for each in affiliations.elements] == ["publisher"]


async def test_who_has_no_affiliations_is_told_so(denmark: Denmark) -> None:
    """§5.7, Example 24."""
    await denmark.makes()
    francisco = await denmark.client(FRANCISCO)
    answer = await francisco.asks(AFFILIATIONS, "<iq type='result'/>")
    (affiliations,) = answer.elements[0].elements
    assert (affiliations.name, affiliations.children) == ("affiliations", [])
