"""What a server keeps of a password: the keys of SCRAM (RFC 5802 §3, RFC 7677), never itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Keys:
    """StoredKey and ServerKey for one hash function."""

    stored: bytes
    server: bytes


@dataclass(frozen=True, slots=True)
class Credentials:
    """Salt, iteration count and keys of one account, for both hash functions offered."""

    salt: bytes
    iterations: int
    sha1: Keys
    sha256: Keys
