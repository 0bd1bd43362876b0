"""The control socket: who may ask, what it answers to what it does not know, and its end."""

import asyncio
import json
import socket
from pathlib import Path

import pytest

from folkmoot.admin import AdminError, StoreAdmin
from folkmoot.control import LINE_BYTES_MAX, SOCKET_PATH_BYTES_MAX, ControlServer, RemoteAdmin
from folkmoot.xmpp.jid import JID


async def answer(path: Path, line: bytes) -> list[object]:
    """What the server says to a line, until it closes."""
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(line)
    writer.write_eof()
    said = await reader.read()
    writer.close()
    return [json.loads(each) for each in said.splitlines()]


def test_it_is_its_owners_alone(control: Path) -> None:
    """Whoever can open it may do everything."""
    assert control.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"hello\n",
        b"\xff\n",
        b"[]\n",
        b'{"list": 1}\n',
        b'{"reboot": true}\n',
        b'{"add": [["juliet@localhost"]]}\n',
        b'{"add": [[1, 2]]}\n',
        b'{"delete": "@"}\n',
        b'{"passwd": ["juliet@localhost", null]}\n',
    ],
)
async def test_what_it_cannot_read_is_an_error(control: Path, line: bytes) -> None:
    """One line with the reason, and the next connection is served."""
    (said,) = await answer(control, line)
    assert isinstance(said, dict)
    assert said.keys() == {"error"}
    assert await answer(control, b'{"list": ""}\n') == [{"done": True}]


async def test_a_request_that_is_too_long_is_refused(control: Path) -> None:
    """LINE_BYTES_MAX is reached by the asker, who then sends nothing, and by the server."""
    with pytest.raises(AdminError, match=f"more than {LINE_BYTES_MAX} bytes"):
        await RemoteAdmin(control).users("x" * LINE_BYTES_MAX)
    reader, writer = await asyncio.open_unix_connection(control)
    writer.write(b"x" * (LINE_BYTES_MAX + 1))
    assert b"more than" in await reader.read()
    writer.close()


async def test_a_path_too_long_for_a_socket_lies_elsewhere(
    admin: StoreAdmin, tmp_path: Path
) -> None:
    """The lock file says where; nothing is left of it."""
    data = tmp_path / ("long" * (SOCKET_PATH_BYTES_MAX // 4))
    server = ControlServer(admin, data)
    path = await server.open()
    assert path.parent != data
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert await RemoteAdmin(path).users() == []
    await server.close()
    assert not path.parent.exists()


async def test_what_a_crash_left_is_replaced(admin: StoreAdmin, tmp_path: Path) -> None:
    """The socket's file stays after `kill -9`."""
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(tmp_path / "control.sock"))
    left.close()
    server = ControlServer(admin, tmp_path)
    path = await server.open()
    assert await RemoteAdmin(path).users() == []
    await server.close()
    assert not path.exists()


async def test_a_server_that_ends_ends_its_answers(admin: StoreAdmin, tmp_path: Path) -> None:
    """It does not wait for whoever has connected and says nothing."""
    server = ControlServer(admin, tmp_path)
    path = await server.open()
    silent, writer = await asyncio.open_unix_connection(path)
    await RemoteAdmin(path).users()  # answered after the silent one was accepted
    await server.close()
    assert await silent.read() == b""
    writer.close()


async def test_an_asker_hears_that_the_server_ended(tmp_path: Path) -> None:
    """An answer that breaks off is none."""
    path = tmp_path / "control.sock"

    async def end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b'{"users": [["juliet@localhost", 1.0]]}\n')
        writer.close()

    async with await asyncio.start_unix_server(end, path):
        with pytest.raises(AdminError, match="the server ended before it had answered"):
            await RemoteAdmin(path).users()


async def test_no_server_is_told(tmp_path: Path) -> None:
    """Nothing there, or nothing behind it."""
    with pytest.raises(AdminError, match="the server does not answer on"):
        await RemoteAdmin(tmp_path / "control.sock").delete_user(JID.parse("juliet@localhost"))
