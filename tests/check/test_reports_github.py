"""The annotations, as a runner reads a step's output: what it takes for commands, and what they say."""

import io
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from crawler.check.finding import Place
from crawler.check.reports import github, parse_reports, text, write_reports
from crawler.check.source_map import SourceMap
from crawler.check.verdict import verdict
from tests.check.results import SITE, Made, usual


class Command(NamedTuple):
    name: str
    properties: dict[str, str]
    data: str


REGISTERED = {"error", "warning", "notice", "add-mask", "set-output", "stop-commands", "group", "debug"}


def as_read_by_a_runner(output):
    """The commands that it would carry out: ``::name p=v::data`` at a begin, ``##[name]`` anywhere."""
    stopped, known, done = None, set(REGISTERED), []
    for line in re.split(r"\r\n|\r|\n", output):
        new = re.match(r"\s*::([^ :]*)((?: .*?)?)::(.*)", line)
        old = re.search(r"##\[([^ \]]*)([^\]]*)\](.*)", line)
        found = next((each for each in (new, old) if each and each[1] in known), None)
        if found is None:
            continue
        if stopped:
            if found[1] == stopped:
                known.remove(stopped)
                stopped = None
        elif found[1] == "stop-commands":
            stopped = found[3]
            known.add(stopped)
        else:
            pairs = (pair.partition("=") for pair in found[2].strip().split(",") if pair)
            properties = {name: unescaped(value, ":", ",") for name, _, value in pairs}
            done.append(Command(found[1], properties, unescaped(found[3])))
    assert stopped is None
    return done


def unescaped(value, *more):
    for char in ("\r", "\n", *more, "%"):
        value = value.replace(f"%{ord(char):02X}", char)
    return value


def shown(result, fail_on="error", **more):
    stream = io.StringIO()
    github.show(result, verdict(result, fail_on), stream, **more)
    return stream.getvalue()


def test_the_text_for_people_comes_first_as_it_is_printed_elsewhere():
    plain = io.StringIO()
    text.show(usual(), verdict(usual()), plain, verbose=True)
    output = shown(usual(), verbose=True)
    before, _, rest = output.partition("\n")
    assert before.startswith("::stop-commands::")
    token = before.removeprefix("::stop-commands::")
    assert rest.startswith(f"{plain.getvalue()}::{token}::\n")


def test_an_annotation_names_file_line_and_column_and_says_what_there_is_to_know():
    assert as_read_by_a_runner(shown(usual()))[1] == Command(
        "error",
        {
            "file": "whatsnew/3.12.html",
            "line": "120",
            "endLine": "120",
            "col": "34",
            "endColumn": "35",
            "title": "broken-link",
        },
        f"{SITE}/whatsnew/changelog.html: The server answered 404 Not Found.\n"
        'Here: a href "Changelog"\n'
        "And 4 more places, on 3 pages\n"
        f"Probably now at {SITE}/whatsnew/changes.html: it has the content that was there (98%)\n"
        "Since crawls/docs@3 (2025-11-03), 4 checks in a row",
    )


def test_a_page_of_a_folder_is_its_file_in_the_repository_and_the_link_is_marked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("public").mkdir()
    Path("public/a, b.html").write_text('<p>\n<a href="gone.html">x</a>\n<a href=\n"far.html">y</a>')
    made = Made(seeds=["public"], sources=SourceMap("public"))
    made.add("broken-link", "error", "gone.html", [Place("a, b.html", 2, 1, "a href", "x")])
    made.add("broken-link", "error", "far.html", [Place("a, b.html", 3, 1, "a href", "y")])
    made.add("slow", "note", "nothing")
    marked, over_two_lines, nowhere = (each.properties for each in as_read_by_a_runner(shown(made)))
    assert marked["file"] == "public/a, b.html"
    text = Path("public/a, b.html").read_text().splitlines()[int(marked["line"]) - 1]
    assert "gone.html" in text[int(marked["col"]) - 1 : int(marked["endColumn"]) - 1]
    assert over_two_lines.keys() == {"file", "line", "endLine", "title"}
    assert nowhere == {"title": "slow"}


