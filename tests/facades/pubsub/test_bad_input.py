"""Hostile and broken requests: each is answered by the error its XEP names, and changes nothing."""

from __future__ import annotations

import pytest

from folkmoot.engine.decide.configuring import ROSTER_GROUPS_MAX, TEXT_CHARS_MAX
from tests.facades.pubsub.denmark import (
    FRANCISCO,
    OWNER,
    PUBSUB,
    Denmark,
    configuration,
    fields,
    publish,
)

MUSINGS = "princely_musings"
HOSTILE = "&apos; OR 1=1; DROP TABLE nodes; --"
DEEP = "<a xmlns='x'>" * 60 + "</a>" * 60


async def everything(denmark: Denmark) -> tuple[object, ...]:
    """What can be asked about the node: configuration, rows, subscriptions, items."""
    answers = [
        await denmark.hamlet.asks(denmark.iq("get", f"<{asked} node='{MUSINGS}'/>", OWNER))
        for asked in ("affiliations", "subscriptions")
    ]
    return (
        await configuration(denmark),
        *(str(answer.elements[0]) for answer in answers),
        await denmark.items(denmark.hamlet),
    )


def configure(form: str) -> str:
    return f"<configure node='{MUSINGS}'>{form}</configure>"


def rows(kind: str, *attrs: str) -> str:
    """Rows of an owner's request, each as its attributes."""
    told = "".join(f"<{kind} {each}/>" for each in attrs)
    return f"<{kind}s node='{MUSINGS}'>{told}</{kind}s>"


GOOD_ROW = "jid='francisco@denmark.lit' affiliation='member'"
GOOD_STATE = "jid='francisco@denmark.lit' subscription='subscribed'"


@pytest.mark.parametrize(
    ("child", "ns", "condition"),
    [
        # a form of which one field is wrong is wrong altogether (§8.2.5)
        (configure(fields(title="Other", access_model=HOSTILE)), OWNER, "unsupported-access-model"),
        (configure(fields(title="Other", max_items="-1")), OWNER, "not-acceptable"),
        (configure(fields(title="Other", max_items="1e3")), OWNER, "not-acceptable"),
        (configure(fields(title="Other", persist_items="perhaps")), OWNER, "not-acceptable"),
        (configure(fields(title="Other", persist_items=("0", "1"))), OWNER, "not-acceptable"),
        (configure(fields(title=("Other", "Another"))), OWNER, "not-acceptable"),
        (configure(fields(title="x" * (TEXT_CHARS_MAX + 1))), OWNER, "not-acceptable"),
        (configure(fields(description="x" * 20_000)), OWNER, "not-acceptable"),
        (
            configure(
                fields(
                    title="Other",
                    roster_groups_allowed=tuple(map(str, range(ROSTER_GROUPS_MAX + 1))),
                )
            ),
            OWNER,
            "not-acceptable",
        ),
        (configure(fields(title="Other", node_type="collection")), OWNER, "unsupported"),
        (configure(fields(title="Other", purge_offline="maybe")), OWNER, "not-acceptable"),
        (configure("<x xmlns='jabber:x:data' type='result'/>"), OWNER, "bad-request"),
        (configure("<x xmlns='jabber:x:data'/>"), OWNER, "bad-request"),
        (configure("<x xmlns='urn:other' type='submit'/>"), OWNER, "bad-request"),
        (configure(""), OWNER, "bad-request"),
        # rows: all of them or none (§8.8.2.4, §8.9.2.4)
        (rows("affiliation", GOOD_ROW, f"jid='{HOSTILE}' affiliation='x'"), OWNER, "invalid-jid"),
        (
            rows("affiliation", GOOD_ROW, "jid='a@denmark.lit' affiliation='x'"),
            OWNER,
            "bad-request",
        ),
        (rows("affiliation", GOOD_ROW, "jid='@' affiliation='member'"), OWNER, "invalid-jid"),
        (rows("affiliation", GOOD_ROW, "affiliation='member'"), OWNER, "jid-required"),
        (rows("affiliation", GOOD_ROW, "jid='a@denmark.lit'"), OWNER, "bad-request"),
        (
            rows("affiliation", GOOD_ROW, "jid='hamlet@denmark.lit' affiliation='none'"),
            OWNER,
            "not-acceptable",
        ),
        (rows("affiliation", GOOD_ROW, GOOD_ROW), OWNER, "bad-request"),
        (rows("subscription", GOOD_STATE, "jid='@' subscription='none'"), OWNER, "invalid-jid"),
        (
            rows("subscription", GOOD_STATE, "jid='a@denmark.lit' subscription='x'"),
            OWNER,
            "bad-request",
        ),
        (rows("subscription", GOOD_STATE, GOOD_STATE), OWNER, "bad-request"),
        (f"<affiliations node='{MUSINGS}'>{DEEP}</affiliations>", OWNER, "bad-request"),
        # items
        (publish("2", "x" * 2_000), PUBSUB, "payload-too-big"),
        (f"<retract node='{MUSINGS}'><item id='1'/><item/></retract>", PUBSUB, "item-required"),
        (
            f"<retract node='{MUSINGS}'><item id='1'/><item id='{HOSTILE}'/></retract>",
            PUBSUB,
            "item-not-found",
        ),
        (f"<retract node='{MUSINGS}'/>", PUBSUB, "item-required"),
        # subscriptions
        (
            f"<subscribe node='{MUSINGS}' jid='hamlet@denmark.lit'/>"
            f"<options>{fields(deliver='perhaps')}</options>",
            PUBSUB,
            "invalid-options",
        ),
        (f"<subscribe node='{MUSINGS}' jid='{HOSTILE}'/>", PUBSUB, "invalid-jid"),
        (f"<subscribe node='{MUSINGS}'/>", PUBSUB, "jid-required"),
        (f"<subscribe node='{HOSTILE}' jid='hamlet@denmark.lit'/>", PUBSUB, "item-not-found"),
        # a name that is taken
        (f"<create node='{MUSINGS}'/>", PUBSUB, "conflict"),
    ],
)
async def test_what_is_refused_changes_nothing(
    denmark: Denmark, child: str, ns: str, condition: str
) -> None:
    """The first condition says what is wrong; nothing is other than it was, and nobody hears."""
    await denmark.makes()
    await denmark.publishes("1")
    francisco = await denmark.subscribed(FRANCISCO)
    await francisco.drains()
    before = await everything(denmark)
    answer = await denmark.hamlet.asks(denmark.iq("set", child, ns), "<iq type='error'/>")
    error = next(each for each in answer.elements if each.name == "error")
    assert error.elements[0].name == condition, answer
    assert await everything(denmark) == before
    await francisco.receives_nothing()


