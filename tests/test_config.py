"""The configuration: what a file may say, and what is told of one that is wrong."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.config import (
    Address,
    Config,
    ConfigError,
    Creators,
    LogFormat,
    LogLevel,
    load,
    override,
    wording,
)
from folkmoot.config.options import TABLES, TEMPLATE, Server
from folkmoot.config.position import KeyPath, key_lines
from folkmoot.config.reading import read
from folkmoot.config.templates import ROOMS_MAX, TEMPLATES, TEXT_CHARS_MAX, Template, TemplateRoom
from folkmoot.engine.configuration import Access, Inviters, PublishModel
from folkmoot.xmpp.jid import JID

FILE = Path("/etc/folkmoot.toml")


def mistakes(text: str) -> list[str]:
    """What is said of a wrong file, a line each, without the path."""
    with pytest.raises(ConfigError) as raised:
        read(text, FILE)
    return [str(mistake).removeprefix(f"{FILE}:") for mistake in raised.value.mistakes]


def test_an_empty_file_changes_nothing() -> None:
    """Every option has a default, and a file needs none of them."""
    assert read("", FILE) == Config()


def test_a_file_is_read() -> None:
    """Each kind of value, in its table."""
    config = read(
        """
        [server]
        domain = "Example.ORG"
        data = "/var/lib/folkmoot"

        [listen]
        tcp = "[::1]:5222"
        http = "off"

        [tls]
        certificate = "tls/chain.pem"

        [login]
        cleartext = true

        [limits]
        stanza_bytes_max = 100_000

        [spaces]
        node_creators = ["juliet@example.org"]

        [log]
        format = "json"
        level = "debug"
        """,
        FILE,
    )
    assert config.server == Server("example.org", Path("/var/lib/folkmoot"))
    assert config.listen.tcp == Address("::1", 5222)
    assert config.listen.tls_direct == Address("*", 5223)
    assert config.listen.http is None
    assert config.tls_files.certificate == config.tls_files.key == Path("/etc/tls/chain.pem")
    assert config.login.cleartext
    assert config.limits.stanza_bytes_max == 100_000
    assert JID.parse("juliet@example.org/balcony") in config.spaces.node_creators
    assert JID.parse("romeo@example.org") not in config.spaces.node_creators
    assert JID.parse("romeo@example.org") in config.spaces.room_creators
    assert (config.log.format, config.log.level) == (LogFormat.JSON, LogLevel.DEBUG)


def test_the_default_file_is_the_defaults() -> None:
    """As it is printed it changes nothing, and neither does it with every line taken in."""
    text = wording.default_file()
    assert read(text, FILE) == Config()
    lines = [line.removeprefix("# ") for line in text.splitlines() if not line.startswith("##")]
    everything = "\n".join(line for line in lines if line.startswith("[") or " = " in line)
    found = tomllib.loads(everything)
    templates = found.pop(TEMPLATE.name)
    assert sum(map(len, found.values())) == sum(len(table.options) for table in TABLES)
    assert templates.keys() == TEMPLATES.keys()
    assert {len(each) for each in templates.values()} == {len(TEMPLATE.options)}
    assert read(everything, Path("folkmoot.toml")) == Config()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[sever]\ndomain = 'a.lit'", "1: there is no table 'sever'; did you mean [server]?"),
        (
            "\ndomain = 'a.lit'",
            "2: there is no option 'domain'; did you mean 'domain' in [server]?",
        ),
        ("[listen]\n\ntpc = '*:1'", "3: [listen] has no key 'tpc'; did you mean 'tcp'?"),
        ("[server]\ntcp = '*:1'", "2: [server] has no key 'tcp'; did you mean 'tcp' in [listen]?"),
        (
            "[listen]\nstanza_bytes = 1",
            "2: [listen] has no key 'stanza_bytes'; did you mean 'stanza_bytes_max' in [limits]?",
        ),
        ("[tls]\nxyzzy = 1", "2: [tls] has no key 'xyzzy'"),
        ("server.domian = 'a'", "1: [server] has no key 'domian'; did you mean 'domain'?"),
        ("log = {\n  level = 'loud' }", ""),
        ("log = 'loud'", "1: 'log' is a table: write [log]"),
        ("[log]\nlevel = 'loud'", "2: 'level' must be 'debug' or 'info' or 'warning' or 'error'"),
        ("[login]\ncleartext = 'no'", "2: 'cleartext' must be true or false"),
        (
            "[login]\nfailures_max = true",
            "2: 'failures_max' must be a whole number from 1 to 1000000",
        ),
        (
            "[limits]\nstanza_bytes_max = 9999",
            "2: 'stanza_bytes_max' must be a whole number from 10000 to 67108864",
        ),
        ("[server]\ndata = 3", "2: 'data' must be a path in quotes"),
        ("[server]\ndomain = ''", "2: 'domain' must be a domain in quotes, as in 'example.org'"),
        (
            "[listen]\ntcp = 5222",
            "2: 'tcp' must be HOST:PORT in quotes, as in '*:5222', or 'off'",
        ),
        (
            "[spaces]\nroom_creators = 'nobody'",
            "2: 'room_creators' must be 'everyone' or a list of accounts",
        ),
    ],
)
def test_a_mistake_has_its_line_and_its_remedy(text: str, said: str) -> None:
    """File, line, the wrong key and the nearest right one; a wrong value in plain words."""
    if not said:
        assert mistakes(text)[0].startswith("1: this is not TOML")
    else:
        assert mistakes(text) == [said]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("listen.tcp = 'localhost'", "'localhost' is not HOST:PORT"),
        ("listen.tcp = '::1:5222'", "'::1:5222' is not HOST:PORT"),
        ("listen.tcp = '*:65536'", "above 65535"),
        ("server.domain = 'a b'", "'a b' is not a domain"),
        ("spaces.room_creators = ['example.org']", "'example.org' is not an account"),
        ("spaces.room_creators = ['a@example.org/x']", "write it as 'juliet@example.org'"),
        ("spaces.room_creators = ['@']", "'@' is not an account"),
    ],
)
def test_a_value_that_is_nearly_right_is_told_what_it_lacks(line: str, words: str) -> None:
    """The words of the value itself follow those of its kind."""
    (mistake,) = mistakes(line)
    assert words in mistake


def test_every_mistake_is_told_at_once() -> None:
    """In the order of the file, so that one pass mends it."""
    found = mistakes("[log]\nlevel = 'loud'\n[server]\nhost = 'a'\n[lisen]\n")
    assert [mistake.partition(":")[0] for mistake in found] == ["2", "4", "5"]


@pytest.mark.parametrize(
    ("text", "line"), [("[server\n", 1), ("a = 1\nb = = 2", 2), ("a = 1\n\nb = '''\n", 4)]
)
def test_what_is_not_toml_has_its_line(text: str, line: int) -> None:
    """`tomllib` says where, in its own words; the end of the document is its last line."""
    assert mistakes(text)[0].startswith(f"{line}: this is not TOML: ")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Missing, or no text."""
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read: No such file"):
        load(tmp_path / "none.toml")
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b"[server]\n# caf\xe9\n")
    with pytest.raises(ConfigError, match="is not text in UTF-8"):
        load(latin)


