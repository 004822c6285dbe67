"""The Markdown: what it says, that nothing of a site is markup in it, and that it is never too long."""

import html
import io
import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from crawler.check.finding import HeldBack, Ignored, Known, Mend, Place, Since, Unverified
from crawler.check.reports import markdown, parse_reports, step_summary, write_reports
from crawler.check.reports.markup import code, prose
from crawler.check.verdict import verdict
from tests.check.results import SITE, Made, usual

MIB = 1024 * 1024
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![a](https://evil.example/x.png)",
    "[a](https://evil.example/)",
    "https://evil.example/ www.evil.example",
    "<https://evil.example/>",
    "@torvalds @github/security",
    "#1 owner/repo#2 GH-3 !4 fixes #5",
    "a|b||c",
    "a\\|b\\",
    "` `` ``` a`b",
    "`" * 200,
    "</details></td></table> <!--",
    "**bold** _em_ ~~x~~ $x$ :smile:",
    "\n\n# heading\n\n| a |\n| - |\n",
    " leading and trailing ",
    "&lt;b&gt; &#64; &copy;",
    "[^1]: note\r\n- [ ] task",
    "\x1b[31mred\u202eback",
]
PLAIN = {"text", "softbreak", "code_inline", "strong_open", "strong_close"}


def written(result, fail_on="error", **more):
    stream = io.StringIO()
    markdown.write(result, verdict(result, fail_on), stream, **more)
    return stream.getvalue()


def parsed(text):
    return MarkdownIt("commonmark").enable("table").parse(text)


def inline(tokens):
    return [child for token in tokens if token.type == "inline" for child in token.children]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("made", [code, prose])
def test_what_a_site_says_is_shown_and_is_no_markup_in_a_cell(text, made):
    cells = [made(text), "next"]
    tokens = parsed(f"| a | b |\n| - | - |\n| {' | '.join(cells)} |\n")
    row = [token for token in tokens if token.type == "inline"][2:]
    assert len(row) == 2
    assert {child.type for child in row[0].children} <= PLAIN
    seen = "".join(child.content for child in row[0].children)
    assert seen.split() == re.sub(r"[\x1b\u202e]", lambda bad: repr(bad[0])[1:-1], text).split()
    outside = "".join(child.content for child in row[0].children if child.type == "text")
    assert not re.search(r"[@#/\[\]<>$*_~\\]|www\.|\w:|GH-", outside)


def test_a_long_text_loses_its_middle():
    shown = code("https://a.example/" + "x" * 5_000 + "/end.html")
    assert shown.startswith("`https://a.example/xx")
    assert shown.endswith("xx/end.html`")
    assert len(shown) == 302


def hostile(text, findings=1):
    made = Made(
        seeds=[text],
        coverage=text,
        unverified=[Unverified(text, 1, 1, text)],
        ignored=[Ignored(text, text, text, 1)],
        known=Known(Path("a/" + text.replace("/", "-")[:90]), 1, 1, 1, [], 0),
        held_back=[HeldBack("broken-external", text, text, 1, 1, 2)],
    )
    for _ in range(findings):
        made.add("broken-link", "error", text, [Place(text, 1, 1, "a href", text)], text)
        mend = Mend(text, "same-title", text, 0.9)
        made.findings[-1] = made.findings[-1]._replace(since=Since(text, "2026-01-01", 2), mend=mend)
    return made


@pytest.mark.parametrize("text", HOSTILE)
def test_no_part_of_a_report_becomes_markup(text):
    tokens = parsed(written(hostile(text)))
    ours = {"html_inline", "s_open"}
    assert {child.type for child in inline(tokens)} <= PLAIN | ours
    htmls = [child.content for child in inline(tokens) if child.type == "html_inline"]
    htmls += [token.content.strip() for token in tokens if token.type == "html_block"]
    known = re.compile(r"<br>|</details>|<details><summary>[\w :,]+</summary>")
    assert [found for found in htmls if not known.fullmatch(found)] == []
    assert [token.type for token in tokens].count("tr_open") == 2
    assert {token.tag for token in tokens if token.type == "heading_open"} == {"h2", "h3"}


def test_the_verdict_comes_first_and_says_why():
    text = written(usual())
    assert text.startswith(
        "## ❌ crawler check: 3 errors, 14 warnings, 40 notes\n\n**Exit code 1**, --fail-on error.\n"
    )
    assert written(Made()).startswith("## ✅ crawler check: nothing found\n\n**Exit code 0**.\n")
    fewer = written(Made(pages_missing=3, coverage="The start page leads nowhere."))
    assert "**3 pages fewer than** `check.min_pages`." in fewer
    assert "**Coverage:** The start page leads nowhere." in fewer


def test_what_is_new_known_held_back_and_since_when_is_counted():
    text = written(usual())
    for line in (
        "- **not in the baseline:** 57 findings that `baseline.json` does not list",
        "- **known:** 3 findings that it lists, with 4 places",
        "- **gone:** 1 line of it not found any more",
        "- **since when:** 0 first seen now, 1 by an earlier check",
        "- **mend:** of 1 finding the target is probably elsewhere now: see below",
        "- **held back:** 1 fault of other sites, not seen often enough",
    ):
        assert f"{line}\n" in text
    assert not re.search(r"\*\*(not in|known|since|mend|held)", written(Made()))


