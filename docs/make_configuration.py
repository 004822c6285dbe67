"""Make ``docs/configuration.md`` from the keys of the configuration.

``python -m docs`` writes it; a test compares it with what the keys are now.
"""

from typing import NamedTuple

from crawler.config.keys import Key
from crawler.config.problems import shown
from crawler.config.settings import KEYS, Config

INTRODUCTION = """\
# Configuration

A value is taken from the first of these places that has it:

1. the command line: the key's own option, or `--set key=value` for every key there is;
2. the environment: `CRAWLER_` and the key in upper case, with `__` for the dot, such as
   `CRAWLER_FETCH__CONCURRENCY=8`;
3. the config file named with `-c` (TOML; `fetch.concurrency` is `concurrency` in the table `[fetch]`);
4. the default below.

`--set` and the environment read a value as TOML (`8`, `true`, `["a", "b"]`); what is not TOML is taken as
plain text, so that quotes can be left out. A list of one needs no brackets. Where a key may have no value,
the word `none` takes it away again.

An unknown key (any `CRAWLER_` variable that is no key is one), or a value that is not allowed, ends the
program before it starts anything: exit code 2, and one sentence that names the key, the value, where it came
from and what is allowed.

`check.rules.RULE` stands for a key for each rule of a check, such as `check.rules.missing-alt`: in the file
it is `missing-alt = "off"` in the table `[check.rules]`, in the environment
`CRAWLER_CHECK__RULES__MISSING_ALT=off`. `check.ignore` is a list of tables, each `[[check.ignore]]` in the
file, with `rule`, `url` and `reason`.

Sizes are bytes, times are seconds. The folder and files that paths name are looked for from where the program
is started.
"""


class Description(NamedTuple):
    """One key, for people."""

    key: str
    type: str
    """As TOML calls it."""
    default: str
    """As one would write it in TOML."""
    allowed: str
    description: str


def describe() -> list[Description]:
    """Every key there is, in the order of the sections."""
    rows = [
        Description(_name(key), key.type_name, _default(key), key.allowed, key.about.description)
        for key in KEYS.values()
    ]
    return list(dict.fromkeys(rows))


def make() -> str:
    """The text of docs/configuration.md."""
    page = [INTRODUCTION]
    section = None
    for row in describe():
        table, name = row.key.split(".", 1) if "." in row.key else ("", row.key)
        if table != section:
            page.append(_heading(table))
            section = table
        page.append(f"| `{name}` | {row.type} | `{row.default}` | {row.allowed} | {row.description} |\n")
    return "".join(page)


def _heading(table: str) -> str:
    title, words = "Top level", ""
    if table:
        title = f"`[{table}]`"
        section = Config.__annotations__[table]
        words = f"\n{(section.__doc__ or '').strip()}\n"
    columns = "| key | type | default | allowed | meaning |\n| --- | --- | --- | --- | --- |\n"
    return f"\n## {title}\n{words}\n{columns}"


def _name(key: Key) -> str:
    """The entries of a table, which are all alike, share a row."""
    return f"{key.name.rpartition('.')[0]}.RULE" if key.is_entry else key.name


def _default(key: Key) -> str:
    if key.name == "fetch.user_agent":
        return '"crawler/VERSION"'  # the page must not change with each release
    if type(key.default) is int:
        return f"{key.default:_}"
    return "none" if key.default is None else shown(key.default)
