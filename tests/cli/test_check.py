"""`folkmoot check`: what it finds, grade by grade, and how it says to mend it."""

import socket
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from folkmoot.check import installation as check
from folkmoot.check.finding import Finding, Grade
from folkmoot.check.installation import EXPIRY_WARNING_DAYS, FREE_BYTES_MIN, FREE_BYTES_WARNING
from folkmoot.config import Address, Config, override
from folkmoot.lock import Holder
from folkmoot.stores.database import Database

from .conftest import Folkmoot

NAMES = ("example.org", "spaces.example.org", "rooms.example.org")


def grades(findings: Iterator[Finding]) -> list[tuple[Grade, str]]:
    """Each finding's grade and text; what is not ok says how to mend it."""
    found = list(findings)
    assert all(each.mend for each in found if each.grade is not Grade.OK)
    return [(each.grade, each.text) for each in found]


def certificate(
    directory: Path, names: Sequence[str] = NAMES, days: int = 90, *, stranger: bool = False
) -> Config:
    """A configuration of example.org with a certificate; of a stranger's key if asked."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=365))
        .not_valid_after(now + timedelta(days=days, hours=1))
    )
    if names:
        subjects = [
            x509.IPAddress(ip_address(each)) if each[0].isdigit() else x509.DNSName(each)
            for each in names
        ]
        builder = builder.add_extension(x509.SubjectAlternativeName(subjects), critical=False)
    made = builder.sign(key, SHA256())
    kept = ec.generate_private_key(ec.SECP256R1()) if stranger else key
    pem = kept.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = directory / "both.pem"
    file.write_bytes(made.public_bytes(Encoding.PEM) + pem)
    config = override(Config(), "server", "domain", "example.org")
    return override(config, "tls", "certificate", str(file))


def test_a_good_certificate(tmp_path: Path) -> None:
    """Its key with it, for all three domains."""
    assert grades(check.examine_certificate(certificate(tmp_path))) == [
        (Grade.OK, "good for 90 days"),
        (Grade.OK, "covers example.org, its spaces and its rooms"),
    ]


@pytest.mark.parametrize(
    ("names", "grade", "text"),
    [
        (("example.org", "*.example.org"), Grade.OK, "covers example.org"),
        (("EXAMPLE.org", "*.Example.org"), Grade.OK, "covers example.org"),
        (("example.org",), Grade.WARN, "not for spaces.example.org, rooms.example.org"),
        (NAMES[:2], Grade.WARN, "it is not for rooms.example.org"),
        (("*.example.org",), Grade.FAIL, "it is not for example.org"),
        (("*.org", "spaces.example.org", "*.rooms.example.org"), Grade.WARN, "not for rooms."),
        (("192.0.2.1",), Grade.FAIL, "it is not for example.org"),
        ((), Grade.FAIL, "it is not for example.org"),
    ],
)
def test_the_names_of_a_certificate(
    tmp_path: Path, names: Sequence[str], grade: Grade, text: str
) -> None:
    """RFC 9525 §6.3: a wildcard stands for one label. Log-in needs the domain (RFC 6120 §13.7)."""
    _, (found, words) = grades(check.examine_certificate(certificate(tmp_path, names)))
    assert found is grade
    assert text in words


def test_an_international_domain(tmp_path: Path) -> None:
    """Certificates hold A-labels."""
    names = [f"{service}xn--bcher-kva.example" for service in ("", "spaces.", "rooms.")]
    config = override(certificate(tmp_path, names), "server", "domain", "Bücher.example")
    assert grades(check.examine_certificate(config))[1][0] is Grade.OK


@pytest.mark.parametrize(
    ("days", "grade", "text"),
    [
        (EXPIRY_WARNING_DAYS, Grade.OK, "good for 14 days"),
        (EXPIRY_WARNING_DAYS - 1, Grade.WARN, "it expires in 13 days"),
        (0, Grade.WARN, "it expires in 0 days"),
        (-1, Grade.FAIL, "it has expired"),
    ],
)
def test_the_expiry_of_a_certificate(tmp_path: Path, days: int, grade: Grade, text: str) -> None:
    """Warned of EXPIRY_WARNING_DAYS before."""
    config = certificate(tmp_path, days=days)
    assert grades(check.examine_certificate(config))[0] == (grade, text)


def test_a_certificate_with_anothers_key(tmp_path: Path) -> None:
    """TLS would not start."""
    ((grade, text),) = grades(check.examine_certificate(certificate(tmp_path, stranger=True)))
    assert grade is Grade.FAIL
    assert "another's key" in text


def test_a_certificate_that_cannot_be_read(tmp_path: Path) -> None:
    """Not there, or no PEM."""
    config = override(Config(), "tls", "certificate", str(tmp_path / "none.pem"))
    ((grade, text),) = grades(check.examine_certificate(config))
    assert (grade, "No such file" in text) == (Grade.FAIL, True)
    (tmp_path / "none.pem").write_text("nothing")
    ((grade, text),) = grades(check.examine_certificate(config))
    assert grade is Grade.FAIL


def test_no_certificate_is_configured(tmp_path: Path) -> None:
    """A warning before the first start and after it: clients ask their user."""
    config = override(Config(), "server", "data", str(tmp_path))
    config = override(config, "server", "domain", "example.org")
    ((grade, text),) = grades(check.examine_certificate(config))
    assert (grade, text) == (Grade.WARN, "a self-signed one will be made at the first start")
    made = certificate(tmp_path).tls_files.certificate.read_bytes()
    config.tls_files.certificate.write_bytes(made)
    config.tls_files.key.write_bytes(made)
    assert grades(check.examine_certificate(config))[0] == (
        Grade.WARN,
        "self-signed, good for 90 days",
    )


def listening(config: Config, **doors: str) -> Config:
    """A configuration with these doors and no others."""
    for name in ("tcp", "tls_direct", "http"):
        config = override(config, "listen", name, doors.get(name, "off"))
    return config


def test_a_port_is_free() -> None:
    """On both families where the host is `*`."""
    config = listening(Config(), tcp="*:0")
    assert grades(check.examine_ports(config, None)) == [(Grade.OK, "*:0 is free")]


def test_a_port_of_another_program() -> None:
    """Named by its door and address."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        ((grade, text),) = grades(check.examine_ports(listening(Config(), http=taken), None))
    assert (grade, text) == (Grade.FAIL, f"{taken}: another program listens there")


