"""What a real crawl was seen to start and to be joined by, as it is kept in ``docs/drawings/started.json``.

``python -m docs.make_drawings`` crawls and keeps it. The drawings, and ``docs/map.md``, are made from it.
"""

import json
from pathlib import Path
from typing import Any

DRAWINGS = Path(__file__).parents[1] / "drawings"
STARTED = DRAWINGS / "started.json"

Row = dict[str, Any]


class Kept:
    """The same, looked up."""

    def __init__(self, seen: dict[str, Any]) -> None:
        self.crawl: str = seen["crawl"]
        self.started: list[Row] = seen["started"]
        self.queues: list[Row] = seen["queues"]
        self.pipes: list[Row] = seen["pipes"]
        self.files: list[Row] = seen["files"]

    def named(self, name: str, process: str = "MainProcess") -> Row:
        """What was started by that name. Raises LookupError: nothing is drawn that does not start."""
        for row in self.started:
            if (row["name"], row["process"]) == (name, process):
                return row
        raise LookupError(f"no {name} was started in {process}")

    def of(self, kind: str, process: str, thread: str = "") -> list[Row]:
        """All of a kind that one process starts, or that run in one of its threads."""
        where = (kind, process, thread)
        return [row for row in self.started if (row["kind"], row["process"], row["thread"]) == where]

    def queue(self, name: str, put: str, get: str) -> str:
        """Its name, if those are who puts to it and who gets from it. Raises LookupError."""
        for row in self.queues:
            if row["name"] == name and put in row["put"] and get in row["get"]:
                return name
        raise LookupError(f"{name} does not lead from {put} to {get}")

    def pipe(self, start: str, end: str, written_by: str, read_by: str) -> str:
        """Nothing, if there is such a pipe between two processes. Raises LookupError."""
        wanted = (start, end, read_by)
        for row in self.pipes:
            if (row["from"], row["to"], row["read_by"]) == wanted and written_by in row["written_by"]:
                return ""
        raise LookupError(f"no pipe leads from {written_by} in {start} to {read_by} in {end}")

    def file(self, name: str, process: str, thread: str) -> str:
        """Its name, if that thread opens it. Raises LookupError."""
        if {"name": name, "process": process, "thread": thread} in self.files:
            return name
        raise LookupError(f"{thread} in {process} does not open {name}")


def kept() -> Kept:
    """What is kept now."""
    return Kept(json.loads(STARTED.read_text(encoding="utf-8")))
