"""docs/extensions/moderation.md, version 0.1: ad-hoc commands for those who look after a space."""

from __future__ import annotations

import pytest

from folkmoot.engine.decide import moderation as rules
from folkmoot.engine.decide.affiliations import REASON_CHARS_MAX
from folkmoot.facades import moderation
from folkmoot.facades.moderation import NS
from folkmoot.xmpp.forms import DATA, Form
from folkmoot.xmpp.xml import Element
from tests.facades.megacorp import INFO, LEAD, SERVICE, SOCKS, belongs, create, owner, publish
from tests.stage import Client, Stage

COMMANDS = "http://jabber.org/protocol/commands"
ITEMS = "http://jabber.org/protocol/disco#items"
MUC = "http://jabber.org/protocol/muc"
SPAMMER = "spammer@megacorp.example.com"


@pytest.fixture
async def lead(megacorp: Stage) -> Client:
    """Who owns the space `dev`, with a room for its members, and is in it."""
    client = await megacorp.client(f"{LEAD}/desk", available=True)
    await client.asks(create("dev"), "<iq type='result'/>")
    await belongs(client, SOCKS, "dev")
    room = "<conference xmlns='urn:xmpp:bookmarks:1' name='Socks'/>"
    await client.asks(publish(SOCKS, room), "<iq type='result'/>")
    await client.sends(f"<presence to='{SOCKS}/Lead'><x xmlns='{MUC}'/></presence>")
    await client.drains()
    return client


@pytest.fixture
async def spammer(megacorp: Stage, lead: Client) -> Client:
    """A member of the space, in the room."""
    row = f"<affiliation jid='{SPAMMER}' affiliation='member'/>"
    await lead.asks(owner(f"<affiliations node='dev'>{row}</affiliations>"))
    client = await megacorp.client(f"{SPAMMER}/bot", available=True)
    await client.sends(f"<presence to='{SOCKS}/Cheap'><x xmlns='{MUC}'/></presence>")
    await client.drains()
    await lead.drains()
    return client


def step(name: str, *, action: str = "", type: str = "submit", **values: str) -> str:
    """A step of a command; without values the first."""
    told = "".join(
        f"<field var='{var}'><value>{value}</value></field>" for var, value in values.items()
    )
    form = f"<x xmlns='{DATA}' type='{type}'>{told}</x>" if values else ""
    attr = f"action='{action}'" if action else ""
    return (
        f"<iq type='set' to='{SERVICE}' id='m'>"
        f"<command xmlns='{COMMANDS}' node='{NS}#{name}' sessionid='s1' {attr}>{form}"
        "</command></iq>"
    )


def answered(status: str) -> str:
    """How far the command is."""
    return (
        f"<iq type='result' from='{SERVICE}'>"
        f"<command xmlns='{COMMANDS}' sessionid='s1' status='{status}'/></iq>"
    )


def note(answer: Element) -> str:
    """What people are told."""
    found = answer.elements[0].child(COMMANDS, "note")
    return "" if found is None else found.text


def filled(answer: Element) -> Form:
    """The form of an answer."""
    x = answer.elements[0].child(DATA, "x")
    assert x is not None
    return Form.read(x)


async def test_the_service_says_so(lead: Client) -> None:
    """XEP-0050 §2.2: the commands are listed, and each says what it is."""
    about = f"<iq type='get' to='{SERVICE}' id='i'><query xmlns='{INFO}'/></iq>"
    await lead.asks(about, f"<iq><query xmlns='{INFO}'><feature var='{NS}'/></query></iq>")
    listed = await lead.asks(
        f"<iq type='get' to='{SERVICE}' id='l'><query xmlns='{ITEMS}' node='{COMMANDS}'/></iq>"
    )
    names = [each.get("node", "") for each in listed.elements[0].elements]
    assert names[-3:] == [f"{NS}#ban", f"{NS}#kick", f"{NS}#retract"]
    for name in names:
        answer = await lead.asks(
            f"<iq type='get' to='{SERVICE}' id='n'><query xmlns='{INFO}' node='{name}'/></iq>"
        )
        assert answer.elements[0].elements[0].get("type") == "command-node"
        answer = await lead.asks(
            f"<iq type='get' to='{SERVICE}' id='c'><query xmlns='{ITEMS}' node='{name}'/></iq>"
        )
        assert answer.elements[0].elements == []


async def test_a_form_is_offered(lead: Client, spammer: Client) -> None:
    """The spaces that are the asker's to moderate are in it; who has none is told so."""
    answer = await lead.asks(step("retract"), answered("executing"))
    form = filled(answer)
    assert form.form_type == NS
    assert [field.var for field in form.fields] == ["space", "jid", "period", "reason"]
    space = form.field("space")
    assert space is not None
    assert [each.value for each in space.options] == ["dev"]
    await lead.asks(step("retract", action="cancel"), answered("canceled"))
    await spammer.refused(step("retract"), "forbidden")


async def test_a_kick(lead: Client, spammer: Client) -> None:
    """Told as XEP-0045 §8.2 says, with who did it."""
    asked = step("kick", space="dev", jid=SPAMMER, reason="No ads.")
    answer = await lead.asks(asked, answered("completed"))
    assert note(answer) == f"{SPAMMER} had to leave 1 of its rooms."
    await spammer.receives(
        f"""<presence from='{SOCKS}/Cheap' type='unavailable'><x xmlns='{MUC}#user'>
          <item affiliation='member' role='none'><actor nick='Lead'/><reason>No ads.</reason></item>
          <status code='110'/><status code='307'/></x></presence>"""
    )
    await lead.refused(asked, "item-not-found")


