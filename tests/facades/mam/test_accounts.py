"""An account's own archive: XEP-0313 1.1.3; with whom it is kept: XEP-0441 0.2.0."""

from __future__ import annotations

import pytest

from folkmoot.engine.configuration import Keep
from folkmoot.engine.model import ARCHIVE_NODE, MESSAGES_NODE, NodeId
from folkmoot.engine.services import Bounds
from folkmoot.facades.mam.preferences import NAMED_MAX
from folkmoot.xmpp.xml import Element
from tests.facades.mam.asking import MAM, Found, looks_up, paged, query
from tests.facades.muc.coven import COVEN, enters, refused
from tests.facades.verona import BALCONY, CHAMBER, JULIET, ORCHARD, ROMEO, arrives
from tests.stage import Client, Stage, element, holds, staged

SID = "urn:xmpp:sid:0"
LINES = ("Call me but love", "What man art thou", "By a name I know not")


async def talk(stage: Stage) -> tuple[Client, Client]:
    """Romeo and Juliet, who speak in turn, a minute after each other."""
    romeo, juliet = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    for number, line in enumerate(LINES):
        speaker, to = ((romeo, JULIET), (juliet, ORCHARD))[number % 2]
        await speaker.sends(says(to, line))
        stage.clock.at += 60
    for client in (romeo, juliet):
        await client.drains()
    return romeo, juliet


def says(to: str, line: str, more: str = "") -> str:
    return f"<message type='chat' id='m' to='{to}'><body>{line}</body>{more}</message>"


async def mine(client: Client, fields: dict[str, str | list[str]] | None = None) -> Found:
    """What a client finds in its own archive."""
    return await looks_up(client, "", query(fields))


def ids(message: Element, by: str) -> list[str]:
    """The ids that an account gave a message."""
    return [each.get("id", "") for each in message.childs(SID, "stanza-id") if each.get("by") == by]


async def test_both_have_the_whole_of_it(stage: Stage) -> None:
    """§4.2, Example 17: sent and received, each as it was, in order."""
    romeo, juliet = await talk(stage)
    for client in (romeo, juliet):
        found = await mine(client)
        assert found.bodies == list(LINES)
        assert [(each.get("from"), each.get("to")) for each in found.messages] == [
            (ORCHARD, JULIET),
            (BALCONY, ORCHARD),
            (ORCHARD, JULIET),
        ]
        assert found.results[0].get("from") == str(client.jid.bare)
        assert "2004-05-18T20:00:00Z" in str(found.results[0])
        assert found.complete
    asked = await looks_up(romeo, ROMEO)
    assert asked.bodies == list(LINES)


async def test_the_id_of_one_s_own_archive(stage: Stage) -> None:
    """§3.5, Example 1: who receives is told the id in their archive, and in no other."""
    romeo, juliet = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    forged = "".join(
        f"<stanza-id xmlns='{SID}' by='{by}' id='forged'/>"
        for by in (JULIET, JULIET.upper(), ROMEO)
    )
    await romeo.sends(says(JULIET, LINES[0], f"{forged}<origin-id xmlns='{SID}' id='o'/>"))
    heard = await juliet.receives(says(JULIET, LINES[0], f"<origin-id xmlns='{SID}' id='o'/>"))
    assert "forged" not in str(heard)
    assert ids(heard, JULIET) == (await mine(juliet)).ids
    assert ids(heard, ROMEO) == []
    assert (await mine(romeo)).ids != ids(heard, JULIET)


@pytest.mark.parametrize("type", ["chat", "normal", "headline", "groupchat", "error"])
async def test_an_id_that_is_forged(stage: Stage, type: str) -> None:
    """XEP-0359 §3, rule 2: whatever the message, to a resource or to all."""
    romeo, juliet = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    forged = f"<stanza-id xmlns='{SID}' by='{JULIET}' id='forged'/>"
    other = f"<stanza-id xmlns='{SID}' by='room@example.net' id='other'/>"
    await romeo.sends(f"<message type='{type}' to='{BALCONY}'><body/>{forged}{other}</message>")
    heard = await juliet.receives(f"<message type='{type}'><body/>{other}</message>")
    assert "forged" not in str(heard)


