"""The programs of the tutorial's page: each is shown, and prints what it says, however children start."""

import re
import signal
import sys
from pathlib import Path

import pytest

from crawler.lab.registry import EXPERIMENTS
from docs import make_tutorial
from docs.make_tutorial import EXAMPLES, PAGES, make, printed
from tests.examples.alone import run_alone

NAMES = sorted(path.stem for path in EXAMPLES.glob("*.py"))
ROW = re.compile(r"^\| (?P<number>\d+)\. (?P<said>.+?) \| (?P<verdict>.+?) \| (?P<rest>.+)$", re.MULTILINE)
SECTION = re.compile(r"^### (\d+)\. ", re.MULTILINE)
SPAWNED = (
    "import multiprocessing, runpy, sys; multiprocessing.set_start_method('spawn'); "
    "runpy.run_path(sys.argv[1], run_name='__main__')"
)
CALLBACK_RAISES = """
import multiprocessing, os, signal

def fail(_):
    raise RuntimeError("in the callback")

pool = multiprocessing.get_context("fork").Pool(2)
pool.apply_async(abs, (1,), callback=fail).wait(1)
asked = pool.apply_async(abs, (2,))
asked.wait(1)
print("a result" if asked.ready() else "no result", flush=True)
os.kill(0, signal.SIGKILL)  # the workers, too
"""
VERDICTS = {"tutorial.md": ("right", "half right", "wrong"), "tutorial.zh.md": ("成立", "部分成立", "不成立")}


def starts_processes(name: str) -> bool:
    text = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
    return "multiprocessing" in text or "ProcessPool" in text


def run(*arguments: str) -> str:
    """What such a Python prints. It ends by itself, complains of nothing, and leaves nothing."""
    code, said, errors = run_alone([sys.executable, "-W", "error", *arguments])
    assert (code, errors) == (0, "")
    return said


@pytest.mark.parametrize("name", NAMES)
def test_a_program_prints_what_it_says(name: str) -> None:
    assert run(str(EXAMPLES / f"{name}.py")).splitlines() == printed(name)


@pytest.mark.parametrize("name", [name for name in NAMES if starts_processes(name)])
def test_it_does_so_where_children_are_new_interpreters(name: str) -> None:
    assert run("-c", SPAWNED, str(EXAMPLES / f"{name}.py")).splitlines() == printed(name)


def test_a_callback_that_raises_keeps_all_further_results_from_the_pool() -> None:
    """What row 13 says of it. Not even terminate() ends such a pool, so its program is killed."""
    code, said, errors = run_alone([sys.executable, "-c", CALLBACK_RAISES])
    assert (code, said) == (-signal.SIGKILL, "no result\n")
    assert "RuntimeError: in the callback" in errors


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_page_shows_every_program_as_it_is(page: Path) -> None:
    written = page.read_text(encoding="utf-8")
    assert written == make(written), "run python -m docs"
    shown = re.findall(r"^<!-- example (\w+) -->\n```python\n", written, re.MULTILINE)
    assert sorted(shown) == NAMES
    for name in NAMES:
        assert f"[`{name}.py`](../../examples/tutorial/{name}.py)" in written


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_statement_has_a_verdict_an_experiment_its_place_and_a_section(page: Path) -> None:
    written = page.read_text(encoding="utf-8")
    rows = list(ROW.finditer(written))
    numbers = [row["number"] for row in rows]
    assert numbers == [str(number) for number in range(1, len(rows) + 1)]
    assert numbers == SECTION.findall(written)
    assert len(rows) > 25
    for row in rows:
        assert any(verdict in row["verdict"] for verdict in VERDICTS[page.name]), row["said"]
        experiments, place = row["rest"].removesuffix(" |").split(" | ")
        named = re.findall(r"`crawler lab ([\w-]+)`", experiments)
        assert named, row["said"]
        assert set(named) <= set(EXPERIMENTS), row["said"]
        assert re.fullmatch(r"\[`.+`\]\(\.\./\.\./crawler/.+#.+\)", place), row["said"]


def test_both_languages_judge_alike() -> None:
    english, chinese = (
        [row["verdict"].split(",")[0] for row in ROW.finditer(page.read_text(encoding="utf-8"))]
        for page in PAGES
    )
    chinese = [verdict.removeprefix("两句都") for verdict in chinese]
    alike = dict(zip(*VERDICTS.values(), strict=True))
    assert [alike[verdict] for verdict in english] == chinese


def test_a_program_that_has_changed_makes_another_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make_tutorial, "EXAMPLES", tmp_path)
    (tmp_path / "one.py").write_text('"""Said.\n\nIt prints::\n\n    1\n    2\n"""\n\nprint(1)\nprint(2)\n')
    made = "a\n<!-- example one -->\n```python\nprint(1)\nprint(2)\n```\n\n```text\n1\n2\n```\nb\n"
    assert make("a\n<!-- example one -->\n```python\nold\n```\n\n```text\n3\n```\nb\n") == made
    assert make("a\n<!-- example one -->\nb\n") == made
    assert make(made) == made


def test_a_program_has_to_say_what_it_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make_tutorial, "EXAMPLES", tmp_path)
    (tmp_path / "silent.py").write_text('"""Said."""\n')
    with pytest.raises(LookupError, match=r"silent\.py"):
        make("<!-- example silent -->\n")
