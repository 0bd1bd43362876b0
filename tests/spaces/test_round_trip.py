"""A space there and back: an export of what was imported is the same export."""

from __future__ import annotations

import asyncio
import copy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from folkmoot.engine.commands import Configure, Entry, Publish, SetAffiliations
from folkmoot.engine.configuration import Inherit
from folkmoot.engine.model import Affiliation, NodeId
from folkmoot.steward import Steward
from folkmoot.xmpp.errors import StreamError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import parse, serialize
from tests.spaces.moving import exported, imported
from tests.stage import Stage, staged
from tests.xmpp import xmlgen

JULIET = JID.parse("juliet@shakespeare.lit")
ROMEO = JID.parse("romeo@shakespeare.lit")


async def fill(stage: Stage, seed: dict[str, Any]) -> None:
    """A space as its owner and others would make it."""
    engine, services = stage.core.engine, stage.core.engine.services
    steward_args = {"key": "moot", "owner": str(JULIET), "title": seed["title"]}
    steward = Steward(engine, stage.store.abroad)
    await steward.ask("create", {**steward_args, "template": seed["template"]})
    space = NodeId(services.pubsub, "moot")
    for name, who in seed["rooms"].items():
        await steward.ask("add", {"key": "moot", "name": name, "who": who, "category": name})
    rows = {JID.parse(f"{name}@verona.lit"): row for name, row in seed["people"].items()}
    if rows:
        await engine.run(SetAffiliations(actor=JULIET, node=space, affiliations=rows))
    for name in seed["rooms"]:
        room = NodeId(services.rooms, name)
        changes = {"room.password": seed["title"], "inherit": seed["inherit"]}
        await engine.run(Configure(actor=JULIET, node=room, settings=changes))
        row = {ROMEO: Affiliation.ADMIN}
        await engine.run(SetAffiliations(actor=JULIET, node=room, affiliations=row))
    for number, payload in enumerate(seed["payloads"]):
        entry = Entry(payload=payload, id=f"item{number}")
        await engine.run(Publish(actor=JULIET, node=space, entry=entry))
    romeo = await stage.client("romeo@shakespeare.lit/street")
    await romeo.sends(
        "<iq type='set' id='s' to='pubsub.shakespeare.lit'>"
        "<pubsub xmlns='http://jabber.org/protocol/pubsub'>"
        "<subscribe node='moot' jid='romeo@shakespeare.lit'/>"
        "<options><x xmlns='jabber:x:data' type='submit'>"
        "<field var='pubsub#deliver'><value>0</value></field>"
        "<field var='pubsub#show-values'><value>chat</value><value>away</value></field>"
        "</x></options></pubsub></iq>"
    )
    juliet = await stage.client("juliet@shakespeare.lit/balcony")
    for name in seed["rooms"]:
        room_jid = f"{name}@{services.rooms}"
        await juliet.sends(
            f"<presence to='{room_jid}/Juliet'>"
            "<x xmlns='http://jabber.org/protocol/muc'/></presence>"
        )
        await juliet.sends(
            f"<message type='groupchat' id='1' to='{room_jid}'><subject>{name}</subject></message>"
        )
        for text in seed["said"]:
            await juliet.sends(
                f"<message type='groupchat' id='2' to='{room_jid}'><body>{text}</body></message>"
            )
    await juliet.drains()
    await engine.settled()


def fit(payload: Any) -> bool:
    """Whether a client could send it: what XML in a stream may be."""
    try:
        return bool(parse(serialize(payload)) == payload)
    except (StreamError, ValueError):
        return False


seeds = st.fixed_dictionaries(
    {
        "title": st.sampled_from(["", "Moot", "Ünïcode & <more>", "日本"]),
        "template": st.sampled_from(["community", "team", "announcements"]),
        "rooms": st.dictionaries(
            st.sampled_from(["hall", "crypt", "garden"]), st.sampled_from(["open", "members"])
        ),
        "inherit": st.sampled_from(Inherit),
        "people": st.dictionaries(
            st.sampled_from(["benvolio", "nurse", "tybalt", "paris"]),
            st.sampled_from(
                [
                    Affiliation.OWNER,
                    Affiliation.PUBLISHER,
                    Affiliation.MEMBER,
                    Affiliation.PUBLISH_ONLY,
                    Affiliation.OUTCAST,
                ]
            ),
        ),
        "payloads": st.lists(xmlgen.elements.filter(fit), max_size=3),
        "said": st.lists(st.sampled_from(["hark", "soft", "🌙"]), max_size=3),
    }
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seeds, st.booleans())
def test_there_and_back(seed: dict[str, Any], whole: bool) -> None:
    """An export of what was imported on an empty server is the same export."""

    async def play() -> None:
        asked = {"history": "yes"} if whole else {}
        async with staged() as there, staged() as here:
            for stage in (there, here):
                await stage.account(str(JULIET))
                await stage.account(str(ROMEO))
            await fill(there, seed)
            document = await exported(there, **asked)
            *_, made = await imported(here, copy.deepcopy(document))
            assert made["key"] == "moot"
            assert await exported(here, **asked) == document

    asyncio.run(play())
