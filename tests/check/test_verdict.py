import pytest

from crawler.check.verdict import verdict
from tests.check.results import SITE, Made, numbered, usual


@pytest.mark.parametrize(
    ("severity", "fail_on", "code"),
    [
        ("error", "error", 1),
        ("warning", "error", 0),
        ("note", "error", 0),
        ("error", "warning", 1),
        ("warning", "warning", 1),
        ("note", "warning", 0),
        ("note", "note", 1),
        ("error", "never", 0),
    ],
)
def test_a_finding_at_or_above_fail_on_is_a_failure(severity, fail_on, code):
    made = Made().add("slow", severity, SITE, [numbered(1)])
    assert verdict(made, fail_on) == (code, f"--fail-on {fail_on}", fail_on)
    assert verdict(made, fail_on).fails(severity) == bool(code)


def test_nothing_found_needs_no_reason():
    assert verdict(Made()) == (0, "", "error")


@pytest.mark.parametrize(("missing", "words"), [(1, "1 page fewer"), (1_200, "1,200 pages fewer")])
def test_too_few_pages_are_a_failure_whatever_was_found(missing, words):
    assert verdict(Made(pages_missing=missing), "never")[:2] == (1, f"{words} than check.min_pages")


def test_what_was_not_read_to_its_end_beats_what_was_found():
    for keys, code in (({"state": "stopped"}, 130), ({"state": "incomplete"}, 3), ({"pages": 0}, 3)):
        made = usual()
        for key, value in keys.items():
            setattr(made, key, value)
        made.pages_missing = 5
        assert verdict(made).exit_code == code
