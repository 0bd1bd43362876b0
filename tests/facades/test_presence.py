"""Exchanging presence: RFC 6121 §4, by its examples."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.facades.presence import read_priority
from folkmoot.xmpp.errors import StanzaError
from tests.facades.verona import (
    BALCONY,
    CHAMBER,
    JULIET,
    NURSE,
    ORCHARD,
    ROMEO,
    arrives,
    follows,
    meet,
)
from tests.stage import Stage, element

MERCUTIO = "mercutio@shakespeare.lit"


async def test_initial_presence_reaches_contacts_and_oneself(stage: Stage) -> None:
    """§4.2.2, §4.2.3: every resource of every subscriber, and one's own, the new one too."""
    romeo, garden = await arrives(stage, ORCHARD), await arrives(stage, f"{ROMEO}/garden")
    balcony = await arrives(stage, BALCONY)
    await meet(romeo, balcony)
    await garden.drains()
    chamber = await stage.client(CHAMBER)
    await chamber.sends("<presence id='p1' xml:lang='en'><show>dnd</show></presence>")
    said = f"<presence from='{CHAMBER}' id='p1' xml:lang='en'><show>dnd</show></presence>"
    for client in (romeo, garden, balcony, chamber):
        heard = await client.receives(said)
        assert heard.get("to") == str(client.jid.bare)


async def test_a_resource_that_comes_hears_who_is_there(stage: Stage) -> None:
    """§4.2.2, §4.3.1: contacts, each of their resources, and one's own other resources."""
    romeo, garden = await arrives(stage, ORCHARD), await arrives(stage, f"{ROMEO}/garden")
    balcony = await arrives(stage, BALCONY)
    await follows(balcony, romeo)
    await garden.sends("<presence id='pres1'><show>away</show></presence>")
    chamber = await stage.client(CHAMBER)
    await chamber.sends("<presence/>")
    await chamber.receives(f"<presence from='{CHAMBER}'/>")
    await chamber.receives(f"<presence from='{BALCONY}'/>")
    await chamber.receives(f"<presence from='{ORCHARD}'/>")
    await chamber.receives(
        f"<presence from='{ROMEO}/garden' id='pres1'><show>away</show></presence>"
    )
    await chamber.receives_nothing()


async def test_who_is_not_subscribed_hears_nothing(stage: Stage) -> None:
    """§11: presence is for those who may have it."""
    romeo, juliet = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    await juliet.sends("<presence/>")
    await romeo.receives_nothing()
    await follows(romeo, juliet)
    await romeo.sends("<presence><show>chat</show></presence>")
    await juliet.receives_nothing()


async def test_presence_again_is_for_the_same(stage: Stage) -> None:
    """§4.4.2; who heard all that comes first is not told again of who else is there."""
    romeo, juliet = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    await meet(romeo, juliet)
    await juliet.sends("<presence><show>away</show></presence>")
    for client in (romeo, juliet):
        await client.receives(f"<presence from='{BALCONY}'><show>away</show></presence>")
        await client.receives_nothing()


async def test_unavailable_presence(stage: Stage) -> None:
    """§4.5.2: as it was said, for contacts, other resources and the one that goes."""
    romeo = await arrives(stage, ORCHARD)
    balcony, chamber = await arrives(stage, BALCONY), await arrives(stage, CHAMBER)
    await follows(romeo, balcony)
    await balcony.drains()
    await chamber.drains()
    said = "type='unavailable'><status>going on vacation</status></presence>"
    await balcony.sends(f"<presence {said}")
    for client in (romeo, chamber, balcony):
        await client.receives(f"<presence from='{BALCONY}' {said}")
    await balcony.sends("<presence type='unavailable'/>")
    for client in (romeo, chamber, balcony):
        await client.receives_nothing()


async def test_a_lost_stream_is_unavailable(stage: Stage) -> None:
    """§4.5.2: the server says it on the user's behalf."""
    romeo = await arrives(stage, ORCHARD)
    balcony, chamber = await arrives(stage, BALCONY), await arrives(stage, CHAMBER)
    await follows(romeo, balcony)
    await chamber.drains()
    await balcony.leaves()
    for client in (romeo, chamber):
        await client.receives(f"<presence from='{BALCONY}' type='unavailable'/>")


