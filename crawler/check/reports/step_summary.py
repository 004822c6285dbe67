"""The summary of a step of GitHub Actions: a file that is added to, and may not grow without end."""

import io
import os
from pathlib import Path

from crawler.check.finding import Result
from crawler.check.reports import markdown
from crawler.check.verdict import Verdict
from crawler.watch.report_file import same_place

VARIABLE = "GITHUB_STEP_SUMMARY"
"""Names the file, in every step."""


def is_named(path: Path) -> bool:
    """Whether ``path`` is that file."""
    named = os.environ.get(VARIABLE)
    return bool(named) and same_place(path) == same_place(Path(named or ""))


def add(result: Result, verdict: Verdict, path: Path) -> str:
    """Add the Markdown to what the step has written there, which stays as it is; the whole is short enough.

    Where there is no room at all, nothing is added, since of a file that is too long GitHub shows nothing:
    returns that it is so. Raises OSError.
    """
    with path.open("a+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1))
        between = "" if not size else "\n" if file.read() == b"\n" else "\n\n"
    text = io.StringIO()
    markdown.write(result, verdict, text, room=markdown.MOST_BYTES - size - len(between))
    if not text.getvalue():
        return "nothing was added: the summary of this step has no room left"
    with path.open("a", encoding="utf-8", errors="backslashreplace", newline="") as stream:
        stream.write(between + text.getvalue())
    return ""
