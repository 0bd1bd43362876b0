"""The vCard and avatar of a room: XEP-0486 0.1.0."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha1

from folkmoot.facades.muc.card import PHOTOS_MAX
from folkmoot.facades.vcard.avatar import AVATAR_BYTES_MAX
from folkmoot.xmpp.xml import Element
from tests.facades.muc.coven import COVEN, HAG, grants, joined, opened, refused, succeeded
from tests.stage import Client, Stage, holds
from tests.stage import element as stanza

VCARD = "vcard-temp"
USER = "http://jabber.org/protocol/muc#user"
PNG = b"\x89PNG\r\n\x1a\n garden"
SVG = b"<svg/>"


def photo(image: bytes, type: str = "image/png") -> str:
    """A photo as a vCard has it."""
    data = b64encode(image).decode()
    return f"<PHOTO><TYPE>{type}</TYPE><BINVAL>{data}</BINVAL></PHOTO>"


def digest(image: bytes) -> str:
    """The hash of an image (XEP-0153)."""
    return sha1(image, usedforsecurity=False).hexdigest()


async def publishes(client: Client, inside: str) -> Element:
    """Example 3."""
    return await client.asks(
        f"<iq type='set' id='7fP13' to='{COVEN}'><vCard xmlns='{VCARD}'>{inside}</vCard></iq>"
    )


async def hashes(client: Client) -> list[str]:
    """Examples 9 and 10: what disco#info says."""
    answer = await client.asks(f"""
        <iq type='get' id='K92am' to='{COVEN}'>
          <query xmlns='http://jabber.org/protocol/disco#info'/></iq>""")
    succeeded(answer)
    assert "<feature var='vcard-temp'/>" in str(answer)
    text = str(answer)
    at = text.find("muc#roominfo_avatarhash")
    if at < 0:
        return []
    field = text[at : text.index("</field>", at)]
    return [each.split("<")[0] for each in field.split("<value>")[1:]]


async def retrieves(client: Client) -> Element:
    """Example 11."""
    return await client.asks(f"<iq type='get' id='u' to='{COVEN}'><vCard xmlns='{VCARD}'/></iq>")


async def test_publishing_and_discovering(stage: Stage) -> None:
    """§3.2 to §3.4, Examples 3, 4, 7 and 9 to 12."""
    crone = await opened(stage, persistentroom="1")
    hag = await joined(stage, HAG, "thirdwitch")
    await crone.drains()
    assert await hashes(hag) == []
    succeeded(await publishes(crone, photo(PNG)))
    await hag.receives(f"""
        <message type='groupchat' from='{COVEN}'>
          <x xmlns='{USER}'><status code='104'/></x></message>""")
    assert await hashes(hag) == [digest(PNG)]
    wanted = f"<iq type='result'><vCard xmlns='{VCARD}'>{photo(PNG)}</vCard></iq>"
    assert holds(await retrieves(hag), stanza(wanted))
    outsider = await stage.client("romeo@shakespeare.lit/garden")
    assert await hashes(outsider) == [digest(PNG)]
    assert holds(await retrieves(outsider), stanza(wanted))


async def test_two_formats_of_one_avatar(stage: Stage) -> None:
    """§5.1, Examples 13 and 14."""
    crone = await opened(stage)
    succeeded(await publishes(crone, photo(SVG, "image/svg+xml") + photo(PNG)))
    assert await hashes(crone) == [digest(SVG), digest(PNG)]


async def test_removing_it(stage: Stage) -> None:
    """§3.2, Example 8; what is set again as it is, is told to nobody."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    await publishes(crone, photo(PNG) + "<FN>The Garden</FN>")
    await hag.drains()
    succeeded(await publishes(crone, photo(PNG) + "<FN>A Garden</FN>"))
    await hag.receives_nothing()
    succeeded(await publishes(crone, ""))
    await hag.receives(f"<message><x xmlns='{USER}'><status code='104'/></x></message>")
    assert await hashes(hag) == []
    answer = await retrieves(hag)
    assert "PHOTO" not in str(answer)
    succeeded(answer)


async def test_owners_alone_publish(stage: Stage) -> None:
    """§3.2, Example 6; §6."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    await grants(crone, "affiliation='admin' jid='hag66@shakespeare.lit'")
    refused(await publishes(hag, photo(PNG)), "forbidden", "auth")


async def test_what_is_no_avatar(stage: Stage) -> None:
    """§4: what is no image, too large, or too much; and nothing is kept of it."""
    crone = await opened(stage)
    broken = "<PHOTO><TYPE>image/png</TYPE><BINVAL>=</BINVAL></PHOTO>"
    for inside in (broken, photo(b"text", "text/plain"), photo(PNG) * (PHOTOS_MAX + 1)):
        refused(await publishes(crone, inside), "not-acceptable", "modify")
    large = PNG + b"x" * AVATAR_BYTES_MAX
    refused(await publishes(crone, photo(large)), "policy-violation")
    assert await hashes(crone) == []


async def test_a_room_that_is_not_there(stage: Stage) -> None:
    """§3.4; the service itself has no vCard."""
    hag = await stage.client(HAG)
    refused(await retrieves(hag), "item-not-found")
    refused(await publishes(hag, photo(PNG)), "item-not-found")
    answer = await hag.asks(
        f"<iq type='get' id='u' to='chat.shakespeare.lit'><vCard xmlns='{VCARD}'/></iq>"
    )
    refused(answer, "service-unavailable")
