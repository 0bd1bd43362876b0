"""Reading and wording with values alone: XEP-0045 1.35.5."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from folkmoot.engine.decide.configuring import configured, default_config
from folkmoot.engine.errors import Reason
from folkmoot.engine.events import Cause
from folkmoot.engine.model import Affiliation, Item, NodeId, Role, Via
from folkmoot.engine.notifications import OccupantTold, Purged, Seen, Spoken, Welcomed
from folkmoot.facades.archiving import is_kept
from folkmoot.facades.facade import Outgoing
from folkmoot.facades.muc import FACADE
from folkmoot.facades.muc.config import OCCUPANTS_MAX, ROWS, config_form, read_config
from folkmoot.facades.muc.errors import ERRORS
from folkmoot.facades.muc.standing import AFFILIATIONS
from folkmoot.facades.muc.stanzas import is_subject
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.forms import Field, Form
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element, parse
from tests.stage import SERVICES, element

COVEN = NodeId(SERVICES.rooms, "coven")
CONFIG = default_config(SERVICES, COVEN, {})
HAG = JID.parse("hag66@shakespeare.lit/pda")
CRONE = JID.parse("crone1@shakespeare.lit/desktop")

WITCH = Seen(
    "thirdwitch", None, Affiliation.MEMBER, Role.PARTICIPANT, element("<presence id='a'/>"), "1d"
)
TOLD = OccupantTold(
    via=Via.MUC, node=COVEN, to=(CRONE,), seen=WITCH, own=False, cause=Cause.ENTERED, config=CONFIG
)
WELCOME = Welcomed(
    via=Via.MUC,
    node=COVEN,
    to=(CRONE,),
    others=(WITCH,),
    seen=replace(WITCH, nick="firstwitch"),
    created=False,
    history=(),
    history_items_max=20,
    history_chars_max=None,
    subject=None,
    config=CONFIG,
)


def stanzas(told: Iterable[Outgoing]) -> list[Element]:
    """What would go out, but for whom."""
    return [
        parse(each.wording.head + b" xmlns='jabber:client'" + each.wording.tail) for each in told
    ]


def submitted(**fields: str) -> Form:
    """A submitted form, its fields without what they begin with."""
    told = tuple(Field(f"muc#roomconfig_{var}", values=(each,)) for var, each in fields.items())
    return Form("submit", fields=told)


def test_every_reason_is_said() -> None:
    """The table of errors is total."""
    assert set(ERRORS) == set(Reason)
    for reason in Reason:
        assert isinstance(ERRORS[reason]("title"), StanzaError)


def test_every_affiliation_is_said() -> None:
    """§5.2: in the words that a room has."""
    assert set(AFFILIATIONS) == set(Affiliation)
    assert set(AFFILIATIONS.values()) == {"owner", "admin", "member", "none", "outcast"}


def test_an_error_names_the_field() -> None:
    """§10.1.3, Example 161."""
    assert "muc#roomconfig_roomname" in ERRORS[Reason.BAD_CONFIG]("title").text


def test_an_occupant_is_worded_once() -> None:
    """All who hear of an occupant, now or when they enter, get the same bytes."""
    first = next(iter(FACADE.word(TOLD)))
    again = next(iter(FACADE.word(replace(TOLD, to=(HAG,)))))
    welcome = next(iter(FACADE.word(WELCOME)))
    assert first.wording is again.wording is welcome.wording


def test_what_is_not_true_for_all_is_not_kept() -> None:
    """Reasons, actors and one's own presence are worded each time."""
    plain = next(iter(FACADE.word(TOLD))).wording
    for changed in (
        replace(TOLD, own=True),
        replace(TOLD, left=True, cause=Cause.KICKED),
        replace(TOLD, cause=Cause.SET, by="firstwitch"),
        replace(TOLD, cause=Cause.SET, reason="A worthy witch"),
    ):
        assert next(iter(FACADE.word(changed))).wording != plain
    assert next(iter(FACADE.word(TOLD))).wording is plain


