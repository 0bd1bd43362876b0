"""A certificate of the server's own making, for when it is given none (RFC 5280, RFC 6125)."""

import os
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Final

import idna
import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID_DAYS: Final = 3650
_COMMON_NAME_CHARS_MAX: Final = 64

log = structlog.get_logger()


def ensure_certificate(certificate: Path, key: Path, domain: str, now: datetime) -> bool:
    """Make a self-signed certificate unless both files are there; whether it was made.

    It is for `domain`, everything one level below it, and this machine. The key's file can be read
    by its owner alone. now: with its time zone. Raises OSError.
    """
    if certificate.exists() and key.exists():
        return False
    private_key = ec.generate_private_key(ec.SECP256R1())
    made = _self_signed(private_key, domain, now)
    pem = private_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    _write(key, pem, mode=0o600)
    _write(certificate, made.public_bytes(serialization.Encoding.PEM), mode=0o644)
    log.warning(
        "made a self-signed certificate, which clients will ask their users about",
        domain=domain,
        certificate=str(certificate),
        sha256=made.fingerprint(hashes.SHA256()).hex(),
    )
    return True


def _self_signed(key: ec.EllipticCurvePrivateKey, domain: str, now: datetime) -> x509.Certificate:
    ascii_domain = idna.encode(domain).decode()
    common_name = ascii_domain if len(ascii_domain) <= _COMMON_NAME_CHARS_MAX else "folkmoot"
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    dns_names = dict.fromkeys((ascii_domain, f"*.{ascii_domain}", "localhost"))
    addresses = (IPv4Address("127.0.0.1"), IPv6Address("::1"))
    alternatives = [
        *(x509.DNSName(dns_name) for dns_name in dns_names),
        *(x509.IPAddress(address) for address in addresses),
    ]
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # for clients whose clock is behind
        .not_valid_after(now + timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )


def _write(path: Path, content: bytes, *, mode: int) -> None:
    """Write a file that appears whole and never with more rights than `mode`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    unfinished.replace(path)
