"""Rosters, presence and messages between accounts: RFC 6121, XEP-0160 1.0.1."""

from __future__ import annotations

import pytest

from tests.clients.actors import PATIENCE_SECONDS, Actor, body, presence
from tests.clients.town import Town

pytestmark = pytest.mark.asyncio(loop_scope="session")


def subscription(actor: Actor, other: Actor) -> str:
    """How one contact stands in the other's roster, as the client has it."""
    return str(actor.xmpp.client_roster[str(other.account)]["subscription"])


async def test_two_become_contacts(town: Town) -> None:
    """RFC 6121 §3.1: subscribe, subscribed, and again the other way; both rosters say so."""
    juliet, romeo = await town.actor("juliet"), await town.actor("romeo")
    await romeo.befriends(juliet)
    await juliet.is_up_to_date()
    assert (subscription(romeo, juliet), subscription(juliet, romeo)) == ("to", "from")
    await juliet.befriends(romeo)
    await romeo.is_up_to_date()
    assert (subscription(romeo, juliet), subscription(juliet, romeo)) == ("both", "both")


async def test_a_contact_is_named_and_grouped(town: Town) -> None:
    """RFC 6121 §2.4: a roster set, its push to every interested resource, and what is kept."""
    juliet = await town.actor("juliet")
    elsewhere = await town.actor("juliet", resource="chamber")
    nurse = await town.account("nurse")
    await juliet.xmpp.update_roster(str(nurse), name="Nurse", groups=["Servants"])
    await elsewhere.hears("roster_update", lambda iq: iq["type"] == "set")
    for actor in (juliet, elsewhere):
        await actor.xmpp.get_roster()
        contact = actor.xmpp.client_roster[str(nurse)]
        assert (contact["name"], contact["groups"]) == ("Nurse", ["Servants"])
    await juliet.xmpp.del_roster_item(str(nurse))
    await elsewhere.hears("roster_update", lambda iq: iq["type"] == "set")
    answer = await elsewhere.xmpp.get_roster(timeout=PATIENCE_SECONDS)
    assert str(nurse) not in answer["roster"]["items"]


async def test_presence_follows_who_comes_and_goes(town: Town) -> None:
    """RFC 6121 §4: status changes, leaving, and a stream that just breaks."""
    juliet, romeo = await town.actor("juliet"), await town.actor("romeo")
    await juliet.befriends(romeo)
    romeo.xmpp.send_presence(pshow="away", pstatus="banished")
    seen = await juliet.hears("presence", presence(romeo.jid, "away"))
    assert seen["status"] == "banished"
    romeo.xmpp.abort()
    await juliet.hears("presence", presence(romeo.jid, "unavailable"))


async def test_who_comes_later_learns_who_is_there(town: Town) -> None:
    """RFC 6121 §4.2.2, §4.3: initial presence, and the probes it causes."""
    juliet, romeo = await town.actor("juliet"), await town.actor("romeo")
    await juliet.befriends(romeo)
    await juliet.leaves()
    again = await town.actor("juliet", resource="chamber")
    await again.hears("presence", presence(romeo.jid))


async def test_they_talk(town: Town) -> None:
    """RFC 6121 §5, §8.5.2.1.1: a chat message reaches all resources that are there."""
    juliet, romeo = await town.actor("juliet"), await town.actor("romeo")
    elsewhere = await town.actor("juliet", resource="chamber")
    romeo.says(juliet.account, "By whose direction found'st thou out this place?")
    for actor in (juliet, elsewhere):
        heard = await actor.hears("message")
        assert heard["body"] == "By whose direction found'st thou out this place?"
        assert heard["from"] == str(romeo.jid)


async def test_messages_wait_for_who_is_away(town: Town) -> None:
    """XEP-0160 §2: kept while nobody is there, told in order with their time, and only once."""
    juliet = await town.actor("juliet")
    romeo = await town.account("romeo")
    for text in ("Good night", "Parting is such sweet sorrow", "That I shall say good night"):
        juliet.says(romeo, text)
    # The first answer says that all were looked at, the second that they are kept.
    await juliet.is_up_to_date()
    await juliet.is_up_to_date()
    at_home = await town.actor("romeo")
    for text in ("Good night", "Parting is such sweet sorrow", "That I shall say good night"):
        waited = await at_home.hears("message")
        assert waited["body"] == text
        assert waited["delay"]["stamp"] is not None
    await at_home.leaves()
    again = await town.actor("romeo")
    assert not [what for name, what in again.heard if name == "message"]


async def test_a_message_to_nobody_comes_back(town: Town) -> None:
    """RFC 6121 §8.5.1: service-unavailable where there is no such account."""
    juliet = await town.actor("juliet")
    juliet.says(town.named("rosaline"), "Is anybody there?")
    refused = await juliet.hears("message_error")
    assert refused["error"]["condition"] == "service-unavailable"


async def test_contacts_and_messages_outlive_a_restart(own_town: Town) -> None:
    """RFC 6121 §2.1, §3: subscriptions, a request not yet answered, names, messages that wait."""
    town = own_town
    juliet, romeo = await town.actor("juliet"), await town.actor("romeo")
    tybalt = await town.actor("tybalt")
    await juliet.befriends(romeo)
    await romeo.befriends(juliet)
    await juliet.xmpp.update_roster(str(romeo.account), name="Montague", groups=["Enemies"])
    await romeo.leaves()
    juliet.says(romeo.account, "Dost thou love me?")
    tybalt.xmpp.send_presence_subscription(pto=str(romeo.account))
    await tybalt.is_up_to_date()
    for _ in range(2):
        await juliet.is_up_to_date()
    await town.rises_again()
    juliet = await town.actor("juliet")
    contact = juliet.xmpp.client_roster[str(romeo.account)]
    assert (contact["subscription"], contact["name"]) == ("both", "Montague")
    assert contact["groups"] == ["Enemies"]
    romeo = await town.actor("romeo")
    await juliet.hears("presence", presence(romeo.jid))
    await romeo.hears("message", body("Dost thou love me?"))
    await romeo.hears("presence", presence(tybalt.account, "subscribe"))
