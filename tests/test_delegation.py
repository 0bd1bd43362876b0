"""XEP-0355 0.5: another server's accounts have their own nodes here. Its examples, by number.

On real servers: tests/hosts/test_personal.py. What accounts can do with their nodes is what they
can do here (tests/facades/test_pep.py), which is played over a server that delegates as well.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from folkmoot import lanes, links
from folkmoot.behalf import delegation as behalf
from folkmoot.engine.services import Services
from folkmoot.facades import delegation
from folkmoot.facades.delegation import Forwarded
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element
from tests.stage import Stage, Wire, element, holds, staged

SERVER, SERVICE = "capulet.lit", "pubsub.capulet.lit"
JULIET = "juliet@capulet.lit/balcony"
PUBSUB = "http://jabber.org/protocol/pubsub"
INFO, ITEMS = (f"http://jabber.org/protocol/disco#{each}" for each in ("info", "items"))
MOOD = "http://jabber.org/protocol/mood"
BLOG = "urn:xmpp:microblog:0"
EVERYTHING = (
    PUBSUB,
    f"{PUBSUB}#owner",
    "urn:xmpp:delegation:2:bare:disco#info:*",
    "urn:xmpp:delegation:2:bare:disco#items:*",
)
CAPULET = Services(
    domain=JID.parse(SERVER),
    pubsub=JID.parse(SERVICE),
    rooms=JID.parse("rooms.capulet.lit"),
    personal=True,
)


class Capulet(Wire):
    """The other server's end of the link. version: of the namespace it speaks."""

    def __init__(self, stage: Stage, version: int = 2) -> None:
        super().__init__(JID.parse(SERVICE))
        self.stage = stage
        self.ns = f"urn:xmpp:delegation:{version}"
        stage.core.router.elsewhere.links.add(self)

    async def brings(self, xml: str | Element) -> list[Element]:
        """A stanza of somebody's; gives what comes back."""
        self.sent.clear()
        self.stage.core.router.elsewhere.arrived(
            self, element(xml) if isinstance(xml, str) else xml
        )
        await self.stage.core.router.idle()
        await self.stage.core.engine.told()
        return self.sent

    async def delegates(self, *namespaces: str, by: str = SERVER) -> None:
        """Example 1."""
        told = "".join(f"<delegated namespace='{each}'/>" for each in namespaces)
        assert not await self.brings(
            f"<message from='{by}' to='{SERVICE}' id='12345'>"
            f"<delegation xmlns='{self.ns}'>{told}</delegation></message>"
        )

    def handed_on(self, inner: str, by: str = SERVER) -> Element:
        """Example 3: what the server makes of an iq."""
        return element(
            f"<iq from='{by}' to='{SERVICE}' id='delegate1' type='set'>"
            f"<delegation xmlns='{self.ns}'><forwarded xmlns='urn:xmpp:forward:0'>"
            f"{inner}</forwarded></delegation></iq>"
        )

    async def asks(self, inner: str, by: str = SERVER) -> Element:
        """Hand on an iq; gives the one answer that is in the one result (Example 4)."""
        (result,) = await self.brings(self.handed_on(inner, by))
        wanted = element(f"<iq from='{SERVICE}' to='{SERVER}' id='delegate1' type='result'/>")
        assert holds(result, wanted), result
        (told,) = result.elements
        (outer,) = told.elements
        (answer,) = outer.elements
        assert (told.ns, told.name, outer.name, answer.ns) == (
            self.ns,
            "delegation",
            "forwarded",
            "jabber:client",
        )
        return answer

    async def is_refused(self, inner: str, condition: str) -> None:
        """An iq that is handed on is answered with an error, and nothing waits any more."""
        answer = await self.asks(inner)
        assert answer.get("type") == "error" and condition in str(answer), answer
        assert not self.stage.core.router.elsewhere.patron.delegation._waiting

    async def errs(self, stanza: Element | str, condition: str) -> None:
        """A stanza of the server's is itself refused."""
        (answer,) = await self.brings(stanza)
        assert answer.get("type") == "error" and condition in str(answer), answer


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with staged(CAPULET, accounts=False) as made:
        yield made


