"""The lab in Chinese: what the experiments say, the terminal, the report, the questions."""

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path
from string import Formatter

import pytest

from crawler.cli.app import main
from crawler.lab import labels, laboratory
from crawler.lab.chinese import chinese_of
from crawler.lab.experiment_process import Result, lacking
from crawler.lab.experiments import limits
from crawler.lab.finding import NotPossible, Scale
from crawler.lab.language import CHINESE, ENGLISH
from crawler.lab.lesson import Choice
from crawler.lab.lessons import lesson_of, why
from crawler.lab.registry import EXPERIMENTS
from crawler.lab.report.wrapping import fit
from docs import DOCS, make_gallery
from tests.lab.translated import assert_all_is_said_in_chinese, english_in, is_chinese

TRANSLATED = [name for name in EXPERIMENTS if chinese_of(name) is not None]
RUN = json.loads((make_gallery.KEPT / "report.json").read_text("utf-8"))


def test_every_experiment_is_translated():
    assert list(EXPERIMENTS) == TRANSLATED


@pytest.mark.parametrize("name", TRANSLATED)
def test_what_is_the_same_whatever_was_measured_is_said_in_chinese(name: str):
    lesson, reason, original = CHINESE.lesson(name), CHINESE.why(name), lesson_of(name)
    said = [CHINESE.about(name), lesson.question, lesson.guess.text, lesson.advice, lesson.exercise, reason]
    said += [place.what for place in lesson.places] + [lesson.caption] * bool(original.caption)
    assert [text for text in said if not is_chinese(text)] == []
    assert [place.where for place in lesson.places] == [place.where for place in original.places]
    assert len(reason.split("\n\n")) == len(why(name).split("\n\n"))
    if isinstance(lesson.guess, Choice):
        assert isinstance(original.guess, Choice)
        assert len(lesson.guess.answers) == len(original.guess.answers)


@pytest.mark.parametrize("name", sorted(set(TRANSLATED) & set(RUN["experiments"])))
def test_a_finding_of_the_kept_run_is_said_in_chinese(name: str):
    finding = make_gallery.finding_of(RUN["experiments"][name])
    assert_all_is_said_in_chinese(name, finding)
    guess = CHINESE.lesson(name).guess
    measured = guess.measured(json.loads(json.dumps(finding.figures)))
    assert guess.held_against(measured, finding.figures).right  # type: ignore[arg-type]


def test_english_in_chinese_is_found():
    assert english_in("这是 it ran beside a loop then 的") == ["it ran beside a loop then"]
    assert english_in("用 ``for one in the whole wide world`` 和 ProcessPoolExecutor map") == []
    assert not is_chinese("Borne out")


def test_the_labels_are_the_same_in_both_languages():
    def places(text: str) -> set[str | None]:
        return {name for _, name, _, _ in Formatter().parse(text)} - {None}

    for field in fields(labels.Labels):
        english, chinese = getattr(labels.ENGLISH, field.name), getattr(labels.CHINESE, field.name)
        if field.name == "verdicts":
            assert english.keys() == chinese.keys()
            assert all(map(is_chinese, chinese.values()))
        else:
            assert places(english) == places(chinese), field.name
            assert field.name in ("html_language", "colon", "page_title") or is_chinese(chinese), field.name


def test_a_line_of_chinese_ends_between_any_characters_but_not_before_a_mark():
    assert fit("先猜后看，更好。", 8) == "先猜后\n看，更\n好。"
    assert fit("用 worker 来取（先到）先得", 11) == "用 worker\n来取（先\n到）先得"
    assert fit("一行\n\n再一行", 4) == "一行\n\n再一\n行"
    assert fit("English is for the terminal to wrap", 8) == "English is for the terminal to wrap"


