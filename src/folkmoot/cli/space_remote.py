"""`folkmoot space VERB … --jid JID`: spaces on any server, over XMPP, as an ordinary user."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from folkmoot.admin import AdminError
from folkmoot.cli.remote import Visit, verb

if TYPE_CHECKING:
    from folkmoot.client import Request

app = typer.Typer(rich_markup_mode=None)

SpaceArgument = Annotated[str, typer.Argument(metavar="SPACE", help="Its key, or an xmpp: URI.")]
UserArgument = Annotated[str, typer.Argument(metavar="JID", help="Who asks.")]
UnlistedFlag = Annotated[
    bool,
    typer.Option("--unlisted", help="Though the service does not list who asks, as ejabberd."),
]
JsonFlag = Annotated[bool, typer.Option("--json", help="For programs, as docs/spaces.md says.")]

NO_SPACES = "the service has no spaces, or does not take this of them"


@verb(
    app,
    "list",
    "folkmoot space list --jid juliet@example.org",
    lacking="the service does not list its nodes: ask for a space by its key",
)
async def list_(visit: Visit, as_json: JsonFlag = False) -> None:
    """List the spaces that one may know of."""
    listed = await visit.spaces.listed(await visit.service())
    if as_json:
        _json({"spaces": [{"key": each.address.node, "title": each.title} for each in listed]})
        return
    for each in listed:
        typer.echo(f"{each.address.node:<24} {each.title}")
    if not listed:
        typer.echo("No space is listed. Private ones are not: ask for them by their key.", err=True)


@verb(app, "show", "folkmoot space show moot --jid juliet@example.org", lacking=NO_SPACES)
async def show(visit: Visit, space: SpaceArgument) -> None:
    """Show a space, what one is to it and what it lists, as JSON."""
    from folkmoot.client import Refused

    address = await visit.address(space)
    info = await visit.spaces.info(address)
    own = await visit.spaces.membership(address)
    told: dict[str, Any] = {
        "key": address.node,
        "uri": address.iri,
        "title": info.title,
        "description": info.description,
        "access": info.access.value if info.access else None,
        "members": info.members,
        "owners": [str(owner) for owner in info.owners],
        "own": {"affiliation": own.affiliation.value, "subscription": own.state.value},
    }
    try:
        content = await visit.spaces.content(address)
    except Refused as refused:
        _json(told | {"refused": f"{refused.condition} {refused.detail}".strip()})
        return
    _json(
        told
        | {
            "rooms": [{"jid": str(room.jid), "name": room.name} for room in content.rooms],
            "nodes": [{"uri": node.address.iri, "title": node.title} for node in content.nodes],
            "links": [{"url": link.url, "title": link.description} for link in content.links],
            "others": [other.id for other in content.others],
        }
    )


@verb(
    app,
    "create",
    "folkmoot space create moot --title Moot --jid juliet@example.org",
    lacking=NO_SPACES,
)
async def create(
    visit: Visit,
    key: Annotated[
        str | None, typer.Argument(metavar="KEY", help="Its node; chosen where it is left out.")
    ] = None,
    title: Annotated[str, typer.Option(help="What it is called.")] = "",
    description: Annotated[str, typer.Option(help="What it is about.")] = "",
    access: Annotated[
        str, typer.Option(help="Who joins: open, authorize (who is let in), whitelist.")
    ] = "authorize",
) -> None:
    """Make a space of one's own, and join it."""
    from folkmoot.client import Access, Refused, Request, State

    if access not in [each.value for each in Access]:
        raise typer.BadParameter("choose open, authorize or whitelist", param_hint="--access")
    try:
        made = await visit.spaces.create(
            await visit.service(), key, title=title, description=description, access=Access(access)
        )
    except Refused as refused:
        if refused.condition != "not-acceptable":
            raise
        raise AdminError(
            f"the service does not take --access {access}: Prosody knows open and whitelist alone"
        ) from None
    if (await visit.spaces.join(made)).state is State.PENDING:
        # ejabberd has owners let in as well, themselves by themselves.
        await visit.spaces.approve(Request(made, visit.spaces.own))
    typer.echo(f"Made {made}")


@verb(
    app,
    "add",
    "folkmoot space add moot garden@rooms.example.org --name Garden --jid juliet@example.org",
    "folkmoot space add moot garden@rooms.example.org --new --jid juliet@example.org",
    lacking=NO_SPACES,
)
async def add(
    visit: Visit,
    space: SpaceArgument,
    room: Annotated[str, typer.Argument(metavar="ROOM", help="The JID of a room.")],
    name: Annotated[str, typer.Option(help="What it is called [the part before the @].")] = "",
    new: Annotated[bool, typer.Option("--new", help="Make the room, for members only.")] = False,
    autojoin: Annotated[
        bool, typer.Option("--autojoin", help="Members enter it without being asked.")
    ] = False,
) -> None:
    """List a room in a space, and have the room say so."""
    from folkmoot.client import Refused

    address = await visit.address(space)
    rooms = visit.spaces.rooms
    name = name or room.partition("@")[0]
    if new:
        await rooms.create(address, room, name, nick=visit.door.jid.partition("@")[0])
    await visit.spaces.add_room(address, room, name, autojoin=autojoin)
    if new:
        typer.echo(f"Made and listed {room}.")
        return
    try:
        named = await rooms.name_space(room, address)
        why = "its service knows no spaces"
    except Refused as refused:
        named, why = False, str(refused)
    typer.echo(
        f"Listed {room}."
        if named
        else f"Listed {room}, but the room does not name the space: {why}."
    )


