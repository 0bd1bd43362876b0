"""SCRAM and PLAIN as the server computes them: RFC 5802, RFC 7677, RFC 4616."""

import hashlib
import hmac
from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.streams.sasl import (
    CONDITIONS,
    MESSAGE_BYTES_MAX,
    SALT_BYTES,
    InvalidPassword,
    Plain,
    SASLFailure,
    Scram,
    decode,
    derive,
    disguise,
    encode,
    verify,
)
from tests.streams.conversation import CREDENTIALS, END_POINT, PASSWORD, SECRET, ScramClient

EXAMPLES = {
    # RFC 5802 §5
    "SCRAM-SHA-1": (
        "QSXCR+Q6sek8bf92",
        "3rfcNHYJY1ZVvWVs7j",
        "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
        "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
        "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
        "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
    ),
    # RFC 7677 §3
    "SCRAM-SHA-256": (
        "W22ZaJ0SNY7soEsUEjb6gQ==",
        "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
        "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
        "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    ),
}


def refusal(scram: Scram, message: str) -> str:
    """The condition a client's first message is refused with."""
    with pytest.raises(SASLFailure) as failure:
        scram.start(message.encode())
    return failure.value.condition


@pytest.mark.parametrize("mechanism", EXAMPLES)
def test_the_examples_of_the_rfcs(mechanism: str) -> None:
    """RFC 5802 §5, RFC 7677 §3: user `user`, password `pencil`."""
    salt, nonce, client_first, server_first, client_final, server_final = EXAMPLES[mechanism]
    credentials = derive("pencil", b64decode(salt), 4096)
    scram = Scram(mechanism, {}, nonce)
    assert scram.start(client_first.encode()) == "user"
    assert scram.challenge(credentials).decode() == server_first
    assert scram.finish(client_final.encode()).decode() == server_final


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"])
def test_a_client_bound_to_the_same_channel(mechanism: str) -> None:
    """RFC 5802 §6, with scramp's client at the other end."""
    client = ScramClient(
        [mechanism], "juliet", PASSWORD, channel_binding=next(iter(END_POINT.items()))
    )
    scram = Scram(mechanism, END_POINT, "nonce")
    scram.start(client.get_client_first().encode())
    client.set_server_first(scram.challenge(CREDENTIALS).decode())
    client.set_server_final(scram.finish(client.get_client_final().encode()).decode())


def test_a_client_bound_to_another_channel() -> None:
    """RFC 5802 §6: somebody stands between us and shows the client another certificate."""
    client = ScramClient(
        ["SCRAM-SHA-256-PLUS"],
        "juliet",
        PASSWORD,
        channel_binding=("tls-server-end-point", b"the hash of another certificate"),
    )
    scram = Scram("SCRAM-SHA-256-PLUS", END_POINT, "nonce")
    scram.start(client.get_client_first().encode())
    client.set_server_first(scram.challenge(CREDENTIALS).decode())
    with pytest.raises(SASLFailure, match="not-authorized"):
        scram.finish(client.get_client_final().encode())


def test_a_client_that_was_not_shown_the_channel_binding() -> None:
    """RFC 5802 §6: `y` where we did offer it means that somebody took the offer away."""
    assert refusal(Scram("SCRAM-SHA-256", END_POINT, "n"), "y,,n=juliet,r=x") == "not-authorized"
    assert Scram("SCRAM-SHA-256", {}, "n").start(b"y,,n=juliet,r=x") == "juliet"


@pytest.mark.parametrize(
    ("mechanism", "message", "condition"),
    [
        ("SCRAM-SHA-256-PLUS", "p=tls-exporter,,n=juliet,r=x", "not-authorized"),
        ("SCRAM-SHA-256-PLUS", "n,,n=juliet,r=x", "malformed-request"),
        ("SCRAM-SHA-256-PLUS", "y,,n=juliet,r=x", "malformed-request"),
        ("SCRAM-SHA-256", "p=tls-server-end-point,,n=juliet,r=x", "malformed-request"),
        ("SCRAM-SHA-256", "", "malformed-request"),
        ("SCRAM-SHA-256", "n=juliet,r=x", "malformed-request"),
        ("SCRAM-SHA-256", "n,,n=,r=x", "malformed-request"),
        ("SCRAM-SHA-256", "n,,n=juliet,r=", "malformed-request"),
        ("SCRAM-SHA-256", "n,,m=ext,n=juliet,r=x", "malformed-request"),
        ("SCRAM-SHA-256", "n,,n=ju=liet,r=x", "malformed-request"),
        ("SCRAM-SHA-256", "n,,n=juliet,r=a b", "malformed-request"),
    ],
)
def test_first_messages_refused(mechanism: str, message: str, condition: str) -> None:
    """RFC 5802 §5.1, §6, §7."""
    assert refusal(Scram(mechanism, END_POINT, "nonce"), message) == condition


def test_what_is_not_utf8_is_refused() -> None:
    """RFC 5802 §5.1."""
    with pytest.raises(SASLFailure, match="malformed-request"):
        Scram("SCRAM-SHA-256", {}, "nonce").start(b"n,,n=\xff,r=x")


def test_names_are_unescaped_and_extensions_passed_over() -> None:
    """RFC 5802 §5.1: `=2C` is a comma, `=3D` an equals sign."""
    scram = Scram("SCRAM-SHA-1", {}, "nonce")
    assert scram.start(b"n,a=b=3Dc,n=x=2Cy=3Dz,r=x,z=later") == "x,y=z"
    assert scram.authzid == "b=c"


@pytest.mark.parametrize(
    ("final", "condition"),
    [
        ("c=biws,r=xnonce", "malformed-request"),
        ("c=biws,r=xnonce,p=AAAA", "not-authorized"),
        ("c=biws,r=xnonce,p=" + encode(bytes(32)), "not-authorized"),
        ("c=biws,r=another,p=" + encode(bytes(32)), "not-authorized"),
        ("c=eSws,r=xnonce,p=" + encode(bytes(32)), "not-authorized"),
        ("c=!,r=xnonce,p=" + encode(bytes(32)), "incorrect-encoding"),
        ("c=biws,r=xnonce,p=é", "incorrect-encoding"),
    ],
)
def test_final_messages_refused(final: str, condition: str) -> None:
    """RFC 5802 §5: wrong proof, nonce or header."""
    scram = Scram("SCRAM-SHA-256", {}, "nonce")
    scram.start(b"n,,n=juliet,r=x")
    scram.challenge(CREDENTIALS)
    with pytest.raises(SASLFailure) as failure:
        scram.finish(final.encode())
    assert failure.value.condition == condition


def test_a_proof_for_another_nonce_is_no_proof() -> None:
    """RFC 5802 §5.1: the client has to return the nonce, or old messages could be sent again."""
    scram = Scram("SCRAM-SHA-256", {}, "nonce")
    scram.start(b"n,,n=juliet,r=x")
    server_first = scram.challenge(CREDENTIALS).decode()
    for nonce in ("xnonce", "another"):
        final = f"c=biws,r={nonce}"
        message = f"n=juliet,r=x,{server_first},{final}".encode()
        salted = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), CREDENTIALS.salt, 4096)
        key = hmac.digest(salted, b"Client Key", "sha256")
        signature = hmac.digest(hashlib.sha256(key).digest(), message, "sha256")
        proof = encode(bytes(a ^ b for a, b in zip(key, signature, strict=True)))
        if nonce == "xnonce":
            assert scram.finish(f"{final},p={proof}".encode()).startswith(b"v=")
        else:
            with pytest.raises(SASLFailure, match="not-authorized"):
                scram.finish(f"{final},p={proof}".encode())


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_no_message_does_more_than_fail(first: bytes, final: bytes) -> None:
    """Whatever a client sends, it is refused with a condition of RFC 6120 §6.5."""
    scram = Scram("SCRAM-SHA-256", {}, "nonce")
    for step, message in ((scram.start, first), (scram.finish, final), (Plain().start, first)):
        try:
            step(message)
        except SASLFailure as failure:
            assert failure.condition in CONDITIONS


