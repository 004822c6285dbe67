"""Faults of other sites count when enough checks of the folder have seen them, one after the other."""

from pathlib import Path

import pytest

from crawler.check.finding import HeldBack
from crawler.check.result import open_result
from crawler.check.verdict import verdict
from crawler.model.outcomes import Kind, Outcome, Purpose
from tests.check.sites import MadeSite

THERE = "https://other.example/x"


def external(status: int | None, target: str = THERE, *, flaky: int = 3, **check: object) -> MadeSite:
    """A page with a link to another site, which answers with that; None: not at all."""
    made = MadeSite(check={"external": True, "flaky": flaky, **check}).page("/", target, target)
    if status is None:
        return made.answer(
            target, Outcome.ERROR, Kind.CONNECT, None, purpose=Purpose.EXTERNAL, message="Refused."
        )
    if status == 200:
        return made.answer(target, purpose=Purpose.EXTERNAL)
    return made.missing(target, status, purpose=Purpose.EXTERNAL)


def nights(out: Path, *answers: int | None, keep: bool = True, **check: object) -> list[tuple[str, int]]:
    """Checks one after the other; of the last what counts (0), and what is held back (how many saw it)."""
    for generation, status in enumerate(answers, 1):
        external(status, **check).write(out, generation)
        with open_result(out, keep=keep) as result:
            counted = [(one.rule, 0) for one in result.findings]
            held = [(one.rule, one.checks) for one in result.held_back]
    return counted + held


@pytest.mark.parametrize("keep", [True, False], ids=["from the file", "from the facts"])
@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ([404], [("broken-external", 1)]),
        ([404, 404], [("broken-external", 2)]),
        ([404, 404, 404], [("broken-external", 0)]),
        ([404, 404, 404, 404], [("broken-external", 0)]),
        ([404, 404, 200, 404], [("broken-external", 1)]),
        ([404, 404, 404, 200, 404], [("broken-external", 1)]),
        ([None, 503, 404], [("broken-external", 0)]),
        ([503, 404, None], [("unreachable", 0)]),
        ([404, None, 503], [("flaky", 0)]),
        ([None, 503], [("flaky", 2)]),
    ],
)
def test_a_fault_counts_at_the_third_check_in_a_row_whatever_rule_says_it(
    tmp_path: Path, keep: bool, answers: list[int | None], found: list[tuple[str, int]]
) -> None:
    assert nights(tmp_path / "out", *answers, keep=keep) == found


def test_one_check_is_enough_unless_more_are_asked_for(tmp_path: Path) -> None:
    assert nights(tmp_path / "out", 404, flaky=1) == [("broken-external", 0)]


def test_what_is_held_back_fails_no_check_and_is_told(tmp_path: Path) -> None:
    external(404).write(tmp_path / "out")
    with open_result(tmp_path / "out") as result:
        assert result.held_back == [
            HeldBack("broken-external", THERE, "The server answered 404 (Not Found).", 2, 1, 3)
        ]
        assert (verdict(result).exit_code, result.totals()["error"]) == (0, 0)


def test_the_site_s_own_faults_always_count_and_are_numbered_without_gaps(tmp_path: Path) -> None:
    made = external(404).page("/two", THERE, "/gone", "/busy", "/dead").missing("/gone").missing("/busy", 503)
    made.answer("/dead", Outcome.ERROR, Kind.CONNECT, None, message="Refused.")
    with open_result(made.write(tmp_path / "out")) as result:
        assert [(one.number, one.rule) for one in result.findings[:3]] == [
            (1, "broken-link"),
            (2, "unreachable"),
            (3, "flaky"),
        ]


def test_each_target_is_counted_for_itself(tmp_path: Path) -> None:
    out = tmp_path / "out"
    external(404).write(out, 1)
    external(404, "https://other.example/y").write(out, 2)
    with open_result(out) as result:
        assert [(one.target, one.checks) for one in result.held_back] == [("https://other.example/y", 1)]


def test_other_folders_are_no_checks_of_this_one(tmp_path: Path) -> None:
    older, out = tmp_path / "older", tmp_path / "out"
    nights(older, 404, 404)
    assert nights(out, 404, since=older) == [("broken-external", 1)]


def test_other_rules_about_other_sites_count_at_once(tmp_path: Path) -> None:
    made = MadeSite(check={"external": True, "flaky": 3}, seeds=["https://site.test/"])
    made.page("https://site.test/", "https://a.example/1")
    made.redirect("https://a.example/1", "http://a.example/2", purpose=Purpose.EXTERNAL)
    made.answer("http://a.example/2", purpose=Purpose.EXTERNAL)
    with open_result(made.write(tmp_path / "out")) as result:
        assert (result.findings[0].rule, result.held_back) == ("redirect-to-http", [])
