"""Hats: XEP-0317 0.3.1, in rooms and in spaces (docs/extensions/hats.md)."""

from __future__ import annotations

import pytest

from folkmoot.engine.decide.hats import (
    HAT_TITLE_CHARS_MAX,
    HAT_URI_CHARS_MAX,
    HATS_PER_NODE_MAX,
    HATS_PER_WEARER_MAX,
)
from folkmoot.xmpp.xml import Element
from tests.facades.muc.coven import (
    COVEN,
    CRONE,
    HAG,
    HECATE,
    enters,
    grants,
    joined,
    opened,
    refused,
    succeeded,
)
from tests.stage import Client, Stage

NS = "urn:xmpp:hats:0"
SPACES = "pubsub.shakespeare.lit"
COMMANDS = "http://jabber.org/protocol/commands"
ASSISTANT = "http://tech.example.edu/hats#TeacherAssistant"
TEACHER = "http://tech.example.edu/hats#Teacher"


async def commands(
    by: Client, name: str, to: str = COVEN, attrs: str = "", **fields: str | None
) -> Element:
    """A command with its form, or without one where no field is named."""
    told = "".join(
        f"<field var='{'pubsub#node' if var == 'node' else f'hats#{var}'}'>"
        f"<value>{value}</value></field>"
        for var, value in fields.items()
        if value is not None
    )
    form = (
        "<x xmlns='jabber:x:data' type='submit'><field type='hidden' var='FORM_TYPE'>"
        f"<value>urn:xmpp:hats:commands</value></field>{told}</x>"
    )
    return await by.asks(f"""
        <iq type='set' id='hats' to='{to}'>
          <command xmlns='{COMMANDS}' {attrs} node='urn:xmpp:hats:commands:{name}'>
            {form if fields else ""}</command></iq>""")


async def makes(by: Client, uri: str = ASSISTANT, title: str = "Assistant", **more: str) -> None:
    """§3.2, Examples 6 and 7."""
    succeeded(await commands(by, "create", title=title, uri=uri, **more))


async def gives(by: Client, jid: str, uri: str = ASSISTANT, **more: str) -> Element:
    """§3.5, Examples 17 and 18."""
    return await commands(by, "assign", jid=jid, uri=uri, **more)


def worn(presence: Element) -> list[str | None]:
    """The hats in a presence, by title."""
    return [
        hat.get("title") for hats in presence.childs(NS, "hats") for hat in hats.childs(NS, "hat")
    ]


async def test_rooms_have_hats(stage: Stage) -> None:
    """§2, Examples 1 and 2; XEP-0050 §2.2: the commands are found as well."""
    crone = await opened(stage)
    info = f"""<iq type='get' to='{COVEN}' id='p87Ne'>
        <query xmlns='http://jabber.org/protocol/disco#info'/></iq>"""
    before = await crone.asks(
        info,
        f"""<iq><query xmlns='http://jabber.org/protocol/disco#info'>
        <feature var='{COMMANDS}'/><feature var='{NS}'/></query></iq>""",
    )
    assert "hats#hash" not in str(before)
    hashes = []
    for hue in ("1", "2"):
        await makes(crone, hue=hue)
        told = await crone.asks(
            info,
            """<iq><query xmlns='http://jabber.org/protocol/disco#info'>
            <x xmlns='jabber:x:data'><field var='hats#hash'/></x></query></iq>""",
        )
        hashes.append(str(told))
    assert hashes[0] != hashes[1]
    for to in (COVEN, SPACES):
        await crone.asks(
            f"""<iq type='get' to='{to}' id='c'>
                <query xmlns='http://jabber.org/protocol/disco#items' node='{COMMANDS}'/></iq>""",
            f"""<iq><query xmlns='http://jabber.org/protocol/disco#items'>
                <item jid='{to}' node='urn:xmpp:hats:commands:create'/>
                <item jid='{to}' node='urn:xmpp:hats:commands:list-assigned'/></query></iq>""",
        )
        await crone.asks(
            f"""<iq type='get' to='{to}' id='c'><query node='urn:xmpp:hats:commands:list'
                xmlns='http://jabber.org/protocol/disco#info'/></iq>""",
            """<iq><query xmlns='http://jabber.org/protocol/disco#info'>
                <identity category='automation' type='command-node'/></query></iq>""",
        )


