"""Looking things up in an archive, as clients do it."""

from __future__ import annotations

from dataclasses import dataclass

from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element
from tests.stage import Client

MAM = "urn:xmpp:mam:2"
FORWARD = "urn:xmpp:forward:0"
RSM = "http://jabber.org/protocol/rsm"


@dataclass(frozen=True)
class Found:
    """What an archive gave: its messages in the order they came, and the answer that ended them."""

    results: list[Element]
    answer: Element

    @property
    def fin(self) -> Element:
        """What is said of the page."""
        fin = self.answer.child(MAM, "fin")
        assert fin is not None, self.answer
        return fin

    @property
    def complete(self) -> bool:
        """Whether there is no more."""
        return self.fin.get("complete") == "true"

    @property
    def page(self) -> tuple[str, str, str, str]:
        """First, last, index and count; "" for what is not said."""
        told = self.fin.child(RSM, "set")
        assert told is not None
        first, last, count = (told.child(RSM, name) for name in ("first", "last", "count"))
        return (
            "" if first is None else first.text,
            "" if last is None else last.text,
            "" if first is None else first.get("index", ""),
            "" if count is None else count.text,
        )

    @property
    def messages(self) -> list[Element]:
        """What was forwarded."""
        return [forwarded(each) for each in self.results]

    @property
    def ids(self) -> list[str]:
        """Under which ids."""
        found = [each.child(MAM, "result") for each in self.results]
        return [each.get("id", "") for each in found if each is not None]

    @property
    def bodies(self) -> list[str]:
        """What was said."""
        return [body.text for each in self.messages for body in each.childs(CLIENT, "body")]


def forwarded(message: Element) -> Element:
    """The message in a result."""
    result = message.child(MAM, "result")
    assert result is not None, message
    wrapped = result.child(FORWARD, "forwarded")
    assert wrapped is not None
    told = wrapped.child(CLIENT, "message")
    assert told is not None
    return told


def query(fields: dict[str, str | list[str]] | None = None, more: str = "", attrs: str = "") -> str:
    """A query's element; `more` goes beside its form."""
    told = ""
    for var, value in (fields or {}).items():
        values = [value] if isinstance(value, str) else value
        told += f"<field var='{var}'>{''.join(f'<value>{each}</value>' for each in values)}</field>"
    form = (
        "<x xmlns='jabber:x:data' type='submit'>"
        f"<field var='FORM_TYPE' type='hidden'><value>{MAM}</value></field>{told}</x>"
    )
    return f"<query xmlns='{MAM}' {attrs}>{form if fields else ''}{more}</query>"


def paged(inside: str) -> str:
    """A page asked for."""
    return f"<set xmlns='{RSM}'>{inside}</set>"


async def looks_up(client: Client, to: str, asked: str = "") -> Found:
    """Ask an archive; nothing else may come before the answer."""
    address = f"to='{to}'" if to else ""
    inside = asked or query()
    await client.drains()
    answer = await client.asks(f"<iq type='set' id='juliet1' {address}>{inside}</iq>")
    return Found(await client.drains(), answer)
