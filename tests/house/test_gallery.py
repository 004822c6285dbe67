"""The gallery of the lab's findings: made from a run that is kept, in both languages, and whole."""

import json
import re
from pathlib import Path

import pytest

from crawler.lab.language import CHINESE, ENGLISH, Language
from crawler.lab.registry import EXPERIMENTS
from docs import DOCS, make_gallery, markdown

MOST_BYTES = 500_000


@pytest.mark.parametrize("page", make_gallery.PAGES)
def test_the_gallery_is_current(page: str):
    assert (DOCS / page).read_text(encoding="utf-8") == make_gallery.make()[page], "run python -m docs"


@pytest.mark.parametrize(("page", "language"), make_gallery.PAGES.items())
def test_every_experiment_is_in_it_or_said_to_be_missing(page: str, language: Language):
    run = json.loads((make_gallery.KEPT / "report.json").read_text("utf-8"))
    text = (DOCS / page).read_text("utf-8")
    entries = dict(re.findall(r'<a name="([\w-]+)"></a>\n\n(.*?)(?=<a name=|\Z)', text, re.DOTALL))
    assert list(entries) == list(EXPERIMENTS)
    for name, entry in entries.items():
        assert f"](#{name}) |" in text
        assert entry.startswith(f"## {markdown.plain(language.lesson(name).question)}\n")
        if name in run["experiments"]:
            assert re.search(r"^\*\*[✓◐✗] ", entry, re.MULTILINE), name
        else:
            assert markdown.plain(language.reason(name, run["not_possible"][name])) in entry
        for picture in re.findall(r'(?:src|srcset)="([^"]+)"', entry):
            assert (DOCS / page).parent.joinpath(picture).is_file(), picture


def test_what_is_kept_is_small_and_all_of_it_is_shown():
    kept = {path.name: path.stat().st_size for path in make_gallery.KEPT.iterdir()}
    assert sum(kept.values()) <= MOST_BYTES
    text = (DOCS / "learn/gallery.md").read_text("utf-8")
    assert [name for name in kept if name not in text] == ["report.json"]


def run_in(folder: Path, **changed: object) -> Path:
    """A finished run of the lab, as far as the gallery looks at it."""
    run = json.loads((make_gallery.KEPT / "report.json").read_text("utf-8")) | changed
    (folder / "report.json").write_text(json.dumps(run), "utf-8")
    for found in run["experiments"].values():
        for name in found["pictures"]:
            (folder / name).write_text("<svg/>")
    return folder


def test_a_run_is_taken_over_whole_or_not_at_all(tmp_path: Path):
    folder, kept = tmp_path / "run", tmp_path / "kept"
    folder.mkdir()
    with pytest.raises(ValueError, match=r"lacks: .*gil"):
        make_gallery.take_over(run_in(folder, experiments={}), kept)
    with pytest.raises(ValueError, match="not in English"):
        make_gallery.take_over(run_in(folder, language=CHINESE.code), kept)
    assert not kept.exists()
    make_gallery.take_over(run_in(folder), kept)
    assert make_gallery.make(kept) == make_gallery.make()
    (kept / "gone.svg").touch()
    make_gallery.take_over(run_in(folder), kept)
    assert not (kept / "gone.svg").exists()


def test_rows_of_the_tutorial_are_linked_where_they_are():
    (row,) = make_gallery.rows_of_the_tutorial("gil", ENGLISH)
    assert re.match(r"\[\d+\. Threads are for CPU-bound work.*\]\(tutorial\.md#\d+-[\w-]+\)", row)
    assert make_gallery.rows_of_the_tutorial("segfault", ENGLISH) == []
    assert make_gallery.rows_of_the_tutorial("gil", CHINESE)[0].endswith("(tutorial.zh.md)")


def test_texts_are_escaped_and_code_is_kept():
    assert markdown.plain("a*b | <c> _d_ [e] `f`") == r"a\*b \| \<c\> \_d\_ \[e\] \`f\`"
    assert markdown.written("``a_b`` is *not* c_d") == r"`a_b` is <em>not</em> c\_d"
    assert markdown.written("是*这*个") == "是<em>这</em>个"
    assert markdown.table(("a", "b"), [("x", "1")], {1}) == "| a | b |\n| --- | ---: |\n| x | 1 |\n"
