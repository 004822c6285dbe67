"""The documentation site: what is generated is current, and what is wrong with it is found."""

import re
from pathlib import Path

import pytest

from crawler.sinks import SINKS
from docs import (
    DOCS,
    ROOT,
    build_site,
    make_cli,
    make_ladder,
    make_outputs,
    make_rules,
    make_screenshots,
    site_code,
    site_pages,
)

PAGE = "crawler/parse/single_worker_pool.py"


def test_the_commands_are_current():
    written = (DOCS / "cli.md").read_text(encoding="utf-8")
    assert written == make_cli.make(), "run python -m docs"


def test_the_table_of_outputs_is_current():
    written = (DOCS / "outputs.md").read_text(encoding="utf-8")
    assert written == make_outputs.make(written), "run python -m docs"
    for sink in SINKS.values():
        assert f"## `{sink.name}`" in written, "each has its paragraph"


def test_the_rules_are_current():
    pages = [DOCS / "rules.md", *(DOCS / "rules").glob("*.md")]
    written = {page.relative_to(DOCS).as_posix(): page.read_text(encoding="utf-8") for page in pages}
    assert written == make_rules.make(), "run python -m docs"


@pytest.mark.parametrize("page", make_ladder.PAGES, ids=lambda page: page.name)
def test_the_ladder_is_current(page: Path):
    written = page.read_text(encoding="utf-8")
    assert written == make_ladder.make(written), "run python -m docs"
    for step in make_ladder.STEPS.glob("step*.py"):
        shown = re.findall(rf"^<!-- (?:code|diff \w+) {step.stem} -->\n```", written, re.MULTILINE)
        assert len(shown) == 1, step.stem


def test_a_step_that_has_changed_makes_another_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(make_ladder, "STEPS", tmp_path)
    (tmp_path / "one.py").write_text('"""Said."""\n\nwait()\n')
    (tmp_path / "two.py").write_text('"""Said otherwise."""\n\nawait wait()\n')
    page = "a\n<!-- code one -->\n```python\nold\n```\nb\n<!-- diff one two -->\nc\n"
    made = (
        "a\n<!-- code one -->\n```python\nwait()\n```\nb\n"
        "<!-- diff one two -->\n```diff\n-wait()\n+await wait()\n```\nc\n"
    )
    assert make_ladder.make(page) == made
    assert make_ladder.make(made) == made


def test_links_to_code_lead_to_its_page_and_to_the_function():
    text = (
        f"[a](../{PAGE}) [b](../{PAGE}#ParserSettings) [c](../{PAGE}#ProcessParser.parse)"
        " [d](map.md#the-floors)"
    )
    links = site_pages.rewritten(text, "docs/tour.md", "tour.md", {PAGE}, set())
    a, b, c, d = (link.rpartition("(")[2].rstrip(")") for link in links.split())
    assert a == f"code/{PAGE}.md"
    assert b == f"code/{PAGE}.md#ParserSettings"
    assert d == "map.md#the-floors"
    line = int(c.rpartition("-")[2])
    source = (ROOT / PAGE).read_text(encoding="utf-8").splitlines()
    assert source[line - 1].strip().startswith("async def parse(")


@pytest.mark.parametrize("gone", ["no_such_function", "ProcessParser.no_such_method", "NoSuchClass.parse"])
def test_a_link_to_code_that_is_gone_is_an_error(gone: str):
    with pytest.raises(LookupError, match=gone):
        site_pages.rewritten(f"[a](../{PAGE}#{gone})", "docs/tour.md", "tour.md", {PAGE}, set())


def test_links_to_other_files_and_folders_hold_too():
    copied: set[str] = set()
    text = "[a](../config.toml) [b](../crawler/parse) [c](https://example.org/)"
    found = site_pages.rewritten(text, "docs/x.md", "x.md", set(), copied)
    assert found == "[a](files/config.toml) [b](code/index.md) [c](https://example.org/)"
    assert copied == {"config.toml"}


def test_a_picture_in_html_holds_on_the_site_too():
    text = '<source srcset="docs/drawings/a.svg">\n<img src="docs/a.png" alt="a">\n`<img src="docs/b.png">`'
    found = site_pages.rewritten(text, "README.md", "index.md", set(), set())
    assert found == '<source srcset="drawings/a.svg">\n<img src="a.png" alt="a">\n`<img src="docs/b.png">`'
    deep = site_pages.rewritten('<img src="../drawings/a.svg">', "docs/tour/x.md", "tour/x.md", set(), set())
    assert deep == '<img src="../drawings/a.svg">'


def test_a_page_of_code_holds_every_line_of_it():
    source = (ROOT / PAGE).read_text(encoding="utf-8")
    shown = [line for line in site_code.code_page(PAGE).splitlines() if line]
    assert [line for line in source.splitlines() if line] == [
        line for line in shown if not line.startswith(("# ", "## class", "## function", "````"))
    ]


def test_files_that_would_be_loaded_from_elsewhere_are_found(tmp_path: Path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.html").write_text('<a href="https://example.org/">elsewhere is no error</a>')
    (tmp_path / "a.html").write_text(
        '<img src="no.svg"> <script src="https://example.org/x.js"></script>'
        '<link rel="stylesheet" href="//example.org/y.css"> <link rel="canonical" href="https://example.org/">'
    )
    assert build_site.loaded_from_elsewhere(tmp_path) == [
        "a.html would load https://example.org/x.js",
        "a.html would load //example.org/y.css",
    ]


def test_the_built_site_is_checked_and_fails_for_a_dead_link_a_missing_place_and_a_page_too_few(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    site = tmp_path / "site"
    site.mkdir()
    page = '<!doctype html><html lang="en"><title>{0}</title><h1 id="here">{0}</h1><a href="{1}">next</a>'
    (site / "index.html").write_text(page.format("A", "b.html#here"))
    (site / "b.html").write_text(page.format("B", "index.html"))
    assert build_site.check(site, tmp_path / "good", pages=2) == 0
    assert build_site.check(site, tmp_path / "few", pages=3) == 1
    capfd.readouterr()
    for target in ("c.html", "b.html#there", "/b.html"):
        (site / "b.html").write_text(page.format("B", target))
        assert build_site.check(site, tmp_path / f"for-{len(target)}", pages=2) == 1
        assert re.search(rf"error  broken-\w+  \S*{target}\n", capfd.readouterr().out)


def test_every_picture_of_the_program_at_work_is_there_and_small():
    files = [path for name in make_screenshots.PICTURES for path in make_screenshots.files_of(name)]
    assert max(path.stat().st_size for path in files) <= make_screenshots.MAX_BYTES
    assert sorted(
        path for kind in ("png", "svg") for path in make_screenshots.ASSETS.glob(f"*.{kind}")
    ) == sorted(files)