def test_a_relative_path_starts_at_its_file(tmp_path: Path) -> None:
    """So a file means the same wherever the server is started."""
    file = tmp_path / "folkmoot.toml"
    file.write_text("[server]\ndata = 'd'\n[tls]\ncertificate = '/c.pem'\nkey = '~/k.pem'\n")
    config = load(file)
    assert config.server.data == tmp_path / "d"
    assert config.tls_files == (Path("/c.pem"), Path("~/k.pem").expanduser(), False)


def test_without_a_certificate_the_server_makes_its_own() -> None:
    """Beside the database, in the data directory."""
    assert Config().tls_files == (Path("data/certificate.pem"), Path("data/key.pem"), True)


def test_the_domains_of_a_server() -> None:
    """Movim looks for spaces at literally `spaces.` and the user's domain."""
    server = Server("example.org")
    assert (server.spaces_domain, server.rooms_domain) == (
        "spaces.example.org",
        "rooms.example.org",
    )


def test_templates_are_tables_of_their_own() -> None:
    """Beside those there are; one of the same name keeps what it does not say."""
    config = read(
        """
        [space_templates.team]
        title = "A team"

        [space_templates.club]
        access = "open"
        publish = "subscribers"
        rooms = [{ name = "Welcome", title = "Welcome!", members_only = false, order = 1 }]
        [[space_templates.guild.rooms]]
        name = "hall"
        """,
        FILE,
    )
    assert config.space_templates == {
        "community": Template(),
        "team": Template(access=Access.WHITELIST, inviters=Inviters.OWNERS, title="A team"),
        "announcements": TEMPLATES["announcements"],
        "club": Template(
            access=Access.OPEN,
            publish=PublishModel.SUBSCRIBERS,
            rooms=(TemplateRoom("welcome", "Welcome!", members_only=False, order=1),),
        ),
        "guild": Template(rooms=(TemplateRoom("hall"),)),
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("space_templates = 1", "1: write each as a table: [space_templates.NAME]"),
        (
            "[space_templates]\nclub = 1",
            "2: 'space_templates.club' is a table: write [space_templates.club]",
        ),
        ("[space_template.club]", "there is no table 'space_template'; did you mean [space_t"),
        (
            "[space_templates.club]\ntitel = 'x'",
            "2: [space_templates.club] has no key 'titel'; did you mean 'title'?",
        ),
        (
            "[space_templates.club]\naccess = 'presence'",
            "2: 'access' must be 'authorize' or 'whitelist' or 'open'",
        ),
        ("[space_templates.club]\ninviters = 1", "2: 'inviters' must be 'owners' or 'publishers'"),
        (
            f"[space_templates.club]\ntitle = '{'x' * (TEXT_CHARS_MAX + 1)}'",
            "2: 'title' must be a text in quotes, of at most 4096 characters",
        ),
        ("[space_templates.club]\nrooms = 1", "2: 'rooms' must be a list of rooms"),
        ("[space_templates.club]\nrooms = [1]", "a room is a table"),
        ("[space_templates.club]\nrooms = [{ title = 'x' }]", "a room needs a 'name'"),
        ("[space_templates.club]\nrooms = [{ name = 'a@b' }]", "a room's 'name' must be what stan"),
        ("[space_templates.club]\nrooms = [{ name = 1 }]", "a room's 'name' must be what stands"),
        ("[space_templates.club]\nrooms = [{ nam = 'a' }]", "a room has no 'nam': there are name,"),
        (
            "[space_templates.club]\nrooms = [{ name = 'a' }, { name = 'A' }]",
            "each has a name of its own",
        ),
        (
            "[space_templates.club]\nrooms = [" + "{ name = 'a' }, " * (ROOMS_MAX + 1) + "]",
            "at most 50",
        ),
    ],
)
def test_a_template_that_is_wrong(text: str, said: str) -> None:
    """Told like any other mistake."""
    (mistake,) = mistakes(text)
    assert said in mistake


