"""XEP-0356 0.4.1: what a server grants for its accounts' own nodes, and what follows without it.

Its examples, by number. On real servers: tests/hosts/test_personal.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from folkmoot import sessions
from folkmoot.behalf import devices, rosters
from folkmoot.behalf.patron import Patron, shortfalls
from folkmoot.facades.privilege import NOTHING, Grants, Seen
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.stanza import error_reply, reply
from folkmoot.xmpp.xml import Element
from tests.facades.listening import announcement, wishes
from tests.stage import Stage, element, holds, staged
from tests.test_delegation import (
    ANNOYED,
    CAPULET,
    EVERYTHING,
    JULIET,
    MOOD,
    MOODS,
    PUBSUB,
    SERVER,
    SERVICE,
    Capulet,
    asked,
)

ROSTER = "jabber:iq:roster"
EVENT = f"{PUBSUB}#event"
ACCOUNT, ROMEO = "juliet@capulet.lit", "romeo@montague.lit/orchard"
ALL = (
    "<perm access='roster' type='both' push='true'/>"
    "<perm access='message' type='outgoing'/>"
    f"<perm access='iq'><namespace ns='{PUBSUB}' type='set'/></perm>"
    "<perm access='presence' type='roster'/>"
)
"""Example 14, but for the messages, which it does not grant."""


class Town(Capulet):
    """The same server, with rosters, and clients that want to hear of moods.

    rosters: by account, what is inside of the query; of others it says that they are not there.
    silent: it answers nothing.
    """

    def __init__(self, stage: Stage, version: int = 2) -> None:
        super().__init__(stage, version)
        self.rosters: dict[str, str] = {}
        self.silent = False
        self.asked: list[str] = []

    def write(self, stanza: bytes) -> None:
        super().write(stanza)
        iq = self.sent[-1]
        if iq.name != "iq" or iq.get("type") != "get":
            return
        answer = reply(iq)
        if iq.child(ROSTER, "query") is not None:
            self.asked.append(iq.get("to", ""))
            items = self.rosters.get(iq.get("to", ""))
            if items is None:
                answer = error_reply(iq, StanzaError("item-not-found"))
            else:
                answer.append(element(f"<query xmlns='{ROSTER}'>{items}</query>"))
        else:
            answer.append(wishes(MOOD))
        self.sent.pop()
        if not self.silent:
            arrived = self.stage.core.router.elsewhere.arrived
            asyncio.get_running_loop().call_soon(arrived, self, answer)

    async def grants(self, permissions: str = ALL, by: str = SERVER, version: int = 2) -> None:
        """Example 1."""
        assert not await self.brings(
            f"<message from='{by}' to='{SERVICE}' id='12345'>"
            f"<privilege xmlns='urn:xmpp:privilege:{version}'>{permissions}</privilege></message>"
        )

    async def settles(self) -> None:
        """All that was begun is done, answers to what was asked among it."""
        for _ in range(5):
            await asyncio.sleep(0)
            await self.stage.core.router.idle()
            await self.stage.core.engine.told()

    async def appears(self, jid: str, type: str = "") -> list[Element]:
        """Examples 13 and 16; gives what is told then."""
        presence = element(announcement(MOOD, priority=-1) if not type else "<presence/>")
        presence.attrs |= {"from": jid, "to": SERVICE}
        if type:
            presence.attrs["type"] = type
        await self.brings(presence)
        await self.settles()
        return self.told()

    def told(self) -> list[Element]:
        """The messages that were said in the name of an account (Example 6)."""
        found: list[Element] = []
        for each in self.sent:
            if each.name != "message":
                continue
            assert (each.get("from"), each.get("to")) == (SERVICE, SERVER)
            (privilege,) = each.elements
            (forwarded,) = privilege.elements
            (message,) = forwarded.elements
            assert privilege.ns.startswith("urn:xmpp:privilege:")
            assert (forwarded.ns, message.ns) == ("urn:xmpp:forward:0", "jabber:client")
            assert "/" not in message.get("from", "/"), "a bare JID (§5.1)"
            found.append(message)
        return found

    async def publishes(self, xml: str = ANNOYED, by: str = JULIET) -> list[str]:
        """Somebody publishes; gives who is told."""
        self.sent.clear()
        self.stage.core.router.elsewhere.arrived(self, self.handed_on(asked(xml, "set", by=by)))
        await self.settles()
        return [each.get("to", "") for each in self.told()]

    async def subscribes(self, jid: str) -> None:
        """Somebody subscribes to Juliet's moods, as XEP-0060 §6.1 has it."""
        subscribe = f"<subscribe node='{MOOD}' jid='{jid}'/>"
        inner = asked(f"<pubsub xmlns='{PUBSUB}'>{subscribe}</pubsub>", "set", ACCOUNT, f"{jid}/x")
        self.stage.core.router.elsewhere.arrived(self, self.handed_on(inner))
        await self.settles()

    async def sees(self, jid: str) -> str:
        """Why somebody is refused Juliet's moods; "" where they are not."""
        self.sent.clear()
        inner = asked(MOODS, to=ACCOUNT, by=jid)
        self.stage.core.router.elsewhere.arrived(self, self.handed_on(inner))
        await self.settles()
        (result,) = (each for each in self.sent if each.name == "iq")
        answer = result.elements[0].elements[0].elements[0]
        if answer.get("type") == "result":
            return ""
        return answer.elements[-1].elements[-1].name


