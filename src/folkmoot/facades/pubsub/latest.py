"""The newest items, for a subscriber who becomes available: XEP-0060 1.30.0, §12.2.

`pubsub#send_last_published_item` says which nodes send them, `on_sub_and_presence`; here those of
the service, while an account's own go by XEP-0163.
"""

from __future__ import annotations

from folkmoot.engine import questions
from folkmoot.engine.commands import Expire
from folkmoot.facades.facade import Request
from folkmoot.facades.pubsub.notification import word


async def send_latest(request: Request) -> None:
    """The newest item of each such node, once, to the resource that has just become available."""
    for node in await request.ask(questions.sending_last, request.actor):
        await request.run(Expire(actor=request.actor, node=node))
        for told in await request.ask(questions.last_published, request.actor, node):
            request.tell(*word(told))