async def test_a_hat_is_made_in_two_steps(stage: Stage) -> None:
    """§3.2, Examples 4 to 8: all hear that the configuration changed."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    form = succeeded(await commands(crone, "create", attrs="action='execute'"))
    session = form.first.get("sessionid") if form.first else None
    assert "status='executing'" in str(form)
    for var in ("hats#title", "hats#uri", "hats#hue"):
        assert f"var='{var}'" in str(form)
    made = await commands(
        crone,
        "create",
        attrs=f"sessionid='{session}'",
        title="Assistant",
        uri=ASSISTANT,
        hue="327.255249",
    )
    assert "status='completed'" in str(succeeded(made))
    await hag.receives(f"""
        <message type='groupchat' from='{COVEN}'>
          <x xmlns='http://jabber.org/protocol/muc#user'><status code='104'/></x></message>""")


async def test_the_lists(stage: Stage) -> None:
    """§3.4, Examples 13 and 14; §3.7, Examples 21 and 22."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    await makes(crone, hue="327.255249")
    await makes(crone, TEACHER, "Teacher")
    succeeded(await gives(crone, "hag66@shakespeare.lit/pda"))
    title, uri, hue = (
        f"<field var='hats#{var}'><value>{value}</value></field>"
        for var, value in (("title", "Assistant"), ("uri", ASSISTANT), ("hue", "327.255249"))
    )
    told = str(await commands(hag, "list"))
    assert f"<item>{title}{uri}{hue}</item>" in told
    assert "status='completed'" in told
    assert told.index("<reported>") < told.index("<item>") < told.index("Teacher</value>")
    jid = "<field var='hats#jid'><value>hag66@shakespeare.lit</value></field>"
    assert f"<item>{jid}{uri}{title}{hue}</item>" in str(await commands(crone, "list-assigned"))
    refused(await commands(hag, "list-assigned"), "forbidden")


async def test_a_hat_is_seen(stage: Stage) -> None:
    """§3.1, Example 3; §3.5, Examples 15 to 18; §3.6, Examples 19 and 20: at once, and later."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    await makes(crone, hue="327.255249")
    await makes(crone, TEACHER, "Teacher")
    form = str(succeeded(await commands(crone, "assign")))
    assert f"<option label='Teacher'><value>{TEACHER}</value></option>" in form
    await crone.drains()
    await hag.drains()
    succeeded(await gives(crone, "hag66@shakespeare.lit"))
    for each in (crone, hag):
        await each.receives(f"""
            <presence from='{COVEN}/thirdwitch'>
              <hats xmlns='{NS}'>
                <hat title='Assistant' uri='{ASSISTANT}' hue='327.255249'/>
              </hats></presence>""")
    succeeded(await gives(crone, "hag66@shakespeare.lit"))
    await hag.receives_nothing()
    succeeded(await gives(crone, "hag66@shakespeare.lit", TEACHER))
    assert worn(await hag.receives("<presence/>")) == ["Assistant", "Teacher"]
    hecate = await stage.client(HECATE)
    came = await enters(hecate, "Hecate")
    assert [worn(each) for each in came[:3]] == [[], ["Assistant", "Teacher"], []]
    succeeded(await commands(crone, "unassign", jid="hag66@shakespeare.lit", uri=ASSISTANT))
    await hag.receives("<presence/>")  # of who came
    assert worn(await hag.receives("<presence/>")) == ["Teacher"]


async def test_a_hat_is_changed_and_destroyed(stage: Stage) -> None:
    """§3.2: another title; §3.3, Examples 9 to 12: nobody wears it any more; all see it."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    await makes(crone)
    succeeded(await gives(crone, "hag66@shakespeare.lit"))
    await hag.drains()
    await makes(crone, title="Proctor")
    await hag.receives("<message/>")
    assert worn(await hag.receives("<presence/>")) == ["Proctor"]
    form = str(succeeded(await commands(crone, "destroy")))
    assert f"<option label='Proctor'><value>{ASSISTANT}</value></option>" in form
    succeeded(await commands(crone, "destroy", uri=ASSISTANT))
    await hag.receives("<message/>")
    assert worn(await hag.receives("<presence/>")) == []
    await makes(crone)
    await hag.receives("<message/>")
    await hag.receives_nothing()


