"""XEP-0207 1.0, §3, with RFC 6121 §4: every state of presence, through both doors, both ways."""

from __future__ import annotations

import pytest

from folkmoot.xmpp.xml import Element
from tests.facades.test_eventing_presence import PUBSUB, heard, presence_publish
from tests.facades.verona import BALCONY, CHAMBER, JULIET, NURSE, ORCHARD, ROMEO, arrives, meet
from tests.stage import Client, Stage, element

GARDEN = f"{ROMEO}/garden"


class Ordinary:
    """A client that sends presence, and hears it."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def says(self, presence: str) -> None:
        """A presence, to everybody or where it says."""
        await self.client.sends(presence)

    async def hears(self, sender: str, presence: str) -> Element:
        """The next that comes is this, from a resource."""
        return await self.client.receives(
            presence.replace("<presence", f"<presence from='{sender}'")
        )

    async def sees(self, account: str) -> set[tuple[str, str]]:
        """Which resources are there, and what each says (RFC 6121 §4.3)."""
        await self.client.sends(f"<presence to='{account}' type='probe'/>")
        came = await self.client.drains()
        return {_shown(each) for each in came if each.get("type") is None}


class Eventing(Ordinary):
    """A client that publishes presence, and hears events of it."""

    async def says(self, presence: str) -> None:
        """Listing 3."""
        said = presence.replace("<presence", "<presence xmlns='jabber:client'")
        answer = await self.client.asks(presence_publish(said))
        assert answer.get("type") == "result", answer

    async def hears(self, sender: str, presence: str) -> Element:
        """Listing 4."""
        said = presence.replace("<presence", f"<presence xmlns='jabber:client' from='{sender}'")
        return await self.client.receives(heard(sender, said))

    async def sees(self, account: str) -> set[tuple[str, str]]:
        """The items of the node."""
        answer = await self.client.asks(f"""
            <iq type='get' to='{account}' id='items'>
              <pubsub xmlns='{PUBSUB}'><items node='presence'/></pubsub>
            </iq>""")
        items = answer.elements[0].elements[0].elements if answer.get("type") == "result" else []
        return {_shown(item.elements[0]) for item in items}


def _shown(presence: Element) -> tuple[str, str]:
    return presence.get("from", ""), "".join(str(each) for each in presence.elements)


Someone = Ordinary
KINDS = pytest.mark.parametrize(
    ("acts", "sees"),
    [(Ordinary, Ordinary), (Ordinary, Eventing), (Eventing, Ordinary), (Eventing, Eventing)],
)


async def friends(
    stage: Stage, acts: type[Someone], sees: type[Someone]
) -> tuple[Someone, Someone]:
    """Juliet on her balcony and Romeo in his garden, who hear each other and have just done so."""
    romeo, juliet = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    await meet(romeo, juliet)
    for client in (romeo, juliet):
        await client.leaves()
    actor, hearer = await comes(stage, acts, BALCONY), await comes(stage, sees, GARDEN)
    await actor.client.drains()
    return actor, hearer


async def comes(stage: Stage, kind: type[Someone], jid: str) -> Someone:
    """Somebody who is there, and has heard who else is."""
    someone = kind(await stage.client(jid))
    await someone.says("<presence/>")
    await someone.client.drains()
    return someone


@KINDS
@pytest.mark.parametrize(
    "said",
    [
        "<presence><show>away</show><status>Moping</status></presence>",
        "<presence><priority>-1</priority></presence>",
        "<presence><priority>127</priority><show>dnd</show></presence>",
        "<presence xml:lang='it'><status>Mi annoio</status></presence>",
        "<presence type='unavailable'><status>Gone</status></presence>",
        "<presence type='unavailable'/>",
    ],
)
async def test_a_state_is_heard(
    stage: Stage, acts: type[Someone], sees: type[Someone], said: str
) -> None:
    """§4.2, §4.4, §4.5: with all that it says; and who looks sees the same."""
    actor, hearer = await friends(stage, acts, sees)
    await actor.says(said)
    await hearer.hears(BALCONY, said)
    await hearer.client.receives_nothing()
    gone = "unavailable" in said
    there = {(BALCONY, "".join(str(each) for each in element(said).elements))}
    assert await hearer.sees(JULIET) == (set() if gone else there)


@KINDS
async def test_each_resource_is_for_itself(
    stage: Stage, acts: type[Someone], sees: type[Someone]
) -> None:
    """§4.4, §4.5: one that goes leaves the other; a device hears its account's others, too."""
    actor, hearer = await friends(stage, acts, sees)
    chamber = sees(await stage.client(CHAMBER))
    await chamber.says("<presence><priority>7</priority></presence>")
    for someone in (hearer, actor):
        await someone.hears(CHAMBER, "<presence><priority>7</priority></presence>")
    await chamber.client.drains()
    assert {who for who, _ in await hearer.sees(JULIET)} == {BALCONY, CHAMBER}
    await actor.says("<presence type='unavailable'/>")
    for someone in (hearer, chamber):
        await someone.hears(BALCONY, "<presence type='unavailable'/>")
    assert {who for who, _ in await hearer.sees(JULIET)} == {CHAMBER}


