"""XEP-0503 0.3.0: spaces, public and private, what is in them and what says that it is."""

from __future__ import annotations

import pytest

from tests.facades.megacorp import (
    CHILDREN,
    INFO,
    LEAD,
    PUBSUB,
    SERVICE,
    SOCKS,
    SPACES,
    belongs,
    create,
    form,
    owner,
    publish,
    told,
)
from tests.stage import Client, Stage

LIST = f"""
    <iq type='get' from='emacs-user@megacorp.example.com/cool-client' to='{SERVICE}'
        id='spaces-items'>
      <query xmlns='http://jabber.org/protocol/disco#items'>
        <!-- Optional filter, if supported -->
        <filter xmlns='urn:xmpp:pubsub-filter:0'>
          <x xmlns='jabber:x:data' type='submit'>
            <field var='FORM_TYPE' type='hidden'>
              <value>urn:xmpp:pubsub-filter:0</value>
            </field>
            <field type='list-multi' var='included-types'>
              <value>urn:xmpp:spaces:0</value>
              <value/>
            </field>
          </x>
        </filter>
      </query>
    </iq>""".replace("<!-- Optional filter, if supported -->", "")
METADATA = f"""
    <iq type='get' from='emacs-user@megacorp.example.com/cool-client' to='{SERVICE}'
        id='space-metadata'>
      <query xmlns='http://jabber.org/protocol/disco#info' node='dev'/>
    </iq>"""
CONTENT = f"""
    <iq type='get' from='emacs-user@megacorp.example.com/cool-client' to='{SERVICE}'
        id='space-items'>
      <pubsub xmlns='http://jabber.org/protocol/pubsub'>
        <items node='dev' />
      </pubsub>
    </iq>"""


@pytest.fixture
async def lead(megacorp: Stage) -> Client:
    """Who makes the spaces."""
    return await megacorp.client(f"{LEAD}/desk", available=True)


# --- §3


async def test_a_space_is_configured_as_one(lead: Client) -> None:
    """§3, Table 1: the musts and shoulds are the defaults; private unless asked otherwise."""
    await lead.asks(create("dev"), "<iq type='result'/>")
    answer = await lead.asks(owner("<configure node='dev'/>", "get"), "<iq type='result'/>")
    fields = {
        field.get("var"): [value.text for value in field.childs("jabber:x:data", "value")]
        for field in answer.elements[0].elements[0].elements[0].elements
    }
    for name in ("notify_retract", "persist_items", "notify_sub", "notify_config", "notify_delete"):
        assert fields[f"pubsub#{name}"] == ["1"]
    assert fields["pubsub#purge_offline"] == ["0"]
    assert fields["pubsub#type"] == [SPACES]
    assert fields["pubsub#publish_model"] == ["publishers"]
    assert fields["pubsub#access_model"] == ["authorize"]


@pytest.mark.parametrize("model", ["open", "authorize", "whitelist"])
async def test_a_space_is_public_or_private(lead: Client, model: str) -> None:
    """§3: open is public, authorize and whitelist are private."""
    await lead.asks(create("dev", access_model=model), "<iq type='result'/>")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("notify_retract", "0"),
        ("persist_items", "0"),
        ("purge_offline", "1"),
        ("subscribe", "0"),
        ("publish_model", "open"),
        ("access_model", "presence"),
        ("access_model", "roster"),
    ],
)
async def test_what_a_space_cannot_be(lead: Client, name: str, value: str) -> None:
    """§3, Table 1: neither made so nor made to be so later; the field is named."""
    answer = await lead.asks(create("dev", **{name: value}), "<iq type='error'/>")
    assert f"pubsub#{name}" in repr(answer)
    assert "not-acceptable" in repr(answer)
    await lead.asks(create("dev"), "<iq type='result'/>")
    configure = f"<configure node='dev'>{form(**{name: value})}</configure>"
    answer = await lead.asks(owner(configure), "<iq type='error'/>")
    assert f"pubsub#{name}" in repr(answer)


async def test_a_node_becomes_a_space_only_as_it_should_be(lead: Client) -> None:
    """§3: the musts hold from the moment that a node says it is one."""
    await lead.asks(create("dev", type="", notify_retract="0"), "<iq type='result'/>")
    become = f"<configure node='dev'>{form(type=SPACES)}</configure>"
    await lead.refused(owner(become), "not-acceptable")
    become = f"<configure node='dev'>{form(type=SPACES, notify_retract='1')}</configure>"
    await lead.asks(owner(become), "<iq type='result'/>")


# --- §5.1 and §5.2


