"""The laws of the house, kept by tests: who may start what, who may import what, and where it is said."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "crawler"
SOURCES = sorted(PACKAGE.rglob("*.py"))
SUFFIXES = ("_task", "_thread", "_process", "_pool", "_queue", "_pipe")
STARTERS = {"threading", "multiprocessing", "concurrent", "concurrent.futures", "_thread"}
EXEMPT = {PACKAGE / "plumbing" / "stop_signal.py"}
MOST_LINES = 300
"""A room that grows past about 220 lines is to be split; this is where it must be."""
TOP_LEVEL = {
    ".ci", ".gitignore", "CHANGELOG.md", "LICENSE", "README.md", "benchmarks", "config.toml",
    "constraints.txt", "crawler", "docs", "fixtures", "pyproject.toml", "tests", "zensical.toml",
}  # fmt: skip
EXPERIMENTS = sorted((PACKAGE / "lab" / "experiments").rglob("*.py"))
MOST_LINES_OF_AN_EXPERIMENT = 120


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

    visit(ast.parse(path.read_text(encoding="utf-8")))
    return found


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_only_suffixed_files_start_threads_or_processes(path: Path):
    if path in EXEMPT or path.stem.endswith(SUFFIXES) or "experiments" in path.parts:
        return
    starters = {name for name in runtime_imports(path) if name.split(".")[0] in STARTERS}
    # Types and constants of multiprocessing that start nothing.
    starters -= {"multiprocessing.connection", "multiprocessing.context", "multiprocessing.process"}
    assert not starters, f"{relative(path)} imports {starters}: its name must say who runs it ({SUFFIXES})"


def test_nothing_strange_lies_at_the_top():
    """Such as a package that somebody downloaded there: nothing of others is kept here."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {name.partition("/")[0] for name in listed.stdout.splitlines()} == TOP_LEVEL


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_no_room_grows_without_end(path: Path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= (220 if path.name == "street.py" else MOST_LINES)


@pytest.mark.parametrize("path", EXPERIMENTS, ids=relative)
def test_an_experiment_is_read_on_a_page_or_two(path: Path):
    """What it only needs in order to tell what it found is in crawler/lab/telling/."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES_OF_AN_EXPERIMENT


def test_only_the_files_named_after_it_import_the_http_client():
    client = [
        relative(path)
        for path in SOURCES
        if any(
            name == "aiohttp" or (name.startswith("aiohttp.") and not name.startswith("aiohttp.web"))
            for name in runtime_imports(path)
        )
        and "lab" not in path.parts
    ]
    assert client == [
        "crawler/fetch/aiohttp_backend.py",
        "crawler/fetch/aiohttp_connection.py",
        "crawler/fetch/aiohttp_failures.py",
    ]
    served = [
        relative(path) for path in SOURCES if "lab" in path.parts and "ClientSession" in path.read_text()
    ]
    assert served == []


def test_only_the_files_named_after_it_import_httpx():
    assert [relative(path) for path in SOURCES if runtime_imports(path) & {"httpx", "httpcore"}] == [
        "crawler/fetch/httpx_backend.py",
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
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        match = HEADER.fullmatch(" ".join(docstring.split("\n\n")[0].split()))
        assert match, f"{relative(path)} lacks the station header"
        numbers.append(int(match["number"]))
        assert path.stem == f"{match['name']}_task", f"{relative(path)} is station {match['name']}"
    assert sorted(numbers) == [1, 2, 3, 4]


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_every_module_says_what_it_is(path: Path):
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_the_map_in_the_docs_is_current():
    made = subprocess.run(
        [sys.executable, ROOT / "docs" / "make_map.py", "--print"], capture_output=True, text=True, check=True
    )
    assert (ROOT / "docs" / "map.md").read_text(encoding="utf-8") == made.stdout, (
        "run python docs/make_map.py"
    )


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
