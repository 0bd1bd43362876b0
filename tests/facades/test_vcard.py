"""vCards and their photos: XEP-0054 1.3.0, XEP-0153 1.1.1, XEP-0398 1.0.0, XEP-0084 1.1.4."""

from __future__ import annotations

import asyncio
from base64 import b64encode, encodebytes
from hashlib import sha1

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from folkmoot.facades.vcard import avatar
from folkmoot.facades.vcard.presence import with_hash, without_hash
from folkmoot.xmpp.xml import Element, parse, serialize
from tests.facades.verona import BALCONY, CHAMBER, JULIET, ORCHARD, arrives, meet
from tests.stage import Client, Stage, element, staged
from tests.xmpp.xmlgen import elements

PUBSUB = "http://jabber.org/protocol/pubsub"
NS = "vcard-temp"
UPDATE = "vcard-temp:x:update"
ITEM_METADATA, ITEM_DATA = "urn:xmpp:avatar:metadata", "urn:xmpp:avatar:data"

IMAGE = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
OTHER = b"\xff\xd8\xff" + bytes(100)
HASH, OTHER_HASH = (sha1(each, usedforsecurity=False).hexdigest() for each in (IMAGE, OTHER))

STPETER = """
    <FN>Peter Saint-Andre</FN>
    <N><FAMILY>Saint-Andre</FAMILY><GIVEN>Peter</GIVEN><MIDDLE/></N>
    <NICKNAME>stpeter</NICKNAME>
    <TEL><WORK/><VOICE/><NUMBER>303-308-3282</NUMBER></TEL>
    <JABBERID>stpeter@jabber.org</JABBERID>"""
GET = "<iq type='get' id='v1'><vCard xmlns='vcard-temp'/></iq>"


def of(jid: str) -> str:
    """A request for somebody's vCard."""
    return f"<iq type='get' id='v3' to='{jid}'><vCard xmlns='vcard-temp'/></iq>"


def card(*inside: str, id: str = "v2") -> str:
    """A vCard to be set."""
    return f"<iq type='set' id='{id}'><vCard xmlns='vcard-temp'>{''.join(inside)}</vCard></iq>"


def photo(image: bytes, type: str = "image/png") -> str:
    """A photo, its base64 cut into lines as RFC 2045 has it."""
    binval = encodebytes(image).decode()
    return f"<PHOTO><TYPE>{type}</TYPE><BINVAL>\n{binval}\n</BINVAL></PHOTO>"


def published(node: str, id: str, payload: str, access: str = "open") -> str:
    """An item published to one of the account's own nodes."""
    return f"""
        <iq type='set' id='p'><pubsub xmlns='{PUBSUB}'>
          <publish node='{node}'><item id='{id}'>{payload}</item></publish>
          <publish-options><x xmlns='jabber:x:data' type='submit'>
            <field var='pubsub#access_model'><value>{access}</value></field>
          </x></publish-options>
        </pubsub></iq>"""


async def publishes(client: Client, image: bytes, *, id: str = "", access: str = "open") -> str:
    """An avatar as XEP-0084 §3.1 and §3.2 publish it; gives its id."""
    id = id or sha1(image, usedforsecurity=False).hexdigest()
    data = f"<data xmlns='{ITEM_DATA}'>{b64encode(image).decode()}</data>"
    await client.asks(published(ITEM_DATA, id, data, access), "<iq type='result'/>")
    elsewhere = "<info bytes='1' id='0' type='image/gif' url='http://avatars.example.org/a.gif'/>"
    here = f"<info bytes='{len(image)}' id='{id}' type='image/png' height='64' width='64'/>"
    metadata = f"<metadata xmlns='{ITEM_METADATA}'>{elsewhere}{here}</metadata>"
    await client.asks(published(ITEM_METADATA, id, metadata, access), "<iq type='result'/>")
    return id


async def photos(client: Client, jid: str = JULIET) -> list[str]:
    """The images in somebody's vCard."""
    answer = await client.asks(of(jid), "<iq type='result'/>")
    binvals = [each.child(NS, "BINVAL") for each in answer.elements[0].childs(NS, "PHOTO")]
    return ["" if each is None else "".join(each.text.split()) for each in binvals]


def hashes(presence: Element) -> list[str]:
    """The hashes a presence names."""
    return [each.text for x in presence.childs(UPDATE, "x") for each in x.childs(UPDATE, "photo")]


# --- vCards: XEP-0054