def test_a_finding_is_a_row_with_its_first_place_its_mend_and_since_when():
    assert (
        f"| broken-link | `{SITE}/whatsnew/changelog.html` | The server answered 404 Not Found.<br>"
        f"**probably now at `{SITE}/whatsnew/changes.html`: it has the content that was there (98%)**<br>"
        "since `crawls/docs@3` (`2025-11-03`), 4 checks in a row"
        f' | `{SITE}/whatsnew/3.12.html:120:34` `a href` `"Changelog"` and 4 more, on 3 pages |\n'
    ) in written(usual())


def test_what_makes_the_check_fail_is_open_and_the_rest_is_folded():
    assert "### 3 errors\n" in written(usual())
    assert "<summary>14 warnings</summary>" in written(usual())
    assert "### 14 warnings\n" in written(usual(), "warning")
    assert "<summary>3 errors</summary>" in written(usual(), "never")


@pytest.mark.parametrize("text", ["x" * 290, "é–漢字😀" * 70, "`|" * 150])
def test_it_is_cut_between_rows_and_says_so(text):
    made = hostile(text, findings=1_500)
    for number in range(400):
        made.add("large", "note", f"{text}{number}", [])
    output = written(made)
    assert MIB - 12_000 < len(output.encode()) < MIB
    rows = re.findall(r"^\| (?:broken-link|large) \|.*", output, re.MULTILINE)
    left_out = int(re.search(r"\*\*([\d,]+) findings left out\*\*", output)[1].replace(",", ""))
    assert len(rows) + left_out == 1_900
    assert all(row.endswith(" |") for row in rows)
    assert output.count("<details>") == output.count("</details>")
    assert "not verified" in output  # what follows the tables has kept its room


@pytest.mark.parametrize("room", [0, 40, 300, 1_500, 3_000, 10_000])
def test_it_takes_no_more_room_than_there_is(room):
    output = written(usual(), room=room)
    assert len(output.encode()) <= room
    assert output.startswith("## ❌ crawler check" if room >= 300 else "")


def report(path, result=None):
    result = result or usual()
    write_reports(result, parse_reports([f"markdown={path}", "json=/dev/null"]), verdict(result))
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize(("earlier", "between"), [("", ""), ("# Tests\n", "\n"), ("no end", "\n\n")])
def test_the_summary_of_a_step_keeps_what_the_step_has_written(earlier, between, tmp_path, monkeypatch):
    file = tmp_path / "summary"
    file.write_text(earlier)
    monkeypatch.setenv(step_summary.VARIABLE, str(file))
    monkeypatch.chdir(tmp_path)
    assert report(Path("summary")) == earlier + between + written(usual())


def test_any_other_file_is_replaced(tmp_path, monkeypatch):
    file = tmp_path / "comment.md"
    file.write_text("earlier")
    monkeypatch.setenv(step_summary.VARIABLE, str(tmp_path / "summary"))
    assert report(file) == written(usual())
    monkeypatch.delenv(step_summary.VARIABLE)
    assert report(file) == written(usual())


@pytest.mark.parametrize("earlier", [MIB - 1, MIB - 400, MIB - 5_000, MIB // 2])
def test_the_summary_of_a_step_never_grows_too_long(earlier, tmp_path, monkeypatch, capsys):
    file = tmp_path / "summary"
    file.write_text("x" * (earlier - 1) + "\n")
    monkeypatch.setenv(step_summary.VARIABLE, str(file))
    text = report(file, hostile("x" * 290, findings=1_000))
    assert len(text.encode()) < MIB
    assert text.startswith("x" * (earlier - 1) + "\n")
    assert ("crawler check" in text) == (earlier < MIB - 1)
    said = f"{file}   (nothing was added: the summary of this step has no room left)\n"
    assert (said in capsys.readouterr().out) == (earlier == MIB - 1)


def test_a_browser_that_is_given_the_entities_sees_the_characters():
    assert html.unescape(re.sub("`", "", code("a|b"))) == "a|b"


@pytest.mark.parametrize("name", ["@SUM(A1)", "the first part", 'a "b" c', "x|y", "a`b", "<b>"])
def test_what_a_message_quotes_is_code_as_a_whole(name):
    shown = prose(f'Nothing on the page has the id or name "{name}".')
    assert shown == f'Nothing on the page has the id or name "{code(name)}".'


def test_a_place_that_is_the_target_itself_is_not_the_one_that_others_come_after():
    pages = [Place(f"{SITE}/{name}", None, None, "", "") for name in "abc"]
    text = written(Made().add("near-duplicate", "note", f"{SITE}/a", pages, "3 pages are the same."))
    assert f"| `{SITE}/a` | 3 pages are the same. | 3 places on 3 pages |" in text
