"""XEP-0060 1.30.0, §8.8 and §8.9: subscriptions and affiliations, as an owner sets them."""

from __future__ import annotations

import pytest

from tests.facades.pubsub.denmark import (
    BERNARDO,
    FRANCISCO,
    GERTRUDE,
    OWNER,
    POLONIUS,
    Denmark,
)

GET_SUBSCRIPTIONS = """
    <iq type='get' from='hamlet@denmark.lit/elsinore' to='pubsub.shakespeare.lit' id='subman1'>
      <pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>
        <subscriptions node='princely_musings'/>
      </pubsub>
    </iq>"""
SET_SUBSCRIPTIONS = """
    <iq type='set' from='hamlet@denmark.lit/elsinore' to='pubsub.shakespeare.lit' id='subman3'>
      <pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>
        <subscriptions node='princely_musings'>
          <subscription jid='polonius@denmark.lit' subscription='none'/>
          <subscription jid='bard@shakespeare.lit' subscription='subscribed'/>
        </subscriptions>
      </pubsub>
    </iq>"""
GET_AFFILIATIONS = """
    <iq type='get' from='hamlet@denmark.lit/elsinore' to='pubsub.shakespeare.lit' id='ent1'>
      <pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>
        <affiliations node='princely_musings'/>
      </pubsub>
    </iq>"""
SET_AFFILIATIONS = """
    <iq type='set' from='hamlet@denmark.lit/elsinore' to='pubsub.shakespeare.lit' id='ent2'>
      <pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>
        <affiliations node='princely_musings'>
          <affiliation jid='bard@shakespeare.lit' affiliation='publisher'/>
        </affiliations>
      </pubsub>
    </iq>"""
WITHOUT_OWNERS = """
    <iq type='set' from='hamlet@denmark.lit/elsinore' to='pubsub.shakespeare.lit' id='ent3'>
      <pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>
        <affiliations node='princely_musings'>
          <affiliation jid='hamlet@denmark.lit' affiliation='none'/>
          <affiliation jid='polonius@denmark.lit' affiliation='none'/>
          <affiliation jid='bard@shakespeare.lit' affiliation='publisher'/>
        </affiliations>
      </pubsub>
    </iq>"""


async def rows(denmark: Denmark, request: str, what: str) -> dict[str | None, str | None]:
    """What an owner is told of everybody."""
    answer = await denmark.hamlet.asks(request, "<iq type='result'/>")
    (list_,) = answer.elements[0].elements
    assert (list_.name, list_.get("node")) == (f"{what}s", "princely_musings")
    return {row.get("jid"): row.get(what) for row in list_.elements}


def subscriptions(denmark: Denmark, *rows: str) -> str:
    """A request that sets subscriptions."""
    child = f"<subscriptions node='princely_musings'>{''.join(rows)}</subscriptions>"
    return denmark.iq("set", child, OWNER)


def affiliations(denmark: Denmark, *rows: str) -> str:
    """A request that sets affiliations."""
    child = f"<affiliations node='princely_musings'>{''.join(rows)}</affiliations>"
    return denmark.iq("set", child, OWNER)


# --- §8.8


async def test_an_owner_sees_every_subscription(denmark: Denmark) -> None:
    """§8.8.1, Examples 184 and 185: who waits, too."""
    await denmark.makes(access_model="authorize")
    await denmark.affiliates("francisco@denmark.lit", "member")
    await denmark.subscribed(FRANCISCO)
    await denmark.subscribed(POLONIUS)
    assert await rows(denmark, GET_SUBSCRIPTIONS, "subscription") == {
        "francisco@denmark.lit": "subscribed",
        "polonius@denmark.lit": "pending",
    }


async def test_an_owner_sets_subscriptions(denmark: Denmark) -> None:
    """§8.8.2, §8.8.3 and §8.8.4, Examples 189, 190, 194 and 196: each is told their own."""
    await denmark.makes()
    polonius = await denmark.subscribed(POLONIUS)
    answer = await denmark.hamlet.asks(SET_SUBSCRIPTIONS, "<iq type='result' id='subman3'/>")
    assert answer.children == []
    await polonius.receives(
        """
        <message from='pubsub.shakespeare.lit' to='polonius@denmark.lit'>
          <event xmlns='http://jabber.org/protocol/pubsub#event'>
            <subscription node='princely_musings' jid='polonius@denmark.lit'
                subscription='none'/>
          </event>
        </message>"""
    )
    found = await rows(denmark, GET_SUBSCRIPTIONS, "subscription")
    assert found == {"bard@shakespeare.lit": "subscribed"}
    await denmark.publishes("1")
    await polonius.receives_nothing()


