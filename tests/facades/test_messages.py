"""Messages between accounts: RFC 6121 §5, §8.5; XEP-0160 1.0.1 for those nobody is there for."""

from __future__ import annotations

import pytest

from folkmoot.engine.errors import Reason
from folkmoot.facades import messages
from folkmoot.xmpp.errors import StanzaError
from tests.facades.verona import BALCONY, CHAMBER, JULIET, ORCHARD, ROMEO, arrives
from tests.stage import Client, Stage, element, staged

TYPES = ("normal", "chat", "groupchat", "headline", "error")
NOBODY = "nobody@shakespeare.lit"


def message(to: str, type: str = "chat", inner: str = "<body>Art thou not Romeo?</body>") -> str:
    """A message; normal ones say no type."""
    said = "" if type == "normal" else f" type='{type}'"
    return f"<message to='{to}' id='ktx72v49'{said}>{inner}</message>"


def bounced(address: str) -> str:
    """The error that says there is nobody to take it."""
    return f"""
        <message from='{address}' to='{ORCHARD}' id='ktx72v49' type='error'>
          <error type='cancel'>
            <service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>
          </error>
        </message>"""


async def comes(stage: Stage, jid: str, priority: int = 0) -> tuple[Client, list[str]]:
    """A client that becomes available, and the messages it is sent then."""
    client = await stage.client(jid)
    await client.sends(f"<presence><priority>{priority}</priority></presence>")
    came = [each for each in await client.drains() if each.name == "message"]
    return client, [body.text for each in came for body in each.childs("jabber:client", "body")]


# --- §8.5.4: the table of message delivery rules


@pytest.mark.parametrize("address", [NOBODY, f"{NOBODY}/here"])
@pytest.mark.parametrize("type", TYPES)
async def test_no_such_account(stage: Stage, address: str, type: str) -> None:
    """§8.5.1, §8.5.4: what somebody has to see comes back, the rest is passed over."""
    romeo = await arrives(stage, ORCHARD)
    await romeo.sends(message(address, type))
    error = type in ("normal", "chat") or (type == "groupchat" and "/" not in address)
    await (romeo.receives(bounced(address)) if error else romeo.receives_nothing())


@pytest.mark.parametrize("priority", [None, -1])
@pytest.mark.parametrize("address", [JULIET, f"{JULIET}/gone"])
@pytest.mark.parametrize("type", TYPES)
async def test_nobody_there_to_take_it(
    stage: Stage, address: str, type: str, priority: int | None
) -> None:
    """§8.5.2.2.1, §8.5.3.2.1: no resource, or one of negative priority, which is the same."""
    romeo = await arrives(stage, ORCHARD)
    await stage.account(JULIET)
    if priority is not None:
        await comes(stage, BALCONY, priority)
    await romeo.sends(message(address, type))
    full = "/" in address
    error = (type == "groupchat" and not full) or (type == "normal" and full)
    await (romeo.receives(bounced(address)) if error else romeo.receives_nothing())
    kept = type == "chat" or (type == "normal" and not full)
    _, bodies = await comes(stage, CHAMBER)
    assert bodies == (["Art thou not Romeo?"] if kept else [])


@pytest.mark.parametrize("type", TYPES)
async def test_the_bare_jid_is_every_resource_that_wants_messages(stage: Stage, type: str) -> None:
    """§8.5.2.1.1: all whose priority is not negative, and the address is left as it is."""
    romeo = await arrives(stage, ORCHARD)
    balcony, chamber = await arrives(stage, BALCONY), await arrives(stage, CHAMBER)
    quiet, _ = await comes(stage, f"{JULIET}/quiet", -1)
    mute = await stage.client(f"{JULIET}/mute")
    for client in (balcony, chamber):
        await client.drains()
    await romeo.sends(message(JULIET, type))
    for client in (balcony, chamber):
        if type in ("groupchat", "error"):
            await client.receives_nothing()
        else:
            heard = await client.receives(message(JULIET, type))
            assert heard.get("from") == ORCHARD
    for client in (quiet, mute):
        await client.receives_nothing()
    if type == "groupchat":
        await romeo.receives(bounced(JULIET))
    await romeo.receives_nothing()


