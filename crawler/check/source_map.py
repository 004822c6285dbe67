"""Which file of a repository a page was made from: for reports whose readers know files, not URLs."""

from urllib.parse import unquote, urlsplit


class SourceMap:
    """From a page, as reports name it, to a path relative to the working directory, with slashes."""

    def __init__(self, folder: str | None = None) -> None:
        """``folder``: the checked folder, relative to the working directory; its pages are files already."""
        self._folder = folder

    def file_of(self, page: str) -> str:
        """The page's file; where none is known, a relative path that is made from the URL."""
        if self._folder is not None and "://" not in page:
            return f"{self._folder}/{page}"
        parts = urlsplit(page)
        path = unquote(parts.path).lstrip("/") or "index.html"
        return f"{path}index.html" if path.endswith("/") else path
