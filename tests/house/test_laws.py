"""The laws of the house, kept by tests: who may start what, who may import what, and where it is said."""

import ast
import functools
import re
import subprocess
import sys
from pathlib import Path

import pytest

from docs import make_map
from docs.drawing.kept import kept
from docs.parsed import parsed
from tests import what_starts
from tests.__main__ import TESTS

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "crawler"
SOURCES = sorted(PACKAGE.rglob("*.py"))
SUFFIXES = ("_task", "_thread", "_process", "_pool", "_queue", "_pipe")
STARTERS = {"threading", "multiprocessing", "concurrent", "concurrent.futures", "_thread"}
MAX_LINES = 220
MAX_FUNCTION_LINES = 60
TOO_LONG: dict[str, int] = {}
"""Files, and functions of them, that are to become shorter, with the lines that they have."""
TOP_LEVEL = {
    ".ci", ".gitattributes", ".gitignore", "CHANGELOG.md", "LICENSE", "README.md", "benchmarks",
    "config.toml", "constraints.txt", "crawler", "docs", "examples", "fixtures", "pyproject.toml", "tests",
    "zensical.toml",
}  # fmt: skip
EXPERIMENTS = sorted((PACKAGE / "lab" / "experiments").rglob("*.py"))
MAX_LINES_OF_AN_EXPERIMENT = 120


@functools.cache
def tree(path: Path) -> ast.Module:
    return parsed(path.read_text(encoding="utf-8"))


@functools.cache
def runtime_imports(path: Path) -> set[str]:
    """Every module that ``path`` imports when it runs (not those under ``if TYPE_CHECKING:``)."""
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for other in node.orelse:
                visit(other)
            return
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(tree(path))
    return found


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def starters(path: Path) -> set[str]:
    """What it imports that starts threads or processes."""
    found = {name for name in runtime_imports(path) if name.split(".")[0] in STARTERS}
    # Types and constants of multiprocessing that start nothing.
    return found - {"multiprocessing.connection", "multiprocessing.context", "multiprocessing.process"}


# A law is one test for all files: as one for each file it would be 1,500 tests, a fifth of all.


def test_only_suffixed_files_start_threads_or_processes():
    others = [
        path
        for path in SOURCES
        if not path.stem.endswith(SUFFIXES) and "experiments" not in path.relative_to(PACKAGE).parts
    ]
    assert len(others) > 200
    broken = {relative(path): starters(path) for path in others if starters(path)}
    assert broken == {}, f"the name of what imports these must say who runs it ({SUFFIXES})"


