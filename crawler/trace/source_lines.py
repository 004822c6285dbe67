"""Which line of the program's source it is at which something begins."""

from pathlib import Path
from types import CodeType

from crawler.trace.recorded import Where

_PACKAGE = f"{Path(__file__).parents[1]}"


def where_of(code: CodeType, line: int) -> Where:
    """The line of source, its file relative to the package's folder where it is in there."""
    file = code.co_filename
    if file.startswith(_PACKAGE):
        file = Path(file).relative_to(_PACKAGE).as_posix()
    return Where(file, code.co_qualname, line)
