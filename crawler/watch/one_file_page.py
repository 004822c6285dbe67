"""A page in one file: markup, style, script and data, so that a browser asks nobody for anything."""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path


def text_of(folder: Path, *names: str) -> str:
    """The text of packaged files, one after the other: of scripts, one script."""
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)


def hash_of(text: str) -> str:
    """As a content security policy has it (CSP 3, section 2.3.1)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def policy(style: str, script: str) -> str:
    """The policy of a page with that style and that script: nothing else runs in it, or is loaded."""
    return (
        f"default-src 'none'; style-src '{hash_of(style)}'; script-src '{hash_of(script)}'; base-uri 'none';"
        " form-action 'none'"
    )


def in_script(data: str) -> str:
    r"""JSON as it may stand in ``<script type="application/json">``, whose end nothing in it can be then."""
    return data.replace("<", "\\u003c")


def pieces(markup: str, values: Mapping[str, str | Iterable[str]]) -> Iterator[str]:
    """``markup`` with the value of each ``{{name}}`` in its place; one that is large comes in pieces.

    Values are put there as they are, and are asked for in the order of the markup. Raises KeyError where a
    name has none.
    """
    first, *parts = markup.split("{{")  # not str.format or replace: a value may hold such braces too
    yield first
    for part in parts:
        name, _, rest = part.partition("}}")
        value = values[name]
        if isinstance(value, str):
            yield value
        else:
            yield from value
        yield rest