async def test_hats_outlast_visits(stage: Stage) -> None:
    """They are kept, also for who is not there when they are given."""
    crone = await opened(stage)
    await makes(crone)
    succeeded(await gives(crone, "hag66@shakespeare.lit"))
    hag = await stage.client(HAG)
    came = await enters(hag, "thirdwitch")
    assert worn(came[1]) == ["Assistant"]


async def test_nobody_puts_on_a_hat_themself(stage: Stage) -> None:
    """§4: what is forged does not pass."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    await crone.drains()
    forged = f"<hats xmlns='{NS}'><hat title='Owner' uri='urn:owner'/></hats>"
    await hag.sends(
        f"<presence to='{COVEN}/thirdwitch'>{forged}<show>away</show>{forged}</presence>"
    )
    heard = await crone.receives("<presence><show>away</show></presence>")
    assert heard.childs(NS, "hats") == []


async def test_who_may(stage: Stage) -> None:
    """Owners make hats; admins give them, too. The form is for those who may alone."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    await makes(crone)
    for name in ("create", "destroy", "assign", "unassign"):
        refused(await commands(hag, name), "forbidden", "auth")
        asked = commands(hag, name, title="A", uri=ASSISTANT, jid="hag66@shakespeare.lit")
        refused(await asked, "forbidden", "auth")
    succeeded(await grants(crone, "jid='hag66@shakespeare.lit' affiliation='admin'"))
    refused(await commands(hag, "create", title="A", uri="urn:a"), "forbidden")
    refused(await commands(hag, "destroy", uri=ASSISTANT), "forbidden")
    succeeded(await gives(hag, "hag66@shakespeare.lit"))
    outsider = await stage.client(HECATE)
    succeeded(await commands(outsider, "list"))
    succeeded(await grants(crone, "jid='hecate@shakespeare.lit' affiliation='outcast'"))
    refused(await commands(outsider, "list"), "forbidden")


@pytest.mark.parametrize("name", ["create", "destroy", "assign", "unassign"])
async def test_a_second_step_needs_a_form(stage: Stage, name: str) -> None:
    """XEP-0050 §2.4, §4.2: and one that says enough, and is for hats."""
    crone = await opened(stage)
    for attrs in ("sessionid='s'", "action='complete'"):
        answer = await commands(crone, name, attrs=attrs)
        refused(answer, "bad-request")
        assert "bad-payload" in str(answer)
    refused(await commands(crone, name, hue="1"), "bad-request")
    for form in ("type='result'", "type='form'", "type='witch'", "type='submit'"):
        wrong = await crone.asks(f"""
            <iq type='set' id='w' to='{COVEN}'>
              <command xmlns='{COMMANDS}' node='urn:xmpp:hats:commands:{name}'>
                <x xmlns='jabber:x:data' {form}><field var='FORM_TYPE'><value>urn:x</value></field>
                </x></command></iq>""")
        refused(wrong, "bad-request")