async def test_ones_own(stage: Stage) -> None:
    """§3.1 and §3.2, Examples 1 to 6: none yet, set, retrieved, and the whole of it replaced."""
    stpeter = await stage.client("stpeter@shakespeare.lit/roundabout")
    await stpeter.refused(GET, "item-not-found", type="cancel")
    await stpeter.asks(card(STPETER), "<iq type='result' id='v2'/>")
    answer = await stpeter.asks(GET, "<iq type='result' id='v1'/>")
    assert answer.elements == element(card(STPETER)).elements
    await stpeter.asks(card("<FN>Peter</FN>"), "<iq type='result'/>")
    answer = await stpeter.asks(GET, "<iq type='result'/>")
    assert answer.elements == element(card("<FN>Peter</FN>")).elements


async def test_another_users(stage: Stage) -> None:
    """§3.3, Examples 8 and 9: for everybody, whether its owner is there or not."""
    jer = await stage.client("jer@shakespeare.lit/home")
    await jer.sends(card("<FN>JeremieMiller</FN>"))
    await jer.leaves()
    stpeter = await stage.client("stpeter@shakespeare.lit/roundabout")
    await stpeter.asks(
        of("jer@shakespeare.lit"),
        "<iq type='result' from='jer@shakespeare.lit' id='v3'>"
        "<vCard xmlns='vcard-temp'><FN>JeremieMiller</FN></vCard></iq>",
    )


async def test_no_vcard_and_no_account_are_one(stage: Stage) -> None:
    """§3.3, Example 10; RFC 6121 §8.5.1: nobody learns from it who has an account."""
    stpeter = await stage.client("stpeter@shakespeare.lit/roundabout")
    await stage.account("jer@shakespeare.lit")
    said = [
        await stpeter.refused(of(f"{name}@shakespeare.lit"), "service-unavailable", type="cancel")
        for name in ("jer", "nobody")
    ]
    assert said[0] == said[1]


async def test_setting_another_users(stage: Stage) -> None:
    """§3.2, Example 7."""
    stpeter = await stage.client("stpeter@shakespeare.lit/roundabout")
    await stage.account("jer@shakespeare.lit")
    for to in ("jer@shakespeare.lit", "nobody@shakespeare.lit"):
        set_ = card("<FN>Nobody</FN>").replace("id='v2'", f"id='v2' to='{to}'")
        await stpeter.refused(set_, "forbidden", type="auth")
    await stpeter.refused(of("jer@shakespeare.lit"), "service-unavailable")


async def test_what_is_no_vcard(stage: Stage) -> None:
    """Something else published to its node is not answered as one."""
    juliet = await stage.client(BALCONY)
    await juliet.asks(published(NS, "current", "<x xmlns='a:b'/>"), "<iq type='result'/>")
    await juliet.refused(GET, "item-not-found")
    await publishes(juliet, IMAGE)
    assert await photos(juliet) == [b64encode(IMAGE).decode()]


async def test_what_is_announced(stage: Stage) -> None:
    """§4, Example 12; XEP-0398 §2, Example 2."""
    juliet = await stage.client(BALCONY)
    await juliet.asks(
        f"<iq type='get' id='01' to='{JULIET}'>"
        "<query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
        """<iq type='result'><query xmlns='http://jabber.org/protocol/disco#info'>
             <feature var='urn:xmpp:pep-vcard-conversion:0'/><feature var='vcard-temp'/>
           </query></iq>""",
    )


async def test_vcard4_is_carried(stage: Stage) -> None:
    """XEP-0292 0.12.0, §4.1, Examples 1 and 2: a node like any other."""
    stpeter = await stage.client("stpeter@shakespeare.lit/work")
    samizzi = await stage.client("samizzi@shakespeare.lit/foo")
    vcard = (
        "<vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'><fn><text>Peter</text></fn>"
        "<photo><uri>https://stpeter.im/images/stpeter_oscon.jpg</uri></photo></vcard>"
    )
    await stpeter.asks(published("urn:xmpp:vcard4", "e0bf7714", vcard), "<iq type='result'/>")
    await samizzi.asks(
        f"<iq type='get' id='bx81v356' to='stpeter@shakespeare.lit'><pubsub xmlns='{PUBSUB}'>"
        "<items node='urn:xmpp:vcard4'/></pubsub></iq>",
        f"<iq type='result'><pubsub xmlns='{PUBSUB}'><items node='urn:xmpp:vcard4'>"
        f"<item id='e0bf7714'>{vcard}</item></items></pubsub></iq>",
    )


