"""Which files of a repository a page may have been made from, by the path of its URL.

Static hosts agree on what is served (:mod:`crawler.check.folder`), and generators mostly on the rest:
``/guide/`` is made from ``guide.md``, ``guide/index.md``, Hugo's ``guide/_index.md`` or a ``README.md``.
"""

import os
from collections.abc import Iterator
from urllib.parse import unquote

PAGES = (".html", ".htm", ".xhtml")
"""Suffixes of files that are served as they are."""
SOURCES = (
    ".md", ".markdown", ".mdx", ".qmd", ".rst", ".adoc", ".asciidoc", ".org", ".ipynb", ".njk", ".liquid",
    ".astro", ".txt",
)  # fmt: skip
"""Suffixes of files that pages are made from: a line of the page is no line of theirs."""
INDEXES = ("index", "_index", "README")
"""Names of files that make the page of their folder."""


NOWHERE = ("", ".", "..")
"""Segments of a path that are no name."""


def existing(folder: str, rest: str) -> str | None:
    """The first file in ``folder`` that is there, of :func:`names_of` the path ``rest``."""
    for name in names_of(rest):
        file = joined(folder, name)
        if os.path.isfile(file):  # noqa: PTH113 - unlike Path.is_file it bears names that are too long
            return file
    return None


def names_of(rest: str) -> Iterator[str]:
    """Paths of files, by the path of a page (percent-encoded): as it is, as HTML, then as a source."""
    path = "/".join(segments(rest))
    stem = next((path.removesuffix(suffix) for suffix in PAGES if path.endswith(suffix)), path)
    folder, _, name = stem.rpartition("/")
    is_folder = not path or rest.endswith("/")
    if stem != path and name == "index":
        yield path
        stem, is_folder = folder, True
    elif not is_folder:
        yield path
        if stem == path:
            yield f"{stem}.html"
    yield from (joined(stem, f"index{suffix}") for suffix in PAGES)
    inside = [joined(stem, name + suffix) for name in INDEXES for suffix in SOURCES]
    beside = [f"{stem}{suffix}" for suffix in (".html", *SOURCES)] if stem else []
    yield from [*inside, *beside] if is_folder else [*beside, *inside]


def segments(path: str) -> list[str]:
    """Those of a URL's path that are names, decoded where that leaves one."""
    names = []
    for segment in path.split("/"):
        if segment in NOWHERE:
            continue
        name = unquote(segment, errors="surrogateescape")
        unfit = name in NOWHERE or any(char in name for char in "/\\\0")
        names.append(segment if unfit else name)
    return names


def joined(folder: str, name: str) -> str:
    """Both with a slash between them; ``folder`` may be empty."""
    return f"{folder}/{name}" if folder else name
