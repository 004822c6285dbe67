"""JUnit's XML, held against junitparser, which tells a suite, its cases and how they ended."""

from io import StringIO
from itertools import pairwise

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped, TestSuite

from crawler.check.finding import Place
from crawler.check.reports.junit import write
from crawler.check.verdict import verdict
from tests.check.results import SITE, Made, numbered, usual


def suite(result, fail_on="error") -> TestSuite:
    stream = StringIO()
    write(result, verdict(result, fail_on), stream)
    (found,) = JUnitXml.fromstring(stream.getvalue().encode())
    return found


def ended(case):
    """The one element that says how a test case ended; None where it passed."""
    assert len(case.result) <= 1
    return case.result[0] if case.result else None


@pytest.mark.parametrize("fail_on", ["error", "warning", "note", "never"])
def test_the_counts_are_those_of_the_cases(fail_on):
    found = suite(usual(), fail_on)
    written = found.tests, found.failures, found.errors, found.skipped
    found.update_statistics()
    assert written == (found.tests, found.failures, found.errors, found.skipped)
    assert found.tests == 1 + sum(max(1, finding.places_count) for finding in usual().findings)


def test_a_case_names_page_rule_target_and_place():
    _, case = suite(Made().add("broken-link", "error", f"{SITE}/x?a=1&b=<2>", [numbered(3)], status=404))
    assert case.classname == f"{SITE}/page-003.html"
    assert case.name == f"broken-link: {SITE}/x?a=1&b=<2> (7:12)"
    failure = ended(case)
    assert isinstance(failure, Failure)
    assert failure.type == "broken-link"
    assert failure.message == "error: The server answered 404 Not Found."
    # GitLab shows the text alone.
    assert failure.text.splitlines() == [failure.message, f'{SITE}/page-003.html:7:12, a href, "Changelog"']


def test_no_two_cases_are_equal_for_gitlab():
    twice = [Place(f"{SITE}/a", 3, 4, "srcset", "")] * 3
    made = usual().add("broken-link", "error", f"{SITE}/b", [*twice, numbered(1)])
    made.add("broken-fragment", "error", f"{SITE}/b", twice)
    names = [(case.classname, case.name) for case in suite(made)]
    assert len(names) == len(set(names))
    assert (f"{SITE}/a", f"broken-link: {SITE}/b (3:4) #3") in names
    assert all(first != second for first, second in pairwise(names))


def test_what_does_not_make_the_check_fail_was_skipped():
    made = Made().add("slow", "warning", f"{SITE}/a", [Place(f"{SITE}/a", None, None, "", "")], "5 s.")
    for fail_on, kind in {"error": Skipped, "never": Skipped, "warning": Failure, "note": Failure}.items():
        _, case = suite(made, fail_on)
        assert case.name == f"slow: {SITE}/a"
        assert isinstance(ended(case), kind)
        assert ended(case).text == f"warning: 5 s.\n{SITE}/a"


def test_a_site_without_a_fault_is_one_case_that_passed():
    (case,) = suite(Made())
    assert (case.classname, case.name) == (f"{SITE}/", "the crawl")
    assert case.is_passed
    assert case.system_out == "312 pages read, 10,482 references looked at."


def test_what_is_known_or_held_back_and_since_when_is_told():
    crawl, *cases = suite(usual())
    assert crawl.system_out.endswith(
        " looked at. The baseline baseline.json lists 3 findings with 4 places: left out here."
        " 1 line of it not found any more. 1 line of it not looked at by this check."
        " Held back: 1 fault of other sites, not seen often enough."
    )
    case = next(case for case in cases if "changelog.html" in case.name)
    assert ended(case).text.splitlines()[2:] == [
        "one of 5 places on 3 pages",
        "since crawls/docs@3 (2025-11-03), 4 checks in a row",
        f"probably now at {SITE}/whatsnew/changes.html: it has the content that was there (98%)",
    ]


def test_a_start_that_nobody_knows_is_left_out():
    assert suite(Made()).timestamp == "2025-11-28T17:55:01.200Z"
    assert suite(Made(started_at="")).timestamp is None


def test_a_crawl_that_covered_too_little_failed():
    (case,) = suite(Made(pages=1, pages_missing=9, coverage="The start page has no links."))
    assert isinstance(ended(case), Failure)
    assert ended(case).text == "9 pages fewer than check.min_pages. The start page has no links."


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ({"state": "stopped"}, "the crawl was stopped before its end"),
        ({"state": "incomplete"}, "the crawl is incomplete"),
        ({"pages": 0}, "no page could be read"),
    ],
)
def test_a_crawl_that_did_not_end_is_an_error(keys, why):
    case = next(iter(suite(Made(**keys).add("broken-link", "error", f"{SITE}/b", range(3)))))
    assert isinstance(ended(case), Error)
    assert ended(case).text == f"{why}: what was found so far is no verdict"


def test_a_finding_without_a_place_is_a_case_of_the_site():
    _, case = suite(Made().add("certificate", "error", SITE, message="It ends in 3 days."))
    assert (case.classname, case.name) == (f"{SITE}/", f"certificate: {SITE}")


def test_what_xml_forbids_or_nobody_sees_is_made_visible():
    words = (
        "".join(map(chr, [*range(32), 0x7F, 0x85, 0x9B, 0x200B, 0x202E, 0xD800, 0xFFFE, 0xFFFF, 0x1F600]))
        + "]]>&<\"'"
    )
    _, case = suite(Made().add("malformed-url", "error", words, [Place(words, 1, 2, words, words)], words))
    kept = case.name
    assert kept.startswith("malformed-url: \\x00\\x01\\x02")
    assert "\\x1b" in kept
    assert "\\ud800\\ufffe\\uffff😀]]>&<\"'" in kept
    assert "\\x7f\\x85\\x9b\\u200b\\u202e\\ud800" in kept
    assert "\\x1b" in ended(case).text
    assert "\x85" not in ended(case).text