def contact(jid: str, subscription: str, *groups: str) -> str:
    """A roster item."""
    inside = "".join(f"<group>{each}</group>" for each in groups)
    return f"<item jid='{jid}' subscription='{subscription}'>{inside}</item>"


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with staged(CAPULET, accounts=False) as made:
        yield made


@pytest.fixture
async def town(stage: Stage) -> Town:
    made = Town(stage)
    await made.delegates(*EVERYTHING)
    made.rosters[ACCOUNT] = contact("romeo@montague.lit", "both") + contact(
        "nurse@capulet.lit", "to"
    )
    return made


def patron(town: Town) -> Patron:
    return town.stage.core.router.elsewhere.patron


# --- what is granted


@pytest.mark.parametrize("version", [1, 2])
async def test_examples_1_5_8_and_14_what_is_granted(town: Town, version: int) -> None:
    """§4.2, §5.2, §6.2, §7.5; in either namespace."""
    await town.grants(version=version)
    ns = f"urn:xmpp:privilege:{version}"
    assert patron(town).grants == Grants(ns, True, True, True, Seen.CONTACTS)


async def test_what_is_said_for_accounts_is_no_link_that_may_be_shared(town: Town) -> None:
    """Their domain is the server's: nothing that we say there comes back to us."""
    await town.grants("<perm access='message' type='outgoing'/>")
    assert await town.stage.core.router.elsewhere.shared() == []


async def test_permissions_that_stand_in_one_another(town: Town) -> None:
    """Prosody's module of 2023 forgets to close what says of iqs; and says nothing of pushes."""
    await town.grants(
        f"<perm access='iq'><namespace ns='{PUBSUB}' type='both'><namespace ns='{PUBSUB}#owner'>"
        "<perm access='roster' type='get'/></namespace></namespace></perm>"
    )
    assert patron(town).grants == Grants("urn:xmpp:privilege:2", rosters=True)


@pytest.mark.parametrize(
    "permissions",
    [
        "",
        "<perm/>",
        "<perm access='roster' type='set' push='true'/>",
        "<perm access='roster' type='none'/><perm access='message' type='none'/>",
        "<perm access='message' type='incoming'/><perm access='presence' type='all'/>",
        "<perm xmlns='urn:x' access='message' type='outgoing'/>",
    ],
)
async def test_what_grants_nothing(town: Town, permissions: str) -> None:
    """Types that are not known, or say no; and it takes the place of what was granted before."""
    await town.grants()
    await town.grants(permissions)
    assert patron(town).grants == Grants("urn:xmpp:privilege:2")


