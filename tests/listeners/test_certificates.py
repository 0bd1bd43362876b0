"""The server's own certificate: RFC 6125, RFC 5280; and its hash for channel binding: RFC 5929."""

import hashlib
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from folkmoot.listeners.certificates import VALID_DAYS, ensure_certificate
from folkmoot.listeners.tls import load_tls

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def names(certificate: x509.Certificate) -> list[str]:
    extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return extension.value.get_values_for_type(x509.DNSName)


def test_it_is_for_the_domain_and_what_is_below(tmp_path: Path) -> None:
    """RFC 6125 §6.4: an internationalised name is there in its ASCII form."""
    certificate, key = tmp_path / "data" / "certificate.pem", tmp_path / "data" / "key.pem"
    assert ensure_certificate(certificate, key, "bücher.example", NOW)
    made = read(certificate)
    assert names(made) == ["xn--bcher-kva.example", "*.xn--bcher-kva.example", "localhost"]
    assert made.not_valid_before_utc == NOW - timedelta(days=1)
    assert made.not_valid_after_utc == NOW + timedelta(days=VALID_DAYS)
    assert sorted(path.name for path in certificate.parent.iterdir()) == [
        "certificate.pem",
        "key.pem",
    ]


def test_nobody_else_can_read_the_key(tmp_path: Path) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    ensure_certificate(certificate, key, "example.org", NOW)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_it_is_made_once(tmp_path: Path) -> None:
    """Clients remember it; a new one would alarm them."""
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    ensure_certificate(certificate, key, "example.org", NOW)
    before = certificate.read_bytes()
    assert not ensure_certificate(certificate, key, "example.org", NOW)
    assert certificate.read_bytes() == before
    key.unlink()
    assert ensure_certificate(certificate, key, "example.org", NOW)
    load_tls(certificate, key)


def test_a_long_domain(tmp_path: Path) -> None:
    """RFC 5280, appendix A: a common name has 64 characters at most."""
    domain = ".".join(["a" * 60] * 3)
    certificate = tmp_path / "certificate.pem"
    ensure_certificate(certificate, tmp_path / "key.pem", domain, NOW)
    assert names(read(certificate))[0] == domain


Signing = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [(hashes.SHA256(), "sha256"), (hashes.SHA384(), "sha384"), (None, None)],
)
def test_the_hash_for_channel_binding(
    tmp_path: Path,
    algorithm: hashes.SHA256 | hashes.SHA384 | None,
    expected: str | None,
) -> None:
    """RFC 5929 §4.1: the hash is that of the signature; EdDSA has none."""
    private: Signing = (
        ed25519.Ed25519PrivateKey.generate()
        if algorithm is None
        else ec.generate_private_key(ec.SECP256R1())
    )
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "example.org")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=1))
        .sign(private, algorithm)
    )
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    digest = None if expected is None else hashlib.new(expected, made.public_bytes(Encoding.DER))
    assert load_tls(certificate, key).end_point == (digest and digest.digest())
