"""XEP-0060 1.30.0, §10: what is advertised is there, and what is there is advertised."""

from __future__ import annotations

from folkmoot.facades.pubsub import ACCOUNT_FEATURES, FEATURES
from tests.facades.pubsub.denmark import FRANCISCO, PUBSUB, Denmark, fields

SERVICE = {
    "access-open",  # the model a node begins with, not one of those there are
    "config-node",
    "config-node-max",
    "create-and-configure",
    "create-nodes",
    "delete-items",
    "delete-nodes",
    "get-pending",
    "instant-nodes",
    "item-ids",
    "leased-subscription",
    "manage-subscriptions",
    "member-affiliation",
    "meta-data",
    "modify-affiliations",
    "multi-items",
    "multi-subscribe",
    "outcast-affiliation",
    "persistent-items",
    "presence-notifications",
    "publish",
    "publish-node-full",
    "publish-only-affiliation",
    "publish-options",
    "publisher-affiliation",
    "purge-nodes",
    "retract-items",
    "retrieve-affiliations",
    "retrieve-default",
    "retrieve-default-sub",
    "retrieve-items",
    "retrieve-subscriptions",
    "rsm",
    "subscribe",
    "subscription-notifications",
    "subscription-options",
}
ACCOUNT = SERVICE - {"access-open"} | {
    *("access-presence", "auto-create", "auto-subscribe"),
    *("filtered-notifications", "last-published"),  # these in tests/facades/test_pep.py
}
SPACES = {
    *("subscribe", "create-nodes", "delete-nodes", "config-node", "meta-data", "delete-items"),
    *("retract-items", "multi-items", "item-ids", "manage-subscriptions", "retrieve-items"),
    *("member-affiliation", "modify-affiliations", "retrieve-affiliations", "get-pending"),
}
"""What XEP-0503 0.3.0 §4 wants of a service, musts and shoulds."""


def of_pubsub(features: tuple[str, ...]) -> set[str]:
    """The names of §10 among some features."""
    return {each.removeprefix(f"{PUBSUB}#") for each in features if each.startswith(f"{PUBSUB}#")}


def test_just_these_features() -> None:
    """§10, Table 7: each has its test in this folder; none else is said to be here."""
    assert of_pubsub(FEATURES) == SERVICE
    assert of_pubsub(ACCOUNT_FEATURES) == ACCOUNT
    assert PUBSUB in FEATURES


def test_it_is_a_service_for_spaces() -> None:
    """XEP-0503 0.3.0 §4."""
    assert of_pubsub(FEATURES) >= SPACES
    assert "urn:xmpp:spaces:0" in FEATURES


async def test_the_access_model_a_node_begins_with(denmark: Denmark) -> None:
    """`access-open` and `access-presence`: as the default form of each has it (§4.5, §8.3)."""
    for service, model in (("pubsub.shakespeare.lit", "open"), ("hamlet@denmark.lit", "presence")):
        await denmark.hamlet.asks(
            denmark.iq("get", "<default/>", f"{PUBSUB}#owner", to=service),
            f"""
            <iq type='result'><pubsub xmlns='{PUBSUB}#owner'><default>
              <x xmlns='jabber:x:data' type='form'>
                <field var='pubsub#access_model'><value>{model}</value></field>
              </x>
            </default></pubsub></iq>""",
        )


async def test_several_items_are_kept_and_as_many_as_the_owner_says(denmark: Denmark) -> None:
    """`multi-items`: more than one item a node, and `pubsub#max_items` for the owner to set."""
    await denmark.makes()
    await denmark.publishes("1", "2", "3")
    assert await denmark.items(denmark.hamlet) == ["1", "2", "3"]
    await denmark.configures(max_items="5")
    await denmark.publishes("4", "5", "6")
    assert await denmark.items(denmark.hamlet) == ["2", "3", "4", "5", "6"]


async def test_nodes_of_an_account_are_made_by_publishing(denmark: Denmark) -> None:
    """`auto-create` (§7.1.4) is an account's alone, and its owner's."""
    item = "<publish node='urn:example:tune'><item id='1'><tune xmlns='x'/></item></publish>"
    own = denmark.iq("set", item, to="hamlet@denmark.lit")
    await denmark.hamlet.asks(own, "<iq type='result' from='hamlet@denmark.lit'/>")
    francisco = await denmark.client(FRANCISCO)
    await francisco.refused(
        denmark.iq("get", "<items node='urn:example:tune'/>", to="hamlet@denmark.lit"),
        "presence-subscription-required",
        "not-authorized",
    )
    await denmark.hamlet.refused(denmark.iq("set", item), "item-not-found")


async def test_affiliations_there_are(denmark: Denmark) -> None:
    """`member-`, `outcast-`, `publisher-` and `publish-only-affiliation` (§4.1, Table 1)."""
    await denmark.makes(access_model="whitelist")
    for affiliation in ("publisher", "publish-only", "member", "outcast", "none", "owner"):
        await denmark.affiliates("francisco@denmark.lit", affiliation)
        answer = await denmark.hamlet.asks(
            denmark.iq("get", "<affiliations node='princely_musings'/>", f"{PUBSUB}#owner")
        )
        rows = {
            row.get("jid"): row.get("affiliation")
            for row in answer.elements[0].elements[0].elements
        }
        assert rows.get("francisco@denmark.lit", "none") == affiliation


async def test_a_publish_only_entity_reads_nothing(denmark: Denmark) -> None:
    """§4.1, Table 1: it neither subscribes nor retrieves, not even from an open node."""
    await denmark.makes()
    await denmark.affiliates("francisco@denmark.lit", "publish-only")
    francisco = await denmark.client(FRANCISCO)
    subscribe = "<subscribe node='princely_musings' jid='francisco@denmark.lit'/>"
    await francisco.refused(denmark.iq("set", subscribe), "forbidden", type="auth")
    items = denmark.iq("get", "<items node='princely_musings'/>")
    await francisco.refused(items, "forbidden", type="auth")


async def test_the_form_takes_what_it_offers(denmark: Denmark) -> None:
    """`config-node`: every option of every list is one that can be chosen (§8.2.2)."""
    await denmark.makes()
    for name, options in (
        ("access_model", ("open", "presence", "roster", "authorize", "whitelist")),
        ("publish_model", ("publishers", "subscribers", "open")),
        ("send_last_published_item", ("never", "on_sub", "on_sub_and_presence")),
        ("notification_type", ("normal", "headline")),
        ("publish_node_full", ("reject", "discard-oldest", "retract-oldest")),
        ("itemreply", ("owner", "none", "publisher")),
    ):
        for option in options:
            form = f"<configure node='princely_musings'>{fields(**{name: option})}</configure>"
            await denmark.hamlet.asks(
                denmark.iq("set", form, f"{PUBSUB}#owner"), "<iq type='result'/>"
            )