# --- photos and avatars: XEP-0398 §3


async def test_from_pep_to_vcard(stage: Stage) -> None:
    """§3.1: the avatar is the photo, in a vCard or where there is none; external ones are not."""
    juliet, romeo = await stage.client(BALCONY), await stage.client(ORCHARD)
    await publishes(juliet, IMAGE)
    await romeo.asks(
        of(JULIET),
        f"<iq type='result'><vCard xmlns='vcard-temp'><PHOTO><TYPE>image/png</TYPE>"
        f"<BINVAL>{b64encode(IMAGE).decode()}</BINVAL></PHOTO></vCard></iq>",
    )
    await juliet.asks(
        card("<FN>Juliet</FN>", photo(OTHER, "image/jpeg"), "<ROLE/>"), "<iq type='result'/>"
    )
    await publishes(juliet, IMAGE)
    answer = await romeo.asks(of(JULIET))
    assert [each.name for each in answer.elements[0].elements] == ["FN", "ROLE", "PHOTO"]
    assert await photos(romeo) == [b64encode(IMAGE).decode()]


async def test_from_vcard_to_pep(stage: Stage) -> None:
    """§3.2 and XEP-0153 Examples 1 and 2: the photo is published, data before metadata."""
    juliet, romeo = await arrives(stage, BALCONY), await arrives(stage, ORCHARD)
    await juliet.asks(card("<BDAY>1476-06-09</BDAY>", photo(IMAGE)), "<iq type='result' id='v2'/>")
    for node, payload in (
        (ITEM_METADATA, f"<metadata xmlns='{ITEM_METADATA}'><info bytes='{len(IMAGE)}' id='{HASH}' "
         "type='image/png'/></metadata>"),
        (ITEM_DATA, f"<data xmlns='{ITEM_DATA}'>{b64encode(IMAGE).decode()}</data>"),
    ):  # fmt: skip
        await romeo.asks(
            f"<iq type='get' id='i' to='{JULIET}'><pubsub xmlns='{PUBSUB}'>"
            f"<items node='{node}'/></pubsub></iq>",
            f"<iq type='result'><pubsub xmlns='{PUBSUB}'><items node='{node}'>"
            f"<item id='{HASH}'>{payload}</item></items></pubsub></iq>",
        )
    assert await photos(romeo) == [b64encode(IMAGE).decode()]


async def test_a_vcard_as_it_was_changes_no_avatar(stage: Stage) -> None:
    """XEP-0153 §4.2: who sends all of the vCard to change a name publishes no new avatar."""
    juliet = await arrives(stage, BALCONY)
    await publishes(juliet, IMAGE)
    await juliet.asks(
        f"<iq type='set' id='s'><pubsub xmlns='{PUBSUB}'>"
        f"<subscribe node='{ITEM_METADATA}' jid='{JULIET}'/></pubsub></iq>",
        "<iq type='result'/>",
    )
    await juliet.drains()
    await juliet.asks(card("<FN>Juliet</FN>", photo(IMAGE)), "<iq type='result'/>")
    await juliet.receives_nothing()
    await juliet.asks(card("<FN>Juliet</FN>", photo(OTHER, "image/jpeg")), "<iq type='result'/>")
    await juliet.hears(
        "<message><event xmlns='http://jabber.org/protocol/pubsub#event'>"
        f"<items node='{ITEM_METADATA}'><item id='{OTHER_HASH}'/></items></event></message>"
    )


async def test_a_vcard_without_a_photo(stage: Stage) -> None:
    """XEP-0084 §4.2: no photo is no avatar; one kept elsewhere was not in it, and stays."""
    juliet, romeo = await stage.client(BALCONY), await stage.client(ORCHARD)
    await juliet.asks(card(photo(IMAGE)), "<iq type='result'/>")
    await juliet.asks(card("<FN>Juliet</FN>"), "<iq type='result'/>")
    assert await photos(romeo) == []
    elsewhere = (
        f"<metadata xmlns='{ITEM_METADATA}'><info bytes='9' id='{HASH}' type='image/png' "
        "url='http://avatars.example.org/happy.png'/></metadata>"
    )
    await juliet.asks(published(ITEM_METADATA, HASH, elsewhere), "<iq type='result'/>")
    await juliet.asks(card("<FN>Juliet C.</FN>"), "<iq type='result'/>")
    answer = await juliet.asks(
        f"<iq type='get' id='m'><pubsub xmlns='{PUBSUB}'><items node='{ITEM_METADATA}'/></pubsub>"
        "</iq>"
    )
    assert [each.elements[0] for each in answer.elements[0].elements[0].elements] == [
        parse(elsewhere)
    ]