async def test_an_owner_subscribes_somebody(denmark: Denmark) -> None:
    """§8.8.4: who is put on the list hears so, and what is published."""
    await denmark.makes(access_model="whitelist")
    await denmark.affiliates("francisco@denmark.lit", "member")
    francisco = await denmark.client(FRANCISCO)
    row = "<subscription jid='francisco@denmark.lit' subscription='subscribed'/>"
    await denmark.hamlet.asks(subscriptions(denmark, row), "<iq type='result'/>")
    await francisco.receives(
        """
        <message><event xmlns='http://jabber.org/protocol/pubsub#event'>
          <subscription node='princely_musings' subscription='subscribed'/>
        </event></message>"""
    )
    await denmark.publishes("1")
    await francisco.receives("<message type='headline'/>")


async def test_what_is_not_said_is_not_changed(denmark: Denmark) -> None:
    """§8.8.2.1: without its attribute, a row says nothing."""
    await denmark.makes()
    await denmark.subscribed(POLONIUS)
    row = "<subscription jid='polonius@denmark.lit'/>"
    await denmark.hamlet.asks(subscriptions(denmark, row), "<iq type='result'/>")
    found = await rows(denmark, GET_SUBSCRIPTIONS, "subscription")
    assert found == {"polonius@denmark.lit": "subscribed"}


@pytest.mark.parametrize(
    ("row", "conditions"),
    [
        ("", ("bad-request",)),
        ("<subscription subscription='none'/>", ("jid-required", "bad-request")),
        ("<subscription jid='@' subscription='none'/>", ("invalid-jid", "bad-request")),
        ("<subscription jid='a@b' subscription='gone'/>", ("bad-request",)),
        ("<subscription jid='a@b' subscription='none'/>" * 2, ("bad-request",)),
        ("<subscription jid='gertrude@denmark.lit' subscription='subscribed'/>", ("forbidden",)),
        ("<subscription jid='a@b' subscription='unconfigured'/>", ("not-acceptable",)),
    ],
)
async def test_subscriptions_that_cannot_be(
    denmark: Denmark, row: str, conditions: tuple[str, ...]
) -> None:
    """§8.8.2.4: then none of them is set."""
    await denmark.makes()
    await denmark.affiliates("gertrude@denmark.lit", "outcast")
    await denmark.subscribed(POLONIUS)
    first = "<subscription jid='polonius@denmark.lit' subscription='none'/>" if row else ""
    await denmark.hamlet.refused(subscriptions(denmark, first, row), *conditions)
    found = await rows(denmark, GET_SUBSCRIPTIONS, "subscription")
    assert found == {"polonius@denmark.lit": "subscribed"}


async def test_no_more_at_a_time(denmark: Denmark) -> None:
    """STATES_MAX and AFFILIATIONS_MAX are reached."""
    await denmark.makes()
    for name, request in (("subscription", subscriptions), ("affiliation", affiliations)):
        told = [f"<{name} jid='{n}@x' {name}='none'/>" for n in range(1_001)]
        await denmark.hamlet.asks(request(denmark, *told[1:]), "<iq type='result'/>")
        await denmark.hamlet.refused(
            request(denmark, *told), "too-many-subscriptions", "policy-violation"
        )


async def test_rows_that_were_not_set_come_back(denmark: Denmark) -> None:
    """§8.8.2.4, Example 195: as all or none are set, all of them, and as they are."""
    await denmark.makes()
    await denmark.affiliates("gertrude@denmark.lit", "outcast")
    await denmark.subscribed(POLONIUS)
    rows = (
        "<subscription jid='polonius@denmark.lit' subscription='none'/>",
        "<subscription jid='gertrude@denmark.lit' subscription='subscribed'/>",
    )
    answer = await denmark.hamlet.asks(
        subscriptions(denmark, *rows),
        """
        <iq type='error'>
          <pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>
            <subscriptions node='princely_musings'>
              <subscription jid='polonius@denmark.lit' subscription='subscribed'/>
              <subscription jid='gertrude@denmark.lit' subscription='none'/>
            </subscriptions>
          </pubsub>
          <error type='auth'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>
        </iq>""",
    )
    assert len(answer.elements[0].elements[0].elements) == len(rows)