async def test_available_again_is_initial_presence(stage: Stage) -> None:
    """§4.5.2, implementation note."""
    romeo, juliet = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    await meet(romeo, juliet)
    await juliet.sends("<presence type='unavailable'/>")
    await romeo.sends("<presence><show>away</show></presence>")
    await juliet.drains()
    await romeo.drains()
    await juliet.sends("<presence/>")
    await juliet.receives(f"<presence from='{BALCONY}'/>")
    await juliet.receives(f"<presence from='{ORCHARD}'><show>away</show></presence>")
    await romeo.receives(f"<presence from='{BALCONY}'/>")


# --- §4.3: probes


async def test_a_probe_for_an_account(stage: Stage) -> None:
    """§4.3.2, rule 4, and §4.3.2.1: each resource's own presence, with its own id."""
    romeo = await arrives(stage, ORCHARD)
    chamber, balcony = await arrives(stage, CHAMBER), await arrives(stage, BALCONY)
    await follows(romeo, balcony)
    await chamber.sends("<presence id='pres1'><show>dnd</show></presence>")
    await balcony.sends("<presence id='pres2'><show>away</show></presence>")
    await romeo.drains()
    await romeo.sends(f"<presence id='probe1' to='{JULIET}' type='probe'/>")
    await romeo.receives(f"<presence from='{CHAMBER}' id='pres1'><show>dnd</show></presence>")
    await romeo.receives(f"<presence from='{BALCONY}' id='pres2'><show>away</show></presence>")


async def test_a_probe_for_a_resource(stage: Stage) -> None:
    """§4.3.2: of that resource alone, and only that it is available."""
    romeo = await arrives(stage, ORCHARD)
    balcony = await arrives(stage, BALCONY)
    await arrives(stage, CHAMBER)
    await follows(romeo, balcony)
    await balcony.sends("<presence><show>away</show></presence>")
    await romeo.drains()
    await romeo.sends(f"<presence to='{BALCONY}' type='probe'/>")
    heard = await romeo.receives(f"<presence from='{BALCONY}'/>")
    assert heard.elements == []
    await romeo.receives_nothing()


async def test_a_probe_where_nobody_is_there(stage: Stage) -> None:
    """§4.3.2, rule 3: from the bare JID, with the id of the probe."""
    romeo, juliet = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    await follows(romeo, juliet)
    await juliet.sends("<presence type='unavailable'/>")
    await romeo.drains()
    await romeo.sends(f"<presence id='probe2' to='{JULIET}' type='probe'/>")
    await romeo.receives(f"<presence from='{JULIET}' id='probe2' type='unavailable'/>")


async def test_a_probe_by_somebody_who_may_not(stage: Stage) -> None:
    """§4.3.2, rule 1: the same whether they are there, are not, or do not exist."""
    romeo = await arrives(stage, ORCHARD)
    await arrives(stage, BALCONY)
    for address in (JULIET, BALCONY, "nobody@shakespeare.lit"):
        await romeo.sends(f"<presence id='xv291f38' to='{address}' type='probe'/>")
        bare = address.partition("/")[0]
        await romeo.receives(f"<presence from='{bare}' id='xv291f38' type='unsubscribed'/>")


async def test_a_probe_leaves_an_approval_as_it_is(stage: Stage) -> None:
    """§4.3.2, rule 1: no approval given beforehand is lost by it."""
    romeo, juliet = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    await juliet.sends(f"<presence to='{ROMEO}' type='subscribed'/>")
    await romeo.sends(f"<presence to='{JULIET}' type='probe'/>")
    await romeo.sends(f"<presence to='{JULIET}' type='subscribe'/>")
    await romeo.hears(f"<presence from='{JULIET}' type='subscribed'/>")


# --- §4.6: directed presence