async def test_steps_that_lead_nowhere(stage: Stage) -> None:
    """XEP-0050 §4.2: no such command, no way back; a cancelled one ends."""
    crone = await opened(stage)
    refused(await commands(crone, "burn"), "item-not-found")
    for attrs, condition in (("action='prev'", "bad-action"), ("action='x'", "malformed-action")):
        answer = await commands(crone, "create", attrs=attrs)
        refused(answer, "bad-request")
        assert condition in str(answer)
    assert "status='canceled'" in str(await commands(crone, "create", attrs="action='cancel'"))
    refused(await commands(crone, "list", to="heath@chat.shakespeare.lit"), "item-not-found")
    refused(await commands(crone, "list", to="chat.shakespeare.lit"), "service-unavailable")


@pytest.mark.parametrize(
    ("uri", "title", "hue", "wrong"),
    [
        ("nowhere", "A", "", "hats#uri"),
        ("urn:with space", "A", "", "hats#uri"),
        (f"urn:{'x' * HAT_URI_CHARS_MAX}", "A", "", "hats#uri"),
        ("urn:a", "x" * (HAT_TITLE_CHARS_MAX + 1), "", "hats#title"),
        ("urn:a", "A", "red", "hats#hue"),
        ("urn:a", "A", "360.5", "hats#hue"),
        ("urn:a", "A", "-1", "hats#hue"),
    ],
)
async def test_what_is_no_hat(stage: Stage, uri: str, title: str, hue: str, wrong: str) -> None:
    """§3.1: an address, words to show, and an angle."""
    crone = await opened(stage)
    answer = await commands(crone, "create", uri=uri, title=title, hue=hue)
    refused(answer, "not-acceptable")
    assert wrong in str(answer)


async def test_there_are_only_so_many(stage: Stage) -> None:
    """Each limit, reached; and hats or wearers that are not there."""
    crone = await opened(stage)
    for number in range(HATS_PER_NODE_MAX):
        await makes(crone, f"urn:{number}")
    answer = await commands(crone, "create", uri="urn:more", title="More")
    refused(answer, "resource-constraint")
    for number in range(HATS_PER_WEARER_MAX):
        succeeded(await gives(crone, HAG, f"urn:{number}"))
    refused(await gives(crone, HAG, "urn:20"), "resource-constraint")
    for name in ("assign", "unassign", "destroy"):
        answer = await commands(crone, name, jid="hag66@shakespeare.lit", uri="urn:x")
        refused(answer, "item-not-found")
    refused(await commands(crone, "unassign", jid=CRONE, uri="urn:1"), "item-not-found")
    refused(await commands(crone, "assign", jid="@", uri="urn:1"), "jid-malformed")


# --- spaces


async def in_a_space(stage: Stage) -> Client:
    """The room, in a space of the same owner."""
    crone = await opened(stage, pubsub=f"xmpp:{SPACES}?;node=craft")
    succeeded(
        await crone.asks(f"""
            <iq type='set' to='{SPACES}' id='s'><pubsub xmlns='http://jabber.org/protocol/pubsub'>
              <create node='craft'/><configure><x xmlns='jabber:x:data' type='submit'>
                <field var='pubsub#type'><value>urn:xmpp:spaces:0</value></field>
              </x></configure></pubsub></iq>""")
    )
    await lists(crone)
    await crone.drains()
    return crone


async def becomes(owner: Client, affiliation: str, *names: str) -> None:
    """What people are in the space of the coven."""
    rows = "".join(
        f"<affiliation jid='{name}@shakespeare.lit' affiliation='{affiliation}'/>" for name in names
    )
    succeeded(
        await owner.asks(f"""
            <iq type='set' id='a' to='{SPACES}'>
              <pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>
                <affiliations node='craft'>{rows}</affiliations></pubsub></iq>""")
    )


async def lists(owner: Client, *, listed: bool = True) -> None:
    """The space lists the room, or does not."""
    item = f"""<publish node='craft'><item id='{COVEN}'>
        <conference xmlns='urn:xmpp:bookmarks:1'/></item></publish>"""
    if not listed:
        item = f"<retract node='craft'><item id='{COVEN}'/></retract>"
    succeeded(
        await owner.asks(f"""<iq type='set' to='{SPACES}' id='l'>
            <pubsub xmlns='http://jabber.org/protocol/pubsub'>{item}</pubsub></iq>""")
    )