@pytest.mark.parametrize(
    "inside",
    [
        "<PHOTO><TYPE>image/jpeg</TYPE><BINVAL>Base64-encoded-avatar-file-here!</BINVAL></PHOTO>",
        "<PHOTO><EXTVAL>http://example.org/a.png</EXTVAL></PHOTO>",
        "<PHOTO><BINVAL/></PHOTO>",
        "<PHOTO/>",
        "<PHOTO><TYPE>text/html</TYPE><BINVAL>PGh0bWw+</BINVAL></PHOTO>",
    ],
)
async def test_what_is_no_image_is_kept_as_it_is(stage: Stage, inside: str) -> None:
    """XEP-0153 Example 1 to the letter, and §4.5: it is no avatar, and not lost."""
    juliet = await stage.client(BALCONY)
    await juliet.asks(card(photo(OTHER)), "<iq type='result'/>")
    await juliet.asks(card(inside), "<iq type='result'/>")
    answer = await juliet.asks(of(JULIET), "<iq type='result'/>")
    assert answer.elements == element(card(inside)).elements


async def test_an_image_is_what_it_is(stage: Stage) -> None:
    """XEP-0153 §5: what the photo says of its type is a hint."""
    juliet = await stage.client(BALCONY)
    for image, said, type in (
        (IMAGE, "image/jpeg", "image/png"),
        (OTHER, "", "image/jpeg"),
        (b"GIF89a", "text/plain", "image/gif"),
        (b"RIFF....WEBP", " image/WebP ", "image/webp"),
    ):
        await juliet.asks(card(photo(image, said)), "<iq type='result'/>")
        await juliet.asks(
            of(JULIET),
            f"<iq type='result'><vCard xmlns='{NS}'><PHOTO><TYPE>{type}</TYPE></PHOTO></vCard>"
            "</iq>",
        )


async def test_a_hash_that_is_not_the_images(stage: Stage) -> None:
    """§3.1: it is not converted, and not told in presence."""
    juliet, romeo = await arrives(stage, BALCONY), await arrives(stage, ORCHARD)
    await publishes(juliet, IMAGE, id=OTHER_HASH)
    await romeo.refused(of(JULIET), "service-unavailable")
    await juliet.sends("<presence/>")
    assert hashes(await juliet.hears("<presence/>")) == []


async def test_who_may_not_see_the_avatar(stage: Stage) -> None:
    """§5.2, §7: a vCard is for everybody, the avatar in it for those it was published to."""
    juliet, romeo = await arrives(stage, BALCONY), await arrives(stage, ORCHARD)
    await juliet.asks(card("<FN>Juliet</FN>"), "<iq type='result'/>")
    await publishes(juliet, IMAGE, access="presence")
    assert await photos(romeo) == []
    await meet(juliet, romeo)
    assert await photos(romeo) == [b64encode(IMAGE).decode()]


async def test_the_largest_image(stage: Stage) -> None:
    """AVATAR_BYTES_MAX is an avatar; more is refused in a vCard, and not converted from PEP."""
    juliet = await stage.client(BALCONY)
    most = IMAGE + bytes(avatar.AVATAR_BYTES_MAX - len(IMAGE))
    await juliet.asks(card(photo(most)), "<iq type='result'/>")
    for more in (
        photo(most + b"."),
        f"<PHOTO><BINVAL>{' ' * (avatar.AVATAR_CHARS_MAX + 1)}</BINVAL></PHOTO>",
    ):
        await juliet.refused(card("<FN>Juliet</FN>", more), "policy-violation")
    assert await photos(juliet) == [b64encode(most).decode()]
    await publishes(juliet, most + b".")
    await juliet.asks(card("<FN>Juliet</FN>"), "<iq type='result'/>")
    assert await photos(juliet) == []


async def test_the_most_forms_of_an_avatar(stage: Stage) -> None:
    """INFOS_MAX forms are looked at."""
    juliet = await stage.client(BALCONY)
    await publishes(juliet, IMAGE)
    here = f"<info bytes='1' id='{HASH}' type='image/png'/>"
    other = "<info bytes='1' id='none' type='image/png'/>"
    for others in (avatar.INFOS_MAX - 1, avatar.INFOS_MAX):
        metadata = f"<metadata xmlns='{ITEM_METADATA}'>{other * others}{here}</metadata>"
        await juliet.asks(published(ITEM_METADATA, HASH, metadata), "<iq type='result'/>")
        if others < avatar.INFOS_MAX:
            assert await photos(juliet) == [b64encode(IMAGE).decode()]
        else:
            await juliet.refused(GET, "item-not-found")