@pytest.mark.parametrize(
    ("with_", "found"),
    [
        (JULIET, list(LINES)),
        (BALCONY, [LINES[1]]),
        (CHAMBER, []),
        ("mercutio@shakespeare.lit", ["Ask for me tomorrow"]),
        (ROMEO, ["Remember the ring"]),
    ],
)
async def test_with_somebody(stage: Stage, with_: str, found: list[str]) -> None:
    """§4.1.1, Example 6: to or from; bare is any resource; oneself is what was to oneself."""
    romeo, _ = await talk(stage)
    await stage.account("mercutio@shakespeare.lit")
    await romeo.sends(says("mercutio@shakespeare.lit", "Ask for me tomorrow"))
    await romeo.sends(says(ROMEO, "Remember the ring"))
    assert (await mine(romeo, {"with": with_})).bodies == found


async def test_by_time_and_page(stage: Stage) -> None:
    """§4.1.2, §4.3, §5: as every archive."""
    romeo, _ = await talk(stage)
    assert (await mine(romeo, {"start": "2004-05-18T20:01:00Z"})).bodies == list(LINES[1:])
    last = await looks_up(romeo, "", query(more=paged("<max>1</max><before/>")))
    assert (last.bodies, last.complete) == ([LINES[2]], False)
    await romeo.asks(
        f"<iq type='get' id='m'><metadata xmlns='{MAM}'/></iq>",
        f"<iq type='result'><metadata xmlns='{MAM}'><start timestamp='2004-05-18T20:00:00Z'/>"
        "<end timestamp='2004-05-18T20:02:00Z'/></metadata></iq>",
    )


async def test_an_archive_with_nothing_in_it(stage: Stage) -> None:
    romeo = await arrives(stage, ORCHARD)
    found = await mine(romeo)
    assert (found.results, found.complete) == ([], True)
    refused((await mine(romeo, {"after-id": "x"})).answer, "item-not-found")


async def test_nobody_else_looks_into_it(stage: Stage) -> None:
    """§8.1: forbidden, whether there is such an account or not, and nothing by pubsub either."""
    romeo, juliet = await talk(stage)
    for to in (JULIET, "nobody@shakespeare.lit"):
        refused((await looks_up(romeo, to)).answer, "forbidden", "auth")
        await romeo.refused(
            f"<iq type='get' id='1' to='{to}'><prefs xmlns='{MAM}'/></iq>", "forbidden"
        )
    for client in (romeo, juliet):
        await client.refused(
            f"<iq type='get' id='1' to='{JULIET}'>"
            "<pubsub xmlns='http://jabber.org/protocol/pubsub'>"
            f"<items node='{ARCHIVE_NODE}'/></pubsub></iq>",
            "not-allowed",
        )


async def test_one_copy_to_oneself(stage: Stage) -> None:
    """§6.1.1: once, however many devices have it."""
    romeo, home = await arrives(stage, ORCHARD), await arrives(stage, f"{ROMEO}/home")
    await romeo.drains()
    await home.sends("<message type='chat'><body>Remember the ring</body></message>")
    heard = [await client.receives("<message><body/></message>") for client in (romeo, home)]
    found = await mine(home)
    assert found.ids == ids(heard[0], ROMEO) == ids(heard[1], ROMEO)
    assert found.messages[0].get("to") == ROMEO


@pytest.mark.parametrize(
    ("inner", "type", "kept"),
    [
        ("<body>!</body>", "chat", True),
        ("<body>!</body>", "normal", True),
        ("<body>!</body>", "headline", False),
        ("<received xmlns='urn:xmpp:receipts' id='a'/>", "chat", True),
        ("<displayed xmlns='urn:xmpp:chat-markers:0' id='a'/>", "chat", True),
        ("<composing xmlns='http://jabber.org/protocol/chatstates'/>", "chat", False),
        ("<body>!</body><no-store xmlns='urn:xmpp:hints'/>", "chat", False),
        ("<body>!</body><no-permanent-store xmlns='urn:xmpp:hints'/>", "chat", False),
    ],
)
async def test_what_is_kept(stage: Stage, inner: str, type: str, kept: bool) -> None:
    """§3, §6.1.1; XEP-0334 §4. Whatever it is, it is passed on."""
    romeo, juliet = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    await romeo.sends(f"<message type='{type}' to='{JULIET}'>{inner}</message>")
    heard = await juliet.receives(f"<message type='{type}'>{inner}</message>")
    assert len(ids(heard, JULIET)) == int(kept)
    for client in (romeo, juliet):
        assert len((await mine(client)).results) == int(kept)


