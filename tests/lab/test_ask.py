"""``crawler lab --ask``: a guess, the figures, why; whatever is typed, or not."""

import io
import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.cli.app import main
from crawler.lab import laboratory
from crawler.lab.experiment_process import Result
from crawler.lab.finding import Finding, Scale, Verdict
from crawler.lab.registry import EXPERIMENTS
from tests.lab import toy_lesson

FINDING = Finding(
    claim="Toys & games are fast.",
    done="They were played with.",
    tables=[],
    verdict=Verdict.HALF,
    because="Since 1 < 20.",
    figures={"ball_s": 20.0},
)


class Typist(io.StringIO):
    """A terminal at which somebody has typed already."""

    def isatty(self) -> bool:
        return True


class Interrupted(Typist):
    def readline(self, _size: int = -1) -> str:
        raise KeyboardInterrupt


@pytest.fixture(autouse=True)
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two experiments that find the same at once, and one that is not possible here."""
    monkeypatch.setitem(sys.modules, "crawler.lab.lessons.toy_experiment", toy_lesson)
    for name in ("toy", "toy-2", "toy-3"):
        monkeypatch.setitem(EXPERIMENTS, name, ("tests.lab.toy_experiment", "a toy"))

    def run(name: str, _scale: Scale, _folder: Path) -> Result:
        return Result(name, 0.1, None, "no sand") if name == "toy-3" else Result(name, 0.1, FINDING)

    monkeypatch.setattr(laboratory, "run_in_process", run)


def asked(
    typed: io.StringIO,
    *names: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> tuple[int, str]:
    monkeypatch.setattr(sys, "stdin", typed)
    code = main(["lab", *(names or ["toy"]), "--ask", "-o", str(folder)])
    captured = capsys.readouterr()
    assert captured.err == ""
    return code, captured.out


def test_the_guess_comes_first_then_the_figures_then_why_and_an_exercise(
    tmp_path, monkeypatch, capsys
) -> None:
    code, out = asked(Typist("40\n"), folder=tmp_path, monkeypatch=monkeypatch, capsys=capsys)
    assert code == 0
    order = [
        "Are toys & games fast?",
        "How fast is a <ball>?",
        "Your guess (Enter for none): ",
        "You guessed: 40 km/h. Measured: 20 km/h. It is otherwise.",
        "Claim: Toys & games are fast.",
        "Half true: Since 1 < 20.",
        "Why",
        "- one `ball`",
        "So in your program",
        "Have a `ball`.",
        "tests/lab/toy_experiment.py#run",
        toy_lesson.LESSON.reading,
        "Throw it.",
        "examples/exercises/toy_experiment.py",
    ]
    places = [out.index(part) for part in order]
    assert places == sorted(places)
    told = json.loads((tmp_path / "report.json").read_text())["experiments"]["toy"]["guess"]
    assert told == {
        "question": "How fast is a <ball>?",
        "guess": "40 km/h",
        "measured": "20 km/h",
        "right": False,
    }
    page = (tmp_path / "report.html").read_text()
    assert "How fast is a &lt;ball&gt;?<br>You guessed: <b>40 km/h</b>. Measured: <b>20 km/h</b>. It" in page


def test_several_are_asked_one_after_the_other(tmp_path, monkeypatch, capsys) -> None:
    code, out = asked(
        Typist("20\n25\n"), "toy", "toy-2", folder=tmp_path, monkeypatch=monkeypatch, capsys=capsys
    )
    assert code == 0
    assert (
        out.index("── toy:")
        < out.index("That is right.")
        < out.index("── toy-2:")
        < out.index("That is close.")
    )


def test_a_wrong_input_is_asked_again_once(tmp_path, monkeypatch, capsys) -> None:
    code, out = asked(Typist("fast\n20\n"), folder=tmp_path, monkeypatch=monkeypatch, capsys=capsys)
    assert code == 0
    assert "'fast' is no guess; allowed: a number from 0 on (km/h)" in out
    assert "You guessed: 20 km/h." in out
    code, out = asked(Typist("fast\n-1\n20\n"), folder=tmp_path, monkeypatch=monkeypatch, capsys=capsys)
    assert code == 0
    assert (out.count("is no guess"), out.count("No guess, then."), "You guessed" in out) == (2, 1, False)


@pytest.mark.parametrize("typed", ["２０", "２０．０", "20km/h", "２０ｋｍ／ｈ", "20。"])
def test_a_guess_may_be_typed_on_a_chinese_keyboard(typed: str, tmp_path, monkeypatch, capsys) -> None:
    code, out = asked(Typist(f"{typed}\n"), folder=tmp_path, monkeypatch=monkeypatch, capsys=capsys)
    assert code == 0
    assert "You guessed: 20 km/h. Measured: 20 km/h. That is right." in out


def test_what_is_typed_in_another_encoding_is_a_wrong_input(tmp_path, monkeypatch, capsys) -> None:
    typed = io.TextIOWrapper(io.BytesIO("二\n20\n".encode("gbk")), encoding="utf-8")
    monkeypatch.setattr(typed, "isatty", lambda: True)
    code, out = asked(typed, folder=tmp_path, monkeypatch=monkeypatch, capsys=capsys)  # type: ignore[arg-type]
    assert code == 0
    assert out.count("is no guess") == 1
    assert "You guessed: 20 km/h." in out


@pytest.mark.parametrize("typed", ["", "\n"])
def test_the_end_of_input_and_an_empty_line_are_no_guess(typed: str, tmp_path, monkeypatch, capsys) -> None:
    code, out = asked(Typist(typed), folder=tmp_path, monkeypatch=monkeypatch, capsys=capsys)
    assert code == 0
    assert "No guess, then." in out
    assert "You guessed" not in out
    assert "So in your program" in out


def test_ctrl_c_at_the_question_ends_it_as_anywhere_else(tmp_path, monkeypatch, capsys) -> None:
    code, out = asked(Interrupted(), folder=tmp_path, monkeypatch=monkeypatch, capsys=capsys)
    assert code == 130
    assert "interrupted     toy: nothing after it was run" in out


def test_what_cannot_be_measured_leaves_the_guess_open(tmp_path, monkeypatch, capsys) -> None:
    code, out = asked(Typist("1\n"), "toy-3", folder=tmp_path, monkeypatch=monkeypatch, capsys=capsys)
    assert code == 0
    assert out.index("Your guess stays open.") < out.index("Skipped: no sand") < out.index("Why")


@pytest.mark.parametrize("stdin", [None, io.StringIO("1\n")])
def test_without_a_terminal_it_says_so(stdin, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "stdin", stdin)
    assert main(["lab", "toy", "--ask", "-o", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err == (
        "crawler: --ask needs a terminal, to read guesses from; standard input is none\n"
    )
    assert not (tmp_path / "out").exists()


def test_questions_and_json_exclude_each_other(monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "stdin", Typist("1\n"))
    assert main(["lab", "toy", "--ask", "--json"]) == 2
    assert capsys.readouterr().err.startswith("crawler: --ask and --json exclude each other")


def test_at_a_real_terminal_ctrl_c_is_130_and_no_traceback(tmp_path: Path) -> None:
    terminal, end = pty.openpty()
    command = [sys.executable, "-m", "crawler", "lab", "gil", "--ask", "--quick", "-o", str(tmp_path)]
    with subprocess.Popen(
        command,
        stdin=end,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    ) as lab:
        assert lab.stdout is not None
        said = b""
        while b"Your guess" not in said and (more := os.read(lab.stdout.fileno(), 4096)):
            said += more
        lab.send_signal(signal.SIGINT)
        out, err = lab.communicate(timeout=30)
    os.close(terminal)
    os.close(end)
    assert (lab.returncode, err) == (130, b"")
    assert b"interrupted     gil" in out