@pytest.mark.parametrize("by", ["montague.lit", JULIET, ACCOUNT, SERVICE])
async def test_nobody_else_grants(town: Town, by: str) -> None:
    """Nor takes anything back."""
    await town.grants(by=by)
    assert patron(town).grants == NOTHING
    await town.grants()
    await town.grants("", by=by)
    assert patron(town).grants.messages


async def test_all_is_over_with_the_link(town: Town) -> None:
    """Until the server says so again (§8, rule 1)."""
    await town.grants()
    await town.appears(JULIET)
    assert await town.publishes() == [JULIET]
    town.stage.core.router.elsewhere.detached(town)
    assert patron(town).grants == NOTHING
    await town.delegates(*EVERYTHING)
    await town.grants()
    assert await town.publishes() == []
    await town.appears(JULIET)
    assert await town.publishes() == [JULIET]


# --- messages and presence


async def test_examples_6_and_12_juliet_and_romeo_hear_of_her_mood(town: Town) -> None:
    """§5.3, §7.3, §7.6: her devices and his; of those on her roster, who hear her presence."""
    await town.grants()
    for jid in (
        JULIET,
        ROMEO,
        "nurse@capulet.lit/x",
        "tybalt@capulet.lit/y",
        "rosaline@verona.lit/z",
    ):
        assert await town.appears(jid) == []
    assert await town.publishes() == [JULIET, ROMEO]
    (_, message) = town.told()
    assert holds(
        message,
        element(
            f"<message from='{ACCOUNT}' to='{ROMEO}' type='headline'><event xmlns='{EVENT}'>"
            f"<items node='{MOOD}'><item id='1'><mood xmlns='{MOOD}'/></item></items></event>"
            "</message>"
        ),
    )


async def test_who_comes_hears_the_last(town: Town) -> None:
    """XEP-0163 §4.3.4: once, however often they say that they are there; and again, come anew."""
    town.rosters["nurse@capulet.lit"] = contact(ACCOUNT, "to")
    town.rosters[ACCOUNT] += contact("nurse@capulet.lit", "from")
    await town.grants()
    await town.publishes()
    nurse = "nurse@capulet.lit/home"
    (message,) = await town.appears(nurse)
    assert (message.get("from"), message.get("to")) == (ACCOUNT, nurse)
    assert await town.appears(nurse) == []
    await town.appears(nurse, "unavailable")
    assert nurse not in await town.publishes()
    assert len(await town.appears(nurse)) == 1


async def test_what_goes_with_a_device(town: Town) -> None:
    """`pubsub#purge_offline`: its presence is all that is known of it."""
    await town.grants()
    await town.appears(JULIET)
    form = (
        "<publish-options><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>"
        f"{PUBSUB}#publish-options</value></field><field var='pubsub#purge_offline'>"
        "<value>1</value></field></x></publish-options>"
    )
    await town.publishes(ANNOYED.replace("</pubsub>", f"{form}</pubsub>"))
    assert "<item " in str(await town.asks(asked(MOODS)))
    await town.appears(JULIET, "unavailable")
    assert "<item " not in str(await town.asks(asked(MOODS)))


async def test_a_device_that_says_no_priority(town: Town) -> None:
    """All others here have a negative one, and hear what they asked for all the same."""
    await town.grants()
    presence = element(announcement(MOOD).replace("<priority>0", "<priority>many"))
    presence.attrs |= {"from": JULIET, "to": SERVICE}
    await town.brings(presence)
    await town.settles()
    assert await town.publishes() == [JULIET]


async def test_who_subscribed_hears_of_it(town: Town) -> None:
    """XEP-0060 §6.1, for which presence need not be known; also by their bare JID."""
    await town.grants("<perm access='message' type='outgoing'/><perm access='roster' type='get'/>")
    await town.publishes()
    await town.subscribes("romeo@montague.lit")
    assert await town.publishes() == ["romeo@montague.lit"]