@pytest.mark.parametrize(
    "payload",
    [
        f"<metadata xmlns='{ITEM_METADATA}'><info/></metadata>",
        f"<metadata xmlns='{ITEM_METADATA}'><info id=''/></metadata>",
        f"<metadata xmlns='{ITEM_METADATA}'><info id='gone'/></metadata>",
        f"<metadata xmlns='{ITEM_METADATA}'/>",
        "<metadata xmlns='a:b'/>",
    ],
)
async def test_hostile_metadata(stage: Stage, payload: str) -> None:
    """Whatever stands there, a vCard and presence are answered all the same."""
    juliet = await arrives(stage, BALCONY)
    await publishes(juliet, IMAGE)
    await juliet.asks(published(ITEM_METADATA, "x", payload), "<iq type='result'/>")
    await juliet.refused(GET, "item-not-found")
    await juliet.drains()
    await juliet.sends("<presence/>")
    assert hashes(await juliet.receives("<presence/>")) == []


# --- presence: XEP-0398 §4


async def test_the_hash_in_presence(stage: Stage) -> None:
    """Examples 3 and 4: broadcast, and told to who comes later."""
    juliet, romeo = await arrives(stage, BALCONY), await arrives(stage, ORCHARD)
    await meet(juliet, romeo)
    await publishes(juliet, IMAGE)
    await juliet.sends("<presence><show>away</show></presence>")
    told = await romeo.hears(f"<presence from='{BALCONY}'><show>away</show></presence>")
    assert hashes(told) == [HASH]
    phone = await stage.client(f"{ORCHARD}-phone")
    await phone.sends("<presence/>")
    assert hashes(await phone.hears(f"<presence from='{BALCONY}'/>")) == [HASH]


@pytest.mark.parametrize(
    ("inside", "wanted"),
    [
        ("", HASH),
        (f"<x xmlns='{UPDATE}'/>", HASH),
        (f"<x xmlns='{UPDATE}'><photo>{OTHER_HASH}</photo></x>", HASH),
        (f"<x xmlns='{UPDATE}'><photo>{HASH}</photo></x>", HASH),
        (f"<x xmlns='{UPDATE}'><photo/></x>", ""),
        (f"<x xmlns='{UPDATE}'><photo> </photo></x>", " "),
    ],
)
async def test_what_a_client_says_itself(stage: Stage, inside: str, wanted: str) -> None:
    """Examples 5 and 6: that there is no photo is left as it is; the rest is put right."""
    juliet = await arrives(stage, BALCONY)
    await publishes(juliet, IMAGE)
    await juliet.drains()
    await juliet.sends(f"<presence>{inside}</presence>")
    assert hashes(await juliet.receives("<presence/>")) == [wanted]


async def test_the_hash_in_directed_presence(stage: Stage) -> None:
    """§4: such as entering a room; and to somebody who hears no presence otherwise."""
    juliet, romeo = await arrives(stage, BALCONY), await arrives(stage, ORCHARD)
    await publishes(juliet, IMAGE)
    await juliet.sends(f"<presence to='{ORCHARD}'/>")
    assert hashes(await romeo.receives(f"<presence from='{BALCONY}'/>")) == [HASH]
    room = "tomb@chat.shakespeare.lit/juliet"
    await juliet.drains()
    await juliet.sends(
        f"<presence to='{room}'><x xmlns='http://jabber.org/protocol/muc'/></presence>"
    )
    assert hashes(await juliet.hears(f"<presence from='{room}'/>")) == [HASH]


async def test_presence_is_told_anew(stage: Stage) -> None:
    """§4, for those who are subscribed: a new avatar, by either way, and none any more."""
    juliet, romeo = await arrives(stage, BALCONY), await arrives(stage, ORCHARD)
    await meet(juliet, romeo)
    chamber = await stage.client(CHAMBER)
    await chamber.sends("<presence><show>dnd</show></presence>")
    await romeo.drains()
    await publishes(juliet, IMAGE)
    told = {each.get("from"): each for each in await romeo.drains()}
    assert {jid: hashes(each) for jid, each in told.items()} == {BALCONY: [HASH], CHAMBER: [HASH]}
    await chamber.asks(card(photo(OTHER)), "<iq type='result'/>")
    assert [hashes(each) for each in await romeo.drains()] == [[OTHER_HASH]] * 2
    await juliet.asks(card("<FN>Juliet</FN>"), "<iq type='result'/>")
    assert [hashes(each) for each in await romeo.drains()] == [[""]] * 2


