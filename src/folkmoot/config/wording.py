"""The options in words: a documented file with every default, and a page of the documentation."""

import textwrap
from collections.abc import Iterator

from folkmoot.config.options import TABLES, TEMPLATE, Option
from folkmoot.config.templates import TEMPLATES, Template

_WIDTH = 96

_FILE_HEAD = """\
# Folkmoot's options, each with its default. To change one, take the '#' from its line.
# `folkmoot check --config FILE` says what is wrong with a file and how to mend it.
"""

_PAGE_HEAD = """\
# Configuration

<!-- Made by `folkmoot config --markdown` from src/folkmoot/config/options.py. -->

Folkmoot runs without a configuration file. To change something, write a TOML file and name it:

    folkmoot config > folkmoot.toml     # every option with its default, to edit
    folkmoot check --config folkmoot.toml
    folkmoot serve --config folkmoot.toml

`FOLKMOOT_CONFIG` in the environment names a file for every command. Flags of the command line
go before the file, and the file before the defaults. A key or a value that is wrong stops the
server at its start, with the file, the line and what to write instead.
"""


def default_file() -> str:
    """A configuration file that changes nothing and shows everything."""
    parts = [_FILE_HEAD]
    for table in TABLES:
        options = "\n".join(map(_file_option, table.options))
        parts.append(f"{_comment(table.meaning)}\n[{table.name}]\n\n{options}")
    parts.append(_comment(TEMPLATE.meaning))
    for option in TEMPLATE.options:
        parts[-1] += f"\n{_comment(f'{option.key}: {option.meaning}')}"
    for name, template in TEMPLATES.items():
        values = "\n".join(f"# {key} = {text}" for key, text in _written(template))
        parts.append(f"[{TEMPLATE.name}.{name}]\n\n{values}\n")
    return "\n".join(parts)


def _written(template: Template) -> Iterator[tuple[str, str]]:
    """Each option of a template and its value as TOML."""
    for option in TEMPLATE.options:
        yield option.key, option.kind.write(getattr(template, option.key))


def _file_option(option: Option) -> str:
    return f"{_comment(option.meaning)}\n# {option.key} = {option.default_text}\n"


def _comment(text: str) -> str:
    return textwrap.fill(
        text, _WIDTH, initial_indent="## ", subsequent_indent="## ", break_on_hyphens=False
    )


def markdown() -> str:
    """The page `docs/configuration.md`."""
    parts = [_PAGE_HEAD]
    for table in (*TABLES, TEMPLATE._replace(name=f"{TEMPLATE.name}.NAME")):
        rows = "\n".join(map(_row, table.options))
        head = "| key | value | default | meaning |\n|---|---|---|---|"
        parts.append(f"## [{table.name}]\n\n{table.meaning}\n\n{head}\n{rows}\n")
    parts.append("Those there are without a file, which one of the same name changes:\n")
    parts.append("".join(_template(*each) for each in TEMPLATES.items()))
    return "\n".join(parts)


def _template(name: str, template: Template) -> str:
    said = ", ".join(f"`{key} = {text}`" for key, text in _written(template) if text[1:-1])
    return f"- `{name}`: {said}\n"


def _row(option: Option) -> str:
    words = option.kind.words.replace("*", r"\*")
    return f"| `{option.key}` | {words} | `{option.default_text}` | {option.meaning} |"
