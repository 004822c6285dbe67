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
    return [
        Description(key.name, key.type_name, _default(key), key.allowed, key.about.description)
        for key in KEYS.values()
    ]


def make() -> str:
    """The text of docs/configuration.md."""
    page = [INTRODUCTION]
    section = None
    for row in describe():
        table = row.key.rpartition(".")[0]
        if table != section:
            page.append(_heading(table))
            section = table
        name = row.key.rpartition(".")[2]
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


def _default(key: Key) -> str:
    if key.name == "fetch.user_agent":
        return '"crawler/VERSION"'  # the page must not change with each release
    if type(key.default) is int:
        return f"{key.default:_}"
    return "none" if key.default is None else shown(key.default)
