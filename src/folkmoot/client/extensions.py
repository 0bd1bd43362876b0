"""What Folkmoot has beside the XEP: docs/extensions/invites.md, docs/extensions/audit.md.

Any other service says that it is NotOffered.
"""

from __future__ import annotations

from folkmoot.client.asking import Asking, found
from folkmoot.client.model import Change, Invite, SpaceAddress
from folkmoot.client.reading import AUDIT, INVITE, read_changes, read_invite
from folkmoot.client.writing import element


class Extensions:
    """Invites, and the audit trail."""

    _asking: Asking

    async def invite(self, address: SpaceAddress, uses: int = 1, expires: str = "") -> Invite:
        """Make an invite (docs/extensions/invites.md). expires: as XEP-0082 has it, or a week."""
        wanted = element(
            INVITE, "invite", node=address.node, uses=str(uses), expires=expires or None
        )
        answer = await self._asking.ask("set", address.service, wanted)
        return read_invite(found(answer, INVITE, "invite"))

    async def invites(self, address: SpaceAddress) -> tuple[Invite, ...]:
        """The invites there are, without their tokens."""
        asked = element(INVITE, "invites", node=address.node)
        answer = await self._asking.ask("get", address.service, asked)
        return tuple(map(read_invite, found(answer, INVITE, "invites")))

    async def revoke(self, address: SpaceAddress, invite: Invite | str) -> None:
        """Let an invite, itself or by its id, let nobody in any more."""
        id = invite if isinstance(invite, str) else invite.id
        await self._asking.ask(
            "set", address.service, element(INVITE, "revoke", node=address.node, id=id)
        )

    async def audit(self, address: SpaceAddress) -> tuple[Change, ...]:
        """Who changed what, the newest 100, newest first (docs/extensions/audit.md)."""
        asked = element(AUDIT, "audit", node=address.node)
        return read_changes(
            found(await self._asking.ask("get", address.service, asked), AUDIT, "audit")
        )
