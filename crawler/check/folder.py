"""A folder as static hosts serve it: which file answers a path, and which file a URL of it is.

Static hosts (GitHub Pages, Netlify, Cloudflare Pages, nginx) agree on this: ``index.html`` answers for its
folder, a folder without the slash redirects to the one with it, and ``/about`` is ``about.html``. Symbolic
links are followed, those that lead out of the folder too: some tools build folders of nothing else.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import lru_cache
from mimetypes import MimeTypes
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote, unquote_to_bytes, urlsplit

from crawler.check.file_names import shown
from crawler.model.errors import UsageError

if TYPE_CHECKING:  # the server needs neither
    from crawler.config import Config

HTML = (".html", ".htm", ".xhtml")
LIST = "crawler-list-of-files-{}.txt"
"""Name of a sitemap that is made up: it has every page, so that those to which nothing links are read too."""
LISTED_AT_ONCE = 50_000
"""URLs that one sitemap may name."""
_LOOKED_AT = 1024 * 1024
"""Bytes of the start page that are looked at."""
_LINK_TO_INDEX = re.compile(rb"href\s*=\s*[\"']?(?!\w+:)[^\"'>\s#?]*index\.html", re.IGNORECASE)
_LINK_TO_HTML = re.compile(rb"href\s*=\s*[\"']?(?!\w+:)[^\"'>\s#?]*\.html", re.IGNORECASE)
_TYPES = {
    **MimeTypes().types_map[0],
    **MimeTypes().types_map[1],
    ".avif": "image/avif",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".map": "application/json",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".otf": "font/otf",
    ".ttf": "font/ttf",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".xhtml": "application/xhtml+xml",
    ".xml": "application/xml",
}
"""Media types by suffix: Python's own, the same on every system, and what these leave out."""


class Located(NamedTuple):
    """What answers a path."""

    file: Path | None
    """Absolute; None where it is missing."""
    moved: str | None = None
    """Where to, as a path: a folder's own, with the slash."""


class Survey(NamedTuple):
    """What a folder holds."""

    pages: list[str]
    """Every HTML file but ``404.html``: its path in the folder, with slashes, sorted."""
    leading_out: list[str]
    """Symbolic links that lead out of the folder."""


def locate(root: Path, base: str, path: str) -> Located:
    """Which file below ``root`` (a real path), served at ``base``, answers ``path`` (encoded, no query)."""
    if not path.startswith(base):
        return Located(None, base if f"{path}/" == base else None)
    name = os.fsdecode(unquote_to_bytes(path[len(base) :]))
    *folders, last = name.split("/")
    if not {"", ".", ".."}.isdisjoint(folders) or last in (".", "..") or re.search(r"[\0\\]", name):
        return Located(None)
    file = root.joinpath(*folders, last or "index.html")
    try:
        if last and not file.is_file():
            clean = file.with_name(f"{last}.html")
            if clean.is_file():
                file = clean
            elif file.is_dir():
                return Located(None, f"{path}/")
        return Located(file if file.is_file() else None)
    except OSError:  # such as a name that is too long for the system, or a link to itself
        return Located(None)


def media_type(file: Path) -> str:
    """The Content-Type header of a file."""
    found = _TYPES.get(file.suffix.lower(), "application/octet-stream")
    return f"{found}; charset=utf-8" if found.startswith("text/") else found


def survey(root: Path) -> Survey:
    """Look through the whole folder; what begins with a dot is left out."""
    pages, leading_out = [], []
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in [*folders, *files]:
            path = Path(folder, name)
            if path.is_symlink() and path.exists() and not path.resolve().is_relative_to(root):
                leading_out.append(path.relative_to(root).as_posix())
            if name.lower().endswith(HTML) and not name.startswith(".") and path.is_file():
                pages.append(path.relative_to(root).as_posix())
    return Survey(sorted(page for page in pages if page != "404.html"), sorted(leading_out))


def addresses(root: Path, pages: list[str]) -> Iterator[str]:
    """The path, encoded, below the base path at which each page is most probably linked to.

    ``guide/index.html`` is ``guide/`` as well, and ``about.html`` is ``about``; sites use one of the two
    throughout, and the start page shows which.
    """
    start = b""
    with suppress(OSError), (root / "index.html").open("rb") as file:
        start = file.read(_LOOKED_AT)
    with_index = not start or _LINK_TO_INDEX.search(start)
    with_suffix = not start or _LINK_TO_HTML.search(start)
    for page in pages:
        folder, slash, name = page.rpartition("/")
        if name == "index.html":
            name = name if with_index and page != name else ""
        elif not with_suffix:
            name = name.removesuffix(".html")
        yield quote(os.fsencode(f"{folder}{slash}{name}"))


def checked(folder: Path) -> tuple[Path, Survey]:
    """The real path of a folder that can be checked, and what it holds. Raises UsageError."""
    try:
        if not folder.is_dir():
            why = "is a file, not a folder" if folder.exists() else "is neither a folder nor a URL"
            raise UsageError(f"{folder} {why}")
        root = folder.resolve()
        next(root.iterdir(), None)  # it may be there, and not for us
        found = survey(root)
    except OSError as error:
        raise UsageError(f"{str(folder)[:200]} cannot be read: {error.strerror or error}") from None
    if not found.pages:
        raise UsageError(f"{folder} holds no HTML file")
    return root, found


def start_page(root: Path, pages: list[str]) -> str:
    """The path, encoded, below the base path at which a crawl begins."""
    return "" if (root / "index.html").is_file() else next(addresses(root, pages))


def lists_of(root: Path, base: str, pages: int) -> list[str]:
    """The paths of the sitemaps that are made up; no file has the name of one."""
    number = 1
    while any(root.glob(LIST.format(f"{number}-*"))):
        number += 1
    parts = range((pages + LISTED_AT_ONCE - 1) // LISTED_AT_ONCE)
    return [base + LIST.format(f"{number}-{part}") for part in parts]


def is_of_folder(config: "Config") -> bool:
    """Whether these are the settings of a crawl that has served a folder, and not only of one that might."""
    return config.check.enabled and config.check.folder is not None and bool(config.seeds)


def namer(config: "Config") -> Callable[[str], str]:
    """How reports call a URL (with or without fragment): with a folder, by the file's path in it.

    What lies outside of the base path is called by its path; URLs of other origins stay as they are.
    """
    if not is_of_folder(config) or config.check.folder is None:
        return str
    root, base = config.check.folder.resolve(), config.check.base_path
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(config.seeds[0]))
    lists = set(config.sitemaps.urls)

    @lru_cache(maxsize=65_536)
    def name(url: str) -> str:
        if url in lists:
            return "(list of files)"
        rest = url[len(origin) :]
        if not url.startswith(origin) or not rest.startswith("/"):
            return url
        end = min((at for at in (rest.find("?"), rest.find("#")) if at >= 0), default=len(rest))
        path, behind = rest[:end], rest[end:]
        file = locate(root, base, path).file
        if file is not None:
            return shown(file.relative_to(root).as_posix()) + behind
        inside = path.removeprefix(base) if path.startswith(base) else path
        readable = unquote(inside, errors="replace") or "index.html"
        # A blank at either end would not be seen, and the name be taken for another file's.
        return (readable if readable == readable.strip() else inside) + behind

    return name
