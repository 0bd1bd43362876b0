"""The control socket: the command line asks the running server, in lines of JSON on a Unix socket.

A connection carries one request. Its answer is any number of `progress`, `users`, `space`, `room`
or `link` lines, then `{"done": true}`, or `{"error": "..."}` where the request cannot be met. What
is too much for a line follows the request in parts, a line each, and each is answered before the
next is sent. The socket belongs to the user the server runs as (mode 0600): whoever can open it may
do everything.
"""

import asyncio
import json
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, assert_never, runtime_checkable

from folkmoot.admin import Account, Admin, AdminError, Progress
from folkmoot.xmpp.jid import JID

SOCKET_FILE = "control.sock"
SOCKET_PATH_BYTES_MAX = 100
"""Longer paths do not fit the address of a Unix socket on every system."""
LINE_BYTES_MAX = 16_777_216
"""The longest request or answer, above what USERS_PER_REQUEST of the longest JIDs need."""
USERS_PER_REQUEST = 4_000
USERS_PER_LINE = 1_000
_TOO_MUCH = f"more than {LINE_BYTES_MAX} bytes in one request: do it in several"

Message = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AddUsers:
    """Asks for `Admin.add_users`."""

    users: tuple[tuple[JID, str], ...]


@dataclass(frozen=True, slots=True)
class SetPassword:
    """Asks for `Admin.set_password`."""

    jid: JID
    password: str


@dataclass(frozen=True, slots=True)
class DeleteUser:
    """Asks for `Admin.delete_user`."""

    jid: JID