def test_ten_of_a_kind_the_worst_first_and_how_many_there_are():
    output = shown(usual())
    commands = as_read_by_a_runner(output)
    names = [command.name for command in commands]
    assert names == ["error"] * 3 + ["warning"] * 10 + ["notice"] * 10
    assert commands[0].data.startswith(f"{SITE}/imprint.html: ")  # on the most pages
    assert "\nannotated: 10 of 14 warnings, 10 of 40 notes; GitHub shows no more of one kind\n" in output
    assert commands[12].data.endswith("\n(4 more warnings, one by one with -v in the log of this step)")
    assert commands[-1].data.endswith("\n(30 more notes, one by one with -v in the log of this step)")
    for more in ({"verbose": True}, {"fail_on": "note"}):
        commands = as_read_by_a_runner(shown(usual(), **more))
        assert commands[12].data.endswith("\n(4 more warnings, one by one in the log of this step)")
    assert "annotated:" not in shown(Made().add("slow", "note", "a"))


def test_quiet_annotates_only_what_makes_the_check_fail():
    assert {command.name for command in as_read_by_a_runner(shown(usual(), quiet=True))} == {"error"}
    strict = as_read_by_a_runner(shown(usual(), "warning", quiet=True))
    assert {command.name for command in strict} == {"error", "warning"}


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (Made(state="incomplete"), "the crawl is incomplete: what was found so far is no verdict."),
        (Made(pages=0), "no page could be read: what was found so far is no verdict."),
        (Made(pages_missing=1), "1 page fewer than check.min_pages."),
    ],
)
def test_a_check_that_failed_without_a_finding_is_an_error_too(made, said):
    for number in range(12):
        made.add("broken-link", "error", str(number))
    commands = as_read_by_a_runner(shown(made, "never"))
    assert commands[0] == Command("error", {"title": "crawler check"}, said)
    assert len(commands) == 10
    assert commands[-1].data.endswith("(3 more errors, one by one in the log of this step)")


def test_little_coverage_is_a_warning():
    commands = as_read_by_a_runner(shown(Made(coverage="The start page leads to 1 page.")))
    assert [(each.name, each.data) for each in commands] == [("warning", "The start page leads to 1 page.")]


HOSTILE = [
    "::error::gotcha",
    "\n::add-mask::secret",
    "a\r::set-output name=x::1",
    "##[error]gotcha",
    "x ##[add-mask]y",
    "50%0A::error::a %3A %25",
    "a,b=c:d;e]",
    "::stop-commands::x",
    "\u2028::error::a\x0b::error::b\x85::error::c",
    "é 漢 😀 \udce9",
]


@pytest.mark.parametrize("words", HOSTILE)
@pytest.mark.parametrize("how", ["", "=file"])
def test_a_site_cannot_issue_commands(words, how, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Made(seeds=[words], coverage=words)
    places = [Place(words, 1, 2, "a href", words), Place(words, 1, 3, words, words)]
    made.add("broken-link", "error", words, places, words, status=words, kind=words)
    write_reports(made, parse_reports([f"github{how}"]), verdict(made))
    output = (tmp_path / "file").read_text(encoding="utf-8") if how else capsys.readouterr().out
    commands = as_read_by_a_runner(output)
    assert [command.name for command in commands] == ["error", "warning"]
    assert commands[0].properties.keys() == {"file", "line", "endLine", "col", "endColumn", "title"}
    assert commands[0].properties["title"] == "broken-link"


def test_the_word_that_starts_commands_again_is_another_one_each_time():
    first, second = (shown(Made()).splitlines()[0] for _ in range(2))
    assert first != second
    assert len(first) > len("::stop-commands::") + 32


def test_commands_go_on_where_the_text_could_not_be_written_to_its_end():
    class Breaks(Made):
        def places(self, finding, most=None):
            raise RuntimeError

    stream = io.StringIO()
    made = Breaks().add("broken-link", "error", "a", range(3))
    with pytest.raises(RuntimeError):
        github.show(made, verdict(made), stream)
    assert as_read_by_a_runner(stream.getvalue() + "::error::later\n") == [Command("error", {}, "later")]


def test_a_message_without_end_is_cut():
    made = Made().add("broken-link", "error", "http://a/" + "x" * 9_000)
    assert len(as_read_by_a_runner(shown(made))[0].data) == github.MOST_CHARACTERS


def test_it_is_printed_in_the_place_of_the_text(capsys):
    write_reports(usual(), parse_reports(["github"]), verdict(usual()))
    output = capsys.readouterr().out
    assert output.count("exit code 1") == 1
    assert len(as_read_by_a_runner(output)) == 23