async def test_a_ban(lead: Client, spammer: Client) -> None:
    """Out of the space is out of its rooms."""
    asked = step("ban", space="dev", jid=SPAMMER, reason="No ads.")
    assert note(await lead.asks(asked, answered("completed"))) == f"{SPAMMER} is banned."
    await spammer.hears(
        f"""<presence from='{SOCKS}/Cheap' type='unavailable'><x xmlns='{MUC}#user'>
          <item affiliation='outcast' role='none'/><status code='301'/></x></presence>"""
    )
    await spammer.refused(step("kick", space="dev", jid=SPAMMER), "forbidden")


async def test_a_retraction(lead: Client, spammer: Client, megacorp: Stage) -> None:
    """XEP-0425 §3.1 to who is there, XEP-0424 §4 to who comes."""
    await spammer.sends(
        f"<message to='{SOCKS}' type='groupchat' id='ad1'><body>Socks! Cheap!</body></message>"
    )
    said = await lead.hears(f"<message from='{SOCKS}/Cheap' id='ad1'/>")
    kept = said.child("urn:xmpp:sid:0", "stanza-id")
    assert kept is not None
    await spammer.drains()
    asked = step("retract", space="dev", jid=SPAMMER, period="hour", reason="No ads.")
    answer = await lead.asks(asked, answered("completed"))
    assert note(answer) == f"Messages of {SPAMMER} retracted: 1."
    told = await spammer.receives(
        f"""<message from='{SOCKS}' type='groupchat'>
          <retract xmlns='urn:xmpp:message-retract:1' id='{kept.get("id")}'>
            <moderated xmlns='urn:xmpp:message-moderate:1' by='{SOCKS}/Lead'/>
            <reason>No ads.</reason>
          </retract></message>"""
    )
    await spammer.asks(f"""
        <iq type='set' id='m' to='{SOCKS}'><query xmlns='urn:xmpp:mam:2'/></iq>""")
    assert await spammer.hears(f"""
        <message from='{SOCKS}'><result xmlns='urn:xmpp:mam:2' id='{told.get("id")}'>
          <forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' type='groupchat'>
            <retract xmlns='urn:xmpp:message-retract:1' id='{kept.get("id")}'/>
          </message></forwarded></result></message>"""), "XEP-0425 §4: and in the archive"
    late = await megacorp.client(f"{SPAMMER}/phone", available=True)
    await late.sends(f"<presence to='{SOCKS}/Cheap'><x xmlns='{MUC}'/></presence>")
    again = await late.hears(
        f"""<message from='{SOCKS}/Cheap' type='groupchat' id='ad1'>
          <retracted xmlns='urn:xmpp:message-retract:1' id='{told.get("id")}'>
            <moderated xmlns='urn:xmpp:message-moderate:1' by='{SOCKS}/Lead'/>
          </retracted>
          <stanza-id xmlns='urn:xmpp:sid:0' id='{kept.get("id")}'/></message>"""
    )
    assert "Cheap!" not in repr(again)


async def test_much_is_retracted_in_steps(
    lead: Client, spammer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """COMMANDS_PER_STANZA_MAX: all that the next step needs is in the form of the answer."""
    monkeypatch.setattr(rules, "TAKEN_BACK_MAX", 1)
    monkeypatch.setattr(moderation, "COMMANDS_PER_STANZA_MAX", 2)
    for number in range(5):
        await spammer.sends(
            f"<message to='{SOCKS}' type='groupchat' id='ad{number}'><body>Ad</body></message>"
        )
    asked, told = step("retract", space="dev", jid=SPAMMER, period="all"), []
    while True:
        answer = await lead.asks(asked)
        told.append(note(answer).partition(": ")[2][0])
        if answer.elements[0].get("status") == "completed":
            break
        form = filled(answer)
        assert {field.type for field in form.fields} == {"hidden"}
        values = {field.var: field.value or "" for field in form.fields}
        asked = step("retract", action="next", **values)
    assert told == ["2", "4", "5"]


@pytest.mark.parametrize(
    ("values", "condition"),
    [
        ({"jid": SPAMMER}, "bad-request"),
        ({"space": "dev"}, "bad-request"),
        ({"space": "dev", "jid": "@"}, "jid-malformed"),
        ({"space": "nowhere", "jid": SPAMMER}, "item-not-found"),
        ({"space": "dev", "jid": SPAMMER, "period": "century"}, "bad-request"),
        ({"space": "dev", "jid": SPAMMER, "since": "yesterday"}, "bad-request"),
        ({"space": "dev", "jid": SPAMMER, "messages": "-1"}, "bad-request"),
        ({"space": "dev", "jid": LEAD}, "not-allowed"),
    ],
)
async def test_what_makes_no_sense(lead: Client, values: dict[str, str], condition: str) -> None:
    """Every refusal, as the form has it."""
    answer = await lead.asks(step("retract", **values))
    assert answer.get("type") == "error"
    assert condition in repr(answer)


@pytest.mark.parametrize("name", ["ban", "kick", "retract"])
async def test_a_reason_that_is_too_long(lead: Client, spammer: Client, name: str) -> None:
    """Errors: not-acceptable, and nothing has happened."""
    long = "x" * (REASON_CHARS_MAX + 1)
    asked = step(name, space="dev", jid=SPAMMER, reason=long)
    await lead.refused(asked, "payload-too-big", "not-acceptable")
    await spammer.receives_nothing()


async def test_other_actions(lead: Client) -> None:
    """XEP-0050 §4.3: there is no step to go back to."""
    await lead.refused(step("ban", action="prev"), "bad-action", "bad-request")
    await lead.refused(step("ban", action="dance"), "malformed-action", "bad-request")
    await lead.refused(step("burn", space="dev"), "item-not-found")