def test_rooms_are_written_as_they_are_read() -> None:
    """What is as usual is left out."""
    (kind,) = (option.kind for option in TEMPLATE.options if option.key == "rooms")
    rooms = (TemplateRoom("hall", category="First steps"), TemplateRoom("a", members_only=False))
    written = kind.write(rooms)
    assert (
        written
        == '[{ name = "hall", category = "First steps" }, { name = "a", members_only = false }]'
    )
    assert kind.read(tomllib.loads(f"rooms = {written}")["rooms"]) == rooms


def test_a_flag_overrides_one_option() -> None:
    """The same words as in a file; what is wrong is told in the same words."""
    config = override(Config(), "listen", "tcp", "127.0.0.1:0")
    assert config.listen.tcp == Address("127.0.0.1", 0)
    assert config.listen.http == Config().listen.http
    with pytest.raises(ValueError, match="'tcp' must be HOST:PORT"):
        override(Config(), "listen", "tcp", "here")


@pytest.mark.parametrize("text", ["*:5222", "[::1]:0", "localhost:65535", "192.0.2.1:80"])
def test_an_address_is_written_as_it_is_read(text: str) -> None:
    """IPv6 in brackets."""
    assert str(Address.parse(text)) == text


def test_creators_are_written_as_they_are_read() -> None:
    """A list in the order of its JIDs."""
    named = Creators(frozenset({JID.parse("b@x.lit"), JID.parse("a@x.lit")}))
    (kind,) = (
        option.kind for table in TABLES for option in table.options if option.key == "room_creators"
    )
    assert kind.write(named) == '["a@x.lit", "b@x.lit"]'
    assert kind.read(["a@x.lit", "b@x.lit"]) == named