@pytest.mark.parametrize("priority", [None, -1, 5])
@pytest.mark.parametrize("type", TYPES)
async def test_a_full_jid_is_that_resource(stage: Stage, type: str, priority: int | None) -> None:
    """§8.5.3.1: whatever its priority, and if it is not even available."""
    romeo, chamber = await arrives(stage, ORCHARD), await arrives(stage, CHAMBER)
    if priority is None:
        balcony = await stage.client(BALCONY)
    else:
        balcony, _ = await comes(stage, BALCONY, priority)
        await chamber.drains()
    await romeo.sends(message(BALCONY, type))
    await balcony.receives(message(BALCONY, type))
    await chamber.receives_nothing()


async def test_a_chat_goes_on_where_its_resource_is_gone(stage: Stage) -> None:
    """§8.5.3.2.1: a chat message is then for the account, and a normal one is not."""
    romeo, chamber = await arrives(stage, ORCHARD), await arrives(stage, CHAMBER)
    await romeo.sends(message(BALCONY, "chat"))
    await chamber.receives(f"<message from='{ORCHARD}' type='chat'><body/></message>")
    await romeo.sends(message(BALCONY, "normal"))
    await romeo.receives(bounced(BALCONY))
    await chamber.receives_nothing()


async def test_all_of_a_message_is_passed_on(stage: Stage) -> None:
    """§5.2: body, subject, thread, language, and what no server knows."""
    romeo, juliet = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    said = """
        <message to='juliet@shakespeare.lit' id='z94nb37h' type='chat' xml:lang='en'>
          <subject>I implore you!</subject>
          <body>Wherefore art thou, Romeo?</body>
          <body xml:lang='cs'>Pro&#x010D;e&#x017D; jsi ty, Romeo?</body>
          <thread parent='7edac73ab41e45c4aafa7b2d7b749080'>e0ffe42b28561960</thread>
          <x xmlns='urn:example:moon'/>
        </message>"""
    await romeo.sends(said)
    await juliet.receives(said)


async def test_a_message_to_nobody_in_particular_is_for_oneself(stage: Stage) -> None:
    """RFC 6120 §10.3.1: without a `to` it is to the account that sends it."""
    orchard, home = await arrives(stage, ORCHARD), await arrives(stage, f"{ROMEO}/home")
    await orchard.drains()
    await home.sends("<message><body>Remember the ring</body></message>")
    for client in (orchard, home):
        await client.receives("<message><body>Remember the ring</body></message>")


async def test_a_message_of_an_unknown_type_is_normal(stage: Stage) -> None:
    """§5.2.2: whoever does not know a type takes it for `normal`."""
    romeo, juliet = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    await romeo.sends(message(JULIET, "sonnet"))
    await juliet.receives(message(JULIET, "sonnet"))


async def test_a_message_to_another_server(stage: Stage) -> None:
    """RFC 6120 §10.4: this server speaks to no other."""
    romeo = await arrives(stage, ORCHARD)
    await romeo.sends(message("juliet@example.net"))
    await romeo.receives("""
        <message from='juliet@example.net' type='error'>
          <error type='cancel'>
            <remote-server-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>
          </error>
        </message>""")


# --- XEP-0160: messages that wait


async def test_messages_wait_in_order_and_come_once(stage: Stage) -> None:
    """XEP-0160 §2: to the resource that becomes available, with the time they came (XEP-0203)."""
    romeo = await arrives(stage, ORCHARD)
    await stage.account(JULIET)
    for line in ("O blessed, blessed night!", "I am afeard.", "Being in night"):
        await romeo.sends(message(JULIET, "normal", f"<body>{line}</body>"))
        await romeo.drains()
        stage.clock.at += 60
    juliet = await stage.client(BALCONY)
    await juliet.sends("<presence><priority>1</priority></presence>")
    await juliet.receives(f"<presence from='{BALCONY}'/>")
    for line, stamp in (
        ("O blessed, blessed night!", "2004-05-18T20:00:00Z"),
        ("I am afeard.", "2004-05-18T20:01:00Z"),
        ("Being in night", "2004-05-18T20:02:00Z"),
    ):
        await juliet.receives(f"""
            <message from='{ORCHARD}' id='ktx72v49'>
              <body>{line}</body>
              <delay xmlns='urn:xmpp:delay' from='shakespeare.lit' stamp='{stamp}'/>
            </message>""")
    await juliet.receives_nothing()
    _, again = await comes(stage, CHAMBER)
    assert again == []