# --- what is not granted


async def test_without_messages_nobody_is_told(town: Town) -> None:
    """And all else is as it was."""
    await town.grants(ALL.replace("outgoing", "none"))
    await town.appears(JULIET)
    assert await town.publishes() == []
    assert await town.sees(ROMEO) == ""


async def test_without_rosters_nobody_is_let_in(town: Town) -> None:
    """Nor does a contact hear of anything: what follows is narrower, never wider."""
    await town.grants(ALL.replace("both", "none"))
    for jid in (JULIET, ROMEO):
        await town.appears(jid)
    assert await town.publishes() == [JULIET]
    assert await town.sees(ROMEO) == "not-authorized"
    assert town.asked == []


async def test_without_presence_no_device_is_known(town: Town) -> None:
    """§7: whoever sends presence to a service is nobody to us."""
    await town.grants(ALL.replace("type='roster'", "type='none'"))
    await town.appears(JULIET)
    assert await town.publishes() == []


async def test_presence_of_accounts_alone(town: Town) -> None:
    """§7.1: then what is directed to us by others is not the server's word."""
    await town.grants(ALL.replace("type='roster'", "type='managed_entity'"))
    for jid in (JULIET, ROMEO):
        await town.appears(jid)
    assert await town.publishes() == [JULIET]


def test_what_an_operator_is_told() -> None:
    """For `folkmoot check`: what lacks, and what it means; nothing, where nothing does."""
    everything = Grants("urn:xmpp:privilege:2", True, True, True, Seen.ACCOUNTS)
    assert shortfalls(EVERYTHING, everything) == ()
    told = shortfalls((PUBSUB,), NOTHING)
    assert [each.partition(" is not ")[0] for each in told] == [
        f"{PUBSUB}#owner",
        "message=outgoing",
        "presence",
        "roster=get",
    ]


# --- rosters


async def test_examples_2_and_3_whom_a_roster_lets_in(town: Town) -> None:
    """§4.3: who hears her presence sees her moods; who only is heard does not, nor a stranger."""
    await town.grants()
    await town.publishes()
    assert await town.sees(ROMEO) == ""
    assert await town.sees("nurse@capulet.lit/x") == "not-authorized"
    assert await town.sees("tybalt@capulet.lit/x") == "not-authorized"
    assert await town.sees(JULIET) == ""
    assert set(town.asked) == {ACCOUNT}


async def test_groups_of_a_roster(town: Town) -> None:
    """XEP-0060 §4.5: the access model `roster`, by the groups that the server has."""
    town.rosters[ACCOUNT] = contact("romeo@montague.lit", "both", "Lovers") + contact(
        "paris@capulet.lit", "both", "Suitors"
    )
    await town.grants()
    form = (
        "<publish-options><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>"
        f"{PUBSUB}#publish-options</value></field><field var='pubsub#access_model'>"
        "<value>roster</value></field><field var='pubsub#roster_groups_allowed'>"
        "<value>Lovers</value></field></x></publish-options>"
    )
    for jid in (JULIET, ROMEO, "paris@capulet.lit/x"):
        await town.appears(jid)
    assert await town.publishes(ANNOYED.replace("</pubsub>", f"{form}</pubsub>")) == [JULIET, ROMEO]
    assert await town.sees(ROMEO) == ""
    assert await town.sees("paris@capulet.lit/x") == "not-authorized"


async def test_a_node_of_ones_own_asks_for_no_roster(town: Town) -> None:
    """Bookmarks are for nobody else, whoever is on it."""
    await town.grants()
    form = (
        "<publish-options><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>"
        f"{PUBSUB}#publish-options</value></field><field var='pubsub#access_model'>"
        "<value>whitelist</value></field></x></publish-options>"
    )
    await town.publishes(ANNOYED.replace("</pubsub>", f"{form}</pubsub>"))
    assert town.asked == []