LAYOUT = '''\
# [not] = "a table"
title = """three
lines, and [not] a = key
""" # 3
"quoted.key" = 'x = 1'
a . b . "c d" = [ 1, # [x]
  { in = 2, deep.er = "}" },
  "]",
]

[ table . "of # keys" ]
t = { one = 1, two = { three = ']' } }
u = \'\'\'
[no]
\'\'\'
when = 1979-05-27 07:32:00Z
[[many]]
first = true
[[many]]
first = false
last = "\\"]"
'''


def test_keys_are_found_however_they_are_laid_out() -> None:
    """TOML 1.0: comments, dotted and quoted keys, inline tables, arrays, text of many lines."""
    assert key_lines(LAYOUT) == {
        ("title",): 2,
        ("quoted.key",): 5,
        ("a",): 6,
        ("a", "b"): 6,
        ("a", "b", "c d"): 6,
        ("a", "b", "c d", "in"): 7,
        ("a", "b", "c d", "deep"): 7,
        ("a", "b", "c d", "deep", "er"): 7,
        ("table",): 11,
        ("table", "of # keys"): 11,
        ("table", "of # keys", "t"): 12,
        ("table", "of # keys", "t", "one"): 12,
        ("table", "of # keys", "t", "two"): 12,
        ("table", "of # keys", "t", "two", "three"): 12,
        ("table", "of # keys", "u"): 13,
        ("table", "of # keys", "when"): 16,
        ("many",): 17,
        ("many", "first"): 18,
        ("many", "last"): 21,
    }


TEXTS = st.text(st.sampled_from("ab \"'\\#[]{},=.é\n"), max_size=8)


def _basic(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _paths(value: object, path: KeyPath = ()) -> set[KeyPath]:
    """Every key path of a document as `tomllib` gives it."""
    if isinstance(value, list):
        return {found for one in value for found in _paths(one, path)}
    if not isinstance(value, dict):
        return set()
    return {found for key in value for found in {(*path, key), *_paths(value[key], (*path, key))}}


VALUES = st.recursive(
    st.one_of(
        TEXTS.map(_basic),
        TEXTS.map(lambda text: '"""' + _basic(text)[1:-1] + '"""'),
        st.sampled_from(["1", "-0.5e3", "true", "1979-05-27", "'''a\n[b] = 1'''", "'#'"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda found: "[ # list\n" + ",\n".join(found) + "]"),
        st.dictionaries(TEXTS.map(_basic), inner, max_size=3).map(
            lambda found: "{" + ", ".join(f"{key} = {value}" for key, value in found.items()) + "}"
        ),
    ),
    max_leaves=8,
)


@given(st.dictionaries(TEXTS.map(_basic), VALUES, max_size=4))
def test_every_key_tomllib_finds_has_a_line(pairs: dict[str, str]) -> None:
    """The scanner agrees with `tomllib` about what is a key, and about where it stands."""
    text = "".join(f"{key} = {value} # x\n" for key, value in pairs.items())
    document = tomllib.loads(text)
    lines = key_lines(text)
    assert lines.keys() == _paths(document)
    rows = text.splitlines()
    for (key, *deeper), line in lines.items():
        if not deeper:
            assert rows[line - 1].startswith(_basic(key))