async def test_an_occupant_s_whispers(stage: Stage) -> None:
    """§6.1.1: private messages of a room are in the archives of both, by occupants' addresses."""
    romeo, juliet = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    await enters(juliet, "juliet", room=COVEN)
    await juliet.asks(
        f"<iq type='set' id='1' to='{COVEN}'><query xmlns='http://jabber.org/protocol/muc#owner'>"
        "<x xmlns='jabber:x:data' type='submit'/></query></iq>"
    )
    await enters(romeo, "romeo", room=COVEN)
    await juliet.drains()
    forged = f"<stanza-id xmlns='{SID}' by='{JULIET}' id='forged'/>"
    await romeo.sends(says(f"{COVEN}/juliet", "Soft", forged))
    heard = await juliet.receives(says(JULIET, "Soft").replace(f" to='{JULIET}'", ""))
    found = await mine(juliet, {"with": f"{COVEN}/romeo"})
    assert found.ids == ids(heard, JULIET)
    assert found.messages[0].get("from") == f"{COVEN}/romeo"
    assert ORCHARD not in str(found.messages)
    assert (await mine(romeo, {"with": COVEN})).messages[0].get("to") == f"{COVEN}/juliet"


# --- messages that wait (XEP-0160)


async def test_what_waits_is_in_the_archive_and_nowhere_else(stage: Stage) -> None:
    """XEP-0160 §2 with the id of the archive; there is one copy of it, and it stays."""
    romeo = await arrives(stage, ORCHARD)
    account = await stage.account(JULIET)
    for line in LINES:
        await romeo.sends(says(JULIET, line))
        stage.clock.at += 60
    await romeo.drains()
    queue = await stage.core.engine.ask(
        lambda view: [*view.heads(view.found(NodeId(account, MESSAGES_NODE)))]
    )
    juliet = await stage.client(BALCONY)
    await juliet.sends("<presence/>")
    came = [each for each in await juliet.drains() if each.name == "message"]
    found = await mine(juliet)
    assert found.bodies == list(LINES)
    assert found.ids == queue == [id for each in came for id in ids(each, JULIET)]
    assert "stamp='2004-05-18T20:01:00Z'" in str(came[1])
    assert (await arrives(stage, CHAMBER)).jid  # it comes once
    assert len((await mine(juliet)).ids) == 3


async def test_what_waits_and_is_kept_by_nobody(stage: Stage) -> None:
    """XEP-0334 §3.3: no permanent record, and still it is delivered."""
    romeo = await arrives(stage, ORCHARD)
    await stage.account(JULIET)
    hint = "<no-permanent-store xmlns='urn:xmpp:hints'/>"
    for line, more in (("kept", ""), ("secret", hint), ("kept, too", "")):
        await romeo.sends(says(JULIET, line, more))
    juliet = await stage.client(BALCONY)
    await juliet.sends("<presence/>")
    came = [each for each in await juliet.drains() if each.name == "message"]
    assert [each.elements[0].text for each in came] == ["kept", "secret", "kept, too"]
    assert [len(ids(each, JULIET)) for each in came] == [1, 0, 1]
    assert (await mine(juliet)).bodies == ["kept", "kept, too"]


async def test_what_was_trimmed_while_it_waited() -> None:
    """§3.2: it is gone, and keeps nothing else from coming."""
    async with staged(account_archive=Bounds(items=1)) as stage:
        romeo = await arrives(stage, ORCHARD)
        await stage.account(JULIET)
        for line in LINES:
            await romeo.sends(says(JULIET, line))
        await romeo.drains()
        await stage.core.engine.trim()
        juliet = await stage.client(BALCONY)
        await juliet.sends("<presence/>")
        came = [each for each in await juliet.drains() if each.name == "message"]
        assert [each.elements[0].text for each in came] == [LINES[2]]


# --- preferences (XEP-0441)


PREFS = f"<iq type='get' id='juliet2'><prefs xmlns='{MAM}'/></iq>"


async def prefers(client: Client, default: str, always: str = "", never: str = "") -> Element:
    """Change the preferences; lists are of JIDs with spaces between them."""
    lists = "".join(
        f"<{name}>{''.join(f'<jid>{each}</jid>' for each in jids.split())}</{name}>"
        for name, jids in (("always", always), ("never", never))
        if jids
    )
    return await client.asks(
        f"<iq type='set' id='juliet3'><prefs xmlns='{MAM}' default='{default}'>{lists}</prefs></iq>"
    )