def test_a_port_of_our_own_server() -> None:
    """What the lock file says is no fault."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        holder = Holder(7, listening={"tcp": Address("127.0.0.1", port)})
        config = listening(Config(), tcp=f"127.0.0.1:{port}")
        assert grades(check.examine_ports(config, holder)) == [
            (Grade.OK, f"127.0.0.1:{port}, held by our server, process 7")
        ]


def test_one_port_twice() -> None:
    """Two doors cannot share it."""
    config = listening(Config(), tcp="127.0.0.1:5999", http="127.0.0.1:5999")
    _, (grade, text) = grades(check.examine_ports(config, None))
    assert (grade, text) == (Grade.FAIL, "127.0.0.1:5999 is also the port of listen.tcp")


def test_a_host_that_is_not_ours() -> None:
    """TEST-NET-1 (RFC 5737) is nobody's."""
    ((grade, _),) = grades(check.examine_ports(listening(Config(), tcp="192.0.2.1:5222"), None))
    assert grade is Grade.FAIL


def test_the_data_directory(tmp_path: Path) -> None:
    """To be made, there, held, open to others, no directory."""
    data = tmp_path / "data"
    assert grades(check.examine_data(data, None))[0][0] is Grade.OK
    assert not data.exists()
    data.mkdir(mode=0o700)
    assert "no server runs on it" in grades(check.examine_data(data, None))[0][1]
    assert "in use by process 7" in grades(check.examine_data(data, Holder(7)))[0][1]
    data.chmod(0o755)
    ((grade, text),) = grades(check.examine_data(data, None))
    assert (grade, text) == (Grade.WARN, f"{data} is open to other users of this machine")
    file = tmp_path / "file"
    file.touch()
    ((grade, text),) = grades(check.examine_data(file / "data", None))
    assert (grade, text) == (Grade.FAIL, f"{file} is not a directory")


async def test_the_database(tmp_path: Path) -> None:
    """To be made, sound, and no database."""
    file = tmp_path / "folkmoot.db"
    assert grades(check.examine_database(file))[0][0] is Grade.OK
    assert not file.exists()
    await Database.open(file).aclose()
    ((grade, text),) = grades(check.examine_database(file))
    assert (grade, text.endswith("sound")) == (Grade.OK, True)
    file.write_bytes(b"no database" * 1_000)
    ((grade, _),) = grades(check.examine_database(file))
    assert grade is Grade.FAIL


def test_the_room_on_the_disk(tmp_path: Path) -> None:
    """Warned of before it ends: a full disk stops every commit."""
    ((_, text),) = grades(check.examine_disk(tmp_path / "not" / "there"))
    assert text.endswith("GiB free")
    assert check.room(FREE_BYTES_WARNING).grade is Grade.OK
    assert check.room(FREE_BYTES_WARNING - 1).grade is Grade.WARN
    assert check.room(FREE_BYTES_MIN).grade is Grade.WARN
    assert check.room(FREE_BYTES_MIN - 1).grade is Grade.FAIL


def test_what_an_operator_should_not_forget() -> None:
    """Log-in without TLS."""
    config = override(Config(), "limits", "connections_max", 1)
    assert grades(check.examine_limits(config)) == []
    ((grade, _),) = grades(check.examine_limits(override(config, "login", "cleartext", True)))
    assert grade is Grade.WARN


def test_the_command_before_the_first_start(folkmoot: Folkmoot, tmp_path: Path) -> None:
    """Status 0: warnings are no failure. Nothing is made."""
    file = tmp_path / "folkmoot.toml"
    file.write_text("listen = { tcp = 'off', tls_direct = 'off', http = '127.0.0.1:0' }\n")
    done = folkmoot("check", "--config", file, "--data", tmp_path / "data")
    assert done.status == 0
    subjects = [line.split()[:2] for line in done.out.splitlines() if "mend:" not in line]
    assert ["ok", "config"] in subjects
    assert ["warn", "certificate"] in subjects
    assert ["ok", "http"] in subjects
    assert list(tmp_path.iterdir()) == [file]


def test_the_command_on_a_wrong_file(folkmoot: Folkmoot, tmp_path: Path) -> None:
    """Each mistake is a line that fails."""
    file = tmp_path / "folkmoot.toml"
    file.write_text("[listen]\ntpc = 'off'\nhttp = 1\n")
    done = folkmoot("check", "--config", file)
    assert done.status == 1
    first, second = done.out.splitlines()
    assert first.startswith(f"fail  config       {file}:2: [listen] has no key 'tpc'")
    assert second.startswith(f"fail  config       {file}:3: 'http' must be HOST:PORT")


def test_the_command_where_something_fails(folkmoot: Folkmoot, tmp_path: Path) -> None:
    """Status 1, with how to mend it."""
    (tmp_path / "file").touch()
    done = folkmoot("check", "--data", tmp_path / "file")
    assert done.status == 1
    assert f"fail  data         {tmp_path / 'file'} is not a directory" in done.out
    assert "mend: name another directory" in done.out
