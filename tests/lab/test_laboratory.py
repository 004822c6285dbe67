"""The frame of the experiments: each in a process of its own, none harms another, and what is reported."""

import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crawler.cli.app import main
from crawler.lab import experiment_process
from crawler.lab.experiment_process import run_in_process
from crawler.lab.finding import Scale, Table, Verdict
from crawler.lab.labels import ENGLISH
from crawler.lab.laboratory import Report, as_json, run_all, write_report
from crawler.lab.machine import cores, this_machine
from crawler.lab.registry import EXPERIMENTS, chosen
from crawler.lab.report.words import conclusion, describe, is_numeric
from crawler.model.errors import UsageError
from tests.lab import toy_lesson

ROOT = Path(__file__).parents[2]
TOY = ("tests.lab.toy_experiment", "a toy")


@pytest.fixture(autouse=True)
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)  # where the children find the toy
    monkeypatch.setitem(sys.modules, "crawler.lab.lessons.toy_experiment", toy_lesson)
    monkeypatch.setitem(EXPERIMENTS, "toy", TOY)
    monkeypatch.setitem(EXPERIMENTS, "toy-2", TOY)


def is_gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"  # dead, and not yet waited for by whoever inherited it


def assert_nothing_is_left(told: str) -> None:
    """Neither the toy and its child, nor their semaphore and temporary file."""
    toy, child, *paths = told.split()
    assert is_gone(int(toy))
    assert is_gone(int(child))
    assert len(paths) == 2
    assert not [path for path in paths if Path(path).exists()]


def wait_for(path: Path) -> str:
    end = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < end
        time.sleep(0.01)
    return path.read_text()


def test_every_experiment_has_a_module() -> None:
    assert "race" in EXPERIMENTS
    for module, about in EXPERIMENTS.values():
        assert about
        assert importlib.util.find_spec(module) is not None


def test_names_are_chosen_once_each_and_none_is_all() -> None:
    assert chosen([]) == list(EXPERIMENTS)
    assert chosen(["toy", "race", "toy"]) == ["toy", "race"]
    every = r"^there is no experiment 'nope'; allowed: race, .*crash, faults, internet, nodes$"
    with pytest.raises(UsageError, match=every):
        chosen(["race", "nope"])
    with pytest.raises(UsageError, match=r"^crash is run by itself: crawler lab crash$"):
        chosen(["race", "crash"])


