"""Accounts, and the secrets of a store."""

from __future__ import annotations

from typing import Final

ADD_SECRET: Final = """
INSERT INTO secrets (name, secret) VALUES (:name, :secret) ON CONFLICT (name) DO NOTHING
"""

SECRET: Final = "SELECT secret FROM secrets WHERE name = :name"

_ACCOUNT: Final = "WHERE domain = :domain AND local = :local"

_CREDENTIALS: Final = """
salt, iterations, sha1_stored, sha1_server, sha256_stored, sha256_server
"""

ADD_ACCOUNT: Final = f"""
INSERT INTO accounts (domain, local, created, {_CREDENTIALS})
VALUES (:domain, :local, :created, :salt, :iterations, :sha1_stored, :sha1_server,
    :sha256_stored, :sha256_server)
ON CONFLICT (domain, local) DO NOTHING
"""

SET_CREDENTIALS: Final = f"""
UPDATE accounts
SET salt = :salt, iterations = :iterations, sha1_stored = :sha1_stored,
    sha1_server = :sha1_server, sha256_stored = :sha256_stored, sha256_server = :sha256_server
{_ACCOUNT}
"""

DELETE_ACCOUNT: Final = f"DELETE FROM accounts {_ACCOUNT}"

ACCOUNT_EXISTS: Final = f"SELECT 1 FROM accounts {_ACCOUNT}"

CREDENTIALS: Final = f"SELECT {_CREDENTIALS} FROM accounts {_ACCOUNT}"

ACCOUNTS: Final = """
SELECT local, domain, created FROM accounts
WHERE (domain, local) > (:domain, :local) ORDER BY domain, local LIMIT :limit
"""
