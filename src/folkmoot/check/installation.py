"""What is wrong with an installation, and how to mend it."""

import errno
import os
import resource
import shutil
import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import idna
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from folkmoot.check.finding import Finding, Grade
from folkmoot.config import Address, Config
from folkmoot.lock import Holder, holder_of
from folkmoot.stores.health import check as look_over
from folkmoot.stores.migrations import CannotOpen

EXPIRY_WARNING_DAYS = 14
FREE_BYTES_WARNING = 1_073_741_824
FREE_BYTES_MIN = 104_857_600
_DAY_SECONDS = 86_400
_MEBIBYTE = 1_048_576
_GIBIBYTE = 1_073_741_824
_RESTORE = "put back a backup of the data directory, or name another with --data"


def examine(config: Config) -> Iterator[Finding]:
    """Look at everything a server with this configuration needs, running or not.

    A component has no doors, and so no certificate, no ports and no log-in.
    """
    holder = holder_of(config.server.data) if config.server.data.is_dir() else None
    yield from examine_data(config.server.data, holder)
    yield from examine_disk(config.server.data)
    yield from examine_database(config.database)
    if config.server.accounts:
        yield from examine_certificate(config)
        yield from examine_ports(config, holder)
        yield from examine_limits(config)


def examine_data(data: Path, holder: Holder | None) -> Iterator[Finding]:
    """The data directory: there or to be made, writable, private."""
    nearest = _nearest(data)
    if not nearest.is_dir():
        mend = "name another directory with --data or server.data"
        yield Finding(Grade.FAIL, "data", f"{nearest} is not a directory", mend)
    elif not os.access(nearest, os.W_OK | os.X_OK):
        mend = f"chown it to the user the server runs as, or name another with --data: {nearest}"
        yield Finding(Grade.FAIL, "data", f"{nearest} cannot be written", mend)
    elif nearest != data.absolute():
        yield Finding(Grade.OK, "data", f"{data} will be made at the first start")
    elif stat.S_IMODE(data.stat().st_mode) & 0o077:
        mend = f"chmod 700 {data}"
        yield Finding(Grade.WARN, "data", f"{data} is open to other users of this machine", mend)
    elif holder:
        yield Finding(Grade.OK, "data", f"{data} is in use by process {holder.pid}")
    else:
        yield Finding(Grade.OK, "data", f"{data} is writable, and no server runs on it")


def examine_disk(data: Path) -> Iterator[Finding]:
    """Room for what the server keeps."""
    yield room(shutil.disk_usage(_nearest(data)).free)


def room(free_bytes: int) -> Finding:
    """What to say of so much room."""
    text = f"{free_bytes / _GIBIBYTE:.1f} GiB free"
    if free_bytes >= FREE_BYTES_WARNING:
        return Finding(Grade.OK, "disk", text)
    grade = Grade.WARN if free_bytes >= FREE_BYTES_MIN else Grade.FAIL
    return Finding(grade, "disk", text, "make room, or move the data directory")


def _nearest(path: Path) -> Path:
    """The path itself, or the nearest above it that exists."""
    path = path.absolute()
    return next(one for one in (path, *path.parents) if one.exists())


def examine_database(database: Path) -> Iterator[Finding]:
    """The database: opens, is one, and is of a known version."""
    if not database.exists():
        yield Finding(Grade.OK, "database", f"{database} will be made at the first start")
        return
    try:
        health = look_over(database)
    except CannotOpen as error:
        yield Finding(Grade.FAIL, "database", str(error), _RESTORE)
        return
    size = f"{health.size_bytes / _MEBIBYTE:.1f} MiB"
    if health.problems:
        text = f"{database} is damaged: {health.problems[0]}"
        yield Finding(Grade.FAIL, "database", text, _RESTORE)
    elif health.schema > health.known:
        text = f"{database} has schema {health.schema}, this version knows {health.known}"
        yield Finding(Grade.FAIL, "database", text, "run the newer version of folkmoot it had")
    elif health.schema < health.known:
        text = f"{size}, schema {health.schema}; the next start brings it to {health.known}"
        yield Finding(Grade.OK, "database", text)
    else:
        yield Finding(Grade.OK, "database", f"{size}, schema {health.schema}, sound")


def examine_certificate(config: Config) -> Iterator[Finding]:
    """The certificate: there, with its key, for our domains, not about to expire."""
    files = config.tls_files
    if files.own and not files.certificate.exists():
        mend = "name yours with tls.certificate; until then, clients ask before they trust it"
        text = "a self-signed one will be made at the first start"
        yield Finding(Grade.WARN, "certificate", text, mend)
        return
    try:
        certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
        key = load_pem_private_key(files.key.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        mend = "tls.certificate and tls.key name PEM files the server can read, without passphrase"
        yield Finding(Grade.FAIL, "certificate", f"cannot be read: {error}", mend)
        return
    public = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*public) != certificate.public_key().public_bytes(*public):
        mend = "tls.key names the key the certificate was asked for with"
        yield Finding(Grade.FAIL, "certificate", f"{files.key} is another's key", mend)
        return
    yield from _expiry(certificate, files.own)
    yield from _names(certificate, config)