@dataclass(frozen=True, slots=True)
class ListUsers:
    """Asks for `Admin.users`."""

    prefix: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Asks a `Steward`, a `Porter` or a `Postmaster`. subject: `space`, `room` or `link`."""

    subject: str
    verb: str
    arguments: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Stream:
    """Asks a `Steward` for what has many parts; parts may follow, a line each."""

    subject: str
    verb: str
    arguments: Mapping[str, str]


Request = AddUsers | SetPassword | DeleteUser | ListUsers | Ask | Stream


def read_request(line: bytes) -> Request:
    """A request from its line; raises AdminError where it is none this version knows."""
    try:
        match json.loads(line):
            case {"add": [*users]}:
                return AddUsers(tuple((JID.parse(jid), str(password)) for jid, password in users))
            case {"passwd": [str(jid), str(password)]}:
                return SetPassword(JID.parse(jid), password)
            case {"delete": str(jid)}:
                return DeleteUser(JID.parse(jid))
            case {"list": str(prefix)}:
                return ListUsers(prefix)
            case {"space": [str(verb), {**arguments}]}:
                return Ask("space", verb, _texts(arguments))
            case {"room": [str(verb), {**arguments}]}:
                return Ask("room", verb, _texts(arguments))
            case {"link": [str(verb), {**arguments}]}:
                return Ask("link", verb, _texts(arguments))
            case {"stream": [str(subject), str(verb), {**arguments}]}:
                return Stream(subject, verb, _texts(arguments))
    except (ValueError, TypeError) as error:
        raise AdminError(f"the server cannot read the request: {error}") from None
    raise AdminError("the server does not know this request: is it another version of folkmoot?")


def _texts(arguments: Mapping[object, object]) -> Mapping[str, str]:
    return {str(name): str(each) for name, each in arguments.items()}


def write_request(request: Request) -> bytes:
    """The line of a request."""
    match request:
        case AddUsers(users):
            return _line({"add": [[str(jid), password] for jid, password in users]})
        case SetPassword(jid, password):
            return _line({"passwd": [str(jid), password]})
        case DeleteUser(jid):
            return _line({"delete": str(jid)})
        case ListUsers(prefix):
            return _line({"list": prefix})
        case Ask(subject, verb, arguments):
            return _line({subject: [verb, dict(arguments)]})
        case Stream(subject, verb, arguments):
            return _line({"stream": [subject, verb, dict(arguments)]})
        case _:
            assert_never(request)


def _line(message: Message) -> bytes:
    return json.dumps(message, ensure_ascii=False).encode() + b"\n"


class Answering(Protocol):
    """Who answers about spaces, about rooms, or about links."""

    async def ask(self, verb: str, arguments: Mapping[str, str]) -> Message:
        """The answer to a question. Raises AdminError where it has none."""
        ...


@runtime_checkable
class Streaming(Answering, Protocol):
    """Who also answers in parts."""

    def stream(
        self, verb: str, arguments: Mapping[str, str], parts: AsyncIterator[Message]
    ) -> AsyncGenerator[Message, None]:
        """The answers; where the other side has parts too, one to each."""
        ...


def streaming(answerer: Answering) -> Streaming:
    """Somebody, where they answer in parts. Raises AdminError."""
    if not isinstance(answerer, Streaming):
        raise AdminError(
            "the server does not know this request: is it another version of folkmoot?"
        )
    return answerer


class ControlServer:
    """Answers on a data directory's control socket, from `open` to `close`."""

    def __init__(
        self, admin: Admin, data: Path, answering: Mapping[str, Answering] | None = None
    ) -> None:
        """answering: who answers, by subject."""
        self._admin = admin
        self._answerers = answering or {}
        self._path = data.absolute() / SOCKET_FILE
        self._elsewhere: Path | None = None
        self._server: asyncio.Server | None = None
        self._answering: set[asyncio.Task[None]] = set()

    async def open(self) -> Path:
        """Begin to listen; gives the path to ask on, which `Holder.control` tells others."""
        if len(os.fsencode(self._path)) > SOCKET_PATH_BYTES_MAX:
            self._elsewhere = Path(tempfile.mkdtemp(prefix="folkmoot-"))
            self._path = self._elsewhere / SOCKET_FILE
        self._server = await asyncio.start_unix_server(
            self._serve, sock=_bound(self._path), limit=LINE_BYTES_MAX
        )
        return self._path

    async def close(self) -> None:
        """Stop listening, drop who is still being answered, and leave no file behind."""
        if self._server is not None:
            self._server.close()
            for task in self._answering:
                task.cancel()
            await asyncio.gather(*self._answering, return_exceptions=True)
            await self._server.wait_closed()
        self._path.unlink(missing_ok=True)
        if self._elsewhere is not None:
            shutil.rmtree(self._elsewhere, ignore_errors=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)
        # The other end may leave before it has heard everything: nobody is left to be told.
        with suppress(ConnectionError):
            try:
                await self._answer(reader, writer)
            except AdminError as error:
                await _write(writer, {"error": str(error)})
            finally:
                writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = read_request(await _read(reader))
        async with aclosing(self._answers(request, reader)) as answers:
            async for message in answers:
                await _write(writer, message)
        await _write(writer, {"done": True})

    async def _answers(
        self, request: Request, reader: asyncio.StreamReader
    ) -> AsyncGenerator[Message, None]:
        match request:
            case AddUsers(users):
                async for progress in self._admin.add_users(users):
                    yield {"progress": [progress.done, progress.added]}
            case SetPassword(jid, password):
                await self._admin.set_password(jid, password)
            case DeleteUser(jid):
                await self._admin.delete_user(jid)
            case ListUsers(prefix):
                found = await self._admin.users(prefix)
                for start in range(0, len(found), USERS_PER_LINE):
                    page = found[start : start + USERS_PER_LINE]
                    yield {"users": [[str(account.jid), account.created] for account in page]}
            case Ask(subject, verb, arguments):
                yield {subject: await self._answerer(subject).ask(verb, arguments)}
            case Stream(subject, verb, arguments):
                answerer = streaming(self._answerer(subject))
                async with aclosing(answerer.stream(verb, arguments, _parts(reader))) as answers:
                    async for answer in answers:
                        yield {subject: answer}
            case _:
                assert_never(request)

    def _answerer(self, subject: str) -> Answering:
        if subject not in self._answerers:
            raise AdminError(f"nobody here knows of {subject}s")
        return self._answerers[subject]


