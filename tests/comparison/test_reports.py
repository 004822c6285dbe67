"""The reports: whole, bounded, and safe whatever a site has written."""

import base64
import hashlib
import io
import json
import re
from html.parser import HTMLParser

import msgspec
import pytest

from crawler.comparison import reports
from crawler.comparison.comparing import Comparison
from crawler.comparison.difference import Difference, Totals
from crawler.comparison.reports import html, markdown, page_item, text, write_reports
from crawler.model.errors import CrawlFailed, UsageError
from crawler.model.outcomes import Kind
from crawler.watch.report_asked import Report, reports_of
from tests.comparison.made import SITE, failed, make, page, redirect

HOSTILE = (
    "</style><script>alert(1)</script>\"'><img src=x onerror=alert(1)> ``` `x` @team\n# heading\x1b[31m\u202e"
)
LONG = "The quick brown fox jumps over the lazy dog. " * 10


@pytest.fixture
def outs(tmp_path):
    """Crawls with a difference of each sort, all of them hostile."""
    text = f"Before. {HOSTILE} It was old."
    old = make(
        tmp_path / "old",
        page("/", text, *[f"/l{number}" for number in range(300)], title=HOSTILE, canonical=SITE + "/'\"<b>"),
        page("/gone", "g"), page("/from", LONG), redirect("/r", "/a'\"<i>"), page("/failing"),
    )  # fmt: skip
    new = make(
        tmp_path / "new",
        page("/", text.replace("old", "new"), "/'\"<script>", title=HOSTILE + "!"),
        failed("/gone", 410), page("/to", LONG), redirect("/r", "/b"), failed("/failing", None, Kind.TIMEOUT),
        page("/added`x`<b>", "n"),
    )  # fmt: skip
    return old, new


def report(outs, name, verbose=False, **more):
    stream = io.StringIO()
    module = getattr(__import__(f"crawler.comparison.reports.{name}").comparison.reports, name)
    with Comparison(*outs, **more) as comparison:
        writer = module.Writer(comparison, stream, verbose)
        for difference in comparison:
            writer.add(difference)
        writer.finish([])
    return stream.getvalue()