@verb(
    app,
    "remove",
    "folkmoot space remove moot garden@rooms.example.org --jid juliet@example.org",
    lacking=NO_SPACES,
)
async def remove(
    visit: Visit,
    space: SpaceArgument,
    item: Annotated[str, typer.Argument(metavar="ITEM", help="A room, or the id of an item.")],
) -> None:
    """Take a room, or anything else, off the list of a space."""
    await visit.spaces.remove(await visit.address(space), item)
    typer.echo(f"{item} is no longer listed.")


@verb(
    app,
    "members",
    "folkmoot space members moot --jid juliet@example.org",
    lacking="the service does not tell who belongs to a space",
)
async def members(visit: Visit, space: SpaceArgument) -> None:
    """Who belongs to a space, waits to be let in, or is banned."""
    for member in await visit.spaces.members(await visit.address(space)):
        typer.echo(f"{member.jid!s:<40} {member.affiliation.value:<12} {member.state.value}")


@verb(
    app,
    "approve",
    "folkmoot space approve moot romeo@example.org --jid juliet@example.org",
    lacking="the service lets nobody in by hand",
)
async def approve(
    visit: Visit, space: SpaceArgument, user: UserArgument, unlisted: UnlistedFlag = False
) -> None:
    """Let somebody in who asks."""
    await visit.spaces.approve(await _asked(visit, space, user, unlisted))
    typer.echo(f"{user} is in.")


@verb(
    app,
    "deny",
    "folkmoot space deny moot tybalt@example.org --jid juliet@example.org",
    lacking="the service lets nobody in by hand",
)
async def deny(
    visit: Visit, space: SpaceArgument, user: UserArgument, unlisted: UnlistedFlag = False
) -> None:
    """Do not let somebody in who asks."""
    await visit.spaces.deny(await _asked(visit, space, user, unlisted))
    typer.echo(f"{user} is not let in.")


async def _asked(visit: Visit, space: str, user: str, unlisted: bool) -> "Request":
    from slixmpp.jid import JID

    from folkmoot.client import Request

    address = await visit.address(space)
    if unlisted:
        return Request(address, JID(user))
    for request in await visit.spaces.requests(address):
        if request.jid.bare == JID(user).bare:
            return request
    raise AdminError(f"{user} does not ask to be let in, or the service does not list who does")


@verb(
    app,
    "invite",
    "folkmoot space invite moot --uses 5 --jid juliet@example.org",
    lacking="the service has no invites: give the space's URI away, and approve who asks",
)
async def invite(
    visit: Visit,
    space: SpaceArgument,
    uses: Annotated[int, typer.Option(min=1, help="How many it lets in.")] = 1,
) -> None:
    """Make an invite, good for a week; its token is shown this once."""
    typer.echo((await visit.spaces.invite(await visit.address(space), uses)).uri)


@verb(
    app,
    "audit",
    "folkmoot space audit moot --jid juliet@example.org",
    lacking="the service keeps no audit trail",
)
async def audit(visit: Visit, space: SpaceArgument) -> None:
    """Who changed what in a space, the newest 100, newest first."""
    for row in await visit.spaces.audit(await visit.address(space)):
        change = f"{row.before or '-'} -> {row.after or '-'}"
        typer.echo(f"{row.at}  {row.by}  {row.what}  {row.of}  {change}")


@verb(
    app,
    "join",
    "folkmoot space join moot --jid romeo@example.org",
    "folkmoot space join 'xmpp:spaces.example.org?;node=moot' --jid romeo@example.net",
    lacking=NO_SPACES,
)
async def join(visit: Visit, space: SpaceArgument) -> None:
    """Join a space, or ask to be let in; with an invite's URI, at once."""
    from folkmoot.client import State
    from folkmoot.client.model import token_in

    address = await visit.address(space)
    joined = await visit.spaces.join(address, invite=token_in(space))
    if joined.state is State.PENDING:
        typer.echo("Asked: an owner has to let you in.")
    else:
        typer.echo(f"Joined {address}")


@verb(app, "leave", "folkmoot space leave moot --jid romeo@example.org", lacking=NO_SPACES)
async def leave(visit: Visit, space: SpaceArgument) -> None:
    """Leave a space, or take the request back."""
    address = await visit.address(space)
    await visit.spaces.leave(address)
    typer.echo(f"Left {address}")


def _json(told: dict[str, Any]) -> None:
    typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