async def test_hats_of_a_space_are_worn_in_its_rooms(stage: Stage) -> None:
    """docs/extensions/hats.md: from when both agree, until they do not any longer."""
    crone = await in_a_space(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    await crone.drains()
    made = await commands(crone, "create", SPACES, title="Elder", uri="urn:elder", node="craft")
    assert "status='completed'" in str(succeeded(made))
    succeeded(await gives(crone, "hag66@shakespeare.lit", "urn:elder", to=SPACES, node="craft"))
    assert worn(await hag.receives("<presence/>")) == ["Elder"]
    await makes(crone)
    succeeded(await gives(crone, "hag66@shakespeare.lit"))
    await hag.receives("<message/>")
    assert worn(await hag.receives("<presence/>")) == ["Elder", "Assistant"]
    assert "urn:elder" in str(await commands(hag, "list"))
    assert "urn:elder" not in str(await commands(crone, "assign"))
    await lists(crone, listed=False)
    assert worn(await hag.hears(f"<presence from='{COVEN}/thirdwitch'/>")) == ["Assistant"]
    await lists(crone)
    assert worn(await hag.hears(f"<presence from='{COVEN}/thirdwitch'/>")) == ["Elder", "Assistant"]
    succeeded(await commands(crone, "destroy", SPACES, uri="urn:elder", node="craft"))
    assert worn(await hag.hears(f"<presence from='{COVEN}/thirdwitch'/>")) == ["Assistant"]


async def test_a_room_may_take_nothing_of_its_space(stage: Stage) -> None:
    """docs/extensions/hats.md: `inherit` of `none`."""
    crone = await in_a_space(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    await commands(crone, "create", SPACES, title="Elder", uri="urn:elder", node="craft")
    succeeded(await gives(crone, "hag66@shakespeare.lit", "urn:elder", to=SPACES, node="craft"))
    await hag.drains()
    succeeded(
        await crone.asks(f"""
            <iq type='set' to='{COVEN}' id='i'><query xmlns='http://jabber.org/protocol/muc#owner'>
              <x xmlns='jabber:x:data' type='submit'>
                <field var='{{urn:folkmoot:spaces:0}}inherit'><value>none</value></field>
              </x></query></iq>""")
    )
    assert worn(await hag.hears("<presence/>")) == []
    assert "urn:elder" not in str(await commands(hag, "list"))


async def test_the_space_a_command_is_for(stage: Stage) -> None:
    """docs/extensions/hats.md: named in the form, which is asked for where it is not."""
    crone = await in_a_space(stage)
    hag = await stage.client(HAG)
    form = str(succeeded(await commands(crone, "create", SPACES)))
    assert "var='pubsub#node'" in form
    refused(await commands(crone, "create", SPACES, title="E", uri="urn:e"), "bad-request")
    refused(await commands(crone, "list", SPACES, node="heath"), "item-not-found")
    refused(await commands(hag, "list", SPACES, node="craft"), "not-authorized")
    refused(await gives(hag, HAG, "urn:e", to=SPACES, node="craft"), "forbidden")
    audit = "<audit xmlns='urn:folkmoot:audit:0' node='craft'/>"
    succeeded(await commands(crone, "create", SPACES, title="E", uri="urn:e", node="craft"))
    succeeded(await gives(crone, "hag66@shakespeare.lit", "urn:e", to=SPACES, node="craft"))
    rows = str(await crone.asks(f"<iq type='get' to='{SPACES}' id='a'>{audit}</iq>"))
    assert rows.count("urn:e") == 2
    made = f"""
        <iq type='set' to='{SPACES}' id='s'><pubsub xmlns='http://jabber.org/protocol/pubsub'>
          <create node='leaf'/></pubsub></iq>"""
    succeeded(await crone.asks(made))
    answer = await commands(crone, "create", SPACES, title="E", uri="urn:e", node="leaf")
    refused(answer, "item-not-found")
