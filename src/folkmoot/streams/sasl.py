"""SASL as a server speaks it: SCRAM (RFC 5802, RFC 7677) and PLAIN (RFC 4616), for RFC 6120 §6.

What an account keeps is never its password: `derive` makes the keys of RFC 5802 §3 from it, once.
A log-in with SCRAM then costs four HMACs, all of them here, on the standard library's. The library
`scramp` was the other choice and is the client our tests log in with; as a server it must have the
keys while it reads the first message, knows one channel binding for a connection where XEP-0440
announces several, and refuses every authorization identity.
"""

import binascii
import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Final

from precis_i18n import get_profile

from folkmoot.xmpp.credentials import Credentials, Keys

ITERATIONS: Final = 10_000
"""Rounds of PBKDF2 for new accounts. RFC 7677 §4 asks for at least 4096."""
SALT_BYTES: Final = 16
MESSAGE_BYTES_MAX: Final = 4096
"""The longest SASL message read, decoded."""

CONDITIONS: Final = frozenset(
    {
        "aborted",
        "account-disabled",
        "credentials-expired",
        "encryption-required",
        "incorrect-encoding",
        "invalid-authzid",
        "invalid-mechanism",
        "malformed-request",
        "mechanism-too-weak",
        "not-authorized",
        "temporary-auth-failure",
    }
)
"""The conditions of RFC 6120 §6.5."""

HASHES: Final[Mapping[str, str]] = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-1": "sha1"}
"""The SCRAM mechanisms, strongest first, and what hashlib calls their hash."""
PLUS: Final = "-PLUS"
PLAIN: Final = "PLAIN"


class SASLFailure(Exception):
    """A log-in refused: one of the conditions of RFC 6120 §6.5."""

    def __init__(self, condition: str, text: str = "") -> None:
        if condition not in CONDITIONS:
            raise ValueError(f"no SASL condition: {condition}")
        super().__init__(condition, text)
        self.condition = condition
        self.text = text


class InvalidPassword(ValueError):
    """Text that RFC 8265 §4.2 does not allow as a password."""


def _keys(credentials: Credentials, hash_name: str) -> Keys:
    return credentials.sha1 if hash_name == "sha1" else credentials.sha256


_PASSWORD = get_profile("OpaqueString")


def _prepare_password(password: str) -> bytes:
    """The password as RFC 8265 §4.2 has it, in UTF-8. Raises InvalidPassword."""
    try:
        return bytes(_PASSWORD.enforce(password).encode())
    except UnicodeEncodeError as error:
        raise InvalidPassword(error.reason) from error


def _derive_keys(hash_name: str, password: bytes, salt: bytes, iterations: int) -> Keys:
    salted = hashlib.pbkdf2_hmac(hash_name, password, salt, iterations)
    client_key = hmac.digest(salted, b"Client Key", hash_name)
    stored = hashlib.new(hash_name, client_key).digest()
    return Keys(stored, hmac.digest(salted, b"Server Key", hash_name))


def derive(password: str, salt: bytes, iterations: int = ITERATIONS) -> Credentials:
    """What to keep for a password: the keys of RFC 5802 §3 for both hashes.

    Takes some ten milliseconds, so call it in a thread. The password is prepared as an
    OpaqueString (RFC 8265 §4.2), which unlike SASLprep allows what Unicode got after 2002.

    salt: SALT_BYTES random bytes. Raises InvalidPassword, for an empty one also.
    """
    prepared = _prepare_password(password)
    return Credentials(
        salt,
        iterations,
        _derive_keys("sha1", prepared, salt, iterations),
        _derive_keys("sha256", prepared, salt, iterations),
    )


def verify(password: str, credentials: Credentials) -> bool:
    """Whether a password, as PLAIN carries it, is the account's. As slow as half a `derive`."""
    try:
        prepared = _prepare_password(password)
    except InvalidPassword:
        return False
    keys = _derive_keys("sha256", prepared, credentials.salt, credentials.iterations)
    return hmac.compare_digest(keys.stored, credentials.sha256.stored)


def disguise(secret: bytes, name: str) -> Credentials:
    """Credentials for a name that has no account: like an account's, and no password fits them.

    The same name always gets the same salt, so that a log-in fails at the same step and after the
    same messages whether or not there is an account (RFC 6120 §13.10; RFC 5802 §9).

    secret: the server's own, at least 16 bytes, the same after a restart.
    """

    def digest(purpose: bytes, hash_name: str) -> bytes:
        return hmac.digest(secret, purpose + b"\0" + name.encode(), hash_name)

    return Credentials(
        digest(b"salt", "sha256")[:SALT_BYTES],
        ITERATIONS,
        Keys(digest(b"stored", "sha1"), digest(b"server", "sha1")),
        Keys(digest(b"stored", "sha256"), digest(b"server", "sha256")),
    )


def decode(text: str) -> bytes:
    """The message that a SASL element carries (RFC 6120 §6.4.2): base64, or "=" for an empty one.

    Raises SASLFailure incorrect-encoding; malformed-request past MESSAGE_BYTES_MAX.
    """
    if text == "=":
        return b""
    try:
        message = b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise SASLFailure("incorrect-encoding") from error
    if len(message) > MESSAGE_BYTES_MAX:
        raise SASLFailure("malformed-request", "too long")
    return message


def encode(message: bytes) -> str:
    """A message as a SASL element carries it."""
    return b64encode(message).decode() if message else "="


def _text(message: bytes) -> str:
    try:
        return message.decode()
    except UnicodeDecodeError as error:
        raise SASLFailure("malformed-request", "not UTF-8") from error


