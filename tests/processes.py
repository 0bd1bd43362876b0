"""Which tests stay together where several processes run them (pytest-xdist 3.8)."""

from __future__ import annotations

import re

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

_AT_A_HOST = re.compile(r"tests/hosts/(?!test_federation\.py).*\[(prosody|ejabberd)\b")
"""Most of them use one component at that host, which starts for the first of them (`annexes`)."""


class Groups(LoadScopeScheduling):  # type: ignore[misc]
    """Whole files, one after the other; whoever is free takes the next.

    A file has what its tests share, such as a server, and shares nothing with another but what a
    process can have of its own. They come in the order of their names: at the end are small ones.
    """

    def _split_scope(self, nodeid: str) -> str:
        found = _AT_A_HOST.match(nodeid)
        return f"tests/hosts[{found[1]}]" if found else nodeid.partition("::")[0]
