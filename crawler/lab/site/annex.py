"""The annex of the bookshop: a small site full of faults, for :mod:`crawler.check`.

Its pages lie in ``fixtures/annex/pages`` byte for byte as they are served, so that whoever reads them sees
the lines and columns that a report names. ``answers.toml`` says what is no plain file: statuses, redirects,
headers.
"""

import tomllib
from collections.abc import Iterator, Mapping
from http.client import responses
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath
from typing import Any

from crawler.lab.site.answers import Answer, Site

INDEX = "index.html"
_STRAW = b"Straw, and more straw, to the brim.\n"


def read_annex(root: Traversable) -> Site:
    """The annex in the fixtures folder ``root``. Reads files: not for an event loop's thread."""
    folder = root / "annex"
    data = tomllib.loads((folder / "answers.toml").read_text("utf-8"))
    types, files = data["types"], dict(_files(folder / "pages"))
    answers = {address_of(path): _answer({}, path, files, types) for path in files}
    for address, said in data["answers"].items():
        answers[address] = _answer(said, address.removeprefix("/"), files, types)
    missing = _answer(data["missing"], INDEX, {}, types)
    missing_at = {host: _answer(said, INDEX, {}, types) for host, said in data["missing_at"].items()}
    return Site(answers, missing, {}, missing_at)


def address_of(path: str) -> str:
    """Where the file ``path`` of ``pages`` is served."""
    return "/" + (path.removesuffix(INDEX) if PurePosixPath(path).name == INDEX else path)


def _files(folder: Traversable, above: str = "") -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        path = above + entry.name
        if entry.is_dir():
            yield from _files(entry, f"{path}/")
        else:
            yield path, entry.read_bytes()


def _answer(
    said: Mapping[str, Any], path: str, files: Mapping[str, bytes], types: Mapping[str, str]
) -> Answer:
    status = said.get("status", 200)
    body = said["text"].encode() if "text" in said else files.get(said.get("file", path), b"")
    if not body and status >= 400:
        body = f"<!doctype html><html lang=en><title>{responses[status]}</title>".encode()
    if missing := max(0, said.get("filled_to", 0) - len(body)):
        body += b"<!--\n" + _STRAW * (missing // len(_STRAW)) + b"-->\n"
    # What is made here, and has no file, is a page.
    suffix = PurePosixPath(said.get("file", path)).suffix.removeprefix(".") if "text" not in said else "html"
    headers = {"Content-Type": types.get(suffix, types["html"]), **said.get("headers", {})}
    if "location" in said:
        headers["Location"] = said["location"]
    return Answer(
        body,
        status,
        tuple(headers.items()),
        delay=said.get("delay", 0.0),
        flaps=said.get("flaps", 0),
        breaks=said.get("breaks", False),
    )