@KINDS
@pytest.mark.parametrize("priority", [-1, 0, 5])
async def test_priority_says_who_takes_messages(
    stage: Stage, acts: type[Someone], sees: type[Someone], priority: int
) -> None:
    """§4.7.2.3, §8.5.2.1.1: a negative one takes none that is for the account."""
    actor, hearer = await friends(stage, acts, sees)
    await actor.says(f"<presence><priority>{priority}</priority></presence>")
    await hearer.client.drains()
    await actor.client.drains()
    await hearer.client.sends(
        f"<message to='{JULIET}' type='chat'><body>Art thou?</body></message>"
    )
    came = await actor.client.drains()
    assert [each.name for each in came] == (["message"] if priority >= 0 else [])


@KINDS
async def test_a_lost_stream_is_unavailable(
    stage: Stage, acts: type[Someone], sees: type[Someone]
) -> None:
    """§4.5.3."""
    actor, hearer = await friends(stage, acts, sees)
    await actor.client.leaves()
    await hearer.hears(BALCONY, "<presence type='unavailable'/>")
    assert await hearer.sees(JULIET) == set()


@KINDS
@pytest.mark.parametrize("to", [f"{NURSE}/kitchen", NURSE])
async def test_directed_presence(
    stage: Stage, acts: type[Someone], sees: type[Someone], to: str
) -> None:
    """§4.6: to somebody who hears no other, until the end; it is no item of the node."""
    actor, other = await friends(stage, acts, sees)
    nurse = await comes(stage, sees, f"{NURSE}/kitchen")
    said = "<show>chat</show><status>Come hither</status></presence>"
    await actor.says(f"<presence to='{to}'>{said}")
    event = await nurse.hears(BALCONY, f"<presence>{said}")
    assert event.get("to") == to
    await actor.says("<presence><show>away</show></presence>")
    await nurse.client.receives_nothing()
    await other.hears(BALCONY, "<presence><show>away</show></presence>")
    await other.client.receives_nothing()
    assert await nurse.sees(JULIET) == set()
    await actor.says("<presence type='unavailable'/>")
    await nurse.hears(BALCONY, "<presence type='unavailable'/>")
    await nurse.client.receives_nothing()


@KINDS
async def test_directed_presence_is_taken_back(
    stage: Stage, acts: type[Someone], sees: type[Someone]
) -> None:
    """§4.6.1: and then the end of it is nothing new."""
    actor, _ = await friends(stage, acts, sees)
    nurse = await comes(stage, sees, f"{NURSE}/kitchen")
    await actor.says(f"<presence to='{NURSE}'/>")
    await actor.says(f"<presence to='{NURSE}' type='unavailable'/>")
    await nurse.hears(BALCONY, "<presence/>")
    await nurse.hears(BALCONY, "<presence type='unavailable'/>")
    await actor.client.leaves()
    await nurse.client.receives_nothing()


@KINDS
async def test_who_is_there_for_one_alone(
    stage: Stage, acts: type[Someone], sees: type[Someone]
) -> None:
    """§4.6.3: invisible to the others; it hears what is directed to it in the words it uses."""
    actor, hearer = await friends(stage, acts, sees)
    await actor.client.leaves()
    await hearer.client.drains()
    juliet = acts(await stage.client(CHAMBER))
    nurse = await comes(stage, sees, f"{NURSE}/kitchen")
    await juliet.says(f"<presence to='{NURSE}/kitchen'/>")
    await nurse.hears(CHAMBER, "<presence/>")
    await hearer.client.receives_nothing()
    assert await hearer.sees(JULIET) == set()
    await nurse.says(f"<presence to='{CHAMBER}'><show>dnd</show></presence>")
    await juliet.hears(f"{NURSE}/kitchen", "<presence><show>dnd</show></presence>")
    await juliet.client.leaves()
    await nurse.hears(CHAMBER, "<presence type='unavailable'/>")
    await hearer.client.receives_nothing()


async def test_there_is_no_invisible_presence(stage: Stage) -> None:
    """§4.7.1: no such type; to be there for nobody is to have sent no presence."""
    juliet = await arrives(stage, BALCONY)
    said = presence_publish("<presence type='invisible' xmlns='jabber:client'/>")
    await juliet.refused(said, "invalid-payload", "bad-request")


@pytest.mark.parametrize(
    ("to", "condition"),
    [
        ("@", "jid-malformed"),
        ("", "jid-malformed"),
        ("nurse@example.net", "remote-server-not-found"),
    ],
)
async def test_where_nobody_can_be(stage: Stage, to: str, condition: str) -> None:
    """What is wrong with the address is the answer to the request."""
    juliet = await arrives(stage, BALCONY)
    said = presence_publish(f"<presence to='{to}' xmlns='jabber:client'/>")
    await juliet.refused(said, condition)


async def test_directed_presence_finds_nobody(stage: Stage) -> None:
    """§8.5.1, §8.5.2.2.2: the same answer whether there is such an account or not."""
    juliet = await arrives(stage, BALCONY)
    await stage.account(NURSE)
    for to in (NURSE, f"{NURSE}/kitchen", "nobody@shakespeare.lit"):
        answer = await juliet.asks(presence_publish(f"<presence to='{to}' xmlns='jabber:client'/>"))
        assert (answer.get("type"), answer.elements) == ("result", [])