async def test_listing_spaces(lead: Client, user: Client) -> None:
    """§5.1, Examples 1 and 2: public ones, and those one is in; a filter is passed over."""
    for node, title, model in (
        ("dev", "The developers corner", "open"),
        ("management", "The bosses lounge", "authorize"),
        ("sales", "Sales team", "open"),
    ):
        await lead.asks(create(node, title=title, access_model=model), "<iq type='result'/>")
    answer = await user.asks(
        LIST,
        f"""
        <iq type='result' to='emacs-user@megacorp.example.com/cool-client' from='{SERVICE}'
            id='spaces-items'>
          <query xmlns='http://jabber.org/protocol/disco#items'>
            <item jid='{SERVICE}' node='dev' name='The developers corner'/>
            <item jid='{SERVICE}' node='sales' name='Sales team'/>
          </query>
        </iq>""",
    )
    assert "bosses" not in repr(answer)
    assert "The bosses lounge" in repr(await lead.asks(LIST))


async def test_the_metadata_of_a_space(lead: Client, user: Client) -> None:
    """§5.2, Examples 3 and 4; who owns a private one is for its members to know."""
    await lead.asks(create("dev", title="The developers corner", access_model="open"))
    answer = await user.asks(
        METADATA,
        f"""
        <iq type='result' from='{SERVICE}' id='space-metadata'>
          <query xmlns='http://jabber.org/protocol/disco#info' node='dev'>
            <identity category='pubsub' type='leaf'/>
            <feature var='http://jabber.org/protocol/pubsub'/>
            <x xmlns='jabber:x:data' type='result'>
              <field var='FORM_TYPE' type='hidden'>
                <value>http://jabber.org/protocol/pubsub#meta-data</value>
              </field>
            </x>
          </query>
        </iq>""",
    )
    assert told(answer, "pubsub#type") == [SPACES]
    assert told(answer, "pubsub#creator") == ["lead-dev@megacorp.example.com"]
    assert told(answer, "pubsub#title") == ["The developers corner"]
    assert told(answer, "pubsub#owner") == ["lead-dev@megacorp.example.com"]
    await lead.asks(create("board", access_model="authorize"), "<iq type='result'/>")
    row = "<affiliation jid='editor@megacorp.example.com' affiliation='publisher'/>"
    await lead.asks(
        owner(f"<affiliations node='board'>{row}</affiliations>"), "<iq type='result'/>"
    )
    board = METADATA.replace("node='dev'", "node='board'")
    answer = await user.asks(board, "<iq type='result'/>")
    assert "lead-dev@" not in repr(answer)
    assert "editor@" not in repr(answer)
    answer = await lead.asks(board)
    assert told(answer, "pubsub#owner") == ["lead-dev@megacorp.example.com"]
    assert told(answer, "pubsub#publisher") == ["editor@megacorp.example.com"]


# --- §5.3 and §5.4


async def test_joining_a_public_space(lead: Client, user: Client) -> None:
    """§5.3: to subscribe is to join, and to be a member."""
    await lead.asks(create("dev", access_model="open"))
    await user.asks(
        f"""
        <iq type='set' to='{SERVICE}' id='s'><pubsub xmlns='{PUBSUB}'>
          <subscribe node='dev' jid='emacs-user@megacorp.example.com'/></pubsub></iq>""",
        f"<iq type='result'><pubsub xmlns='{PUBSUB}'><subscription subscription='subscribed'/>"
        "</pubsub></iq>",
    )
    answer = await user.asks(METADATA)
    assert told(answer, "pubsub#num_subscribers") == ["1"]
    answer = await lead.asks(owner("<affiliations node='dev'/>", "get"))
    assert "jid='emacs-user@megacorp.example.com' affiliation='member'" in repr(answer)


async def test_the_content_of_a_space(lead: Client, user: Client) -> None:
    """§5.2.1 and §5.4, Examples 5 to 7: rooms, nodes, links, pictures, and all as it was put."""
    await lead.asks(create("dev", access_model="open"))
    for item_id, payload in CHILDREN.items():
        await lead.asks(publish(item_id, payload), "<iq type='result'/>")
    items = "".join(f"<item id='{each}'>{payload}</item>" for each, payload in CHILDREN.items())
    await user.asks(
        CONTENT,
        f"<iq type='result' id='space-items'><pubsub xmlns='{PUBSUB}'><items node='dev'>{items}"
        "</items></pubsub></iq>",
    )


async def test_a_private_space_shows_nothing_to_strangers(lead: Client, user: Client) -> None:
    """§3: joined at the discretion of its owner, and read by its members."""
    await lead.asks(create("dev"))
    await user.refused(CONTENT, "not-subscribed", "not-authorized")
    await lead.asks(create("board", access_model="whitelist"))
    await user.refused(CONTENT.replace("dev", "board"), "closed-node", "not-allowed")


