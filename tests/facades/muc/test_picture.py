"""What clients were told of who is in a room is who is in it, whatever happened in between.

XEP-0045 1.35.5, §7.2.2, §17.3: a client knows a room by its presences alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from folkmoot.engine import room_questions
from folkmoot.engine.errors import Refused
from folkmoot.engine.model import NodeId
from folkmoot.facades.muc.standing import AFFILIATIONS
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element
from tests.facades.muc.coven import COVEN
from tests.stage import SERVICES, Client, Stage, staged

MUC = "http://jabber.org/protocol/muc"
USER = f"{MUC}#user"
PUBSUB = "http://jabber.org/protocol/pubsub"
COMMANDS = "http://jabber.org/protocol/commands"
HATS = "urn:xmpp:hats:commands"
SERVICE = SERVICES.pubsub
SPACE = f"xmpp:{SERVICE}?;node=craft"
ROOM = NodeId(SERVICES.rooms, "coven")
DEVICES = ("crone1/desktop", "crone1/pda", "hag66/pda", "hag66/laptop", "hecate/broom")
PEOPLE = tuple(f"{name}@shakespeare.lit" for name in ("crone1", "hag66", "hecate"))

Shown = tuple[str, str, str, tuple[str, ...], bool]
"""Affiliation, role, whose it is as far as that is told, hats, and whether it is oneself."""


def _form(fields: Iterable[tuple[str, str]], type: str = "") -> str:
    told = "".join(
        f"<field var='{var}'>{''.join(f'<value>{each}</value>' for each in value.split())}</field>"
        for var, value in (("FORM_TYPE", type), *fields)
        if var != "FORM_TYPE" or type
    )
    return f"<x xmlns='jabber:x:data' type='submit'>{told}</x>"


def _iq(to: object, inside: str) -> str:
    return f"<iq type='set' id='q' to='{to}'>{inside}</iq>"


def _space(inside: str, owner: str = "") -> str:
    return _iq(SERVICE, f"<pubsub xmlns='{PUBSUB}{owner}'>{inside}</pubsub>")


def _hat(verb: str, **fields: str) -> str:
    form = _form(((f"hats#{name}", value) for name, value in fields.items()), HATS)
    return f"<command xmlns='{COMMANDS}' node='{HATS}:{verb}'>{form}</command>"


NICKS = st.sampled_from(("crone1", "hag66", "hecate", "witch"))
JIDS = st.sampled_from((*PEOPLE, "shakespeare.lit"))
CONFIGURATIONS = st.fixed_dictionaries(
    {},
    optional={
        "muc#roomconfig_membersonly": st.sampled_from("01"),
        "muc#roomconfig_moderatedroom": st.sampled_from("01"),
        "muc#roomconfig_presencebroadcast": st.sampled_from(
            ("moderator", "moderator participant", "moderator participant visitor")
        ),
        "muc#roomconfig_pubsub": st.sampled_from(("", SPACE)),
        "muc#roomconfig_roomadmins": st.sampled_from(("", *PEOPLE)),
        "{urn:folkmoot:spaces:0}inherit": st.sampled_from(("all", "staff", "none")),
    },
)
CONFIGURING = CONFIGURATIONS.map(
    lambda fields: _iq(COVEN, f"<query xmlns='{MUC}#owner'>{_form(fields.items())}</query>")
)
ACTS = st.one_of(
    st.builds(f"<presence to='{COVEN}/{{}}'><x xmlns='{MUC}'/></presence>".format, NICKS),
    st.builds(f"<presence to='{COVEN}/{{}}'/>".format, NICKS),
    st.just(f"<presence type='unavailable' to='{COVEN}/witch'/>"),
    st.builds(
        lambda word, jid: _iq(
            COVEN, f"<query xmlns='{MUC}#admin'><item affiliation='{word}' jid='{jid}'/></query>"
        ),
        st.sampled_from(("owner", "admin", "member", "none", "outcast")),
        JIDS,
    ),
    st.builds(
        lambda word, nick: _iq(
            COVEN, f"<query xmlns='{MUC}#admin'><item role='{word}' nick='{nick}'/></query>"
        ),
        st.sampled_from(("moderator", "participant", "visitor", "none")),
        NICKS,
    ),
    CONFIGURING,
    CONFIGURING,
    st.builds(
        lambda word, jid: _space(
            f"<affiliations node='craft'><affiliation jid='{jid}' affiliation='{word}'/>"
            "</affiliations>",
            "#owner",
        ),
        st.sampled_from(("owner", "publisher", "member", "none", "outcast")),
        JIDS,
    ),
    st.sampled_from(
        (
            _space(
                f"<publish node='craft'><item id='{COVEN}'>"
                "<conference xmlns='urn:xmpp:bookmarks:1'/></item></publish>"
            ),
            _space(f"<retract node='craft'><item id='{COVEN}'/></retract>"),
        )
    ),
    st.builds(
        lambda verb, jid: _iq(COVEN, _hat(verb, jid=jid, uri="urn:hat")),
        st.sampled_from(("assign", "unassign")),
        JIDS,
    ),
)
CASTS = st.sampled_from((*DEVICES, *DEVICES[:1] * 8))
"""Who does it; most often who may."""


class Picture:
    """A client, and who it takes to be in the room, by nick."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.shown: dict[str, Shown] = {}

    async def look(self) -> None:
        """All that came, as a client takes it."""
        for stanza in await self.client.drains():
            x = stanza.child(USER, "x")
            if stanza.name == "presence" and stanza.get("type") != "error" and x is not None:
                self._take(stanza, x)

    def _take(self, stanza: Element, x: Element) -> None:
        codes = {each.get("code") for each in x.childs(USER, "status")}
        nick, (item,) = JID.parse(stanza.get("from", "")).resource, x.childs(USER, "item")
        if stanza.get("type") != "unavailable":
            hats = tuple(each.get("uri", "") for each in _worn(stanza))
            whose = item.get("jid", "").partition("/")[0]
            mine = "110" in codes
            self.shown[nick] = item.get("affiliation", ""), item.get("role", ""), whose, hats, mine
        elif "110" in codes and "303" not in codes:
            self.shown.clear()
        else:
            self.shown.pop(nick, None)

    async def truth(self, stage: Stage) -> dict[str, Shown]:
        """What it would be told, were it to ask who is there."""
        try:
            roster = await stage.core.engine.ask(room_questions.roster, self.client.jid, ROOM)
        except Refused:
            return {}
        found: dict[str, Shown] = {}
        for seen in (*roster.others, roster.mine):
            assert seen.role is not None
            found[seen.nick] = (
                AFFILIATIONS[seen.affiliation],
                seen.role.value,
                "" if seen.jid is None else str(seen.jid.bare),
                tuple(hat.uri for hat in seen.hats),
                seen is roster.mine,
            )
        return found

    async def holds(self, stage: Stage) -> None:
        """It is as it is; whoever moderated once may know more addresses than is told now."""
        truth = await self.truth(stage)
        known = {
            nick: (*each[:2], truth.get(nick, each)[2] and each[2], *each[3:])
            for nick, each in self.shown.items()
        }
        assert known == truth, self.client.jid


