"""The archive of a node: XEP-0442 0.2.0, asked as XEP-0313 1.1.3 has it."""

from __future__ import annotations

import pytest

from tests.facades.mam.asking import MAM, looks_up, paged, query
from tests.facades.muc.coven import refused
from tests.stage import Client, Stage, element, holds

SERVICE = "pubsub.shakespeare.lit"
PUBSUB = "http://jabber.org/protocol/pubsub"
NODE = "princely_musings"
LINES = ("Soliloquy", "To be, or not to be", "Nymph, in thy orisons")


async def published(stage: Stage, access: str = "open", **fields: str) -> Client:
    """A node of Hamlet's with three entries, a minute after each other."""
    hamlet = await stage.client("hamlet@shakespeare.lit/elsinore")
    told = "".join(
        f"<field var='pubsub#{var}'><value>{value}</value></field>"
        for var, value in {"access_model": access, **fields}.items()
    )
    await hamlet.asks(
        f"<iq type='set' id='c' to='{SERVICE}'><pubsub xmlns='{PUBSUB}'><create node='{NODE}'/>"
        f"<configure><x xmlns='jabber:x:data' type='submit'>{told}</x></configure></pubsub></iq>",
        "<iq type='result'/>",
    )
    for number, line in enumerate(LINES):
        await hamlet.asks(
            f"<iq type='set' id='p' to='{SERVICE}'><pubsub xmlns='{PUBSUB}'>"
            f"<publish node='{NODE}'><item id='i{number}'>"
            f"<entry xmlns='http://www.w3.org/2005/Atom'><title>{line}</title></entry>"
            "</item></publish></pubsub></iq>",
            "<iq type='result'/>",
        )
        stage.clock.at += 60
    return hamlet


def of_node(fields: dict[str, str | list[str]] | None = None, more: str = "") -> str:
    """A query for the node's archive."""
    return query(fields, more, f"queryid='f28' node='{NODE}'")


async def test_the_items_of_a_node(stage: Stage) -> None:
    """§2, Examples 1 and 2; §3: one item a message, as those who subscribed had it."""
    await published(stage)
    juliet = await stage.client("juliet@shakespeare.lit/chamber")
    found = await looks_up(juliet, SERVICE, of_node())
    assert found.ids == ["i0", "i1", "i2"]
    assert holds(
        found.results[0],
        element(f"""
        <message from='{SERVICE}' to='juliet@shakespeare.lit/chamber'>
          <result xmlns='{MAM}' queryid='f28' id='i0'>
            <forwarded xmlns='urn:xmpp:forward:0'>
              <delay xmlns='urn:xmpp:delay' stamp='2004-05-18T20:00:00Z'/>
              <message xmlns='jabber:client'>
                <event xmlns='{PUBSUB}#event'>
                  <items node='{NODE}'>
                    <item id='i0'>
                      <entry xmlns='http://www.w3.org/2005/Atom'><title>Soliloquy</title></entry>
                    </item>
                  </items>
                </event>
              </message>
            </forwarded>
          </result>
        </message>"""),
    )
    assert (found.complete, found.page) == (True, ("i0", "i2", "0", "3"))


async def test_as_any_archive_is_asked(stage: Stage) -> None:
    """XEP-0313 §4.1, §4.3, §5: by time, by publisher, by id, page by page; its ends."""
    hamlet = await published(stage)
    for asked, ids in (
        (of_node({"start": "2004-05-18T20:01:00Z"}), ["i1", "i2"]),
        (of_node({"with": "hamlet@shakespeare.lit"}), ["i0", "i1", "i2"]),
        (of_node({"with": "ophelia@shakespeare.lit"}), []),
        (of_node({"ids": ["i2", "i0"]}), ["i0", "i2"]),
        (of_node(more=paged("<max>2</max><before/>")), ["i1", "i2"]),
    ):
        assert (await looks_up(hamlet, SERVICE, asked)).ids == ids
    await hamlet.asks(
        f"<iq type='get' id='1' to='{SERVICE}'><metadata xmlns='{MAM}' node='{NODE}'/></iq>",
        f"""
        <iq type='result'>
          <metadata xmlns='{MAM}'>
            <start id='i0' timestamp='2004-05-18T20:00:00Z'/>
            <end id='i2' timestamp='2004-05-18T20:02:00Z'/>
          </metadata>
        </iq>""",
    )


@pytest.mark.parametrize("access", ["authorize", "whitelist"])
async def test_who_may_not_retrieve_items_may_not_look_them_up(stage: Stage, access: str) -> None:
    """XEP-0313 §8.1: forbidden."""
    hamlet = await published(stage, access)
    juliet = await stage.client("juliet@shakespeare.lit/chamber")
    refused((await looks_up(juliet, SERVICE, of_node())).answer, "forbidden", "auth")
    assert len((await looks_up(hamlet, SERVICE, of_node())).ids) == 3


async def test_no_node_or_one_that_keeps_nothing(stage: Stage) -> None:
    hamlet = await published(stage, persist_items="0")
    for asked, condition in (
        (of_node(), "feature-not-implemented"),
        (query(attrs="node='elsewhere'"), "item-not-found"),
        (query(), "bad-request"),
    ):
        refused((await looks_up(hamlet, SERVICE, asked)).answer, condition)


async def test_an_item_whose_time_is_up_is_in_no_archive(stage: Stage) -> None:
    """XEP-0060 §16.4.4, `pubsub#item_expire`: nobody sees one, also before it is looked for."""
    hamlet = await published(stage, item_expire="100")
    assert (await looks_up(hamlet, SERVICE, of_node())).ids == ["i2"]


async def test_a_node_that_keeps_items_says_so(stage: Stage) -> None:
    """XEP-0313 §7, at the service and at the node."""
    hamlet = await published(stage)
    for node in ("", f"node='{NODE}'"):
        await hamlet.asks(
            f"<iq type='get' id='1' to='{SERVICE}'>"
            f"<query xmlns='http://jabber.org/protocol/disco#info' {node}/></iq>",
            f"""
            <iq type='result'>
              <query xmlns='http://jabber.org/protocol/disco#info'>
                <feature var='{MAM}'/><feature var='{MAM}#extended'/>
              </query>
            </iq>""",
        )