async def test_preferences(stage: Stage) -> None:
    """XEP-0441 §2.1, Examples 1 to 5."""
    juliet = await arrives(stage, BALCONY)
    await juliet.asks(
        PREFS,
        f"<iq type='result'><prefs xmlns='{MAM}' default='always'><always/><never/></prefs></iq>",
    )
    answer = await prefers(juliet, "roster", ROMEO, "montague@shakespeare.lit")
    told = f"""
        <iq type='result'>
          <prefs xmlns='{MAM}' default='roster'>
            <always><jid>{ROMEO}</jid></always>
            <never><jid>montague@shakespeare.lit</jid></never>
          </prefs>
        </iq>"""
    assert holds(answer, element(told))
    await juliet.asks(PREFS, told)


@pytest.mark.parametrize(
    ("default", "always", "never", "kept"),
    [
        ("always", "", "", True),
        ("never", "", "", False),
        ("never", ROMEO, "", True),
        ("never", ORCHARD, "", True),
        ("always", "", ROMEO, False),
        ("always", "", f"{ROMEO}/elsewhere", True),
        ("roster", "", "", False),
    ],
)
async def test_they_are_held(
    stage: Stage, default: str, always: str, never: str, kept: bool
) -> None:
    """XEP-0441 §2.1, §2.3: one's own archive alone; the other's is the other's."""
    romeo, juliet = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    await prefers(juliet, default, always, never)
    await romeo.sends(says(JULIET, LINES[0]))
    heard = await juliet.receives(says(JULIET, LINES[0]))
    assert bool(ids(heard, JULIET)) is kept
    assert len((await mine(juliet)).ids) == int(kept)
    assert len((await mine(romeo)).ids) == 1


@pytest.mark.parametrize("default", Keep)
async def test_what_an_operator_says(default: Keep) -> None:
    """`archive_default` holds for whoever says nothing."""
    async with staged(archive_default=default) as stage:
        juliet = await arrives(stage, BALCONY)
        await juliet.asks(
            PREFS, f"<iq type='result'><prefs xmlns='{MAM}' default='{default.value}'/></iq>"
        )
        await juliet.sends(says(ROMEO, LINES[1]))
        assert len((await mine(juliet)).ids) == int(default is Keep.ALWAYS)


@pytest.mark.parametrize(
    ("default", "always", "condition"),
    [
        ("sometimes", "", "bad-request"),
        ("", "", "bad-request"),
        ("never", "@", "jid-malformed"),
        ("never", " ".join(f"a{n}@b" for n in range(NAMED_MAX + 1)), "policy-violation"),
    ],
)
async def test_preferences_that_make_no_sense(
    stage: Stage, default: str, always: str, condition: str
) -> None:
    """XEP-0441 §2.1.1; NAMED_MAX is reached."""
    juliet = await arrives(stage, BALCONY)
    refused(await prefers(juliet, default, always), condition)


async def test_an_account_says_what_it_has(stage: Stage) -> None:
    """§7, Examples 28 and 29; XEP-0359 §5."""
    juliet = await arrives(stage, BALCONY)
    await juliet.asks(
        "<iq type='get' id='disco1'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
        f"""
        <iq type='result'>
          <query xmlns='http://jabber.org/protocol/disco#info'>
            <feature var='{MAM}'/><feature var='{MAM}#extended'/><feature var='{SID}'/>
          </query>
        </iq>""",
    )


async def test_the_archive_of_an_account_s_node(stage: Stage) -> None:
    """XEP-0442 §2: with a node it is that node's, for those who may retrieve its items."""
    juliet = await arrives(stage, BALCONY)
    await juliet.asks(
        "<iq type='set' id='p'><pubsub xmlns='http://jabber.org/protocol/pubsub'>"
        "<publish node='urn:xmpp:tune'><item id='current'><tune xmlns='urn:x'/></item></publish>"
        "</pubsub></iq>",
        "<iq type='result'/>",
    )
    asked = query(attrs="node='urn:xmpp:tune'")
    assert (await looks_up(juliet, "", asked)).ids == ["current"]
    romeo = await arrives(stage, ORCHARD)
    refused((await looks_up(romeo, JULIET, asked)).answer, "forbidden")
    for node in ("presence", "messages", "archive"):
        asked = query(attrs=f"node='{node}'")
        refused((await looks_up(juliet, "", asked)).answer, "not-allowed")