def _worn(stanza: Element) -> Iterable[Element]:
    return (hat for hats in stanza.childs("urn:xmpp:hats:0", "hats") for hat in hats.elements)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(CASTS, ACTS), min_size=15, max_size=40))
def test_a_client_knows_who_is_there(script: list[tuple[str, str]]) -> None:
    """By presence alone, whatever is changed where and by whom: nicks, standing, roles, hats."""
    asyncio.run(_play(script))


async def _play(script: list[tuple[str, str]]) -> None:
    async with staged() as stage:
        pictures = {
            each: Picture(await stage.client(each.replace("/", "@shakespeare.lit/")))
            for each in DEVICES
        }
        crone = pictures[DEVICES[0]].client
        await crone.sends(f"<presence to='{COVEN}/crone1'><x xmlns='{MUC}'/></presence>")
        whole = _form((("pubsub#type", "urn:xmpp:spaces:0"),), f"{PUBSUB}#node_config")
        opened = _form(
            (
                ("muc#roomconfig_persistentroom", "1"),
                ("muc#roomconfig_pubsub", SPACE),
                ("muc#roomconfig_roomadmins", PEOPLE[1]),
            )
        )
        for asked in (
            _space(f"<create node='craft'/><configure>{whole}</configure>"),
            _iq(COVEN, f"<query xmlns='{MUC}#owner'>{opened}</query>"),
            _iq(COVEN, _hat("create", title="Hat", uri="urn:hat")),
        ):
            assert (await crone.asks(asked)).get("type") == "result"
        for each, picture in pictures.items():
            nick = each.partition("/")[0]
            await picture.client.sends(
                f"<presence to='{COVEN}/{nick}'><x xmlns='{MUC}'/></presence>"
            )
        for each, act in script:
            stage.clock.at += 60  # nobody is too fast
            await pictures[each].client.sends(act)
            for picture in pictures.values():
                await picture.look()
            for picture in pictures.values():
                await picture.look()
                await picture.holds(stage)
