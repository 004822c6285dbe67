"""Make the table of sinks in ``docs/outputs.md`` from the sinks themselves.

``python -m docs`` puts it there; a test compares it with what the sinks are now.
"""

import re
from inspect import getdoc

import msgspec

from crawler.sinks import SINKS
from crawler.sinks.base import Sink

_TABLE = re.compile(r"(\| sink \|.*\n\| --- .*\n)(?:\|.*\n)*")


def make(page: str) -> str:
    """The page with its table as it should be. Raises ValueError where there is none."""
    made, count = _TABLE.subn(lambda head: head[1] + "".join(map(_row, SINKS.values())), page)
    if count != 1:
        raise ValueError("outputs.md has no table of sinks")
    return made


def _row(sink: type[Sink]) -> str:
    purpose = (getdoc(sink) or "").partition("\n")[0].rstrip(".").replace("``", "`")
    fields = [] if sink.options is None else msgspec.structs.fields(sink.options)
    keys = ", ".join(f"`{sink.name}.{field.name}`" for field in fields)
    extra = f"`{sink.extra}`" if sink.extra else ""
    later = f"`{sink.file_of(2)}`" if sink.is_per_generation else "the same"
    return f"| `{sink.name}` | `{sink.file_name}` | {later} | {purpose} | {extra} | {keys} |\n"
