"""Looking for words: XEP-0431 0.2.0, in the form of XEP-0313 1.1.3."""

from __future__ import annotations

import pytest

from folkmoot.facades.mam.query import SEARCH_CHARS_MAX
from tests.facades.mam.asking import MAM, Found, looks_up, paged, query
from tests.facades.mam.test_accounts import LINES, talk
from tests.facades.mam.test_nodes import NODE, SERVICE, published
from tests.facades.mam.test_rooms import VERSES, spoken
from tests.facades.muc.coven import COVEN, HAG, configures, refused
from tests.stage import Client, Stage, holds
from tests.stage import element as stanza

FULL_TEXT = "{urn:xmpp:fulltext:0}fulltext"


async def finds(client: Client, text: str, to: str = COVEN, more: str = "") -> Found:
    """Look for words."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    attrs = f"node='{NODE}'" if to == SERVICE else ""
    return await looks_up(client, to, query({FULL_TEXT: escaped}, more, attrs))


async def test_it_is_offered(stage: Stage) -> None:
    """§2.1, §3.1: a feature, and a field of the form."""
    crone, _ = await spoken(stage)
    await crone.asks(
        f"<iq type='get' id='i' to='{COVEN}'>"
        "<query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
        "<iq type='result'><query xmlns='http://jabber.org/protocol/disco#info'>"
        "<feature var='urn:xmpp:fulltext:0'/></query></iq>",
    )
    answer = await crone.asks(f"<iq type='get' id='f' to='{COVEN}'><query xmlns='{MAM}'/></iq>")
    wanted = f"<field xmlns='jabber:x:data' type='text-single' var='{FULL_TEXT}'/>"
    x = answer.elements[0].elements[0]
    assert any(holds(field, stanza(wanted)) for field in x.elements)


async def test_in_a_room_an_account_and_a_node(stage: Stage) -> None:
    """§3.2: what has all the words, in the order it was said, page by page."""
    crone, _ = await spoken(stage)
    assert (await finds(crone, "thrice")).bodies == list(VERSES[:2])
    assert (await finds(crone, "thrice hedge")).bodies == [VERSES[1]]
    assert (await finds(crone, "")).bodies == list(VERSES)
    last = await finds(crone, "thrice", more=paged("<max>1</max><before/>"))
    assert (last.bodies, last.complete, last.page[2:]) == ([VERSES[1]], False, ("1", "2"))
    _, juliet = await talk(stage)
    assert (await finds(juliet, "name", "juliet@shakespeare.lit")).bodies == [LINES[2]]
    hamlet = await published(stage)
    assert (await finds(hamlet, "orisons", SERVICE)).ids == ["i2"]


async def test_who_may_not_look_finds_nothing(stage: Stage) -> None:
    """XEP-0313 §8.1."""
    crone, _ = await spoken(stage)
    await configures(crone, {"membersonly": "1"})
    hag = await stage.client(HAG)
    refused((await finds(hag, "thrice")).answer, "forbidden", "auth")


@pytest.mark.parametrize("text", ['"', "thrice OR NOT (", "a' OR 1=1; --", "words : *", "\t<&>"])
async def test_special_characters_mean_nothing(stage: Stage, text: str) -> None:
    """§3.2: clients need not know any."""
    crone, _ = await spoken(stage)
    assert (await finds(crone, text)).results == []


async def test_so_long_a_text(stage: Stage) -> None:
    """SEARCH_CHARS_MAX is reached."""
    crone, _ = await spoken(stage)
    assert (await finds(crone, "a " * (SEARCH_CHARS_MAX // 2))).complete
    refused((await finds(crone, "a" * (SEARCH_CHARS_MAX + 1))).answer, "policy-violation")