async def test_directed_presence(stage: Stage) -> None:
    """§4.6.3, rule 2: the full stanza; no later broadcast, but the end of it."""
    romeo = await arrives(stage, ORCHARD)
    juliet, nurse = await arrives(stage, BALCONY), await arrives(stage, f"{NURSE}/kitchen")
    await romeo.sends(f"<presence to='{JULIET}' id='d1'><show>chat</show></presence>")
    await juliet.receives(
        f"<presence from='{ORCHARD}' to='{JULIET}' id='d1'><show>chat</show></presence>"
    )
    await romeo.sends(f"<presence to='{NURSE}/kitchen'/>")
    await nurse.receives(f"<presence from='{ORCHARD}' to='{NURSE}/kitchen'/>")
    await romeo.sends("<presence><show>away</show></presence>")
    await juliet.receives_nothing()
    await nurse.receives_nothing()
    await romeo.sends("<presence type='unavailable'/>")
    await juliet.receives(f"<presence from='{ORCHARD}' type='unavailable'/>")
    await nurse.receives(f"<presence from='{ORCHARD}' type='unavailable'/>")


async def test_directed_unavailable_presence_ends_it(stage: Stage) -> None:
    """§4.6.1: who has been told is not told again."""
    romeo, juliet = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    await romeo.sends(f"<presence to='{BALCONY}'/>")
    await romeo.sends(f"<presence to='{BALCONY}' type='unavailable'/>")
    await juliet.receives(f"<presence from='{ORCHARD}'/>")
    await juliet.receives(f"<presence from='{ORCHARD}' type='unavailable'/>")
    await romeo.leaves()
    await juliet.receives_nothing()


async def test_directed_presence_of_a_lost_stream(stage: Stage) -> None:
    """§4.6.3, rule 3: it need not have been available."""
    romeo, juliet = await stage.client(ORCHARD), await arrives(stage, BALCONY)
    await romeo.sends(f"<presence to='{JULIET}'/>")
    await juliet.receives(f"<presence from='{ORCHARD}'/>")
    await romeo.leaves()
    await juliet.receives(f"<presence from='{ORCHARD}' type='unavailable'/>")


async def test_presence_for_nobody_is_for_nobody(stage: Stage) -> None:
    """§8.5.1, §8.5.2.2.2, §8.5.3.2.2: no answer, whether there is such an account or not."""
    romeo = await arrives(stage, ORCHARD)
    await stage.account(JULIET)
    for address in (JULIET, BALCONY, "nobody@shakespeare.lit"):
        await romeo.sends(f"<presence to='{address}'/>")
        await romeo.sends(f"<presence to='{address}' type='unavailable'/>")
        await romeo.sends(f"<presence to='{address}' type='error'/>")
    await romeo.receives_nothing()


async def test_an_error_is_for_the_resource_it_was_about(stage: Stage) -> None:
    """RFC 6120 §8.3; to the account it is about nothing."""
    romeo, juliet = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    gone = "<error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
    await romeo.sends(f"<presence to='{BALCONY}' type='error'>{gone}</presence>")
    await juliet.receives(f"<presence from='{ORCHARD}' type='error'>{gone}</presence>")
    await romeo.sends(f"<presence to='{JULIET}' type='error'>{gone}</presence>")
    await juliet.receives_nothing()


# --- §4.7.2.3: priority


@given(st.integers(-128, 127))
def test_a_priority(priority: int) -> None:
    """An integer from -128 to 127."""
    assert read_priority(element(f"<presence><priority>{priority}</priority></presence>")) == (
        priority
    )


def test_no_priority_is_zero() -> None:
    """If none is provided, it is zero."""
    assert read_priority(element("<presence/>")) == 0


WRONG = ("-129", "128", "", "high", "1.5", "1e1", "٣", "99999999999999999999", "<a/>1")


@pytest.mark.parametrize("text", WRONG)
def test_what_no_priority_is(text: str) -> None:
    """Whatever is not such an integer."""
    with pytest.raises(StanzaError) as caught:
        read_priority(element(f"<presence><priority>{text}</priority></presence>"))
    assert caught.value.condition == "bad-request"


async def test_a_wrong_priority_makes_nobody_available(stage: Stage) -> None:
    """A presence that is refused is none; more than one priority is refused, too."""
    juliet, romeo = await stage.client(BALCONY), await arrives(stage, ORCHARD)
    refused = """
        <presence type='error'>
          <error type='modify'>
            <bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>
          </error>
        </presence>"""
    for wrong in ("<priority>high</priority>", "<priority>1</priority><priority>1</priority>"):
        await juliet.sends(f"<presence>{wrong}</presence>")
        await juliet.receives(refused)
    await romeo.sends(f"<message to='{JULIET}' type='headline'><body>Anyone?</body></message>")
    await juliet.receives_nothing()
