"""What is wrong, in one sentence for each problem: the key, its value, its origin, what is allowed."""

import difflib
import json
import re
from collections.abc import Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from crawler.config.keys import Key
from crawler.config.layers import Given

_LOGIN = re.compile(r"(?<=//)[^/?#\s\"]*@")
"""User and password of a URL, which is not to be seen on a screen or in a log."""
_SECRET = ("session.", "fetch.proxy")
"""Keys whose value is not shown where it is refused: a secret itself may stand where its variable should."""
LONGEST = 200
"""Characters of a value that are shown."""


def unknown(given: Given, keys: Mapping[str, Key]) -> str:
    """The sentence for a key that does not exist, or that is a section."""
    members = [name for name in keys if name.startswith(given.key + ".")]
    if members:
        return f"{given.key} ({given.origin}) is a section, not a key; allowed: {', '.join(members)}"
    nearest = _nearest(given.key, list(keys))
    hint = f"did you mean {nearest}?" if nearest else "docs/configuration.md lists the keys that exist"
    hidden = given.value is None or given.key.startswith(_SECRET)
    value = "" if hidden else f" = {shown(given.value)}"
    return f"{given.key}{value} ({given.origin}) is an unknown key; {hint}"


def of_values(error: ValidationError, keys: Mapping[str, Key], given: Mapping[str, Given]) -> str:
    """One line for each refused value, in place of pydantic's many."""
    sentences = [_of_value(detail, keys, given) for detail in error.errors(include_url=False)]
    return "\n".join(dict.fromkeys(sentences))


def _of_value(detail: ErrorDetails, keys: Mapping[str, Key], given: Mapping[str, Given]) -> str:
    place = detail["loc"]
    name = ".".join(str(part) for part in place[:2])
    key = keys[name] if name in keys else keys[str(place[0])]
    reason = detail.get("ctx", {}).get("error") if detail["type"] == "value_error" else None
    because = f": {reason}" if reason else ""
    value = "" if key.name.startswith(_SECRET) else f" = {shown(detail['input'])}"
    return f"{key.name}{value} ({given[key.name].origin}) is refused{because}; allowed: {key.allowed}"


def shown(value: object) -> str:
    """A value on one line, about as one would write it in TOML."""
    text = _LOGIN.sub("***@", json.dumps(value, ensure_ascii=False, default=str))
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def _nearest(stranger: str, names: list[str]) -> str | None:
    """The existing key that was probably meant: by its last part first, then as a whole."""
    last = stranger.rpartition(".")[2]
    same = [name for name in names if name.rpartition(".")[2] == last]
    close = same or difflib.get_close_matches(stranger, names, 1) or _close_last(last, names)
    return close[0] if close else None


def _close_last(last: str, names: list[str]) -> list[str]:
    by_last = {name.rpartition(".")[2]: name for name in names}
    return [by_last[name] for name in difflib.get_close_matches(last, list(by_last), 1)]