def test_nothing_strange_lies_at_the_top():
    """Such as a package that somebody downloaded there: nothing of others is kept here."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {name.partition("/")[0] for name in listed.stdout.splitlines()} == TOP_LEVEL


def test_what_starts_threads_and_processes_says_so_in_its_name():
    """Not what imports them is looked at here, but who is under way when one starts in a real crawl."""
    assert {kind for kind, *_ in what_starts.started()} == {"thread", "process"}
    for kind, process, name, file in what_starts.started():
        if name == "libuv-worker":
            continue  # uvloop starts it, below all Python
        assert Path(file).stem.endswith(SUFFIXES[1:]), f"{file} starts the {kind} {name} in {process}"


def test_every_thread_file_starts_a_thread():
    files = {path.relative_to(PACKAGE).as_posix() for path in SOURCES if path.stem.endswith("_thread")}
    assert files == {
        file for kind, *_, file in what_starts.started() if kind == "thread" and "_thread" in file
    }


def calls_of_the_default_executor(path: Path) -> list[str]:
    if not re.search("to_thread|run_in_executor", path.read_text(encoding="utf-8")):
        return []
    called = [ast.unparse(node) for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    return [call for call in called if re.match(r"[\w.()]*(to_thread\(|run_in_executor\(None)", call)]


def test_the_default_executor_is_used_in_one_file():
    """asyncio.to_thread forgets its thread when it is cancelled: plumbing/starter_thread.py does not."""
    found = {
        relative(path): calls
        for path in SOURCES
        if "lab" not in path.relative_to(ROOT).parts and (calls := calls_of_the_default_executor(path))
    }
    assert found.keys() == {"crawler/plumbing/starter_thread.py"}, found


def lengths(path: Path) -> dict[str, int]:
    """The lines of a file and of each function in it."""
    text = path.read_text(encoding="utf-8")
    found = {f"{relative(path)}: {name}": lines for name, lines in functions(tree(path))}
    return {relative(path): len(text.splitlines())} | found


def test_files_and_functions_stay_short():
    """A file that grows is split where it has two ideas; a function too."""
    over = {
        what: lines
        for path in SOURCES
        for what, lines in lengths(path).items()
        if lines > (MAX_LINES if what.endswith(".py") else MAX_FUNCTION_LINES)
    }
    assert {what: lines for what, lines in over.items() if lines > TOO_LONG.get(what, 0)} == {}
    assert TOO_LONG.keys() <= over.keys(), "some are short enough by now: not TOO_LONG any more"


def test_what_is_too_long_exists():
    assert {what.partition(":")[0] for what in TOO_LONG} <= {relative(path) for path in SOURCES}


def functions(tree: ast.AST, inside: str = "") -> list[tuple[str, int]]:
    """Qualified name and lines of each function, decorators apart."""
    found: list[tuple[str, int]] = []
    for node in ast.iter_child_nodes(tree):
        name = inside
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{inside}.{node.name}" if inside else node.name
            if not isinstance(node, ast.ClassDef):
                found.append((name, (node.end_lineno or 0) - node.lineno + 1))
        found += functions(node, name)
    return found


def test_an_experiment_is_read_on_a_page_or_two():
    """What it only needs in order to tell what it found is in crawler/lab/tables/."""
    lines = {relative(path): len(path.read_text(encoding="utf-8").splitlines()) for path in EXPERIMENTS}
    assert len(lines) > 20
    assert {path: count for path, count in lines.items() if count > MAX_LINES_OF_AN_EXPERIMENT} == {}


def test_only_the_files_named_after_it_import_the_http_client():
    client = [
        relative(path)
        for path in SOURCES
        if any(
            name == "aiohttp" or (name.startswith("aiohttp.") and not name.startswith("aiohttp.web"))
            for name in runtime_imports(path)
        )
        and not {"lab", "view"} & {*path.relative_to(ROOT).parts}  # these serve
    ]
    assert client == [
        "crawler/fetch/aiohttp_backend.py",
        "crawler/fetch/aiohttp_connection.py",
        "crawler/fetch/aiohttp_failures.py",
    ]
    served = [
        relative(path)
        for path in SOURCES
        if {"lab", "view"} & {*path.parts} and "ClientSession" in path.read_text()
    ]
    assert served == []


def test_only_the_files_named_after_it_import_httpx():
    assert [relative(path) for path in SOURCES if runtime_imports(path) & {"httpx", "httpcore"}] == [
        "crawler/fetch/httpx_backend.py",
        "crawler/fetch/httpx_connection.py",
        "crawler/fetch/httpx_failures.py",
        "crawler/fetch/httpx_network.py",
    ]


HEADER = re.compile(
    r"Station (?P<number>\d) of 4, (?P<name>\w+)\. In: .+\. Out: .+\. "
    r"Runs as: .+\. Stops when: .+\. Fails as: .+\."
)


def test_every_station_says_what_runs_it():
    stations = [path for path in SOURCES if re.match(r'"""Station \d', path.read_text(encoding="utf-8"))]
    numbers = []
    for path in stations:
        docstring = ast.get_docstring(parsed(path.read_text(encoding="utf-8"))) or ""
        match = HEADER.fullmatch(" ".join(docstring.split("\n\n")[0].split()))
        assert match, f"{relative(path)} lacks the station header"
        numbers.append(int(match["number"]))
        assert path.stem == f"{match['name']}_task", f"{relative(path)} is station {match['name']}"
    assert sorted(numbers) == [1, 2, 3, 4]


def test_every_module_says_what_it_is():
    assert [relative(path) for path in SOURCES if not ast.get_docstring(tree(path))] == []


def test_the_map_in_the_docs_is_current():
    written = (ROOT / "docs" / "map.md").read_text(encoding="utf-8")
    assert written == make_map.make(kept()), "run python -m docs"


def test_what_runs_alone_is_where_it_is_looked_for():
    """``python -m tests`` does not collect all tests for it."""
    places = {word for word in TESTS["tests alone"] if word.startswith("tests/")}
    marked = [
        relative(path)
        for path in (ROOT / "tests").rglob("test_*.py")
        if ".mark.alone" in path.read_text("utf-8") and path != Path(__file__)
    ]
    found = {place for place in places for path in marked if path == place or path.startswith(f"{place}/")}
    assert found == places
    assert all(any(path.startswith(place) for place in places) for path in marked)


def test_ci_calls_the_readme_s_test_command():
    commands = re.findall(
        r"^python3 -m venv .+$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(commands) == 2, "the README has two commands: the demo and the tests"
    assert commands[1] in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_constraints_are_plain_pins():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) > 20
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line) for line in lines)


def test_children_import_nothing_that_only_the_main_process_needs():
    """What a parser or a writer imports decides how fast it is ready."""
    code = "import crawler.parse.parser_process, crawler.write.writer_process, sys; print(*sys.modules)"
    loaded = set(
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.split()
    )
    unwanted = {"aiohttp", "click", "rich", "uvloop", "crawler.engine", "crawler.cli"}
    assert not loaded & unwanted