@pytest.fixture(params=[1, 2])
async def capulet(stage: Stage, request: pytest.FixtureRequest) -> Capulet:
    made = Capulet(stage, request.param)
    await made.delegates(*EVERYTHING)
    return made


def asked(xml: str, type: str = "get", to: str = "", by: str = JULIET, id: str = "pep1") -> str:
    """An iq of somebody's, as a server hands it on."""
    to = f" to='{to}'" if to else ""
    return f"<iq xmlns='jabber:client' from='{by}' id='{id}' type='{type}'{to}>{xml}</iq>"


ANNOYED = (
    f"<pubsub xmlns='{PUBSUB}'><publish node='{MOOD}'><item id='1'><mood xmlns='{MOOD}'><annoyed/>"
    "<text>curse my nurse!</text></mood></item></publish></pubsub>"
)
MOODS = f"<pubsub xmlns='{PUBSUB}'><items node='{MOOD}'/></pubsub>"


# --- examples


async def test_examples_2_to_4_juliet_publishes_her_mood(capulet: Capulet) -> None:
    """§4.3: without `to`, as Prosody hands it on; the answer is from her own account."""
    answer = await capulet.asks(asked(ANNOYED, "set"))
    assert holds(
        answer,
        element(
            f"<iq type='result' id='pep1' to='{JULIET}' from='juliet@capulet.lit'>"
            f"<pubsub xmlns='{PUBSUB}'><publish node='{MOOD}'><item id='1'/></publish></pubsub>"
            "</iq>"
        ),
    )
    assert "curse my nurse" in str(await capulet.asks(asked(MOODS, to="juliet@capulet.lit")))


async def test_an_error_is_in_a_result_as_well(capulet: Capulet) -> None:
    """§4.3: servers hand it on as it is, where one outside would be service-unavailable."""
    answer = await capulet.asks(asked(MOODS))
    assert answer.get("type") == "error" and "item-not-found" in str(answer)
    assert (answer.get("id"), answer.get("to")) == ("pep1", JULIET)


async def test_examples_19_and_20_what_the_server_says_of_itself(capulet: Capulet) -> None:
    """§7.2.1. Told once, though two namespaces are delegated: servers add up what they are told."""
    node = f"{capulet.ns}::{PUBSUB}"
    (answer,) = await capulet.brings(info(node))
    assert holds(
        answer,
        element(
            f"<iq type='result' id='disco2' to='{SERVER}'><query xmlns='{INFO}' node='{node}'>"
            f"<feature var='{PUBSUB}'/><feature var='{PUBSUB}#publish'/>"
            f"<feature var='{PUBSUB}#publish-options'/><feature var='{PUBSUB}#subscribe'/>"
            "</query></iq>"
        ),
    )
    for rest in (f"{capulet.ns}::{PUBSUB}#owner", f"{capulet.ns}:bare:{INFO}"):
        (answer,) = await capulet.brings(info(rest))
        assert answer.get("type") == "result"
        assert answer.elements[0].get("node") == rest
        assert not answer.elements[0].elements


def info(node: str, by: str = SERVER) -> str:
    return (
        f"<iq from='{by}' to='{SERVICE}' id='disco2' type='get'>"
        f"<query xmlns='{INFO}' node='{node}'/></iq>"
    )


async def test_examples_23_and_24_what_it_says_of_accounts(capulet: Capulet) -> None:
    """§7.2.2."""
    (answer,) = await capulet.brings(info(f"{capulet.ns}:bare:{PUBSUB}"))
    assert holds(
        answer,
        element(
            f"<iq type='result'><query xmlns='{INFO}'><identity category='pubsub' type='pep'/>"
            f"<feature var='{PUBSUB}#access-presence'/><feature var='{PUBSUB}#auto-create'/>"
            f"<feature var='{PUBSUB}#filtered-notifications'/>"
            f"<feature var='{PUBSUB}#persistent-items'/><feature var='{PUBSUB}#retrieve-items'/>"
            "<feature var='urn:xmpp:bookmarks:1#compat-pep'/></query></iq>"
        ),
    )


