"""docs/extensions/audit.md, version 0.1: what owners may look up of their space."""

from __future__ import annotations

import pytest

from folkmoot.engine.commands import Entry, Publish
from folkmoot.engine.model import NodeId
from folkmoot.engine.store import AUDIT_CHARS_MAX, AUDIT_ROWS_MAX, AuditQuery
from folkmoot.facades.audit import NS, ROWS_PER_PAGE_MAX
from folkmoot.stores import batch
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.rsm import RSM
from folkmoot.xmpp.xml import Element
from tests.facades.megacorp import LEAD, PUBSUB, SERVICE, USER, create, form, owner, publish
from tests.stage import Client, Stage

DEV = NodeId(JID.parse(SERVICE), "dev")
AT = "2004-05-18T20:00:00Z"


@pytest.fixture
async def lead(megacorp: Stage) -> Client:
    """Who owns the space `dev`, open to all."""
    client = await megacorp.client(f"{LEAD}/desk", available=True)
    await client.asks(create("dev", access_model="open"), "<iq type='result'/>")
    return client


def ask(node: str = "dev", page: str = "") -> str:
    """The query."""
    return (
        f"<iq type='get' to='{SERVICE}' id='a'><audit xmlns='{NS}' node='{node}'>"
        f"<set xmlns='{RSM}'>{page}</set></audit></iq>"
    )


async def rows(client: Client, page: str = "") -> list[Element]:
    """The rows of a page, newest first."""
    answer = await client.asks(ask(page=page), "<iq type='result'/>")
    return answer.elements[0].childs(NS, "row")


def said(row: Element) -> tuple[str | None, ...]:
    """What changed, of what, from what to what."""
    texts = [row.child(NS, name) for name in ("before", "after")]
    return (
        row.get("what"),
        row.get("of"),
        *(None if each is None else each.text for each in texts),
    )


async def test_every_kind_of_change(megacorp: Stage, lead: Client) -> None:
    """Configuration, list and standing; who did it, and when."""
    user = await megacorp.client(f"{USER}/cool-client", available=True)
    room = "r@conference.megacorp.example.com"
    await lead.asks(owner(f"<configure node='dev'>{form(title='Devs')}</configure>"))
    await lead.asks(publish(room, "<a xmlns='b'/>"))
    await lead.asks(publish(room, "<c xmlns='d'/>"))
    await user.asks(
        f"<iq type='set' to='{SERVICE}' id='s'><pubsub xmlns='{PUBSUB}'>"
        f"<subscribe node='dev' jid='{USER}'/></pubsub></iq>",
        "<iq type='result'/>",
    )
    ban = (
        f"<affiliations node='dev'><affiliation jid='{USER}' affiliation='outcast'/></affiliations>"
    )
    await lead.asks(owner(ban), "<iq type='result'/>")
    await lead.asks(
        f"<iq type='set' to='{SERVICE}' id='t'><pubsub xmlns='{PUBSUB}'><retract node='dev'>"
        f"<item id='{room}'/></retract></pubsub></iq>",
        "<iq type='result'/>",
    )
    found = await rows(lead)
    assert [said(each) for each in found] == [
        ("item", room, "<c xmlns='d'/>", None),
        ("subscription", USER, "subscribed", "none"),
        ("affiliation", USER, None, "outcast"),
        ("subscription", USER, "none", "subscribed"),
        ("item", room, "<a xmlns='b'/>", "<c xmlns='d'/>"),
        ("item", room, None, "<a xmlns='b'/>"),
        ("configuration", "title", None, "Devs"),
        ("created", "dev", None, "open"),
    ]
    assert {each.get("at") for each in found} == {AT}
    assert [each.get("by") for each in found] == [*[str(LEAD)] * 3, USER, *[str(LEAD)] * 4]


async def test_it_is_read_page_by_page(lead: Client) -> None:
    """XEP-0059: back in time with `after`, forward with `before`; empty, from the far end."""
    for title in ("a", "b", "c"):
        await lead.asks(owner(f"<configure node='dev'>{form(title=title)}</configure>"))
    whole = [each.get("id") for each in await rows(lead)]
    assert len(whole) == 4
    first = await lead.asks(
        ask(page="<max>2</max>"),
        f"<iq type='result'><audit xmlns='{NS}'><set xmlns='{RSM}'>"
        f"<first index='0'>{whole[0]}</first><last>{whole[1]}</last><count>4</count>"
        "</set></audit></iq>",
    )
    assert [each.get("id") for each in first.elements[0].childs(NS, "row")] == whole[:2]
    for page, expected in (
        (f"<max>2</max><after>{whole[1]}</after>", whole[2:]),
        ("<max>1</max><before/>", whole[3:]),
        (f"<max>1</max><before>{whole[2]}</before>", whole[1:2]),
        (f"<after>{whole[3]}</after>", []),
        ("<max>0</max>", []),
        (f"<max>{ROWS_PER_PAGE_MAX + 1}</max>", whole),
    ):
        assert [each.get("id") for each in await rows(lead, page)] == expected


async def test_only_owners_read_it(megacorp: Stage, lead: Client) -> None:
    """Neither strangers nor publishers; and what is asked wrongly is said to be."""
    user = await megacorp.client(f"{USER}/cool-client", available=True)
    await user.refused(ask(), "forbidden", type="auth")
    for affiliation in ("member", "publisher", "outcast"):
        row = f"<affiliation jid='{USER}' affiliation='{affiliation}'/>"
        await lead.asks(owner(f"<affiliations node='dev'>{row}</affiliations>"))
        await user.refused(ask(), "forbidden")
    await lead.refused(ask("nowhere"), "item-not-found")
    await lead.refused(ask(""), "nodeid-required", "bad-request")
    await lead.refused(ask(page="<index>1</index>"), "feature-not-implemented")
    for after in ("x", "'; DROP TABLE audit; --", "9" * 400, "-1"):
        await lead.refused(ask(page=f"<after>{after}</after>"), "item-not-found")


async def test_of_another_node_nothing_is_written_down(lead: Client) -> None:
    """The trail is a space's."""
    await lead.asks(create("own", type=""), "<iq type='result'/>")
    answer = await lead.asks(ask("own"), "<iq type='result'/>")
    assert not answer.elements[0].childs(NS, "row")


async def test_it_has_bounds(
    megacorp: Stage, lead: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AUDIT_ROWS_MAX and AUDIT_CHARS_MAX: the oldest rows make way, long texts are cut."""
    monkeypatch.setattr(batch, "AUDIT_ROWS_MAX", 3)
    long = "x" * (AUDIT_CHARS_MAX + 1)
    for number in range(5):
        entry = Entry(payload=Element("a", "b", None, long), id=str(number))
        await megacorp.core.engine.run(Publish(actor=JID.parse(LEAD), node=DEV, entry=entry))
    page = await megacorp.core.engine.audit(JID.parse(LEAD), AuditQuery(node=DEV))
    assert [row.subject for _, row in page.rows] == ["4", "3", "2"]
    assert {len(row.after) for _, row in page.rows} == {AUDIT_CHARS_MAX}
    assert AUDIT_ROWS_MAX == 10_000


async def test_it_goes_with_the_space(megacorp: Stage, lead: Client) -> None:
    """Rows of a space that is deleted are not those of the next of its name."""
    await lead.asks(owner("<delete node='dev'/>"), "<iq type='result'/>")
    await lead.asks(create("dev"), "<iq type='result'/>")
    assert [said(each) for each in await rows(lead)] == [("created", "dev", None, "authorize")]
    assert (await megacorp.store.audit(AuditQuery(node=DEV))).count == 1
