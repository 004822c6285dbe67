"""Each experiment has its lesson: a question, a guess, why, where, and an exercise whose solution runs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.lab.lesson import Choice, Number
from crawler.lab.lessons import lesson_of, shown, solution_of, source_of, why
from crawler.lab.registry import EXPERIMENTS
from crawler.lab.report import prose
from docs.site_code import anchor_of
from tests.examples.alone import A_LINE_IS_ONE_WRITE

ROOT = Path(__file__).parents[2]
NAMES = list(EXPERIMENTS)

FIGURES = {
    "backpressure": ({"speed": 1.02}, "1 times"),
    "c-code": ({"C: hashlib.sha256, 4 MB at a time": {"lets_go": True}}, "yes: hashlib lets go of the lock"),
    "cancel": ({"cancelled": {"await of a thread": {"stopped": False}}}, "it goes on to its end"),
    "executor": ({"p95_s": {"inline": 0.1, "thread": 0.03, "process": 0.01}}, "in a process"),
    "gil": ({"seconds_and_cores": {"1": {"1 threads": [2.0, 1], "2 threads": [2.0, 1]}}}, "1 times"),
    "globals": (
        {"thread": {"seen_global": True}, "process (fork)": {"seen_global": False}},
        "nobody's",
    ),
    "interpreters": (
        {"interpreters": {"gain": 1.8}, "processes": {"gain": 1.9}},
        "an interpreter for each of them",
    ),
    "lost-update": ({"coroutines": {"counter += await one()": {"lost": 300, "added": 400}}}, "75 %"),
    "overlap": ({"parallel_share": {"threads on two cores": 0.0}}, "0 %"),
    "pipe": ({"pipe_to_queue": {"64": 1.3}}, "1.3 times"),
    "pool": ({"ways": {"pool.apply": {"all_s": 0.25}}}, "as long as all four together"),
    "pool-join": ({"programs": {"Pool, left alone": {"done": 0}}}, "0 tasks"),
    "pool-kill": ({"executor": {"kills": 4, "hung": 1, "broken": [5, 1, 3]}}, "75 %"),
    "pool-pipe": (
        {"Pipe, the parent keeps its write end": {"items": None, "error": None}},
        "the reader gets all, then waits for ever",
    ),
    "pool-size": ({"io_knee": 1024}, "1,024 requests in flight"),
    "process": (
        {"children": {"terminate(), SIGTERM ignored": {"alive_after": True}}},
        "it lives on",
    ),
    "queue": (
        {"ends": [{"by_sentinel": True, "lost": [99]}, {"by_sentinel": False, "lost": [6, 33]}]},
        "33 items",
    ),
    "race": (
        {
            "runs": {
                "I/O-bound": {},
                "CPU-bound": {
                    m: {"pages_per_second": p} for m, p in (("asyncio", 40.0), ("processes", 64.0))
                },
                "mixed": {},
            }
        },
        "a process for each core",
    ),
    "segfault": ({"thread": {"exit_code": -11}}, "the whole program"),
    "semaphore": ({"Semaphore": {"memory_bytes": 210}, "workers": {"memory_bytes": 10}}, "21 times"),
    "siblings": ({"Pipe": {"went_on": True}}, "yes"),
    "slow-callback": ({"heard": {"many short steps": {"named": []}}}, "no"),
    "start": (
        {"each": {"processes": {"memory_bytes": 5_000_000}, "coroutines": {"memory_bytes": 1_000}}},
        "5,000 coroutines",
    ),
    "start-methods": (
        {"methods": {"fork": {"global": True}, "spawn": {"global": False}}},
        "only the one by fork",
    ),
}
"""Of each experiment, figures as it finds them (the part that decides), and the answer to its question."""

PRINTS = {
    "backpressure": r"maxsize=0: 10\nmaxsize=3: 3\n",
    "c-code": r"1000 bytes: keeps the lock\n1000000 bytes: lets go\n",
    "cancel": r"done: \d{1,2} of 100\n",
    "executor": r"in the loop: 0\nin a thread: [1-9]\d*\n",
    "gil": r"8 threads slept 0\.8 s in 0\.[1-7]\d s\n",
    "globals": r"global: 0, Value: 5\n",
    "interpreters": r"interpreters: (yes|no), lock: (yes|no)\n",
    "lost-update": r"lost: 0 of 400\n",
    "overlap": r"AAABBB\nABABAB\n",
    "pipe": r"first: hello\nsecond: EOFError\n",
    "pool": r"apply: (0\.[89]|\d\.)\d* s\napply_async: \d\.\d+ s\n",
    "pool-join": r"(task [0-3] is done\n){4}",
    "pool-kill": r"first: BrokenProcessPool\nsecond: 42\n",
    "pool-pipe": r"received: \[1, 2, 3\]\n",
    "pool-size": r"1 threads: (0\.[89]|\d\.)\d* s\n4 threads: \d\.\d+ s\n8 threads: \d\.\d+ s\n",
    "process": r"without a handler, finally ran: False\nwith a handler, finally ran: True\n",
    "queue": r"done: 30 of 30, by 3 consumers with a sentinel each\n",
    "race": r"1 coroutines: (0\.[89]|\d\.)\d* s\n8 coroutines: \d\.\d+ s\n40 coroutines: \d\.\d+ s\n",
    "segfault": r"exitcode -9, and the program goes on\n",
    "semaphore": r"tasks: 6, under way at most: 2\n",
    "siblings": r"the parent was told: 6\n",
    "slow-callback": r".*name='sleeper'.* took 0\.\d+ seconds\n",
    "start": r"10000 coroutines slept 1000 s in \d\.\d s\n",
    "start-methods": r"(fork: \[1\]\nforkserver: \[\]\n)?spawn: \[\]\n",
}
"""What each solution says."""


@pytest.mark.parametrize("name", NAMES)
def test_every_experiment_has_a_lesson(name: str) -> None:
    lesson = lesson_of(name)
    assert lesson.question.endswith("?")
    assert "?" in lesson.guess.text
    assert why(name).strip()
    assert "In this program:" not in why(name)
    assert lesson.advice.endswith(".")
    assert re.match(r"https://docs\.python\.org/3/[\w./-]+\.html(#[\w.-]+)?$", lesson.reading)
    assert lesson.exercise
    drawn = "draw=" in source_of(name).read_text("utf-8")
    assert bool(lesson.caption) == drawn, "each picture says what it shows"
    assert shown(source_of(name)).startswith("crawler/lab/experiments/")


@pytest.mark.parametrize("name", NAMES)
def test_the_places_it_names_are_there(name: str) -> None:
    assert lesson_of(name).places
    for place in lesson_of(name).places:
        path, _, function = place.where.partition("#")
        assert (ROOT / path).is_file(), path
        if function:
            anchor_of(path, function)  # raises LookupError


@pytest.mark.parametrize("name", NAMES)
def test_the_guess_is_held_against_what_decides_the_question(name: str) -> None:
    figures, answer = FIGURES[name]
    question = lesson_of(name).guess
    if isinstance(question, Choice):
        right = question.read(str(question.answers.index(answer) + 1))
        wrong = question.read(str((right + 1) % len(question.answers) + 1))
        held, missed = question.held_against(right, figures), question.held_against(wrong, figures)
    else:
        held = question.held_against(question.read(answer), figures)
        missed = question.held_against(question.read("77777"), figures)
    assert (held.measured, held.guess, held.right) == (answer, answer, True)
    assert (missed.measured, missed.right) == (answer, False)


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_of_the_exercise_runs_and_says_what_is_right(name: str) -> None:
    run = subprocess.run(
        [sys.executable, solution_of(name)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), **A_LINE_IS_ONE_WRITE},
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    )
    # asyncio's log is on standard error; nothing else may be.
    assert re.fullmatch(PRINTS[name], run.stdout or run.stderr, re.DOTALL), run.stdout + run.stderr
    assert not (run.stdout and run.stderr)
    seconds = [float(found) for found in re.findall(r": (\d+\.\d+) s$", run.stdout, re.MULTILINE)]
    assert not seconds or seconds[0] == max(seconds), "more workers wait for less long"


def test_no_solution_is_there_for_nothing() -> None:
    files = {path.relative_to(ROOT).as_posix() for path in (ROOT / "examples" / "exercises").glob("*.py")}
    assert files == {solution_of(name) for name in EXPERIMENTS}


@pytest.mark.parametrize("typed", ["0", "4", "one", "", "1.5"])
def test_a_choice_is_one_of_its_numbers(typed: str) -> None:
    choice = Choice("Which?", ("a", "b", "c"), lambda _: 0)
    assert choice.options == ("1) a", "2) b", "3) c")
    assert choice.read(" 3) ") == 2
    with pytest.raises(ValueError):
        choice.read(typed)


@pytest.mark.parametrize("typed", ["-1", "nan", "inf", "many", "", "1 2"])
def test_a_number_is_finite_and_not_below_0(typed: str) -> None:
    number = Number("How much?", "%", lambda figures: figures["share"])
    assert (number.read("1,000 %"), number.read("1.5x"), number.read("0")) == (1000, 1.5, 0)
    assert number.held_against(0, {"share": 0}).right
    assert number.held_against(2, {"share": 3}).right
    assert not number.held_against(0, {"share": 1}).right
    assert not number.held_against(2, {"share": 3.1}).right
    with pytest.raises(ValueError):
        number.read(typed)


def test_a_table_is_shown_without_its_rules() -> None:
    text = "==== ==\n``f`` a\n     b\n==== =="
    assert prose.plain(text) == "f     a\n     b"


def test_what_is_stressed_needs_no_spaces_around_it_in_chinese() -> None:
    assert prose.plain("限制了*正在做的事*，") == "限制了正在做的事，"
    assert prose.html("*等待*中，2*3*4") == "<p><em>等待</em>中，2*3*4</p>"


def test_docstrings_are_readable_without_their_markup() -> None:
    text = "Two\nlines, *so* with ``a*b*c``:\n\n- one\n  more\n- two < 3\n\n::\n\n  ``a`` ──▶ b"
    assert prose.plain(text) == "Two lines, so with `a*b*c`:\n\n- one more\n- two < 3\n\n  a     ──▶ b"
    assert prose.html(text) == (
        "<p>Two lines, <em>so</em> with <code>a*b*c</code>:</p><ul><li>one more</li><li>two &lt; 3</li></ul>"
        "<div class=scroll tabindex=0><pre>  a     ──▶ b</pre></div>"
    )


def test_emphasis_is_seen_where_no_spaces_are_between_words() -> None:
    assert prose.html("它是*先*读，然后才等") == "<p>它是<em>先</em>读，然后才等</p>"
    assert prose.plain("a*b*c is no emphasis, 它是*先*读") == "a*b*c is no emphasis, 它是先读"
