"""What is wrong, in one sentence for each problem: the key, its value, its origin, what is allowed."""

import json
import re
from collections.abc import Mapping

from crawler.config.check_values import nearest
from crawler.config.conversion import Refused
from crawler.config.keys import Key
from crawler.config.layers import RawValue

LOGIN = re.compile(r"(?<=//)[^/?#\s\"]*@")
"""User and password of a URL, which must not appear on a screen or in a log."""
_SECRET = ("session.", "fetch.proxy", "cluster.frontier", "dashboard.token")
"""Keys whose refused values are not shown: one may be the secret itself, in place of its variable's name."""
REMOVED = {
    "fetch.loops": "one event loop fetches now; leave the key out",
}
"""Keys that no longer exist, and what to tell those who still use them."""
LONGEST = 200
"""Characters of a value that are shown."""

LIKE = 0.75
"""How alike a key must be to be named (difflib's ratio): a wrong suggestion is worse than none."""


def unknown(raw: RawValue, keys: Mapping[str, Key]) -> str:
    """The sentence for a key that does not exist, or that is a section."""
    members = [name for name in keys if name.startswith(raw.key + ".")]
    if members:
        return f"{raw.key} ({raw.origin}) is a section, not a key; allowed: {', '.join(members)}"
    if raw.key in REMOVED:
        return f"{raw.key} ({raw.origin}) is a key no more: {REMOVED[raw.key]}"
    table, _, entry = raw.key.rpartition(".")
    entries = tuple(name.removeprefix(f"{table}.") for name in keys if name.startswith(f"{table}."))
    if entries and "." in table:
        near = nearest(entry, entries)
        meant = f"did you mean {near}? " if near else ""
        return f"{raw.key} ({raw.origin}) is unknown; {meant}allowed: {', '.join(entries)}"
    nearest_key = _nearest(raw.key, list(keys))
    hint = (
        f"did you mean {nearest_key}?" if nearest_key else "docs/configuration.md lists the keys that exist"
    )
    hidden = raw.value is None or raw.key.startswith(_SECRET)
    value = "" if hidden else f" = {shown(raw.value)}"
    return f"{raw.key}{value} ({raw.origin}) is an unknown key; {hint}"


def of_value(key: Key, raw: RawValue, refused: Refused) -> str:
    """The sentence for a value that is not allowed, or for one item of a list."""
    because = f": {refused.reason}" if refused.reason else ""
    value = "" if key.name.startswith(_SECRET) else f" = {shown(refused.value)}"
    return f"{key.name}{value} ({raw.origin}) is refused{because}; allowed: {key.allowed}"


def shown(value: object) -> str:
    """A value on one line, about as one would write it in TOML."""
    text = LOGIN.sub("***@", json.dumps(value, ensure_ascii=False, default=str))
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def _nearest(unknown_key: str, names: list[str]) -> str | None:
    """The existing key that was probably meant: by its last part first, then as a whole."""
    import difflib

    last = unknown_key.rpartition(".")[2]
    by_last = {name.rpartition(".")[2]: name for name in names}
    close = [name for name in names if name.rpartition(".")[2] == last]
    close = close or difflib.get_close_matches(unknown_key, names, 1, LIKE)
    close = close or [by_last[name] for name in difflib.get_close_matches(last, list(by_last), 1, LIKE)]
    return close[0] if close else None