async def test_messages_wait_for_a_priority_that_is_not_negative(stage: Stage) -> None:
    """XEP-0160 §2, step 5: not for presence as such, nor for every presence after."""
    romeo = await arrives(stage, ORCHARD)
    await stage.account(JULIET)
    await romeo.sends(message(JULIET))
    balcony, bodies = await comes(stage, BALCONY, -1)
    assert bodies == []
    await balcony.sends("<presence><priority>0</priority></presence>")
    await balcony.hears("<message><body>Art thou not Romeo?</body></message>")


async def test_a_message_that_waited_is_not_lost_with_the_stream_it_came_to(stage: Stage) -> None:
    """XEP-0160 §2: the router gives it back; it waits again, and keeps the time it first came."""
    account = await stage.account(JULIET)
    delay = "<delay xmlns='urn:xmpp:delay' from='shakespeare.lit' stamp='2002-09-10T23:08:25Z'/>"
    sent = f"<message from='{ORCHARD}' to='{BALCONY}'><body>I am afeard.</body>{delay}</message>"
    await messages.keep(stage.core.engine, account, element(sent))
    juliet = await stage.client(CHAMBER)
    await juliet.sends("<presence/>")
    heard = await juliet.hears("<message><body>I am afeard.</body></message>")
    (found,) = heard.childs("urn:xmpp:delay", "delay")
    assert found.get("stamp") == "2002-09-10T23:08:25Z"


COMPOSING = "<composing xmlns='http://jabber.org/protocol/chatstates'/>"
BODY = "<body>Soft!</body>"


@pytest.mark.parametrize(
    ("inner", "kept"),
    [
        (BODY, True),
        (COMPOSING, False),
        (COMPOSING + "<thread>act2</thread>", False),
        (COMPOSING + BODY, True),
        ("", False),
        ("<received xmlns='urn:xmpp:receipts' id='a'/>", True),
        (BODY + "<no-store xmlns='urn:xmpp:hints'/>", False),
        (BODY + "<no-permanent-store xmlns='urn:xmpp:hints'/>", True),
        (COMPOSING + "<store xmlns='urn:xmpp:hints'/>", True),
    ],
)
async def test_what_is_worth_keeping(stage: Stage, inner: str, kept: bool) -> None:
    """XEP-0160 §3, XEP-0334 §4: not what says nothing tomorrow, nor what asks not to be kept."""
    romeo = await arrives(stage, ORCHARD)
    await stage.account(JULIET)
    await romeo.sends(message(JULIET, inner=inner))
    await romeo.receives_nothing()
    juliet = await stage.client(BALCONY)
    await juliet.sends("<presence/>")
    assert any(each.name == "message" for each in await juliet.drains()) is kept


async def test_so_many_messages_wait_and_no_more() -> None:
    """XEP-0160 §2, step 3: the sender hears; what waits already makes way for nothing.

    What is in the account's archive is not lost, and does not come back.
    """
    secret = "<no-permanent-store xmlns='urn:xmpp:hints'/>"
    async with staged(offline_messages_max=2) as stage:
        romeo = await arrives(stage, ORCHARD)
        await stage.account(JULIET)
        for line in ("one", "two", "archived", f"three</body>{secret}<body>"):
            await romeo.sends(message(JULIET, inner=f"<body>{line}</body>"))
        await romeo.receives(bounced(JULIET))
        await romeo.receives_nothing()
        juliet, bodies = await comes(stage, BALCONY)
        assert bodies == ["one", "two"]
        await juliet.leaves()
        await romeo.sends(message(JULIET, inner="<body>four</body>"))
        _, bodies = await comes(stage, BALCONY)
        assert bodies == ["four"]


def test_every_refusal_has_its_words() -> None:
    """Whatever the engine says, it is said as a stanza error."""
    for reason in Reason:
        assert isinstance(messages.ERRORS[reason]("detail"), StanzaError)
