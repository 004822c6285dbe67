"""The program's version, for ``--version`` and the default User-Agent."""

import functools
import importlib.metadata


@functools.cache
def version() -> str:
    """The installed version, or "0" when the program runs without being installed; reads files once."""
    try:
        return importlib.metadata.version("crawler")
    except importlib.metadata.PackageNotFoundError:
        return "0"