async def test_rows_tell_strangers_nothing(denmark: Denmark) -> None:
    """§8.8.2.3 and §8.9.2.3: how somebody stands is not to be found out by setting it."""
    await denmark.makes()
    await denmark.subscribed(POLONIUS)
    bernardo = await denmark.client(BERNARDO)
    for request, name in ((subscriptions, "subscription"), (affiliations, "affiliation")):
        rows = [f"<{name} jid='{jid}@denmark.lit' {name}='none'/>" for jid in ("polonius", "x")]
        answer = await bernardo.asks(request(denmark, *rows), "<iq type='error'/>")
        assert [each.name for each in answer.elements] == ["error"]


# --- §8.9


async def test_an_owner_sees_every_affiliation(denmark: Denmark) -> None:
    """§8.9.1, Examples 197 and 198."""
    await denmark.makes()
    await denmark.affiliates("bard@shakespeare.lit", "publisher")
    await denmark.affiliates("polonius@denmark.lit", "outcast")
    assert await rows(denmark, GET_AFFILIATIONS, "affiliation") == {
        "hamlet@denmark.lit": "owner",
        "bard@shakespeare.lit": "publisher",
        "polonius@denmark.lit": "outcast",
    }


async def test_an_account_owns_its_nodes(denmark: Denmark) -> None:
    """§8.9.1 of a node at an account (XEP-0163): its owner needs no row."""
    create = denmark.iq("set", "<create node='princely_musings'/>", to="hamlet@denmark.lit")
    await denmark.hamlet.asks(create, "<iq type='result'/>")
    request = GET_AFFILIATIONS.replace("to='pubsub.shakespeare.lit'", "")
    assert await rows(denmark, request, "affiliation") == {"hamlet@denmark.lit": "owner"}


async def test_setting_an_affiliation(denmark: Denmark) -> None:
    """§8.9.2, Examples 202 and 203."""
    await denmark.makes()
    answer = await denmark.hamlet.asks(SET_AFFILIATIONS, "<iq type='result' id='ent2'/>")
    assert answer.children == []
    found = await rows(denmark, GET_AFFILIATIONS, "affiliation")
    assert found["bard@shakespeare.lit"] == "publisher"


async def test_who_is_affiliated_is_told(denmark: Denmark) -> None:
    """§8.9.3 and §8.9.4, Example 210."""
    await denmark.makes()
    polonius = await denmark.client(POLONIUS)
    for affiliation in ("publisher", "none"):
        await denmark.affiliates("polonius@denmark.lit", affiliation)
        await polonius.receives(
            f"""
            <message from='pubsub.shakespeare.lit' to='polonius@denmark.lit'>
              <pubsub xmlns='http://jabber.org/protocol/pubsub'>
                <affiliations node='princely_musings'>
                  <affiliation jid='polonius@denmark.lit' affiliation='{affiliation}'/>
                </affiliations>
              </pubsub>
            </message>"""
        )
    found = await rows(denmark, GET_AFFILIATIONS, "affiliation")
    assert found == {"hamlet@denmark.lit": "owner"}


async def test_there_is_always_an_owner(denmark: Denmark) -> None:
    """§8.9.2.4, Examples 208 and 209: nor do all the owners go at once."""
    await denmark.makes()
    await denmark.affiliates("polonius@denmark.lit", "owner")
    await denmark.hamlet.refused(WITHOUT_OWNERS, "not-acceptable", type="modify")
    await denmark.hamlet.asks(
        WITHOUT_OWNERS,
        """
        <iq type='error' from='pubsub.shakespeare.lit' to='hamlet@denmark.lit/elsinore' id='ent3'>
          <pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>
            <affiliations node='princely_musings'>
              <affiliation jid='hamlet@denmark.lit' affiliation='owner'/>
              <affiliation jid='polonius@denmark.lit' affiliation='owner'/>
              <affiliation jid='bard@shakespeare.lit' affiliation='none'/>
            </affiliations>
          </pubsub>
          <error type='modify'>
            <not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>
          </error>
        </iq>""",
    )
    assert await rows(denmark, GET_AFFILIATIONS, "affiliation") == {
        "hamlet@denmark.lit": "owner",
        "polonius@denmark.lit": "owner",
    }


