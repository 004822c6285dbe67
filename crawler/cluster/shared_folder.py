"""The output folder of a crawl that nodes share: ``cluster.json`` in it says which crawl that is.

Everything here blocks.
"""

import json
import os
from pathlib import Path
from urllib.parse import urlsplit

from crawler.frontier.postgresql.place import Place
from crawler.frontier.view import generations
from crawler.model.cluster import CLUSTER_FILE
from crawler.model.errors import OutputError
from crawler.sinks.disk import sync_folder
from crawler.watch.whole_file import whole_file


def write_cluster_file(out: Path, place: Place) -> None:
    """Say in OUT, which is made if need be, that it belongs to this crawl.

    Raises OutputError where it holds another one, or cannot be written.
    """
    if is_of(out, place):
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
        with whole_file(out / CLUSTER_FILE, out / f"{CLUSTER_FILE}.{os.getpid()}.tmp") as file:
            file.write(as_json(place) + "\n")
        sync_folder(out)
    except OSError as error:
        raise OutputError(f"{out} cannot be written: {error.strerror or error}") from error


def is_of(out: Path, place: Place) -> bool:
    """Whether OUT says that it belongs to this crawl; not yet is no error.

    Raises OutputError where it holds another one.
    """
    found = read_cluster_file(out)
    if found is None and generations(out):
        raise OutputError(f"{out} holds a crawl of one machine: choose another folder for crawl {place.name}")
    if found is not None and not _is_same(found, place):
        raise OutputError(
            f"{out} holds crawl {found.name} at {found.frontier}, not {place.name} at {place.frontier}:"
            f" choose another folder, or, if its database has moved, correct {out / CLUSTER_FILE}"
        )
    return found is not None


def read_cluster_file(out: Path) -> Place | None:
    """Which crawl of several nodes OUT belongs to; None where it is none's. Raises OutputError."""
    path = out / CLUSTER_FILE
    try:
        told = json.loads(path.read_text("utf-8"))
        place = Place(told["frontier"], told["name"])
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise OutputError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(path) from error
    if not (isinstance(place.frontier, str) and isinstance(place.name, str)):
        raise _damaged(path)
    return place


def as_json(place: Place) -> str:
    """How ``cluster.json`` and ``meta`` name a crawl."""
    return json.dumps({"frontier": place.frontier, "name": place.name})


def _damaged(path: Path) -> OutputError:
    return OutputError(f'{path} is damaged; it is to hold {{"frontier": "postgresql://…", "name": "…"}}')


def _is_same(one: Place, other: Place) -> bool:
    """Whether both are one crawl: who logs in there does not matter."""
    return one.name == other.name and _database(one.frontier) == _database(other.frontier)


def _database(frontier: str) -> tuple[object, ...]:
    try:
        parts = urlsplit(frontier)
        return parts.hostname, parts.port or 5432, parts.path, parts.query
    except ValueError:  # somebody wrote into it
        return (frontier,)