def test_a_finding_is_printed_and_kept_in_chinese(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["lab", "semaphore", "--quick", "--language", "zh", "-o", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    chinese = chinese_of("semaphore")
    assert chinese is not None
    for part in (
        f"── semaphore：{chinese.about} …",
        f"说法：{chinese.claim}",
        "协程任务数",
        "用 --quick 测的",
        f"报告：{tmp_path / 'report.html'}",
    ):
        assert part in out
    assert english_in(out) == []
    told = json.loads((tmp_path / "report.json").read_text())
    assert told["language"] == "zh"
    one = told["experiments"]["semaphore"]
    assert one["verdict"] in {verdict.value for verdict in labels.CHINESE.verdicts}, "for programs"
    assert (one["claim"], one["question"], one["why"]) == (chinese.claim, chinese.question, chinese.why)
    written = (tmp_path / "report.html").read_text()
    assert "<html lang=zh-Hans>" in written
    assert f"<img alt='{chinese.caption}'" in written


def test_why_an_experiment_is_not_possible_is_said_in_chinese(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    why = RUN["not_possible"]["interpreters"]
    monkeypatch.setattr(laboratory, "run_in_process", lambda name, *_: Result(name, 0.1, not_possible=why))
    report = laboratory.run_all(["interpreters"], Scale.QUICK, tmp_path, language=CHINESE)
    (said,) = laboratory.as_json(report)["not_possible"].values()
    assert is_chinese(said)
    assert "CPython 3.11.7" in said
    assert ENGLISH.reason("interpreters", why) == why


def test_so_is_what_any_experiment_may_lack(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(limits, "cores", lambda: 1)
    monkeypatch.delattr(os, "sched_setaffinity")
    monkeypatch.setattr(limits, "start_methods", lambda: ["spawn"])
    monkeypatch.setattr(limits, "PROC", tmp_path)
    for check in (
        limits.need_two_cores, limits.need_choice_of_cores, limits.need_fork_server,
        limits.need_memory_figures,
    ):  # fmt: skip
        with pytest.raises(NotPossible) as lacking_here:
            check()
        assert is_chinese(CHINESE.reason("gil", str(lacking_here.value)))


def test_the_page_about_the_lab_shows_a_question_as_it_is_asked():
    shown = (DOCS / "lab.zh.md").read_text("utf-8").split("--ask --language zh\n")[-1].split("```")[0]
    lesson = CHINESE.lesson("semaphore")
    assert f"── semaphore：{CHINESE.about('semaphore')} …\n" in shown
    assert f"   {lesson.question}\n\n   {lesson.guess.text}\n   {labels.CHINESE.your_guess}" in shown


def test_another_language_is_refused_in_one_sentence(capsys: pytest.CaptureFixture[str]):
    assert main(["lab", "semaphore", "--language", "fr"]) == 2
    err = capsys.readouterr().err
    assert "'fr' is not one of 'en', 'zh'" in err
    assert err.count("\n") == 1


def at_a_terminal(*arguments: str, typed: bytes) -> tuple[int, str]:
    """Run ``crawler`` at a terminal, and type when it asks for a guess; its exit code, and what it said."""
    terminal, end = pty.openpty()
    command = [sys.executable, "-m", "crawler", *arguments]
    with subprocess.Popen(
        command, stdin=end, stdout=end, stderr=end, env=os.environ | {"COLUMNS": "80"}
    ) as lab:
        os.close(end)
        said, until = b"", time.monotonic() + 100
        while time.monotonic() < until:
            if not select.select([terminal], [], [], 0.2)[0]:
                continue
            try:
                said += os.read(terminal, 4096)
            except OSError:  # it has ended
                break
            if typed and labels.CHINESE.your_guess.encode() in said:
                os.write(terminal, typed)
                typed = b""
    os.close(terminal)
    return lab.returncode, re.sub(r"\x1b\[[\d;]*m|\r", "", said.decode())


def test_it_is_asked_and_explained_in_chinese(tmp_path: Path):
    code, said = at_a_terminal(
        "lab", "semaphore", "--ask", "--quick", "--language", "zh", "-o", str(tmp_path), typed=b"many\n15\n"
    )
    assert code == 0
    order = [
        "要限制协程的数量",
        "你猜（直接回车表示不猜）：",
        "'many' 不算答案；可以输入：不小于 0 的数字（倍）",
        "你猜的是：15 倍。测得：",
        "说法：",
        "为什么\n",
        "用在你的程序里\n",
        "参考答案：examples/exercises/semaphore.py",
    ]
    places = [said.index(part) for part in order]
    assert places == sorted(places)
    assert english_in(said) == []


def test_what_cannot_be_run_is_not_asked_for(tmp_path: Path):
    """``interpreters`` where all threads share a lock; elsewhere it is asked for, as all others are."""
    code, said = at_a_terminal(
        "lab", "interpreters", "--ask", "--quick", "--language", "zh", "-o", str(tmp_path), typed=b"\n"
    )
    assert code == 0
    assert ("你猜" in said) is (lacking("interpreters") is None)
    assert ("为什么" in said) is (lacking("interpreters") is None)
    assert ("跳过：这个实验要用 " in said) is (lacking("interpreters") is not None)


def test_what_has_no_translation_stays_english(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(EXPERIMENTS, "toy", ("tests.lab.toy_experiment", "a toy"))
    assert chinese_of("toy") is None
    assert CHINESE.about("toy") == ENGLISH.about("toy") == "a toy"
    assert CHINESE.why("toy") == ENGLISH.why("toy")
