"""TLS for clients: contexts, and the channel bindings that SCRAM may use (RFC 5929).

`tls-server-end-point` works with every version of TLS. `tls-unique` is undefined since TLS 1.3, and
`tls-exporter` (RFC 9266), which takes its place there, needs a function of OpenSSL that Python's
`ssl` does not have; so with TLS 1.3 only the former is offered.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

XMPP_CLIENT: Final = "xmpp-client"
"""The protocol of direct TLS in ALPN (XEP-0368 §3)."""
HTTP: Final = "http/1.1"

END_POINT: Final = "tls-server-end-point"
UNIQUE: Final = "tls-unique"


@dataclass(frozen=True, slots=True)
class Tls:
    """A certificate in use. end_point: its hash (RFC 5929 §4.1); None where that is undefined."""

    context: ssl.SSLContext = field(repr=False)
    end_point: bytes | None

    def bindings(self, connection: ssl.SSLObject) -> Mapping[str, bytes]:
        """The channel bindings of one connection, by name, strongest first."""
        bindings: dict[str, bytes] = {}
        if connection.version() != "TLSv1.3":
            unique = connection.get_channel_binding(UNIQUE)
            if unique:
                bindings[UNIQUE] = unique
        if self.end_point is not None:
            bindings[END_POINT] = self.end_point
        return bindings


def load_tls(certificate: Path, key: Path, protocol: str = XMPP_CLIENT) -> Tls:
    """Use a certificate: a PEM file with its chain, and a PEM file with its key.

    protocol: what ALPN calls what is spoken inside. Raises OSError, ssl.SSLError (an OSError) and
    ValueError for files that cannot be read, do not fit each other or hold no certificate.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols([protocol])
    context.load_cert_chain(certificate, key)
    leaf = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
    return Tls(context, _end_point(leaf))


def _end_point(certificate: x509.Certificate) -> bytes | None:
    algorithm = certificate.signature_hash_algorithm
    if algorithm is None:
        return None  # EdDSA: RFC 5929 knows no hash for it
    if isinstance(algorithm, hashes.MD5 | hashes.SHA1):
        algorithm = hashes.SHA256()
    digest = hashes.Hash(algorithm)
    digest.update(certificate.public_bytes(Encoding.DER))
    return digest.finalize()
