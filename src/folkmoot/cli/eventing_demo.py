"""`folkmoot eventing-demo`: XEP-0207 before one's eyes, against a server of its own."""

import asyncio
import tempfile
from pathlib import Path

import typer

from folkmoot.admin import AdminError
from folkmoot.cli.flags import examples
from folkmoot.cli.remote import ready_for_xmpp

EPILOG = examples("folkmoot eventing-demo              nothing to prepare, and nothing is left")


def eventing_demo() -> None:
    """Let an ordinary client and one that knows pubsub alone talk, and show what passes.

    Romeo's client has presence and rooms as every client has them; Juliet's does all of it by
    publish-subscribe (XEP-0207). What each sends and hears stands side by side, shortened.

    A server is started for it on this machine, and is gone with all that was made on it at the
    end. The exit status is 1 if somebody does not hear what they should.
    """
    ready_for_xmpp()
    from folkmoot.demo.both import perform_both
    from folkmoot.demo.child import ChildFailed
    from folkmoot.demo.telling import Telling, console

    with tempfile.TemporaryDirectory(prefix="folkmoot-") as directory:
        try:
            well = asyncio.run(perform_both(Path(directory), Telling(console())))
        except ChildFailed as error:
            raise AdminError(str(error)) from None
    raise typer.Exit(0 if well else 1)