@pytest.mark.parametrize(
    ("row", "conditions"),
    [
        ("", ("bad-request",)),
        ("<affiliation affiliation='none'/>", ("jid-required", "bad-request")),
        ("<affiliation jid='@' affiliation='none'/>", ("invalid-jid", "bad-request")),
        ("<affiliation jid='a@b'/>", ("bad-request",)),
        ("<affiliation jid='a@b' affiliation='admin'/>", ("bad-request",)),
        ("<affiliation jid='a@b' affiliation='king'/>", ("bad-request",)),
        (
            "<affiliation jid='a@b' affiliation='none'/>"
            "<affiliation jid='a@b/c' affiliation='owner'/>",
            ("bad-request",),
        ),
    ],
)
async def test_affiliations_that_cannot_be(
    denmark: Denmark, row: str, conditions: tuple[str, ...]
) -> None:
    """§8.9.2.4: nobody is named twice; and then none of them is set."""
    await denmark.makes()
    first = "<affiliation jid='polonius@denmark.lit' affiliation='owner'/>" if row else ""
    await denmark.hamlet.refused(affiliations(denmark, first, row), *conditions)
    assert await rows(denmark, GET_AFFILIATIONS, "affiliation") == {"hamlet@denmark.lit": "owner"}


@pytest.mark.parametrize("place", [0, 4, 9])
@pytest.mark.parametrize("bad", ["outcast", "none", "king"])
async def test_ten_rows_of_which_one_is_bad(denmark: Denmark, place: int, bad: str) -> None:
    """§8.9.2.4 and §8.8.2.4: wherever it stands, the other nine are not set either."""
    await denmark.makes()
    told = [f"<affiliation jid='a{n}@b' affiliation='member'/>" for n in range(9)]
    told.insert(place, f"<affiliation jid='hamlet@denmark.lit' affiliation='{bad}'/>")
    answer = await denmark.hamlet.asks(affiliations(denmark, *told), "<iq type='error'/>")
    assert answer.get("type") == "error"
    assert await rows(denmark, GET_AFFILIATIONS, "affiliation") == {"hamlet@denmark.lit": "owner"}
    told = [f"<subscription jid='a{n}@b' subscription='subscribed'/>" for n in range(9)]
    told.insert(place, "<subscription jid='c@d' subscription='none' subid='123-abc'/>")
    await denmark.hamlet.asks(subscriptions(denmark, *told), "<iq type='error'/>")
    assert await rows(denmark, GET_SUBSCRIPTIONS, "subscription") == {}


@pytest.mark.parametrize(
    ("model", "affiliation"), [("authorize", "outcast"), ("open", "outcast"), ("whitelist", "none")]
)
async def test_who_loses_their_standing_hears_nothing_more(
    denmark: Denmark, model: str, affiliation: str
) -> None:
    """Lowering ends things: elsewhere the subscription stays, and items still come."""
    await denmark.makes(access_model=model)
    await denmark.affiliates("bernardo@denmark.lit", "member")
    bernardo = await denmark.subscribed(BERNARDO)
    await denmark.affiliates("bernardo@denmark.lit", affiliation)
    await bernardo.hears(
        """
        <message><event xmlns='http://jabber.org/protocol/pubsub#event'>
          <subscription node='princely_musings' jid='bernardo@denmark.lit' subscription='none'/>
        </event></message>"""
    )
    await denmark.publishes("1")
    assert all(
        each.elements[0].child(f"{OWNER[:-6]}#event", "items") is None
        for each in await bernardo.drains()
    )
    assert await rows(denmark, GET_SUBSCRIPTIONS, "subscription") == {}


async def test_another_access_model_ends_what_it_no_longer_allows(denmark: Denmark) -> None:
    """§4.5, §12.14: from open to whitelist."""
    await denmark.makes()
    gertrude = await denmark.subscribed(GERTRUDE)
    await denmark.affiliates("bernardo@denmark.lit", "member")
    await denmark.subscribed(BERNARDO)
    await denmark.configures(access_model="whitelist")
    await gertrude.hears(
        """
        <message><event xmlns='http://jabber.org/protocol/pubsub#event'>
          <subscription node='princely_musings' subscription='none'/>
        </event></message>"""
    )
    found = await rows(denmark, GET_SUBSCRIPTIONS, "subscription")
    assert found == {"bernardo@denmark.lit": "subscribed"}