async def test_example_4_a_roster_push(town: Town) -> None:
    """§4.4: it is answered, and read anew; who is let in is told what there is."""
    await town.grants()
    await town.publishes()
    nurse = "nurse@capulet.lit/home"
    town.rosters["nurse@capulet.lit"] = contact(ACCOUNT, "to")
    assert await town.appears(nurse) == []
    assert await town.sees(ROMEO) == ""
    read = len(town.asked)
    await town.sees(ROMEO)
    assert len(town.asked) == read, "it is relied on as long as nothing is pushed"
    town.rosters[ACCOUNT] = contact("nurse@capulet.lit", "both")
    push = f"<query xmlns='{ROSTER}'>{contact('nurse@capulet.lit', 'both')}</query>"
    iq = f"<iq from='{ACCOUNT}' to='{SERVICE}' type='set' id='push'>{push}</iq>"
    await town.brings(iq)
    await town.settles()
    wanted = element(f"<iq type='result' id='push' from='{SERVICE}' to='{ACCOUNT}'/>")
    assert any(holds(each, wanted) for each in town.sent)
    assert [each.get("to") for each in town.told()] == [nurse]
    assert await town.sees(ROMEO) == "not-authorized"


@pytest.mark.parametrize("by", [JULIET, ROMEO, "montague.lit", "romeo@montague.lit"])
async def test_who_pushes_nothing(town: Town, by: str) -> None:
    """What comes from a resource, or another server, is a query that nobody answers here."""
    await town.grants()
    await town.publishes()
    iq = f"<iq from='{by}' to='{SERVICE}' type='set' id='p'><query xmlns='{ROSTER}'/></iq>"
    read = len(town.asked)
    await town.errs(iq, "service-unavailable")
    await town.publishes()
    assert len(town.asked) == read


async def test_without_pushes_a_roster_is_read_again(town: Town) -> None:
    """FRESH_SECONDS, for those alone whom it let in; who is told is found out each time."""
    await town.grants(ALL.replace("push='true'", ""))
    await town.publishes()
    await town.sees(ROMEO)
    read = len(town.asked)
    await town.sees(ROMEO)
    assert len(town.asked) == read
    town.rosters[ACCOUNT] = contact("nurse@capulet.lit", "from")
    assert await town.sees("nurse@capulet.lit/x") == "", "nobody waits to be let in"
    town.rosters[ACCOUNT] = ""
    await town.appears("nurse@capulet.lit/x")
    assert await town.publishes() == []


