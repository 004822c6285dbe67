"""The ladder: every step finds the same, ends by itself, leaves nothing, and fails as the next one says."""

import ast
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crawler.lab.report.pictures import can_draw
from crawler.lab.site.site_process import SiteProcess
from examples.ladder import __main__ as ladder
from examples.ladder import running
from examples.ladder.page import parse
from examples.ladder.running import HERE, STEPS, LadderFailed, Step, Workload, found, seconds_of
from tests.examples.alone import run_alone

PAGES = 92
MAX_LINES = 60
FILES = sorted(HERE.glob("step*.py"))
NAMES = [path.stem for path in FILES]
MODULES = {path.stem for path in HERE.glob("*.py")}
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="the processes are found in /proc")


@pytest.fixture(scope="module")
def site() -> Iterator[SiteProcess]:
    with SiteProcess() as site:
        yield site


@pytest.fixture(scope="module")
def slow_site() -> Iterator[SiteProcess]:
    with SiteProcess(latency=0.5) as site:
        yield site


@pytest.fixture(scope="module")
def expected(site: SiteProcess, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    out = tmp_path_factory.mktemp("ladder") / "first.jsonl"
    assert run("step1_sequential", site.url, out)[0] == 0
    return found(out)


def run(
    step: str, *arguments: object, files: int = 0, folder: Path = HERE, **settings: object
) -> tuple[int, str, str]:
    """Run the step in ``folder``, with at most so many open files. Nothing of it is left."""
    command = [sys.executable, str(folder / f"{step}.py"), *map(str, arguments)]
    if files:
        command = ["sh", "-c", f'ulimit -n {files}; exec "$@"', "sh", *command]
    return run_alone(command, {name: str(value) for name, value in settings.items()})


@pytest.mark.parametrize("step", [step.file for step in STEPS])
def test_every_step_finds_the_same_and_leaves_nothing(
    step: str, site: SiteProcess, expected: dict[str, Any], tmp_path: Path
) -> None:
    code, said, errors = run(step, site.url, tmp_path / "out.jsonl", LADDER_PARSES=2)
    assert (code, errors) == (0, "")
    assert said.startswith(f"{step}: {PAGES} pages (200: {PAGES}), ")
    assert found(tmp_path / "out.jsonl") == expected


def test_there_are_records_to_compare(expected: dict[str, Any]) -> None:
    assert len(expected) == PAGES
    assert sum(len(record["links"]) for record in expected.values()) > 20 * PAGES
    assert len({record["title"] for record in expected.values()}) > 80


def test_the_steps_are_those_that_are_run() -> None:
    assert [step.file for step in STEPS[:-1]] == NAMES


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_a_step_is_read_on_one_page(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_a_step_begins_with_what_failed_before(path: Path) -> None:
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    number = path.stem.removeprefix("step").partition("_")[0]
    assert said.startswith(f"Step {number}, ")
    assert said.partition("\n\n")[2].startswith(
        "There is no step before" if number == "1" else "What failed before: "
    )


@pytest.mark.parametrize("path", [*FILES, HERE / "page.py", HERE / "command.py"], ids=lambda path: path.stem)
def test_a_step_needs_nothing_of_this_crawler(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported = {name.partition(".")[0] for name in names}
    assert imported <= sys.stdlib_module_names | MODULES | {"aiohttp"}


@pytest.mark.parametrize("step", ["step1_sequential", "step2_threads", "step6b_workers"])
def test_a_site_that_cannot_be_had_is_a_record_and_a_sentence(step: str, tmp_path: Path) -> None:
    with SiteProcess() as gone:
        url = gone.url
    code, said, errors = run(step, url, tmp_path / "out.jsonl")
    assert code == 1
    assert "1 pages (no answer: 1)" in said
    assert errors == f"No page of {url} could be had.\n"


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://127.0.0.1/", "http://127.0.0.1:8000"])
def test_what_is_no_url_is_refused(url: str, tmp_path: Path) -> None:
    code, _, errors = run("step1_sequential", url, tmp_path / "out.jsonl")
    assert code == 2
    assert f"URL is {url!r}; allowed is http://HOST/" in errors
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("href", "link"),
    [
        ("../b?q=1#part", "http://h/b?q=1"),
        (" c ", "http://h/a/c"),
        ("//other", "http://other/"),
        ("/ein käse", "http://h/ein%20k%C3%A4se"),
        ("/%7Ea", "http://h/%7Ea"),
        ("mailto:a@h", None),
        ("http://[", None),
    ],
)
def test_a_link_is_absolute_and_can_be_asked_for(href: str, link: str | None) -> None:
    record = parse("http://h/a/", 200, f'<title> A\n page</title><a href="{href}">x</a><area href="{href}">')
    assert record["links"] == ([link] if link else [])
    assert record["title"] == "A page"


def test_what_is_no_answer_or_an_error_leads_nowhere() -> None:
    page = '<title>Gone</title><a href="/">x</a>'
    assert parse("http://h/", 404, page) == {"url": "http://h/", "status": 404, "title": None, "links": []}
    assert parse("http://h/", None, "")["status"] is None


# -- what the page tells to try --------------------------------------------------------------------


def tried(tmp_path: Path, step: str, *changes: tuple[str, str]) -> Path:
    """A copy of the ladder in which one step is changed as the page says."""
    folder = tmp_path / "ladder"
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    text = (folder / f"{step}.py").read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (folder / f"{step}.py").write_text(text, encoding="utf-8")
    return folder


SWITCH = (
    "                            seen.add(link)",
    "                            time.sleep(0.001); seen.add(link)",
)
NO_LOCK = ("                with lock:", "                if True:")
IMPORT = ("from pathlib import Path", "import time\nfrom pathlib import Path")


@pytest.mark.parametrize(("changes", "twice"), [((SWITCH, NO_LOCK), True), ((SWITCH,), False)])
def test_without_its_lock_threads_crawl_pages_twice(
    changes: tuple[tuple[str, str], ...], twice: bool, slow_site: SiteProcess, tmp_path: Path
) -> None:
    folder = tried(tmp_path, "step2_threads", IMPORT, *changes)
    out = tmp_path / "out.jsonl"
    assert run("step2_threads", slow_site.url, out, folder=folder)[0] == 0
    assert (out.read_bytes().count(b"\n") > PAGES) is twice


@pytest.mark.parametrize(("step", "code"), [("step2_threads", 0), ("step6b_workers", 1)])
def test_of_a_failure_threads_lose_a_page_and_a_task_group_tells(
    step: str, code: int, site: SiteProcess, tmp_path: Path
) -> None:
    fails = "if url.endswith('/about'): raise ValueError(url)"
    line = "record = parse(url, *"
    folder = tried(tmp_path, step, (line, f"{fails}\n{' ' * (16 if code == 0 else 12)}{line}"))
    done, said, errors = run(step, site.url, tmp_path / "out.jsonl", folder=folder)
    assert done == code
    assert (f"{PAGES - 1} pages" in said) is (code == 0)
    assert "ValueError" in errors


def test_a_function_inside_another_one_cannot_be_sent_to_a_process(site: SiteProcess, tmp_path: Path) -> None:
    change = ("parse, url, *answer)", "lambda: parse(url, *answer))")
    folder = tried(tmp_path, "step7_executor", change)
    code, _, errors = run("step7_executor", site.url, tmp_path / "out.jsonl", folder=folder)
    assert code == 1
    assert "pickle" in errors


# -- each step's failure, of which the next one speaks ---------------------------------------------


def workers_of(pid: int) -> list[int]:
    """The children that multiprocessing has started, its resource tracker apart."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in listed if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def killed_in_the_first_page(step: str, out: Path, timeout: float) -> tuple[int | None, str, int]:
    """Kill the workers while the first page is in hand: exit code (None: it does not end), stderr, requests.

    ``timeout`` counts from then on, in seconds; the page takes two.
    """
    with SiteProcess(latency=2.0) as site, running.start(step, site.url, out) as process:
        try:
            while not site.requests():
                time.sleep(0.01)
            for worker in workers_of(process.pid):
                os.kill(worker, signal.SIGKILL)
            _, errors = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            left = workers_of(process.pid)
            process.kill()
            for worker in left:
                os.kill(worker, signal.SIGKILL)
            return None, "", len(site.requests())
        return process.returncode, errors, len(site.requests())


@on_linux
def test_a_pool_waits_for_ever_for_a_page_of_a_killed_worker(tmp_path: Path) -> None:
    code, _, requests = killed_in_the_first_page("step3_pool", tmp_path / "out.jsonl", timeout=4)
    assert code is None
    assert requests == 1


@on_linux
def test_a_pipe_tells_that_its_worker_is_dead(tmp_path: Path) -> None:
    code, errors, _ = killed_in_the_first_page("step4_processes", tmp_path / "out.jsonl", timeout=30)
    assert code == 1
    assert errors.startswith("A worker died (it had in hand: ")


@pytest.mark.skipif(os.name != "posix", reason="the limit of open files is set by a shell")
def test_gather_without_a_bound_runs_out_of_files_and_bounds_do_not(
    slow_site: SiteProcess, tmp_path: Path
) -> None:
    answered = {}
    for step in ("step5_gather", "step6a_semaphore", "step6b_workers"):
        assert run(step, slow_site.url, tmp_path / "out.jsonl", files=36)[0] == 0
        records = found(tmp_path / "out.jsonl").values()
        answered[step] = sum(record["status"] == 200 for record in records)
    assert answered.pop("step5_gather") < PAGES
    assert answered == {"step6a_semaphore": PAGES, "step6b_workers": PAGES}


MOST_TASKS = """
import asyncio, sys
sys.path.insert(0, {here!r})
import {step} as step
most, parse = 0, step.parse
def counted(*page):
    global most
    most = max(most, len(asyncio.all_tasks()))
    return parse(*page)
step.parse = counted
asyncio.run(step.find({url!r}))
print(most)
"""


def test_a_semaphore_bounds_the_requests_and_workers_bound_the_coroutines(site: SiteProcess) -> None:
    most = {}
    for step in ("step6a_semaphore", "step6b_workers"):
        code = MOST_TASKS.format(here=str(HERE), step=step, url=site.url)
        told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        most[step] = int(told.stdout)
    assert most["step6a_semaphore"] > 0.8 * PAGES
    assert most["step6b_workers"] <= 16 + 1  # and the one that waits for them


def test_what_a_killed_writer_had_not_written_is_lost(
    site: SiteProcess, expected: dict[str, Any], tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    code, said, errors = run("step8_writer", site.url, out, LADDER_KILL_AT=40)
    whole = out.read_bytes().count(b"\n")
    assert code == 1
    assert said == ""
    assert errors == f"The writer died (exit code -9). Whole records in {out}: {whole}.\n"
    assert whole <= 40 < len(expected)


@on_linux
def test_this_crawler_loses_nothing_when_its_writer_is_killed(
    slow_site: SiteProcess, expected: dict[str, Any], site: SiteProcess, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    code, said, errors = run("ninth_this_crawler", slow_site.url, out, LADDER_KILL_AT=1)
    assert code == 0
    assert "was killed" in said
    assert "(exit code -9) and is replaced" in errors
    assert found(out).keys() == {url.replace(site.url, slow_site.url) for url in expected}


# -- running all of them -----------------------------------------------------------------------------


def test_many_waiting_at_once_are_faster_than_one() -> None:
    seconds = seconds_of(Workload("waiting", 0.05, 1), [STEPS[0], STEPS[1], STEPS[6]])
    assert seconds["step1_sequential"] >= PAGES * 0.05
    assert seconds["step2_threads"] < seconds["step1_sequential"] / 2
    assert seconds["step6b_workers"] < seconds["step1_sequential"] / 2


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("sys.exit('no such luck')", "broken ended with exit code 1: no such luck"),
        ("out.write_text('')", "broken: 92 of 92 records are not as step 1's"),
        ('out.write_text(2 * \'{"url": "u"}\\n\')', "broken has 1 records twice"),
    ],
)
def test_a_step_that_finds_something_else_ends_it_all(
    body: str, why: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("step1_sequential", "page", "command"):
        (tmp_path / f"{name}.py").write_bytes((HERE / f"{name}.py").read_bytes())
    head = "import sys\nfrom pathlib import Path\nout = Path(sys.argv[2])\n"
    (tmp_path / "broken.py").write_text(f"{head}{body}\n")
    monkeypatch.setattr(running, "HERE", tmp_path)
    with pytest.raises(LadderFailed, match=f"^{why}$"):
        seconds_of(Workload("tiny", 0.0, 1), [STEPS[0], Step("broken", "nobody", "nobody")])


def test_one_command_makes_the_table_and_the_picture(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(ladder, "seconds_of", lambda *_, rounds: {step.file: 1.5 * rounds for step in STEPS})
    monkeypatch.setattr(ladder, "kept_after_kill", lambda at: dict.fromkeys(at, 38))
    monkeypatch.setattr(sys, "argv", ["ladder", "-o", str(tmp_path), "--rounds", "2"])
    ladder.main()
    said = capsys.readouterr().out
    assert all(step.file in said for step in STEPS)
    assert "3.00" in said
    assert said.endswith(f"\n{tmp_path}\n")
    pictures = {"ladder.png", "ladder.svg", "ladder-narrow.svg"}
    made = {"ladder.json"} | (pictures if can_draw() else set())
    assert {path.name for path in tmp_path.iterdir()} == made


def test_where_nothing_can_be_drawn_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(ladder, "can_draw", lambda: False)
    monkeypatch.setattr(ladder, "seconds_of", lambda *_, rounds: {step.file: 1.5 * rounds for step in STEPS})
    monkeypatch.setattr(ladder, "kept_after_kill", lambda at: dict.fromkeys(at, 38))
    monkeypatch.setattr(sys, "argv", ["ladder", "-o", str(tmp_path)])
    ladder.main()
    assert "matplotlib is not installed" in capsys.readouterr().out
    assert {path.name for path in tmp_path.iterdir()} == {"ladder.json"}


@pytest.mark.skipif(os.name != "posix", reason="it is ended by a signal")
def test_the_site_is_served_for_trying_by_hand() -> None:
    program = (
        "import examples.ladder.__main__ as ladder, sys\n"
        "if __name__ == '__main__':\n"
        "    ladder.PORT = 0\n"
        "    sys.argv[1:] = ['--serve']\n"
        "    ladder.main()\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        said = [serving.stdout.readline() for _ in range(2)]
        serving.send_signal(signal.SIGTERM)
    assert serving.returncode == 0
    assert said[0].startswith("The bundled site, 50 ms for each answer, is at http://127.0.0.1:")
    assert "python examples/ladder/step1_sequential.py http://127.0.0.1:" in said[1]


def test_rounds_are_at_least_one(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["ladder", "--rounds", "0"])
    with pytest.raises(SystemExit, match="2"):
        ladder.main()
    assert "--rounds is 0; allowed is 1 or more" in capsys.readouterr().err