def test_plain() -> None:
    """RFC 4616 §2: identity to act as, identity, password."""
    plain = Plain()
    assert plain.start(b"\0juliet\0r0m30myr0m30") == "juliet"
    assert (plain.authzid, plain.password) == ("", "r0m30myr0m30")


@pytest.mark.parametrize(
    "message", [b"", b"juliet", b"\0juliet", b"\0\0pw", b"\0juliet\0", b"\0a\0b\0c", b"\0\xff\0b"]
)
def test_plain_messages_refused(message: bytes) -> None:
    """RFC 4616 §2."""
    with pytest.raises(SASLFailure, match="malformed-request"):
        Plain().start(message)


def test_a_password_is_compared_as_the_eye_does() -> None:
    """RFC 8265 §4.2: composed and decomposed letters are the same; any space is a space."""
    credentials = derive("Zoë\u00a0✨", bytes(SALT_BYTES), 4096)
    assert verify("Zoe\u0308 ✨", credentials)
    assert not verify("zoë ✨", credentials)


@pytest.mark.parametrize("password", ["", "\0", "a\tb", "\ud800"])
def test_what_is_no_password(password: str) -> None:
    """RFC 8265 §4.2: not empty, no control characters."""
    with pytest.raises(InvalidPassword):
        derive(password, bytes(SALT_BYTES), 4096)
    assert not verify(password, CREDENTIALS)


def test_disguised_credentials_look_like_an_accounts() -> None:
    """RFC 6120 §13.10: the same at each try, another for each name and each server."""
    nobody = disguise(SECRET, "nobody")
    assert nobody == disguise(SECRET, "nobody")
    assert nobody.salt != disguise(SECRET, "somebody").salt
    assert nobody.salt != disguise(b"another secret, as long", "nobody").salt
    real = derive(PASSWORD, bytes(SALT_BYTES))
    assert len(nobody.salt) == len(real.salt)
    assert nobody.iterations == real.iterations
    for fake, true in ((nobody.sha1, real.sha1), (nobody.sha256, real.sha256)):
        assert (len(fake.stored), len(fake.server)) == (len(true.stored), len(true.server))


def test_decoding() -> None:
    """RFC 6120 §6.4.2: base64, with padding and nothing else; "=" is the empty message."""
    assert decode("=") == b""
    assert decode(encode(b"")) == b""
    assert decode("AGp1bGlldA==") == b"\0juliet"
    for text in ("AGp1bGlldA", "AGp1 bGlldA==", "ü", "A==="):
        with pytest.raises(SASLFailure, match="incorrect-encoding"):
            decode(text)


def test_the_longest_message() -> None:
    """MESSAGE_BYTES_MAX."""
    longest = bytes(MESSAGE_BYTES_MAX)
    assert decode(encode(longest)) == longest
    with pytest.raises(SASLFailure, match="malformed-request"):
        decode(encode(longest + b"x"))


def test_a_failure_has_a_condition_of_the_rfc() -> None:
    """RFC 6120 §6.5."""
    with pytest.raises(ValueError, match="no SASL condition"):
        SASLFailure("conflict")
