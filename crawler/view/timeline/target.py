"""Where the page of a timeline goes: a file that is none of a crawl's own, or standard output."""

from collections.abc import Sequence
from pathlib import Path

from crawler.model.errors import OutputError, UsageError
from crawler.watch.report_file import opened, place_of, why_not

DEFAULT_FILE = "timeline.html"
"""In the folder of the first crawl."""


def target(output: str | None, outs: Sequence[Path]) -> Path | None:
    """The file that ``output`` names, by default one beside the first of ``outs``; None is standard output.

    ``outs``: output folders of crawls, or files of traces. Raises UsageError where nothing can be written
    there, or what is there is a crawl's own.
    """
    folders = [out.parent if out.is_file() else out for out in outs]
    file = folders[0] / DEFAULT_FILE if output is None else place_of(output)
    if file is None:
        return None
    for folder in folders:
        if why := why_not(file, folder):
            raise UsageError(f"{file}: the timeline cannot be written: {why}")
    return file


def write(text: str, file: Path | None) -> None:
    """Write the page to ``file``, which it replaces when it is whole; None is standard output.

    Raises OutputError where the file cannot be written, BrokenPipeError where nobody reads standard output.
    """
    try:
        with opened(file) as stream:
            stream.write(text)
    except OSError as error:
        if file is None:
            raise
        raise OutputError(f"{file}: the timeline cannot be written: {error.strerror}") from error