class Page(HTMLParser):
    """What there is in a page."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.within: dict[str, str] = {}
        self.feed(source)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        name = self.tags[-1][0] if self.tags else ""
        if name in ("script", "style", "title"):
            self.within.setdefault(name, data)


class TestHtml:
    def test_nothing_of_a_site_is_markup(self, outs):
        page = Page(report(outs, "html"))
        names = [tag for tag, _ in page.tags]
        assert names.count("script") == names.count("style") == 1
        assert not {"img", "b", "i", "iframe", "object", "base"} & set(names)
        for _, attributes in page.tags:
            assert not [name for name in attributes if name.startswith("on")]
            assert re.match(r"https?://", attributes.get("href") or "http://"), "no javascript:"
            assert "src" not in attributes

    def test_only_its_own_script_and_style_may_run(self, outs):
        page = Page(report(outs, "html"))
        policy = next(
            each["content"] for _, each in page.tags if each.get("http-equiv") == "Content-Security-Policy"
        )
        assert "default-src 'none'" in policy
        for name in ("script", "style"):
            digest = base64.b64encode(hashlib.sha256(page.within[name].encode()).digest()).decode()
            assert f"{name}-src 'sha256-{digest}'" in policy

    def test_it_loads_nothing(self, outs):
        source = report(outs, "html")
        assert not re.findall(
            r"url\(|@import|<link|\bsrc=(?!x)|fetch\(|import\(", source.replace("src=x", "")
        )

    def test_every_page_that_differs_is_in_it(self, outs):
        source = report(outs, "html")
        for words in ("/gone<", "/from<", "/to<", "/failing<", "timeout", "410"):
            assert words in source
        assert source.count("<section") == 4

    def test_it_is_bounded_and_says_so(self, tmp_path, monkeypatch):
        monkeypatch.setattr(html, "MOST", 3)
        old = make(tmp_path / "old", page("/"))
        new = make(tmp_path / "new", page("/"), *[page(f"/{number}") for number in range(10)])
        source = report((old, new), "html")
        assert source.count("<li>") == 3
        assert "10 added" in source
        assert "The first 3 are here" in source
        monkeypatch.setattr(html, "MOST_CHARACTERS", 10)
        assert report((old, new), "html").count("<li>") == 1

    def test_a_page_with_many_links_is_cut(self):
        links = tuple(f"{SITE}/{number}" for number in range(10_000))
        made = page_item.item(Difference(what="changed", url=SITE, links_gone=links))
        assert made.count("<li>") == page_item.MOST_LINKS + 1
        assert "10,000 links gone" in made
        assert "and 9,800 more" in made

    def test_lines_are_beside_each_other(self):
        lines = ("@@ -1,4 +1,3 @@", " same", "-a", "-b", "+c", "-d", "+e")
        made = page_item.item(Difference(what="changed", url=SITE, text=lines))
        rows = re.findall(r"<tr>(.*?)</tr>", made)[1:]
        cells = [re.sub(r"<[^>]*>", "|", row).strip("|").replace("||", "|") for row in rows]
        assert cells == ["@@ -1,4 +1,3 @@", "same|same", "a|c", "b", "d|e"]

    def test_nothing_is_different(self, tmp_path):
        old, new = make(tmp_path / "old", page("/")), make(tmp_path / "new", page("/"))
        source = report((old, new), "html")
        assert "no difference" in source
        assert "<script>" not in source


class TestMarkdown:
    def test_what_a_site_has_written_is_code(self, outs):
        source = report(outs, "markdown")
        without_fences = re.sub(r"(?ms)^ *(`{3,})diff$.*?^ *\1$", "", source)
        outside = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", without_fences)
        assert without_fences != source
        for words in ("<script", "<img", "@team", "<b>"):
            assert words in source
            assert words not in outside
        assert "\n# heading" not in source
        assert "\x1b" not in source

    @pytest.mark.parametrize("text", ["a", "`", "``", "a`b", "`a", "a``b`", " ", ""])
    def test_code_is_closed_where_it_ends(self, text):
        made = markdown.code(text)
        ticks = re.match(r"`+", made)[0]
        inside = made[len(ticks) : -len(ticks)]
        assert made.endswith(ticks)
        assert ticks not in re.findall(r"`+", inside)
        assert inside.strip() == text.strip()

    def test_a_fence_is_longer_than_what_is_in_it(self):
        lines = ("@@ -1 +1 @@", "-````", "+x")
        made = "\n".join(markdown._lines(Difference(what="changed", url=SITE, text=lines)))
        assert "    `````diff\n" in made

    def test_it_fits_into_a_comment(self, tmp_path):
        old = make(tmp_path / "old", page("/"))
        new = make(tmp_path / "new", page("/"), *[page(f"/{'long' * 50}{number}") for number in range(1_000)])
        source = report((old, new), "markdown")
        assert len(source) < 65_536
        assert re.search(r"- and \d+ more\n", source)
        assert "## Crawl comparison: 1,000 added" in source


class TestJson:
    def test_it_is_one_object_with_all(self, outs):
        found = json.loads(report(outs, "json"))
        assert list(found) == [
            "schema", "crawler", "old", "new", "by_path", "exact", "notes", "differences", "totals",
            "exit_code",
        ]  # fmt: skip
        assert found["exit_code"] == 1
        assert found["old"] | {"name": ""} == {
            "name": "", "generation": 1, "state": "finished", "started_at": "2026-11-01T10:00:00Z",
            "pages": 5, "pending": 0,
        }  # fmt: skip
        by_what = {each["what"]: each for each in found["differences"]}
        assert by_what["gone"] == {"what": "gone", "url": SITE + "/gone", "status": 410}
        assert by_what["moved"] == {"what": "moved", "url": SITE + "/to", "old_url": SITE + "/from"}
        home = next(each for each in found["differences"] if each["url"] == SITE + "/")
        assert home["fields"] == ["title", "canonical", "links", "text"]
        assert len(home["links_gone"]) == 300
        assert home["changes"][0] == {"field": "title", "old": HOSTILE, "new": HOSTILE + "!"}
        assert found["totals"] == msgspec.to_builtins(Totals(added=1, gone=1, moved=1, changed=3))

    def test_nothing_is_different(self, tmp_path):
        old, new = make(tmp_path / "old", page("/")), make(tmp_path / "new", page("/"))
        found = json.loads(report((old, new), "json"))
        assert (found["differences"], found["exit_code"], found["totals"]["same"]) == ([], 0, 1)


class TestText:
    def test_what_there_is_to_see(self, outs):
        printed = report(outs, "text")
        assert "\x1b" not in printed
        assert "\n# heading" not in printed
        lines = printed.splitlines()
        assert lines[-1] == "1 added, 1 gone, 1 moved, 3 changed: exit code 1"
        for line in (
            "  http://site.test/gone", "    the server answers 410", "    → http://site.test/to",
            "    - 297 more links",
        ):  # fmt: skip
            assert line in lines

    def test_long_lists_are_cut_unless_all_is_asked_for(self, tmp_path):
        old = make(tmp_path / "old", page("/"))
        new = make(tmp_path / "new", page("/"), *[page(f"/{number}") for number in range(50)])
        assert "  and 30 more; all of them with -v\n" in report((old, new), "text")
        whole = report((old, new), "text", verbose=True)
        assert "more" not in whole
        assert whole.count(SITE) == 50

    def test_a_terminal_gets_colours_and_links(self, outs, monkeypatch):
        class Stream(io.StringIO):
            def isatty(self):
                return True

        monkeypatch.setenv("TERM", "xterm-256color")
        monkeypatch.delenv("NO_COLOR", raising=False)
        stream = Stream()
        with Comparison(*outs) as comparison:
            writer = text.Writer(comparison, stream, False)
            for difference in comparison:
                writer.add(difference)
            writer.finish([])
        assert "\x1b[" in stream.getvalue()
        assert "]8;" in stream.getvalue()


def test_all_are_written_in_one_pass(outs, tmp_path, capsys):
    asked = [f"{name}={tmp_path / name}" for name in reports.FORMATS]
    with Comparison(*outs) as comparison:
        write_reports(comparison, reports_of(asked, reports.FORMATS, outs))
    for name in reports.FORMATS:
        if name != "text":
            assert (tmp_path / name).read_text() == report(outs, name)
    assert str(tmp_path / "html") in capsys.readouterr().out


def test_a_report_of_a_damaged_crawl_leaves_the_older_one(outs, tmp_path):
    file = tmp_path / "r.json"
    file.write_text("older")
    (outs[1] / "records.jsonl").write_bytes(b"")
    with Comparison(*outs) as comparison, pytest.raises(CrawlFailed):
        write_reports(comparison, [Report("json", file), Report("text", None)])
    assert file.read_text() == "older"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".report")] == []


@pytest.mark.parametrize("name", ["records.jsonl", "crawl.db", "records@2.jsonl", "crawl@2.db"])
def test_no_report_takes_a_file_of_a_crawl(outs, name):
    for out in outs:
        with pytest.raises(UsageError, match="the crawl's own"):
            reports_of([f"json={out / name}"], reports.FORMATS, outs)


def test_every_format_is_documented():
    from pathlib import Path

    page = (Path(__file__).parents[2] / "docs/diff.md").read_text(encoding="utf-8")
    for name in (*reports.FORMATS, *Difference.__struct_fields__, *Totals.__struct_fields__):
        assert f"`{name}`" in page