@pytest.mark.parametrize(
    ("item_id", "payload"),
    [
        ("not a room", CHILDREN[SOCKS]),
        ("conference.megacorp.example.com", CHILDREN[SOCKS]),
        ("other@rooms.example.org", CHILDREN[SOCKS]),
        ("@", CHILDREN[SOCKS]),
        ("x", "<subscription xmlns='urn:xmpp:pubsub:subscription:0' server='@' node='dev'/>"),
        ("x", "<subscription xmlns='urn:xmpp:pubsub:subscription:0' node='dev'/>"),
        ("x", f"<subscription xmlns='urn:xmpp:pubsub:subscription:0' server='{SERVICE}'/>"),
    ],
)
async def test_what_makes_no_sense_is_kept_and_lists_nothing(
    lead: Client, item_id: str, payload: str
) -> None:
    """§5.4: other entities can be present."""
    await lead.asks(create("dev", access_model="open"))
    await lead.asks(publish(item_id, payload), "<iq type='result'/>")
    assert f"id='{item_id}'" in repr(await lead.asks(CONTENT))


# --- §5.5


async def parent_of(client: Client, jid: str, node: str = "") -> tuple[list[str], bool]:
    """Which space an entity says it is in, and whether it has the feature."""
    of = f" node='{node}'" if node else ""
    answer = await client.asks(
        f"<iq type='get' to='{jid}' id='i'><query xmlns='{INFO}'{of}/></iq>", "<iq type='result'/>"
    )
    features = [each.get("var") for each in answer.elements[0].childs(INFO, "feature")]
    return told(answer, "parent"), SPACES in features


async def test_a_node_says_which_space_it_is_in(lead: Client) -> None:
    """§5.5: once both say so, and no longer when one of them takes it back."""
    await lead.asks(create("dev", access_model="open"))
    await lead.asks(create("dev-announcements", type="", access_model="open"))
    assert await parent_of(lead, SERVICE, "dev-announcements") == ([], False)
    claim = (
        "<configure node='dev-announcements'><x xmlns='jabber:x:data' type='submit'>"
        "<field var='{urn:xmpp:pubsub-relationships:0}parent'>"
        f"<value>xmpp:{SERVICE}?;node=dev</value></field></x></configure>"
    )
    await lead.asks(owner(claim), "<iq type='result'/>")
    assert await parent_of(lead, SERVICE, "dev-announcements") == ([], False)
    await lead.asks(publish("some-hash", CHILDREN["some-hash"]), "<iq type='result'/>")
    dev = f"xmpp:{SERVICE}?;node=dev"
    assert await parent_of(lead, SERVICE, "dev-announcements") == ([dev], True)
    retract = (
        f"<iq type='set' to='{SERVICE}' id='t'><pubsub xmlns='{PUBSUB}'>"
        "<retract node='dev'><item id='some-hash'/></retract></pubsub></iq>"
    )
    await lead.asks(retract, "<iq type='result'/>")
    assert await parent_of(lead, SERVICE, "dev-announcements") == ([], False)


async def test_a_room_says_which_space_it_is_in(lead: Client, user: Client) -> None:
    """§5.5, Examples 8 and 9; a claim alone is not a membership."""
    await lead.asks(create("dev", access_model="open"))
    await belongs(lead, SOCKS, "dev")
    assert await parent_of(user, SOCKS) == ([], False)
    await lead.asks(publish(SOCKS, CHILDREN[SOCKS]), "<iq type='result'/>")
    assert await parent_of(user, SOCKS) == ([f"xmpp:{SERVICE}?;node=dev"], True)


async def test_members_of_the_space_are_members_of_its_rooms(lead: Client, user: Client) -> None:
    """Trickle-down: who was let in hears so once the rooms are open to them."""
    await lead.asks(create("dev"))
    await belongs(lead, SOCKS, "dev")
    await lead.asks(publish(SOCKS, CHILDREN[SOCKS]), "<iq type='result'/>")
    enter = f"<presence to='{SOCKS}/emacs'><x xmlns='http://jabber.org/protocol/muc'/></presence>"
    await user.sends(enter)
    await user.hears(
        f"""
        <presence from='{SOCKS}/emacs' type='error'><error type='auth'>
          <registration-required xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>
        </error></presence>"""
    )
    await user.asks(
        f"""
        <iq type='set' to='{SERVICE}' id='s'><pubsub xmlns='{PUBSUB}'>
          <subscribe node='dev' jid='emacs-user@megacorp.example.com'/></pubsub></iq>""",
        "<iq type='result'/>",
    )
    approve = "<subscription jid='emacs-user@megacorp.example.com' subscription='subscribed'/>"
    await lead.sends(owner(f"<subscriptions node='dev'>{approve}</subscriptions>"))
    await user.hears(f"<message from='{SERVICE}'/>")
    await user.sends(enter)
    await user.hears(
        f"""
        <presence from='{SOCKS}/emacs'><x xmlns='http://jabber.org/protocol/muc#user'>
          <item affiliation='member' role='participant'/><status code='110'/>
        </x></presence>"""
    )
    ban = "<affiliation jid='emacs-user@megacorp.example.com' affiliation='outcast'/>"
    await lead.sends(owner(f"<affiliations node='dev'>{ban}</affiliations>"))
    await user.hears(
        f"""
        <presence from='{SOCKS}/emacs' type='unavailable'>
          <x xmlns='http://jabber.org/protocol/muc#user'><status code='110'/></x>
        </presence>"""
    )