class Plain:
    """The one message of PLAIN (RFC 4616 §2)."""

    __slots__ = ("authzid", "mechanism", "password")

    def __init__(self) -> None:
        self.mechanism = PLAIN
        self.authzid = ""
        self.password = ""

    def start(self, message: bytes) -> str:
        """Read the message; gives the name. Raises SASLFailure malformed-request."""
        parts = _text(message).split("\0")
        if len(parts) != 3 or not parts[1] or not parts[2]:
            raise SASLFailure("malformed-request")
        self.authzid, username, self.password = parts
        return username


_EXTENSIONS = r"(?:,[A-Za-z]=[^,]+)*"
_CLIENT_FIRST = re.compile(
    r"(?P<gs2>(?P<flag>[ny]|p=(?P<binding>[A-Za-z0-9.-]+)),(?:a=(?P<authzid>[^,]+))?,)"
    r"(?P<bare>n=(?P<name>[^,]+),r=(?P<nonce>[!-+\--~]+)" + _EXTENSIONS + ")"
)
_CLIENT_FINAL = re.compile(
    r"(?P<unproven>c=(?P<binding>[^,]+),r=(?P<nonce>[^,]+)" + _EXTENSIONS + r"),p=(?P<proof>[^,]+)"
)
_BARE_EQUALS = re.compile("=(?!2C|3D)")


def _saslname(text: str) -> str:
    """A name out of a SCRAM message, its comma and equals sign unescaped (RFC 5802 §5.1)."""
    if _BARE_EQUALS.search(text):
        raise SASLFailure("malformed-request", "a bare '=' in a name")
    return text.replace("=2C", ",").replace("=3D", "=")


class Scram:
    """One log-in by SCRAM, from the client's first message to the server's last (RFC 5802 §5).

    Call `start`, `challenge`, `finish`, in this order.

    mechanism: a key of HASHES, with PLUS behind it for one that binds to the channel.
    bindings: the channel bindings that were announced, by their name (RFC 5929); empty when no
        mechanism with PLUS was offered.
    nonce: printable ASCII without a comma, new for this log-in.
    """

    __slots__ = (
        "_auth_message",
        "_binding_input",
        "_bindings",
        "_client_first_bare",
        "_hash",
        "_keys",
        "_nonce",
        "authzid",
        "mechanism",
    )

    def __init__(self, mechanism: str, bindings: Mapping[str, bytes], nonce: str) -> None:
        self.mechanism = mechanism
        self.authzid = ""
        self._hash = HASHES[mechanism.removesuffix(PLUS)]
        self._bindings = bindings
        self._nonce = nonce
        self._client_first_bare = ""
        self._binding_input = b""
        self._auth_message = ""
        self._keys: Keys | None = None

    def start(self, message: bytes) -> str:
        """Read the client's first message; gives the name, whose credentials `challenge` needs.

        Raises SASLFailure: malformed-request, or not-authorized where the channel binding is
        not one of ours or was hidden from the client.
        """
        first = _CLIENT_FIRST.fullmatch(_text(message))
        if first is None:
            raise SASLFailure("malformed-request")
        self._binding_input = first["gs2"].encode() + self._bound_to(first["flag"])
        self.authzid = _saslname(first["authzid"] or "")
        self._client_first_bare = first["bare"]
        self._nonce = first["nonce"] + self._nonce
        return _saslname(first["name"])

    def _bound_to(self, flag: str) -> bytes:
        """The channel binding data that a GS2 flag asks for (RFC 5802 §6)."""
        if flag.startswith("p=") is not self.mechanism.endswith(PLUS):
            raise SASLFailure("malformed-request", "the mechanism and its channel binding differ")
        if flag == "n":
            return b""
        if flag == "y":
            # The client would have bound to the channel and thinks that we cannot: someone
            # between us took our offer out of the features.
            if self._bindings:
                raise SASLFailure("not-authorized", "channel binding is supported")
            return b""
        data = self._bindings.get(flag.removeprefix("p="))
        if data is None:
            raise SASLFailure("not-authorized", "unsupported channel binding type")
        return data

    def challenge(self, credentials: Credentials) -> bytes:
        """The server's first message, for an account's credentials or for disguised ones."""
        self._keys = _keys(credentials, self._hash)
        salt = b64encode(credentials.salt).decode()
        server_first = f"r={self._nonce},s={salt},i={credentials.iterations}"
        self._auth_message = f"{self._client_first_bare},{server_first}"
        return server_first.encode()

    def finish(self, message: bytes) -> bytes:
        """Check the client's proof; gives the server's final message, which is our proof to it.

        Raises SASLFailure: malformed-request; incorrect-encoding; not-authorized.
        """
        final = _CLIENT_FINAL.fullmatch(_text(message))
        if final is None or self._keys is None:
            raise SASLFailure("malformed-request")
        auth_message = f"{self._auth_message},{final['unproven']}".encode()
        signature = hmac.digest(self._keys.stored, auth_message, self._hash)
        proof = decode(final["proof"])
        bound = hmac.compare_digest(decode(final["binding"]), self._binding_input)
        fresh = hmac.compare_digest(final["nonce"].encode(), self._nonce.encode())
        if not bound or not fresh or len(proof) != len(signature):
            raise SASLFailure("not-authorized")
        client_key = bytes(a ^ b for a, b in zip(proof, signature, strict=True))
        stored = hashlib.new(self._hash, client_key).digest()
        if not hmac.compare_digest(stored, self._keys.stored):
            raise SASLFailure("not-authorized")
        server_signature = hmac.digest(self._keys.server, auth_message, self._hash)
        return b"v=" + b64encode(server_signature)