async def test_a_namespace_that_we_do_not_serve(capulet: Capulet) -> None:
    """ejabberd then delegates it to nobody, which is right."""
    for node in (f"{capulet.ns}::jabber:iq:roster", f"{capulet.ns}:x:{PUBSUB}", capulet.ns):
        await capulet.errs(info(node), "item-not-found")


async def test_examples_26_to_28_what_a_node_is(capulet: Capulet) -> None:
    """§7.2.4."""
    await capulet.asks(asked(ANNOYED.replace(MOOD, BLOG), "set"))
    query = f"<query xmlns='{INFO}' node='{BLOG}'/>"
    answer = await capulet.asks(asked(query, to="juliet@capulet.lit"))
    assert holds(
        answer,
        element(
            f"<iq type='result' to='{JULIET}'><query xmlns='{INFO}' node='{BLOG}'>"
            "<identity category='pubsub' type='leaf'/><x xmlns='jabber:x:data' type='result'>"
            f"<field var='FORM_TYPE'><value>{PUBSUB}#meta-data</value></field></x></query></iq>"
        ),
    )


async def test_examples_31_to_36_which_nodes_and_items_there_are(capulet: Capulet) -> None:
    """§7.2.5."""
    await capulet.asks(asked(ANNOYED, "set"))
    answer = await capulet.asks(asked(f"<query xmlns='{ITEMS}'/>", to="juliet@capulet.lit"))
    item = f"<item jid='juliet@capulet.lit' node='{MOOD}'/>"
    assert holds(answer, element(f"<iq type='result'><query xmlns='{ITEMS}'>{item}</query></iq>"))
    query = f"<query xmlns='{ITEMS}' node='{MOOD}'/>"
    answer = await capulet.asks(asked(query, to="juliet@capulet.lit"))
    item = "<item jid='juliet@capulet.lit' name='1'/>"
    assert holds(answer, element(f"<iq type='result'><query xmlns='{ITEMS}'>{item}</query></iq>"))


async def test_the_account_as_a_whole_where_all_discovery_is_ours(capulet: Capulet) -> None:
    """Which no server does by itself; to strangers the account is as if it were not there (§10)."""
    await capulet.delegates(INFO)
    answer = await capulet.asks(asked(f"<query xmlns='{INFO}'/>"))
    assert holds(
        answer, element(f"<iq><query xmlns='{INFO}'><identity type='registered'/></query></iq>")
    )
    query = asked(f"<query xmlns='{INFO}'/>", to="juliet@capulet.lit", by="paris@verona.lit/x")
    assert "service-unavailable" in str(await capulet.asks(query))


# --- others


async def test_romeo_of_another_server_looks_at_what_is_open(capulet: Capulet) -> None:
    """The server vouches for him, as for everybody who sends something through the link."""
    form = (
        "<publish-options><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>"
        f"{PUBSUB}#publish-options</value></field><field var='pubsub#access_model'>"
        "<value>open</value></field></x></publish-options>"
    )
    await capulet.asks(asked(ANNOYED.replace("</pubsub>", f"{form}</pubsub>"), "set"))
    romeo = "romeo@montague.lit/orchard"
    answer = await capulet.asks(asked(MOODS, to="juliet@capulet.lit", by=romeo))
    assert "curse my nurse" in str(answer) and answer.get("to") == romeo
    answer = await capulet.asks(asked(ANNOYED, "set", to="juliet@capulet.lit", by=romeo))
    assert "forbidden" in str(answer), "but her nodes are hers"


async def test_what_is_the_servers_stays_there(capulet: Capulet) -> None:
    """Presence, messages and archives are nodes with us (XEP-0207), and with it they are not."""
    for node in ("presence", "messages", "archive"):
        answer = await capulet.asks(asked(ANNOYED.replace(MOOD, node), "set"))
        assert "not-allowed" in str(answer)
    assert not [each for each in capulet.stage.core.engine.nodes if each.id.service.local]


