"""What nicks look like: RFC 8266 (NicknameCasePreserved), for XEP-0045 1.35.5, §7.2.8 and §14.6."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from precis_i18n import get_profile

APPEARANCES_MAX: Final = 8_192
"""How many nicks are remembered with their appearance, which costs more to find than to look up."""

ROUNDS_MAX: Final = 4
"""How often the rules are applied, until they change nothing more (RFC 8266 §2.1)."""

_NICKNAME: Final = get_profile("NicknameCasePreserved")

# Most nicks look like this, and look like nothing else.
_PLAIN: Final = re.compile(r"[!-~]+(?: [!-~]+)*")


def appearance(nick: str) -> str:
    """The same for nicks that only spaces, or forms of the same letters, tell apart.

    nick: a resourcepart that is prepared. Upper and lower case differ, as they do to the eye.
    """
    return nick if _PLAIN.fullmatch(nick) is not None else _appearance(nick)


@lru_cache(APPEARANCES_MAX)
def _appearance(nick: str) -> str:
    for _ in range(ROUNDS_MAX):
        try:
            before, nick = nick, _NICKNAME.enforce(nick)
        except UnicodeError:  # RFC 8266 takes it for none, and none that may be looks like it
            break
        if nick == before:
            break
    return nick