def _bound(path: Path) -> socket.socket:
    """A socket at `path`, at once its owner's alone; what a crash left there is replaced."""
    path.unlink(missing_ok=True)
    bound = socket.socket(socket.AF_UNIX)
    mask = os.umask(0o177)
    try:
        bound.bind(str(path))
    finally:
        os.umask(mask)
    return bound


async def _read(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readline()
    except ValueError:
        raise AdminError(_TOO_MUCH) from None


async def _parts(reader: asyncio.StreamReader) -> AsyncIterator[Message]:
    """What follows a request, until the other end is gone."""
    while line := await _read(reader):
        try:
            part = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise AdminError(f"the server cannot read a part: {error}") from None
        yield part


async def _write(writer: asyncio.StreamWriter, message: Message) -> None:
    writer.write(_line(message))
    await writer.drain()


class RemoteAdmin:
    """The Admin of a running server, asked through its control socket."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def add_users(self, users: Iterable[tuple[JID, str]]) -> AsyncIterator[Progress]:
        """See `Admin`. Many accounts are asked for in several requests."""
        before = Progress(0, 0)
        remaining = iter(users)
        while part := tuple(islice(remaining, USERS_PER_REQUEST)):
            progress = before
            async for message in self._ask(AddUsers(part)):
                done, added = message["progress"]
                progress = Progress(before.done + done, before.added + added)
                yield progress
            before = progress

    async def set_password(self, jid: JID, password: str) -> None:
        """See `Admin`."""
        await self._done(SetPassword(jid, password))

    async def delete_user(self, jid: JID) -> None:
        """See `Admin`."""
        await self._done(DeleteUser(jid))

    async def users(self, prefix: str = "") -> Sequence[Account]:
        """See `Admin`."""
        return [
            Account(JID.parse(jid), float(created))
            async for message in self._ask(ListUsers(prefix))
            for jid, created in message["users"]
        ]

    async def ask(self, subject: str, verb: str, arguments: Mapping[str, str]) -> Message:
        """See `Steward.ask` and the like. subject: `space`, `room` or `link`."""
        answers = [message async for message in self._ask(Ask(subject, verb, arguments))]
        answer: Message = answers[0][subject]
        return answer

    async def stream(
        self, subject: str, verb: str, arguments: Mapping[str, str], parts: Iterable[Message] = ()
    ) -> AsyncGenerator[Message, None]:
        """See `Steward.stream`. Who stops listening has given it up."""
        async with aclosing(self._ask(Stream(subject, verb, arguments), parts)) as answers:
            async for message in answers:
                yield message[subject]

    async def _done(self, request: Request) -> None:
        async for _ in self._ask(request):
            pass

    async def _ask(
        self, request: Request, parts: Iterable[Message] = ()
    ) -> AsyncGenerator[Message, None]:
        """Every line of the answer but the last; raises AdminError if the server refuses."""
        line = _within_bounds(write_request(request))
        try:
            reader, writer = await asyncio.open_unix_connection(self._path, limit=LINE_BYTES_MAX)
        except PermissionError:
            raise AdminError("the server runs as another user: do this as that user") from None
        except OSError as error:
            raise AdminError(f"the server does not answer on {self._path}: {error}") from None
        remaining = iter(parts)
        try:
            writer.write(line)
            if (part := next(remaining, None)) is not None:
                writer.write(_within_bounds(_line(part)))
            while line := await _read(reader):
                message = json.loads(line)
                if "error" in message:
                    raise AdminError(message["error"])
                if "done" in message:
                    return
                yield message
                if (part := next(remaining, None)) is not None:
                    writer.write(_within_bounds(_line(part)))
        except ConnectionError:
            pass
        finally:
            writer.close()
        raise AdminError("the server ended before it had answered: its log may say why")


def _within_bounds(line: bytes) -> bytes:
    if len(line) > LINE_BYTES_MAX:
        raise AdminError(_TOO_MUCH)
    return line
