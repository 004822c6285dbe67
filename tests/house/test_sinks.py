"""A sink is one class and one line: the rest of the program knows none of them by its name."""

import ast
import functools
from pathlib import Path

import pytest

from crawler.config import Config
from crawler.lab.crash.kinds import EVERY, KINDS
from crawler.sinks import SINKS
from docs.make_configuration import describe
from docs.parsed import parsed

PACKAGE = Path(__file__).parents[2] / "crawler"
SOURCES = [path for path in sorted(PACKAGE.rglob("*.py")) if path.relative_to(PACKAGE).parts[0] != "sinks"]
NAMES = {word for name, sink in SINKS.items() for word in (name, sink.file_name)}
ALLOWED = {
    "config/running_sections.py": {"jsonl": "what a crawl leaves unless told otherwise"},
    "cli/options.py": {"jsonl": "the default, told in the help"},
    "lab/crash/judges.py": dict.fromkeys(NAMES, "readers that share no code with the sinks"),
    "lab/nodes/judging.py": {"jsonl": "an experiment exports what its own nodes left"},
    "lab/faults/report.py": {"records.jsonl": "an experiment reads what its own crawl left"},
    "lab/experiments/race/this_crawler.py": {"records.jsonl": "an experiment reads what its own crawl left"},
}
"""Where a name of theirs stands all the same, and why."""
REPORTS = {"csv", "json"}
"""Formats of a check's reports have such names too, in their own room."""


def relative(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@functools.cache
def named_in(path: Path) -> set[str]:
    """The names of sinks, or of their files, that are a whole text in the file's code."""
    tree = parsed(path.read_text(encoding="utf-8"))
    return NAMES & {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_no_sink_is_known_by_its_name(path: Path):
    found = named_in(path)
    if relative(path).startswith("check/report") or relative(path) == "config/check_section.py":
        found -= REPORTS
    assert found <= ALLOWED.get(relative(path), {}).keys(), "take it from crawler.sinks, from the class"


def test_nothing_is_allowed_that_is_not_there():
    for name, reasons in ALLOWED.items():
        if name != "lab/crash/judges.py":  # it may know one that is not built yet
            assert named_in(PACKAGE / name) == reasons.keys(), name


def test_every_sink_is_in_the_configuration_and_the_crash_tests():
    keys = {row.key for row in describe()}
    for name, sink in SINKS.items():
        if sink.options is not None:
            assert isinstance(getattr(Config(), name), type(sink.options))
            assert {f"{name}.{option}" for option in sink.options.__struct_fields__} <= keys
        if sink.holds_records:
            assert name in EVERY, "it is installed where tests run"
        for step in sink.steps:
            assert any(kind.fault == f"sink:{step}" and name in kind.sinks for kind in KINDS)
    assert sum(kind.sinks == EVERY for kind in KINDS) > 20


def test_names_and_files_are_their_own():
    files = [sink.file_name for sink in SINKS.values()]
    assert len(set(files)) == len(files)
    assert set(SINKS).isdisjoint(name for name in Config.__annotations__ if name not in SINKS)
