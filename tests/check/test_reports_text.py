"""The report for people, as a stranger sees it: on terminals wide and narrow, in a pipe, without colour."""

import io
import re

import pytest

from crawler.check.finding import Ignored, Place, Since, Unverified
from crawler.check.reports import text
from crawler.check.verdict import verdict
from tests.check.results import SITE, Made, numbered, usual

LINK = re.compile(r"\x1b\]8;id=\d+;([^\x1b]*)\x1b\\(.*?)\x1b\]8;;\x1b\\")
STYLE = re.compile(r"\x1b\[[0-9;]*m")


class Stream(io.StringIO):
    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


@pytest.mark.parametrize(("variable", "blank"), [("true", " "), ("", "")])
def test_in_a_step_of_github_a_pipe_gets_no_line_that_is_a_command(variable, blank, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", variable)
    made = Made()
    made.add("broken-link", "error", "gone.html", [Place("::error::n.html", 1, 2, "a href", "##[error]x")])
    lines = [line.strip() for line in printed(made).splitlines()]
    assert f':{blank}:error::n.html:1:2  a href  "##{blank}[error]x"' in lines


@pytest.fixture(autouse=True)
def _no_hints(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "COLORTERM", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def printed(result, fail_on="error", files=(), **more):
    """What a pipe gets."""
    stream = Stream(False)
    text.show(result, verdict(result, fail_on), stream, files, **more)
    return stream.getvalue()


def on_a_terminal(result, columns, monkeypatch, **more):
    monkeypatch.setenv("COLUMNS", str(columns))
    stream = Stream(True)
    text.show(result, verdict(result), stream, **more)
    return stream.getvalue()


def seen(output):
    """What is seen of it."""
    return STYLE.sub("", LINK.sub(r"\2", output))


def test_a_finding_is_told_with_its_first_places():
    assert f"""\
  error  broken-link  {SITE}/whatsnew/changelog.html
    The server answered 404 Not Found.
    probably now at {SITE}/whatsnew/changes.html: it has the content that was there (98%)
    since crawls/docs@3 (2025-11-03), 4 checks in a row
    5 places on 3 pages:
      {SITE}/whatsnew/3.12.html:120:34   a href  "Changelog"
      {SITE}/whatsnew/3.12.html:131:7    a href  "bpo-46503"
      {SITE}/whatsnew/3.13.html:88:2011  a href  "bpo-1"
      and 2 more on 2 pages

""" in printed(usual())


def test_what_no_earlier_check_has_was_first_seen_now():
    made = Made().add("broken-link", "error", SITE, [numbered(1)])
    made.findings[0] = made.findings[0]._replace(since=Since("crawls/docs@6", "2025-11-28T17:55:01Z", 1))
    assert "\n    first seen now (crawls/docs@6, 2025-11-28)\n" in printed(made)


def test_what_does_not_count_is_told_above_the_errors():
    assert """
held back (1 of 3 checks): broken-external https://other.example/x

known by baseline.json: 3 findings
  1 line not found any more, such as broken-link /a on /b.html: taken out
  1 line not looked at by this check
  it has 7 lines now, 2 more than before

3 errors
""" in printed(usual())


def test_stale_lines_of_a_baseline_are_taken_out_when_somebody_asks_for_it():
    made = usual()
    made.known = made.known and made.known._replace(written=None)
    assert "on /b.html: --write-baseline takes them out\n  1 line not looked at" in printed(made)
    assert "lines now" not in printed(made)


def test_a_baseline_that_is_made_has_not_grown():
    made = usual()
    made.known = made.known and made.known._replace(entries=0)
    assert "it has 7 lines now\n" in printed(made)


def test_the_command_that_prints_it_again_names_this_check():
    made = usual()
    made.name = "fl@3"
    assert "crawler report fl@3   (any report" in printed(made)


def test_much_that_is_held_back_does_not_bury_the_rest():
    made = usual()
    made.held_back = [made.held_back[0]._replace(target=f"https://other.example/{n}") for n in range(13)]
    output = printed(made)
    assert output.count("held back (1 of 3") == 10
    assert "other.example/9\nheld back: 3 more; one by one with -v\n\nknown by" in output
    assert printed(made, verbose=True).count("held back") == 13


def test_what_is_held_back_has_a_blank_line_behind_it():
    made = usual()
    made.known = None
    assert "https://other.example/x\n\n3 errors\n" in printed(made)


@pytest.mark.parametrize(
    ("pages", "more"),
    [
        ("aaab", "1 more on 1 page"),
        ("aaaab", "2 more on 2 pages"),
        ("abcc", "1 more on 1 page"),
        ("aaaa", ""),
    ],
)
def test_the_pages_left_are_counted(pages, more):
    places = [Place(f"{SITE}/{page}", number, 1, "a href", "") for number, page in enumerate(pages, 1)]
    output = printed(Made().add("broken-link", "error", f"{SITE}/x", places))
    assert f"and {more or '1 more on 1 page'}\n" in output


def test_the_places_that_are_not_shown_are_counted():
    output = printed(usual())
    assert "300 places on 300 pages:" in output
    assert "and 297 more on 297 pages" in output


def test_the_worst_comes_last_and_the_verdict_is_the_last_line():
    output = printed(usual())
    heads = [
        "40 notes",
        "14 warnings",
        "not verified: 1,104 references",
        "ignored: 12 findings",
        "3 errors\n",
    ]
    places = [output.index(head) for head in heads]
    assert places == sorted(places)
    assert output.splitlines()[-1] == "3 errors, 14 warnings, 40 notes: exit code 1, --fail-on error"


def test_what_is_mild_does_not_bury_the_errors():
    made = usual()
    for number in range(300):
        made.add("missing-alt", "warning", f"{SITE}/alt-{number}", [numbered(number)], "No alt.")
    output = printed(made)
    assert output.count("  warning  ") == 10
    assert f"    missing-alt         300  such as {SITE}/alt-0\n" in output
    assert "  304 more, by rule; one by one with -v\n" in output
    assert "  note  " not in output
    assert f"  redirect-temporary  26  such as {SITE}/1\n" in output
    assert output.count("  error  ") == 3


def test_what_makes_the_check_fail_is_shown_whole():
    assert printed(usual(), "warning").count("  warning  ") == 14
    assert printed(usual(), "note").count("  note  ") == 40
    assert printed(usual(), "never").count("  error  ") == 3


def test_verbose_shows_all_and_quiet_what_fails():
    verbose = printed(usual(), verbose=True)
    assert verbose.count("  warning  ") == 14
    assert verbose.count("  note  ") == 40
    quiet = printed(usual(), quiet=True, files=[("json", "a.json")])
    assert quiet.startswith("3 errors\n  error  broken-link")
    assert "warning  " not in quiet
    assert "a.json" not in quiet
    assert quiet.splitlines()[-1].endswith("exit code 1, --fail-on error")
    assert printed(Made(), quiet=True) == "nothing found: exit code 0\n"


def test_a_file_has_every_place():
    stream = io.StringIO()
    text.write(usual(), verdict(usual()), stream)
    written = stream.getvalue()
    assert written.count("/page-") == 300 + sum(range(40))
    assert " more on " not in written
    assert written.count("  note  ") == 40


def test_what_was_not_verified_is_told_by_count_and_reason():
    assert f"""\
not verified: 1,104 references
  other origins  1,100  to 350 targets, such as https://github.com/python/cpython/issues/1
  robots.txt         4  to {SITE}/private/
""" in printed(usual())


def test_ignores_are_told_and_those_that_can_go():
    assert f"""\
ignored: 12 findings
  12  broken-link {SITE}/old/*: goes with the next release
  unused, it can go: slow */search (was slow until March)
""" in printed(usual())


def test_where_all_of_it_is_stands_above_the_verdict():
    end = printed(usual(), files=[("json", "a b.json"), ("junit", "j.xml")]).splitlines()[-7:-2]
    assert end == [
        "pages      312 in 14 s, with 10,482 references",
        "besides    40 assets, 3 external links",
        "json       a b.json",
        "junit      j.xml",
        "again      crawler report crawls/docs.example.org-20251128T175501   (any report, without a request)",
    ]


def test_little_coverage_is_said_loudly(monkeypatch):
    made = Made(pages=1, pages_missing=9, coverage="The start page covered only 1 page: robots.txt.")
    assert printed(made).splitlines()[-2:] == [
        "Coverage: The start page covered only 1 page: robots.txt.",
        "nothing found: exit code 1, 9 pages fewer than check.min_pages",
    ]
    assert "\x1b[1;33mCoverage: The start page" in on_a_terminal(made, 80, monkeypatch)
    assert "Coverage: The start page" in printed(made, quiet=True)


@pytest.mark.parametrize(
    ("keys", "last"),
    [
        ({"state": "stopped"}, "1 error: exit code 130, the crawl was stopped before its end"),
        ({"state": "incomplete"}, "1 error: exit code 3, the crawl is incomplete"),
        ({"pages": 0}, "1 error: exit code 3, no page could be read"),
    ],
)
def test_a_crawl_that_did_not_end_gives_no_verdict(keys, last):
    lines = printed(Made(**keys).add("broken-link", "error", f"{SITE}/x", [numbered(1)])).splitlines()
    assert lines[-2:] == ["What is above was found so far: it is no verdict.", last]


def test_the_message_names_the_status_or_the_kind_once():
    def told(message, **detail):
        output = printed(Made().add("broken-link", "error", SITE, [numbered(1)], message, **detail))
        return output.splitlines()[2].strip()

    assert told("It answered 404.", status=404, kind="http_status") == "It answered 404."
    assert told("It is gone.", status=410, kind="http_status") == "It is gone (410)."
    on_many = "It is gone. It shows on 410 of 500 pages."
    assert told(on_many, status=410) == "It is gone (410). It shows on 410 of 500 pages."
    assert told("Name or service not known.", kind="dns") == "Name or service not known (dns)."
    assert told("It is text.", status=200, kind=None) == "It is text."
    assert told("No such id.", status=None, kind=None) == "No such id."
    assert told("No such id.") == "No such id."


def test_what_is_no_text_of_a_link_is_not_quoted():
    output = printed(
        Made().add("unreachable", "error", SITE, [Place(f"{SITE}/", None, None, "", "start URL")])
    )
    assert f"      {SITE}/  start URL\n" in output


def test_a_page_as_a_whole_is_named_once():
    place = Place(f"{SITE}/a", None, None, "", "")
    output = printed(Made().add("missing-title", "error", f"{SITE}/a", [place], "It has no title."))
    assert output.count(f"{SITE}/a") == 1


def test_what_a_hostile_site_says_stays_on_its_line():
    evil = "a\x1b]0;x\x07\r\n\u202eb\x9b31m"
    made = Made(
        coverage=evil,
        unverified=[Unverified("other origins", 1, 1, evil)],
        ignored=[Ignored("slow", evil, evil, 0), Ignored("slow", evil, evil, 1)],
    )
    made.add("broken-link", "error", evil, [Place(evil, 1, 2, "a href", evil)] * 2, evil, kind=evil)
    made.add("slow", "note", evil, [Place(evil, 1, 2, "a href", evil)], evil)
    for output in (printed(made), printed(made, verbose=True)):
        assert all(line.isprintable() for line in output.split("\n"))
        assert r"a\x1b]0;x\x07\r\n\u202eb\x9b31m" in output


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_terminal_gets_lines_that_fit_and_urls_that_are_whole(columns, monkeypatch):
    output = seen(on_a_terminal(usual(), columns, monkeypatch))
    for line in output.splitlines():
        # What is longer is one thing that is to be copied whole.
        assert len(line) <= columns or line.startswith(("again", "3 errors,")) or "https://" in line, line
    lines = output.splitlines()
    assert any(f"{SITE}/whatsnew/3.12.html:120:34" in line for line in lines)
    at = next(number for number, line in enumerate(lines) if "3.12.html:120:34" in line)
    if columns < 80:
        assert lines[at : at + 2] == [
            f"      {SITE}/whatsnew/3.12.html:120:34",
            '        a href  "Changelog"',
        ]
    else:
        assert lines[at] == f'      {SITE}/whatsnew/3.12.html:120:34   a href  "Changelog"'


def test_a_terminal_gets_colours_and_links(monkeypatch):
    output = on_a_terminal(usual(), 80, monkeypatch)
    assert "\x1b[1;31merror\x1b[0m" in output
    assert "\x1b[1;33mwarning\x1b[0m" in output
    assert (f"{SITE}/glossary.html#index-19",) * 2 in LINK.findall(output)
    assert (f"{SITE}/howto/a.html", f"{SITE}/howto/a.html:12:5") in LINK.findall(output)
    assert output.rstrip().endswith(
        "\x1b[1;31m3 errors, 14 warnings, 40 notes: exit code 1, --fail-on error\x1b[0m"
    )


def test_links_lead_to_the_files_of_a_folder_and_never_where_a_site_likes(tmp_path, monkeypatch):
    (tmp_path / "index.html").write_text("")
    made = Made(seeds=[str(tmp_path)])
    made.add("broken-fragment", "error", "index.html#x", [Place("index.html", 1, 2, "a href", "")])
    made.add("malformed-url", "error", "javascript:alert(1)", [Place("gone.html", 1, 2, "a href", "")])
    made.add("malformed-url", "error", "http://a\x1b\\b", [Place("index.html", 2, 2, "a href", "")])
    file = (tmp_path / "index.html").as_uri()
    assert LINK.findall(on_a_terminal(made, 80, monkeypatch)) == [
        (file, "index.html#x"),
        (file, "index.html:1:2"),
        (file, "index.html:2:2"),
    ]


@pytest.mark.parametrize(
    ("name", "value", "width"),
    [("NO_COLOR", "1", 60), ("TERM", "dumb", 80)],  # of a dumb one rich believes no width
)
def test_without_colour_a_terminal_gets_plain_lines(name, value, width, monkeypatch):
    monkeypatch.setenv(name, value)
    output = on_a_terminal(usual(), 60, monkeypatch)
    assert "\x1b" not in output
    lines = [line for line in output.splitlines() if not re.search("https:|^again|^3 err", line)]
    assert max(map(len, lines)) <= width


def test_a_ci_that_forces_colours_gets_them_without_links(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    output = printed(usual())
    assert "\x1b[1;31merror\x1b[0m" in output
    assert "\x1b]8" not in output
    assert STYLE.sub("", output) == printed_plain(monkeypatch)


def printed_plain(monkeypatch):
    monkeypatch.delenv("FORCE_COLOR")
    return printed(usual())


def test_a_pipe_does_without_rich():
    import subprocess
    import sys

    program = (
        "import sys\n"
        "from tests.check.results import usual\n"
        "from crawler.check.verdict import verdict\n"
        "from crawler.check.reports import parse_reports, write_reports\n"
        "write_reports(usual(), parse_reports([]), verdict(usual()))\n"
        "assert 'rich' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout == printed(usual())


def test_a_link_that_is_longer_than_any_files_name_is_told_too(tmp_path):
    target = "x" * 300 + ".html"
    made = Made(seeds=[str(tmp_path)]).add(
        "broken-link", "error", target, [Place("a.html", 1, 1, "a href", "")]
    )
    assert f"broken-link  {target}\n" in printed(made)