def test_a_finding_comes_back_with_its_pictures(tmp_path: Path) -> None:
    result = run_in_process("toy", Scale.QUICK, tmp_path)
    assert result.finding is not None
    assert result.finding.verdict is Verdict.HALF
    assert result.finding.done == "They were played with, quick."
    assert result.finding.tables[0].rows == (("ball", "1"), ("car", "20"))
    assert result.picture == tmp_path / "toy"
    drawn = (tmp_path / "toy.svg").read_text()
    assert "Are toys &amp; games fast?" in drawn
    assert "Half true here." in drawn
    assert "Played with" in drawn, "its own title is kept"
    assert ">0.125</text>" in drawn, "what it says is not rounded, as its coordinates are"
    assert not [tag for tag in re.findall(r"<[^>]+>", drawn) if re.search(r"\d\.\d\d", tag)]
    narrow = (tmp_path / "toy-narrow.svg").read_text()
    assert [float(re.search(r'width="([\d.]+)pt"', svg)[1]) for svg in (drawn, narrow)] == [648, 288]
    assert (tmp_path / "toy.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in (tmp_path / "toy.svg").read_bytes()
    assert 0 < result.seconds < 60


@pytest.mark.parametrize(
    ("toy", "not_possible", "failed"),
    [
        ("lacks", "there is no <sand> here", None),
        ("fills memory", "the machine ran out of memory for it", None),
        ("crashes", None, f"it ended with exit code -{signal.SIGSEGV.value}: it said nothing"),
        ("fails", None, "it ended with exit code 1: ValueError: it went wrong"),
    ],
)
def test_what_gives_no_finding_says_why_and_counts_for_nothing(
    toy: str, not_possible: str | None, failed: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOY", toy)
    result = run_in_process("toy", Scale.QUICK, tmp_path)
    assert (result.finding, result.not_possible, result.failed) == (None, not_possible, failed)
    report = Report(this_machine(), Scale.QUICK, [result])
    assert report.failed is (failed is not None)
    told = as_json(report)
    assert told["experiments"] == {}
    assert told["not_possible"] == ({"toy": not_possible} if not_possible else {})
    assert told["failed"] == ({"toy": failed} if failed else {})
    assert f"toy: {not_possible or failed}" in "\n".join(conclusion(report))


def test_one_that_hangs_is_ended_with_all_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOY", "hangs")
    monkeypatch.setenv("TOY_PIDS", str(tmp_path / "pids"))
    for limit in (2, 8, 32):  # a busy machine may need longer until the toy hangs
        result = run_in_process("toy", Scale.QUICK, tmp_path, limit)
        assert result.failed == f"it was ended after {limit} seconds"
        if (tmp_path / "pids").exists():
            break
    assert_nothing_is_left((tmp_path / "pids").read_text())


LAB = """
import os, sys
from crawler.cli.app import main
from crawler.lab.registry import EXPERIMENTS
from tests.lab import toy_lesson
sys.modules["crawler.lab.lessons.toy_experiment"] = toy_lesson
EXPERIMENTS["toy"] = EXPERIMENTS["toy-2"] = EXPERIMENTS["toy-3"] = ("tests.lab.toy_experiment", "a toy")
import crawler.lab.experiment_process as process
run = process.run_in_process
def then_hang(name, *rest):
    if name == "toy-2":
        os.environ["TOY"] = "hangs"
    return run(name, *rest)
import crawler.lab.laboratory as laboratory
laboratory.run_in_process = then_hang
sys.exit(main(["lab", "toy", "toy-2", "toy-3", "--quick", "-o", sys.argv[1]]))
"""


def test_ctrl_c_leaves_no_process_and_keeps_what_was_found(tmp_path: Path) -> None:
    environment = dict(os.environ) | {"TOY_PIDS": str(tmp_path / "pids")}
    command = [sys.executable, "-c", LAB, str(tmp_path / "out")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as lab:
        left = wait_for(tmp_path / "pids")
        lab.send_signal(signal.SIGINT)
        out, err = lab.communicate(timeout=30)
    assert (lab.returncode, err) == (130, "")
    assert_nothing_is_left(left)
    assert "interrupted     toy-2: nothing after it was run" in out
    told = json.loads((tmp_path / "out" / "report.json").read_text())
    assert (list(told["experiments"]), told["interrupted"]) == (["toy"], "toy-2")
    assert "toy-2</b> was interrupted" in (tmp_path / "out" / "report.html").read_text()


def test_the_report_loads_nothing_and_names_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lack_the_second(name: str) -> None:
        if name == "toy-2":
            monkeypatch.setenv("TOY", "lacks")

    report = run_all(["toy", "toy-2"], Scale.QUICK, tmp_path, lack_the_second)
    write_report(report, tmp_path)
    page = (tmp_path / "report.html").read_text()
    assert not re.search(r"(?<!<a href=')https?://|<script|<link|@import|url\(", page)
    assert all(
        source.startswith("data:image/svg+xml;base64,") for source in re.findall(r"src='([^']*)", page)
    )
    assert re.findall(r"srcset='(data:image/svg\+xml;base64,)", page), "one for narrow pages"
    assert page.count("<img ") == 1
    assert "<img alt='Toys &amp; how fast they are.'" in page
    assert "Toys &amp; games are fast." in page
    assert "<h2>Are toys &amp; games fast?</h2>" in page
    for part in (
        "<h3>Why</h3><p>Since it says &lt;so&gt; itself",
        "Have a <code>ball</code>",
        toy_lesson.LESSON.reading,
    ):
        assert part in page
    assert "Table((&quot;toy &lt;b&gt;&quot;" in page, "the source is there"
    assert "toy &lt;b&gt;" in page
    assert "there is no &lt;sand&gt; here" in page
    assert "prefers-color-scheme: dark" in page
    count = f"{cores()} core{'s' if cores() > 1 else ''}"
    assert count in page
    assert this_machine().python in page
    told = json.loads((tmp_path / "report.json").read_text())
    assert told["machine"]["cores"] == cores()
    assert told["experiments"]["toy"]["figures"] == {"ball_s": 1.0}
    assert told["experiments"]["toy"]["pictures"] == ["toy.png", "toy.svg", "toy-narrow.svg"]
    assert told["experiments"]["toy"]["verdict"] == "half true"
    assert "draw" not in told["experiments"]["toy"]
    toy = told["experiments"]["toy"]
    assert (toy["question"], toy["guess"]) == ("Are toys & games fast?", None)
    assert (told["language"], toy["caption"]) == ("en", "Toys & how fast they are.")
    assert toy["why"] == "Since it says <so> itself:\n\n- one ``ball``\n- two cars"
    assert (toy["in_your_program"], toy["source"]) == ("Have a `ball`.", "tests/lab/toy_experiment.py")
    assert toy["in_this_program"] == [{"where": "tests/lab/toy_experiment.py#run", "what": "plays"}]
    assert toy["exercise"] == {"task": "Throw it.", "solution": "examples/exercises/toy_experiment.py"}


def test_without_matplotlib_there_are_tables_and_the_way_to_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("crawler.lab.report.pictures.find_spec", lambda name: None)
    # The child is another interpreter: its part is called here.
    monkeypatch.setattr(sys, "argv", ["", "toy", TOY[0], "quick", str(tmp_path), str(tmp_path), "Why?"])
    experiment_process.main()
    assert (tmp_path / "finding.pickle").exists()
    assert not (tmp_path / "toy.svg").exists()
    monkeypatch.setenv("TOY", "lacks")
    assert main(["lab", "toy", "-o", str(tmp_path)]) == 0
    assert ENGLISH.no_pictures in capsys.readouterr().out.splitlines()


def test_the_command_prints_each_finding_and_where_the_report_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lab", "toy", "--quick", "-o", str(tmp_path / "new" / "out")]) == 0
    out = capsys.readouterr().out
    for part in (
        "Claim: Toys & games are fast.",
        "All toys",
        "Half true: Since 1 < 20.",
        "doll was not tried",
    ):
        assert part in out
    assert out.splitlines()[-1] == f"report: {tmp_path / 'new' / 'out' / 'report.html'}"
    assert (tmp_path / "new" / "out" / "report.html").exists()


def test_json_is_one_object_and_a_failure_exits_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOY", "fails")
    assert main(["lab", "toy", "--json", "-o", str(tmp_path)]) == 1
    captured = capsys.readouterr()
    told = json.loads(captured.out)
    assert (told["scale"], told["report"], told["experiments"]) == ("normal", str(tmp_path), {})
    assert list(told["failed"]) == ["toy"]


def test_bad_usage_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lab", "nope"]) == 2
    assert "there is no experiment 'nope'; allowed: race" in capsys.readouterr().err
    assert main(["lab", "--nope"]) == 2
    assert capsys.readouterr().err.endswith("(see crawler lab --help)\n")
    (tmp_path / "file").write_text("")
    assert main(["lab", "toy", "-o", str(tmp_path / "file" / "out")]) == 2
    assert "the report's folder cannot be made: Not a directory" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--help"], ["race", "-h"]])
def test_help_tells_of_both_forms(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lab", *arguments]) == 0
    out = capsys.readouterr().out
    for part in ("crawler lab [OPTIONS] [EXPERIMENT]...", "race ", "crash ", "faults ", "--quick", "--out"):
        assert part in out


def test_a_busy_machine_and_quick_figures_are_told() -> None:
    machine = this_machine()
    assert "--quick" in describe(machine, Scale.QUICK)[-1]
    busy = type(machine)(2, "CPU", None, "Linux", "CPython", "2026-01-01T00:00:00Z", load=4.0)
    assert "busy with other things (load average 4.0" in describe(busy, Scale.NORMAL)[1]


def test_numbers_stand_right_and_words_left() -> None:
    table = Table(("a", "b", "c"), (("2 threads", "1,000", "x"), ("only", "–", "")))
    assert [is_numeric(table, column) for column in range(3)] == [False, True, False]