async def test_requests_of_one_sender_are_answered_in_their_order(capulet: Capulet) -> None:
    """RFC 6120 §10.1; each exactly once."""
    router = capulet.stage.core.router
    for number in range(20):
        xml = ANNOYED.replace("id='1'", f"id='{number}'")
        router.elsewhere.arrived(capulet, capulet.handed_on(asked(xml, "set", id=f"n{number}")))
    await router.idle()
    await capulet.stage.core.engine.told()
    inner = [each.elements[0].elements[0].elements[0] for each in capulet.sent]
    assert [each.get("id") for each in inner] == [f"n{number}" for number in range(20)]


async def test_a_stage_has_nothing_waiting_once_all_is_answered(capulet: Capulet) -> None:
    """And what is lost with the link is answered no more."""
    kept = capulet.stage.core.router.elsewhere.patron.delegation
    await capulet.asks(asked(MOODS))
    assert not kept._waiting


# --- bad input


@pytest.mark.parametrize(
    "inner",
    [
        "",
        asked("", "get"),
        asked(MOODS, "result"),
        asked(MOODS + MOODS),
        "<message xmlns='jabber:client'/>",
        asked(MOODS).replace(" xmlns='jabber:client'", " xmlns='jabber:server'"),
    ],
)
async def test_what_is_no_request(capulet: Capulet, inner: str) -> None:
    """There is nothing in it that could be answered."""
    await capulet.errs(capulet.handed_on(inner), "bad-request")


@pytest.mark.parametrize(
    ("inner", "condition"),
    [
        (asked(MOODS, by=""), "jid-malformed"),
        (asked(MOODS, by="@"), "jid-malformed"),
        (asked(MOODS, to="a@b@c"), "jid-malformed"),
        (asked(MOODS, by=SERVICE), "forbidden"),
        (asked(MOODS, by="coven@rooms.capulet.lit/first"), "forbidden"),
        (asked(MOODS, by="romeo@montague.lit/orchard"), "service-unavailable"),
        (asked(MOODS, to="juliet@montague.lit"), "service-unavailable"),
        (asked(MOODS, to=SERVER), "service-unavailable"),
        (asked(MOODS, to=JULIET), "service-unavailable"),
        (asked(MOODS, to=SERVICE), "service-unavailable"),
        (asked("<query xmlns='jabber:iq:roster'/>"), "forbidden"),
        (asked("<query xmlns='jabber:iq:private'/>"), "forbidden"),
    ],
)
async def test_what_is_not_to_be_handed_on(capulet: Capulet, inner: str, condition: str) -> None:
    """The server says what no server should; whoever asked is told, if that is anybody."""
    await capulet.is_refused(inner, condition)


async def test_only_what_was_delegated(stage: Stage) -> None:
    """Nothing yet; then one namespace after the other, as ejabberd says them; then nothing more."""
    capulet = Capulet(stage)
    await capulet.is_refused(asked(MOODS), "forbidden")
    await capulet.delegates(f"{PUBSUB}#owner", "jabber:iq:roster")
    await capulet.is_refused(asked(MOODS), "forbidden")
    await capulet.is_refused(asked("<query xmlns='jabber:iq:roster'/>"), "forbidden")
    await capulet.delegates(PUBSUB)
    await capulet.delegates(PUBSUB)
    await capulet.is_refused(asked(MOODS), "item-not-found")
    form = f"<pubsub xmlns='{PUBSUB}#owner'><configure node='{MOOD}'/></pubsub>"
    await capulet.is_refused(asked(form), "item-not-found")
    await capulet.is_refused(asked(f"<query xmlns='{INFO}' node='{MOOD}'/>"), "forbidden")
    stage.core.router.elsewhere.detached(capulet)
    await capulet.is_refused(asked(MOODS), "forbidden")


@pytest.mark.parametrize("by", ["verona.lit", JULIET, "juliet@capulet.lit", f"{SERVER}/x"])
async def test_nobody_else_delegates(stage: Stage, by: str) -> None:
    """Another server, or somebody of this one: what they send is a stanza like any other."""
    capulet = Capulet(stage)
    await capulet.delegates(*EVERYTHING, by=by)
    assert not stage.core.router.elsewhere.patron.delegation.delegated
    await capulet.delegates(*EVERYTHING)
    await capulet.errs(capulet.handed_on(asked(MOODS), by), "service-unavailable")
    await capulet.delegates(by=by)
    assert stage.core.router.elsewhere.patron.delegation.delegated == frozenset(EVERYTHING)


