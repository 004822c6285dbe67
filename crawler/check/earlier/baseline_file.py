r"""The file of a baseline: JSON that people read and git merges, a finding a line, in alphabetical order.

>>> print(*lines([Entry("broken-link", "/gone.html", "/index.html")]), sep="\n", end="")
{
"crawler_baseline": 1,
"findings": [
{"rule": "broken-link", "target": "/gone.html", "page": "/index.html"}
]
}
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from crawler.check.finding import Entry
from crawler.model.errors import UsageError
from crawler.watch.report_file import opened

VERSION = 1
"""Grows when an older program would misread the file."""
_NAME = "crawler_baseline"
_AGAIN = "move it away and make it anew with --write-baseline"
_OF_A_MERGE = re.compile(r"^(<{7}|={7}|>{7})( |$)", re.MULTILINE)
_HALF = re.compile(r"[\ud800-\udfff]")
"""Half a character, which JSON may name and UTF-8 cannot hold."""


def read(path: Path, *, may_be_missing: bool = False) -> list[Entry]:
    """What is known; equal entries, as a merge may leave them, are one. Raises UsageError, a sentence.

    Nothing is known by a file that ``may_be_missing``, and is, or is empty.
    """
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise UsageError(f"--baseline {path}: it is no regular file")  # of a pipe there may be no end
        text = path.read_bytes().decode("utf-8-sig")  # some editors put a mark before it
    except FileNotFoundError:
        if may_be_missing:
            return []
        raise UsageError(
            f"--baseline {path}: there is no such file: make it with --write-baseline, or say none"
            " (--set check.baseline=none where a crawl is gone on with)"
        ) from None
    except UnicodeDecodeError as error:
        raise _refused(path, f"it is not UTF-8 ({error.reason} at byte {error.start:,})") from None
    except OSError as error:
        raise UsageError(f"--baseline {path}: it cannot be read: {error.strerror or error}") from None
    if not text.strip():
        if may_be_missing:
            return []
        raise UsageError(f"--baseline {path}: it is empty: make it with --write-baseline, or say none")
    if mark := _OF_A_MERGE.search(text):
        line = text.count("\n", 0, mark.start()) + 1
        raise _refused(path, f"a merge has left its marks in it ({mark[1]}, line {line:,})")
    try:
        found = json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise _refused(path, f"it is not JSON ({error.msg}, line {error.lineno:,})") from None
    except RecursionError:
        raise _refused(path, "it is no baseline: lists or objects in it are too deep") from None
    except ValueError as error:
        raise _refused(path, str(error)) from None
    if not isinstance(found, dict) or _NAME not in found:
        raise _refused(path, f"it is no baseline: it has no {_NAME}")
    version = found.pop(_NAME)
    if version != VERSION or isinstance(version, bool):
        raise UsageError(
            f"--baseline {path}: it is of version {json.dumps(version)}, and this version of crawler reads"
            f" {VERSION}: use the version that wrote it, or {_AGAIN}"
        )
    entries = found.pop("findings", None)
    if not isinstance(entries, list) or found:
        strange = f"it has {json.dumps(next(iter(found)))}" if found else "its findings are no list"
        raise _refused(path, strange)
    return sorted({_entry(path, number, one) for number, one in enumerate(entries, 1)})


def _once(pairs: Collection[tuple[str, object]]) -> dict[str, object]:
    """Raises ValueError where a name is there twice, as after a merge that went wrong."""
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"it has {json.dumps(name)} twice in one object")
        found[name] = value
    return found


def _entry(path: Path, number: int, found: object) -> Entry:
    parts = found if isinstance(found, dict) else {}
    if parts.keys() != set(Entry._fields) or not all(isinstance(part, str) for part in parts.values()):
        allowed = ", ".join(Entry._fields)
        raise _refused(path, f"its finding {number:,} is not what is allowed there: {allowed}, each a string")
    if any(map(_HALF.search, parts.values())):
        raise _refused(path, f"its finding {number:,} has half a character (a surrogate), which is no text")
    return Entry(**parts)


def _refused(path: Path, why: str) -> UsageError:
    return UsageError(f"--baseline {path}: {why}; put it right, or {_AGAIN}")


def write(path: Path, entries: Iterable[Entry]) -> int:
    """Write them, whole or not at all; how many there are. Raises OSError."""
    ordered = sorted(set(entries))
    with opened(path) as file:
        file.writelines(lines(ordered))
    return len(ordered)


def lines(entries: Collection[Entry]) -> Iterator[str]:
    """The file, line by line."""
    yield f'{{\n"{_NAME}": {VERSION},\n"findings": [\n'
    for number, entry in enumerate(entries, 1):
        comma = "," if number < len(entries) else ""
        yield f"{json.dumps(entry._asdict(), ensure_ascii=False)}{comma}\n"
    yield "]\n}\n"
