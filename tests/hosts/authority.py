"""An authority of a test's own, whose certificates servers take each other's for (RFC 5280)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID: Final = timedelta(days=1)


class Authority:
    """It makes certificates, and has one of its own, which ends each chain."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Escalus")
        made = self._builder(self._name, self._key.public_key(), ca=True)
        self._own = made.sign(self._key, hashes.SHA256())

    def issue(self, certificate: Path, key: Path, domain: str) -> None:
        """Write a chain and its key, unless they are there.

        The certificate is for a domain and all below, as a server's and as a client's.
        """
        if certificate.exists() and key.exists():
            return
        made = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName(domain), x509.DNSName(f"*.{domain}")])
        usage = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        issued = (
            self._builder(_name(domain), made.public_key(), ca=False)
            .add_extension(names, critical=False)
            .add_extension(x509.ExtendedKeyUsage(usage), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        certificate.write_bytes(issued.public_bytes(pem) + self._own.public_bytes(pem))
        form, secret = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        key.write_bytes(made.private_bytes(pem, form, secret))

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, ca: bool
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - VALID)
            .not_valid_after(now + VALID)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