async def test_not_unless_the_operator_wants_it() -> None:
    """`component.personal`: the server may say what it likes."""
    async with staged(CAPULET, accounts=False, personal=False) as stage:
        capulet = Capulet(stage)
        await capulet.delegates(*EVERYTHING)
        await capulet.errs(capulet.handed_on(asked(MOODS)), "service-unavailable")
        await capulet.errs(info(f"{capulet.ns}::{PUBSUB}"), "item-not-found")


async def test_an_id_that_is_somebody_elses(capulet: Capulet) -> None:
    """Who guesses the id of what waits gets their own answer, and takes nobody else's."""
    router, seen = capulet.stage.core.router, []
    opened = router.elsewhere.patron.delegation.opened

    def spied(stanza: Element, forwarded: Forwarded) -> tuple[JID, Element]:
        found = opened(stanza, forwarded)
        seen.append(found[1].get("id"))
        return found

    router.elsewhere.patron.delegation.opened = spied  # type: ignore[method-assign, assignment]
    router.elsewhere.arrived(capulet, capulet.handed_on(asked(MOODS)))
    (id,) = seen
    ping = f"<iq from='tybalt@capulet.lit/x' to='{SERVICE}' id='{id}' type='get'>"
    router.elsewhere.arrived(capulet, element(f"{ping}<ping xmlns='urn:xmpp:ping'/></iq>"))
    await router.idle()
    await capulet.stage.core.engine.told()
    assert {(each.get("to"), each.get("id")) for each in capulet.sent} == {
        (SERVER, "delegate1"),
        ("tybalt@capulet.lit/x", id),
    }


# --- limits


async def test_too_large_an_answer(capulet: Capulet, monkeypatch: pytest.MonkeyPatch) -> None:
    """STANZA_BYTES_MAX: an error in the result, for one outside ejabberd tells nobody."""
    await capulet.asks(asked(ANNOYED.replace("curse", "curse" * 100), "set"))
    monkeypatch.setattr(links, "STANZA_BYTES_MAX", 900)
    await capulet.is_refused(asked(MOODS), "policy-violation")


async def test_too_many_wait(capulet: Capulet, monkeypatch: pytest.MonkeyPatch) -> None:
    """UNDER_WAY_MAX."""
    monkeypatch.setattr(behalf, "UNDER_WAY_MAX", 0)
    await capulet.is_refused(asked(MOODS), "resource-constraint")


async def test_too_much_of_one_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    """LANE_MAX: what is refused at once is answered like what is not."""
    monkeypatch.setattr(lanes, "LANE_MAX", 0)
    async with staged(CAPULET, accounts=False, nodes_per_account_max=0) as stage:
        capulet = Capulet(stage)
        await capulet.delegates(*EVERYTHING)
        for number in range(2):  # the first is made to wait, since she has too many nodes already
            stanza = capulet.handed_on(asked(ANNOYED, "set", id=f"n{number}"))
            stage.core.router.elsewhere.arrived(capulet, stanza)
        await stage.core.router.idle()
        await stage.core.engine.told()
        inner = [str(each.elements[0].elements[0].elements[0]) for each in capulet.sent]
        assert [("id='n0'" in each, "too much waits" in each) for each in inner] == [
            (True, False),
            (False, True),
        ]


async def test_too_many_namespaces(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """NAMESPACES_MAX."""
    monkeypatch.setattr(behalf, "NAMESPACES_MAX", 2)
    await Capulet(stage).delegates("urn:a", "urn:b", "urn:c")
    assert len(stage.core.router.elsewhere.patron.delegation.delegated) == 2


def test_both_namespaces_and_no_others() -> None:
    """Examples 20 and 24, of a version that is not there yet."""
    assert delegation.nested(f"urn:xmpp:delegation:3::{PUBSUB}") is None
