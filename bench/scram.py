"""The client's half of SCRAM-SHA-256 (RFC 5802, RFC 7677), without channel binding."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from functools import cache
from typing import Final

MECHANISM: Final = "SCRAM-SHA-256"
_HASH: Final = "sha256"
_NONCE_BYTES: Final = 18


@cache
def _keys(password: str, salt: bytes, iterations: int) -> tuple[bytes, bytes]:
    """ClientKey and StoredKey (RFC 5802 §3), kept as clients keep them between log-ins."""
    salted = hashlib.pbkdf2_hmac(_HASH, password.encode(), salt, iterations)
    client = hmac.digest(salted, b"Client Key", _HASH)
    return client, hashlib.sha256(client).digest()


class Scram:
    """One log-in. `name` and `password` are plain ASCII without `,` and `=`."""

    def __init__(self, name: str, password: str) -> None:
        self._password = password
        self._bare = f"n={name},r={secrets.token_urlsafe(_NONCE_BYTES)}"

    def first(self) -> str:
        """The client's first message, in base64."""
        return base64.b64encode(f"n,,{self._bare}".encode()).decode()

    def final(self, challenge: str) -> str:
        """The client's final message for the server's first, both in base64."""
        server_first = base64.b64decode(challenge).decode()
        said = dict(part.split("=", 1) for part in server_first.split(","))
        client, stored = _keys(self._password, base64.b64decode(said["s"]), int(said["i"]))
        final = f"c=biws,r={said['r']}"
        signed = f"{self._bare},{server_first},{final}".encode()
        signature = hmac.digest(stored, signed, _HASH)
        proof = bytes(ours ^ theirs for ours, theirs in zip(client, signature, strict=True))
        return base64.b64encode(f"{final},p={base64.b64encode(proof).decode()}".encode()).decode()