async def test_who_was_let_go_of_hears_no_more(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing has ended his subscriptions: it is the server's roster that changed."""
    monkeypatch.setattr(rosters, "FRESH_SECONDS", 0.0)
    await town.grants(ALL.replace("push='true'", ""))
    await town.publishes()
    await town.subscribes("romeo@montague.lit")
    assert await town.publishes() == ["romeo@montague.lit"]
    town.rosters[ACCOUNT] = ""
    assert await town.publishes() == []
    assert await town.sees(ROMEO) == "not-authorized"


async def test_a_roster_that_cannot_be_read(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """RETRY_SECONDS: nobody is on it; it is not asked for again and again, but later."""
    await town.grants()
    kept = town.rosters.pop(ACCOUNT)
    await town.publishes()
    assert await town.sees(ROMEO) == "not-authorized"
    assert len(town.asked) == 1
    monkeypatch.setattr(rosters, "RETRY_SECONDS", 0.0)
    await town.grants()
    await town.publishes()
    town.rosters[ACCOUNT] = kept
    await town.appears(ROMEO)
    assert await town.publishes() == [ROMEO]


async def test_the_server_does_not_answer(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """ANSWER_SECONDS_MAX: what was asked for is answered all the same."""
    monkeypatch.setattr(rosters, "ANSWER_SECONDS_MAX", 0.0)
    town.silent = True
    await town.grants()
    assert await town.publishes() == []
    assert await town.sees(JULIET) == ""
    assert await town.sees(ROMEO) == "not-authorized"


# --- limits


async def test_a_few_rosters_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """AT_ONCE_MAX: the others wait for their turn, and have it."""
    monkeypatch.setattr(rosters, "AT_ONCE_MAX", 1)
    async with staged(CAPULET, accounts=False) as stage:
        town = Town(stage)
        await town.delegates(*EVERYTHING)
        await town.grants()
        for name in ("juliet", "nurse", "tybalt"):
            inner = asked(ANNOYED, "set", by=f"{name}@capulet.lit/x")
            stage.core.router.elsewhere.arrived(town, town.handed_on(inner))
        await asyncio.sleep(0)
        assert len(town.asked) == 1
        await town.settles()
        assert len(town.asked) == 3
        assert len(town.sent) == 3, "each has been answered"


async def test_a_long_roster(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """CONTACTS_MAX: the rest is not let in; what has no address is not on it."""
    monkeypatch.setattr(rosters, "CONTACTS_MAX", 1)
    town.rosters[ACCOUNT] = (
        contact("@", "both") + contact("romeo@montague.lit", "both") + contact("a@b.lit", "both")
    )
    await town.grants()
    await town.publishes()
    assert await town.sees(ROMEO) == ""
    assert await town.sees("a@b.lit/c") == "not-authorized"


async def test_many_rosters(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """REMEMBERED_MAX: the one not asked for the longest is read anew."""
    monkeypatch.setattr(rosters, "REMEMBERED_MAX", 3)
    tybalt = "tybalt@capulet.lit"
    town.rosters[tybalt] = contact("paris@capulet.lit", "both")
    await town.grants()
    await town.publishes()
    await town.publishes(by=f"{tybalt}/x")
    await town.publishes()
    assert town.asked == [ACCOUNT, tybalt, ACCOUNT]


async def test_many_devices(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """DEVICES_MAX, DEVICES_ELSEWHERE_MAX, DEVICES_PER_DOMAIN_MAX, SESSIONS_PER_ACCOUNT_MAX."""
    monkeypatch.setattr(devices, "DEVICES_MAX", 2)
    monkeypatch.setattr(devices, "DEVICES_ELSEWHERE_MAX", 3)
    monkeypatch.setattr(devices, "DEVICES_PER_DOMAIN_MAX", 2)
    town.rosters[ACCOUNT] = "".join(
        contact(jid, "both")
        for jid in ("romeo@montague.lit", "paris@verona.lit", "nurse@capulet.lit")
    )
    await town.grants()
    for at in ("romeo@montague.lit/1", "romeo@montague.lit/2", "romeo@montague.lit/3"):
        await town.appears(at)
    for at in ("paris@verona.lit/1", "paris@verona.lit/2"):
        await town.appears(at)
    for at in ("juliet@capulet.lit/1", "nurse@capulet.lit/1", "nurse@capulet.lit/2"):
        await town.appears(at)
    assert sorted(await town.publishes(by="juliet@capulet.lit/1")) == [
        "juliet@capulet.lit/1",
        "nurse@capulet.lit/1",
        "paris@verona.lit/1",
        "romeo@montague.lit/1",
        "romeo@montague.lit/2",
    ]
    await town.appears("romeo@montague.lit/1", "unavailable")
    await town.appears("paris@verona.lit/2")
    assert "paris@verona.lit/2" in await town.publishes(by="juliet@capulet.lit/1")
    monkeypatch.setattr(sessions, "SESSIONS_PER_ACCOUNT_MAX", 0)
    await town.appears("juliet@capulet.lit/1", "unavailable")
    await town.appears("juliet@capulet.lit/1")
    assert "juliet@capulet.lit/1" not in await town.publishes(by="juliet@capulet.lit/1")