def test_an_id_goes_back_to_who_sent_it_and_asked() -> None:
    """§7.2.2: others hear none, and later presence is no answer."""
    (own,) = stanzas(FACADE.word(replace(TOLD, own=True)))
    (others,) = stanzas(FACADE.word(TOLD))
    (later,) = stanzas(FACADE.word(replace(TOLD, own=True, cause=Cause.SET)))
    assert (own.get("id"), others.get("id"), later.get("id")) == ("a", None, None)


def test_a_message_is_worded_once_for_all() -> None:
    """§7.4: one wording, however many hear it."""
    said = Item("1", HAG, 0.0, element("<message id='m'><body>!</body></message>"), "thirdwitch")
    told = Spoken(via=Via.MUC, node=COVEN, to=(CRONE, HAG), item=said, kept=True, config=CONFIG)
    (only,) = FACADE.word(told)
    assert only.to == (CRONE, HAG)


def test_other_protocols_are_not_worded() -> None:
    """A facade may word a notification as nothing."""
    assert not list(FACADE.word(Purged(via=Via.MUC, node=COVEN, to=(HAG,), config=CONFIG)))


@pytest.mark.parametrize(
    ("inside", "subject", "kept"),
    [
        ("<subject/>", True, True),
        ("<subject>A</subject><body/>", False, True),
        ("<subject>A</subject><thread>t</thread>", False, True),
        ("<body>!</body>", False, True),
        ("<body>!</body><active xmlns='http://jabber.org/protocol/chatstates'/>", False, True),
        ("<active xmlns='http://jabber.org/protocol/chatstates'/><thread>t</thread>", False, False),
        ("<store xmlns='urn:xmpp:hints'/>", False, True),
        ("<body>!</body><no-store xmlns='urn:xmpp:hints'/>", False, False),
        ("<reactions xmlns='urn:xmpp:reactions:0' id='m'/>", False, True),
    ],
)
def test_what_a_message_is(inside: str, subject: bool, kept: bool) -> None:
    """§8.1; XEP-0085; XEP-0334 §4."""
    message = element(f"<message>{inside}</message>")
    assert (is_subject(message), is_kept(message)) == (subject, kept)


def test_every_field_is_read_as_it_is_said() -> None:
    """The one table serves both ways; an owner who submits the form as it is changes nothing."""
    told = config_form("coven@chat.shakespeare.lit", CONFIG, {})
    fields = tuple(Field(field.var, values=field.values) for field in told.fields)
    settings = read_config(Form("submit", fields=fields))
    assert configured(CONFIG, settings) == CONFIG
    assert settings.keys() == {row.setting for row in ROWS}


def test_fields_nobody_knows_ask_for_nothing() -> None:
    """XEP-0004 §3.2: they are for somebody else."""
    assert read_config(submitted(cauldrons="3")) == {}


def test_a_password_goes_with_its_protection() -> None:
    """§10.1.3: without it the room has none, whatever else the form says."""
    off = submitted(passwordprotectedroom="0", roomsecret="cauldronburn")
    assert read_config(off) == {"room.password": ""}
    on = submitted(passwordprotectedroom="1", roomsecret="cauldronburn")
    assert read_config(on) == {"room.password": "cauldronburn"}


@pytest.mark.parametrize(
    ("written", "meant"),
    [("none", 0), ("", 0), ("42", 42), (str(OCCUPANTS_MAX), OCCUPANTS_MAX)],
)
def test_how_many_may_be_in_a_room(written: str, meant: int) -> None:
    """§10.1.3: `none` is no bound; the form then offers what was chosen."""
    settings = read_config(submitted(maxusers=written))
    assert settings == {"room.occupants_max": meant}
    field = config_form("coven@c", configured(CONFIG, settings), {}).field(
        "muc#roomconfig_maxusers"
    )
    assert field is not None
    assert field.value in {option.value for option in field.options}