def _expiry(certificate: x509.Certificate, own: bool) -> Iterator[Finding]:
    days = int((certificate.not_valid_after_utc.timestamp() - time.time()) // _DAY_SECONDS)
    renew = "delete it and start the server" if own else "renew it"
    if days < 0:
        yield Finding(Grade.FAIL, "certificate", "it has expired", renew)
    elif days < EXPIRY_WARNING_DAYS:
        yield Finding(Grade.WARN, "certificate", f"it expires in {days} days", renew)
    elif own:
        mend = "name yours with tls.certificate; until then, clients ask before they trust it"
        yield Finding(Grade.WARN, "certificate", f"self-signed, good for {days} days", mend)
    else:
        yield Finding(Grade.OK, "certificate", f"good for {days} days")


def _names(certificate: x509.Certificate, config: Config) -> Iterator[Finding]:
    server = config.server
    held = frozenset(_subject_names(certificate))
    missing = [
        name
        for name in (server.domain, server.spaces_domain, server.rooms_domain)
        if not _covered(name, held)
    ]
    if server.domain in missing:
        mend = f"get one for {', '.join(missing)}"
        yield Finding(Grade.FAIL, "certificate", f"it is not for {server.domain}", mend)
    elif missing:
        # Clients check the domain they log in to (RFC 6120 §13.7.2); other servers check the rest.
        mend = f"get one that is also for {', '.join(missing)}"
        yield Finding(Grade.WARN, "certificate", f"it is not for {', '.join(missing)}", mend)
    else:
        yield Finding(Grade.OK, "certificate", f"covers {server.domain}, its spaces and its rooms")


def _subject_names(certificate: x509.Certificate) -> Iterator[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return
    yield from (name.lower() for name in names.get_values_for_type(x509.DNSName))
    yield from map(str, names.get_values_for_type(x509.IPAddress))


def _covered(domain: str, names: frozenset[str]) -> bool:
    """Whether a domain, or the wildcard one label up (RFC 9525 §6.3), is among the names."""
    ascii_domain = domain if domain.isascii() else idna.encode(domain).decode()
    return ascii_domain in names or f"*.{ascii_domain.partition('.')[2]}" in names


def examine_ports(config: Config, holder: Holder | None) -> Iterator[Finding]:
    """The ports: free, or held by the server that runs on this data directory."""
    listen = config.listen
    doors = {"tcp": listen.tcp, "tls_direct": listen.tls_direct, "http": listen.http}
    seen: dict[int, str] = {}
    for name, address in doors.items():
        if address is None:
            continue
        mend = f"stop that program, or set listen.{name} to another port or 'off'"
        held = holder.listening.get(name) if holder else None
        if address.port and address.port in seen:
            text = f"{address} is also the port of listen.{seen[address.port]}"
            yield Finding(Grade.FAIL, name, text, f"set listen.{name} to another port or 'off'")
        elif holder and held and address.port in (held.port, 0):
            yield Finding(Grade.OK, name, f"{held}, held by our server, process {holder.pid}")
        elif problem := _problem(address):
            yield Finding(Grade.FAIL, name, f"{address}: {problem}", mend)
        else:
            yield Finding(Grade.OK, name, f"{address} is free")
        seen[address.port] = name


def _problem(address: Address) -> str:
    """Why nothing can listen there now; empty if it can."""
    host = "" if address.host == "*" else address.host
    try:
        found = socket.getaddrinfo(
            host or None, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        for family, kind, protocol, _, at in found:
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                probe.bind(at)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return "another program listens there"
        if error.errno in (errno.EACCES, errno.EPERM):
            return "this user may not listen there (ports below 1024 are for root)"
        return error.strerror or str(error)
    return ""


def examine_limits(config: Config) -> Iterator[Finding]:
    """What the operating system must allow, and what an operator should not forget."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = config.limits.connections_max
    if files != resource.RLIM_INFINITY and files < wanted:
        text = f"{files} open files allowed, fewer than {wanted} connections"
        mend = "raise it (LimitNOFILE= in systemd, ulimit -Hn), or lower limits.connections_max"
        yield Finding(Grade.WARN, "limits", text, mend)
    if config.login.cleartext:
        text = "log-in without TLS is allowed: passwords can be read on the way"
        yield Finding(Grade.WARN, "login", text, "take login.cleartext away")