@pytest.mark.parametrize(
    "form",
    [
        fields(title="Other", access_model="friends"),
        fields(max_items="many"),
        fields(title="x" * (TEXT_CHARS_MAX + 1)),
        "<x xmlns='jabber:x:data' type='form'/>",
        "<x xmlns='jabber:x:data' type='submit'>"
        "<field var='{urn:xmpp:pubsub-relationships:0}parent'><value>princely_musings</value>"
        "</field></x>",
        "<x xmlns='jabber:x:data' type='submit'>"
        "<field var='{urn:xmpp:pubsub-relationships:0}parent'><value>xmpp:</value></field></x>",
    ],
)
async def test_a_node_that_cannot_be_as_it_is_asked_for_is_not_made(
    denmark: Denmark, form: str
) -> None:
    """§8.1.3: creation and configuration are one request."""
    child = f"<create node='{MUSINGS}'/><configure>{form}</configure>"
    await denmark.hamlet.asks(denmark.iq("set", child), "<iq type='error'/>")
    info = "<query xmlns='http://jabber.org/protocol/disco#info' node='princely_musings'/>"
    await denmark.hamlet.refused(
        f"<iq type='get' id='i' to='pubsub.shakespeare.lit'>{info}</iq>", "item-not-found"
    )


async def test_what_is_deep_is_kept_as_deep(denmark: Denmark) -> None:
    """A payload is nobody's business, as far as a stanza may be deep at all."""
    await denmark.makes()
    child = f"<publish node='{MUSINGS}'><item id='1'>{DEEP}</item></publish>"
    await denmark.hamlet.asks(denmark.iq("set", child), "<iq type='result'/>")
    answer = await denmark.hamlet.asks(denmark.iq("get", f"<items node='{MUSINGS}'/>"))
    assert str(answer).count("<a") == 60


async def test_names_are_only_names(denmark: Denmark) -> None:
    """Nodes, items and titles may be called whatever XML can say."""
    await denmark.makes(HOSTILE)
    await denmark.publishes(HOSTILE, node=HOSTILE)
    assert await denmark.items(denmark.hamlet, HOSTILE) == ["' OR 1=1; DROP TABLE nodes; --"]


async def test_the_order_of_a_list_says_nothing(denmark: Denmark) -> None:
    """XEP-0004 §3.3, `list-multi`: the same groups in another order meet a precondition."""
    await denmark.makes(access_model="roster")
    groups = configure(fields(roster_groups_allowed=("Friends", "Court")))
    await denmark.hamlet.asks(denmark.iq("set", groups, OWNER), "<iq type='result'/>")
    for named, met in ((("Court", "Friends", "Court"), True), (("Court",), False)):
        options = f"<publish-options>{fields(roster_groups_allowed=named)}</publish-options>"
        asked = denmark.iq("set", publish("1") + options)
        if met:
            await denmark.hamlet.asks(asked, "<iq type='result'/>")
        else:
            await denmark.hamlet.refused(asked, "precondition-not-met", "conflict")