async def test_what_changes_no_hash_tells_no_presence(stage: Stage) -> None:
    """Publishing the same avatar again, or anything else, is no news to contacts."""
    juliet, romeo = await arrives(stage, BALCONY), await arrives(stage, ORCHARD)
    await meet(juliet, romeo)
    await publishes(juliet, IMAGE)
    await romeo.drains()
    await publishes(juliet, IMAGE)
    await juliet.asks(card("<FN>Juliet</FN>", photo(IMAGE)), "<iq type='result'/>")
    assert not [each for each in await romeo.drains() if each.name == "presence"]


# --- anything


@given(st.binary(min_size=1, max_size=200))
def test_base64_round_trip(image: bytes) -> None:
    """XEP-0153 §4.6: with line ends or without."""
    for text in (
        b64encode(image).decode(),
        encodebytes(image).decode(),
        f" {encodebytes(image).decode()}\t",
    ):
        assert avatar.decode(text) == image


@given(st.text(max_size=50))
def test_any_text_is_base64_or_not(text: str) -> None:
    """Nothing else comes of it, and nothing of which it is not certain."""
    found = avatar.decode(text)
    assert found is None or b64encode(found).decode() == "".join(text.split())


SAID = st.lists(
    st.sampled_from(
        [
            f"<x xmlns='{UPDATE}'/>",
            f"<x xmlns='{UPDATE}'><photo/></x>",
            f"<x xmlns='{UPDATE}'><photo>abc</photo><photo>{HASH}</photo></x>",
            f"<x xmlns='{UPDATE}'><photo>{HASH}</photo></x>",
            "<show>away</show>",
            "<x xmlns='other'/>",
        ]
    ),
    max_size=3,
)


@given(SAID)
def test_any_presence(said: list[str]) -> None:
    """§4: one hash, or the client's own word that there is none; everything else stands."""
    before = element(f"<presence>{''.join(said)}</presence>")
    after = with_hash(before, HASH)
    assert "" in hashes(after) or hashes(after) == [HASH]
    assert with_hash(after, HASH) is after
    assert not any(hashes(without_hash(after)))
    assert [each for each in after.elements if each.ns != UPDATE] == [
        each for each in before.elements if each.ns != UPDATE
    ]


@settings(max_examples=50, deadline=None)
@given(st.lists(elements, max_size=3))
def test_any_vcard(inside: list[Element]) -> None:
    """Whatever a vCard holds comes back as it was."""
    asyncio.run(_comes_back(inside))


async def _comes_back(inside: list[Element]) -> None:
    async with staged() as stage:
        juliet = await stage.client(BALCONY)
        await juliet.asks(card(*(serialize(each, NS) for each in inside)), "<iq type='result'/>")
        answer = await juliet.asks(GET, "<iq type='result'/>")
        assert answer.elements == [Element(NS, "vCard", None, *inside)]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["vcard", "pep", "bare"]), st.sampled_from([IMAGE, OTHER])),
        max_size=5,
    )
)
def test_they_never_drift(steps: list[tuple[str, bytes]]) -> None:
    """Whichever way it changes, photo, avatar and presence are one."""
    asyncio.run(_never_drift(steps))


async def _never_drift(steps: list[tuple[str, bytes]]) -> None:
    async with staged() as stage:
        juliet = await arrives(stage, BALCONY)
        wanted: bytes | None = None
        for way, image in steps:
            if way == "pep":
                await publishes(juliet, image)
            else:
                inside = photo(image) if way == "vcard" else ""
                await juliet.asks(card("<FN>J</FN>", inside), "<iq type='result'/>")
            wanted = None if way == "bare" else image
            answer = await juliet.asks(of(JULIET), "<iq type='result'/>")
            found = [each.child(NS, "BINVAL") for each in answer.elements[0].childs(NS, "PHOTO")]
            texts = [each.text for each in found if each is not None]
            assert texts == ([] if wanted is None else [b64encode(wanted).decode()])
        await juliet.drains()
        await juliet.sends("<presence/>")
        told = hashes(await juliet.receives("<presence/>"))
        hash = None if wanted is None else sha1(wanted, usedforsecurity=False).hexdigest()
        assert told == ([] if hash is None else [hash])
