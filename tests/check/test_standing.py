"""Since when a finding stands: over the checks of a folder, and of the older one that was named."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from crawler.check.earlier import standing
from crawler.check.earlier.standing_file import FORMAT, path_of, read
from crawler.check.finding import Since
from crawler.check.result import open_result
from crawler.model.errors import UsageError
from crawler.model.outcomes import Purpose, State
from tests.check.sites import HOME, MadeSite, began


def site(*dead: str, seeds: str = HOME, **check: object) -> MadeSite:
    """A start page with dead links."""
    made = MadeSite(seeds=[seeds], check={"enabled": True, **check}).page(
        seeds, *(seeds + one for one in dead)
    )
    for one in dead:
        made.missing(seeds + one)
    return made


def checked(out: Path, generation: int, made: MadeSite, *, keep: bool = True) -> dict[str, Since | None]:
    """A check that has ended; of each target, since when it is dead."""
    made.write(out, generation)
    return told(out, generation, keep=keep)


def told(out: Path, generation: int | None = None, *, keep: bool = False) -> dict[str, Since | None]:
    with open_result(out, generation, keep=keep) as result:
        origin = result.seeds[0]
        return {one.target.removeprefix(origin): one.since for one in result.findings}


def at(out: Path, generation: int, checks: int, *, alone: bool = False) -> Since:
    return Since(str(out) if alone else f"{out}@{generation}", began(generation), checks)


@pytest.fixture(params=[True, False], ids=["from the file", "from the facts"])
def keep(request: pytest.FixtureRequest) -> bool:
    kept: bool = request.param
    return kept


def test_without_an_earlier_check_nothing_is_said(tmp_path: Path) -> None:
    assert checked(tmp_path / "out", 1, site("a")) == {"a": None}


def test_a_fault_stands_since_the_first_check_that_has_seen_it_in_a_row(tmp_path: Path, keep: bool) -> None:
    out = tmp_path / "out"
    checked(out, 1, site("a"), keep=keep)
    assert checked(out, 2, site("a", "b"), keep=keep) == {"a": at(out, 1, 2), "b": at(out, 2, 1)}
    assert checked(out, 3, site("a", "b"), keep=keep) == {"a": at(out, 1, 3), "b": at(out, 2, 2)}


def test_a_check_that_did_not_see_it_begins_the_row_anew(tmp_path: Path, keep: bool) -> None:
    out = tmp_path / "out"
    checked(out, 1, site("a", "b"), keep=keep)
    checked(out, 2, site("b"), keep=keep)
    assert checked(out, 3, site("a", "b"), keep=keep) == {"a": at(out, 3, 1), "b": at(out, 1, 3)}


def test_the_same_target_by_another_rule_is_another_fault(tmp_path: Path, keep: bool) -> None:
    out = tmp_path / "out"
    checked(out, 1, site("a"), keep=keep)
    flaky = MadeSite().page("/", "/a").missing("/a", 503)
    assert checked(out, 2, flaky, keep=keep) == {"a": at(out, 2, 1)}


def test_a_rule_that_was_off_has_not_seen_it(tmp_path: Path, keep: bool) -> None:
    out = tmp_path / "out"
    checked(out, 1, site("a"), keep=keep)
    checked(out, 2, site("a", rules={"broken-link": "off"}), keep=keep)
    assert checked(out, 3, site("a"), keep=keep) == {"a": at(out, 3, 1)}


def test_what_was_ignored_stood_all_the_same(tmp_path: Path, keep: bool) -> None:
    out = tmp_path / "out"
    checked(out, 1, site("a"), keep=keep)
    checked(out, 2, site("a", ignore=[{"rule": "*", "url": "/a", "reason": "soon"}]), keep=keep)
    assert checked(out, 3, site("a"), keep=keep) == {"a": at(out, 1, 3)}


@pytest.mark.parametrize("state", ["stopped", "incomplete", "running"])
def test_a_crawl_that_did_not_end_is_no_check(tmp_path: Path, keep: bool, state: str) -> None:
    out = tmp_path / "out"
    checked(out, 1, site("a"), keep=keep)
    unfinished = site("b")
    unfinished.meta["state"] = state
    assert checked(out, 2, unfinished, keep=keep) == {"b": at(out, 2, 1)}, "of itself it can be told"
    assert not path_of(out, 2).exists()
    assert checked(out, 3, site("a", "b"), keep=keep) == {"a": at(out, 1, 2), "b": at(out, 3, 1)}


def test_nor_is_one_that_read_no_page_as_the_site_was_down(tmp_path: Path, keep: bool) -> None:
    out = tmp_path / "out"
    checked(out, 1, site("a"), keep=keep)
    checked(out, 2, MadeSite().missing("/", 502), keep=keep)
    assert checked(out, 3, site("a"), keep=keep) == {"a": at(out, 1, 2)}


def test_a_report_of_an_earlier_check_says_what_that_has_said(tmp_path: Path, keep: bool) -> None:
    out = tmp_path / "out"
    checked(out, 1, site("a"), keep=keep)
    before = checked(out, 2, site("a", "b"), keep=keep)
    checked(out, 3, site("b"), keep=keep)
    assert told(out, 2) == before
    assert told(out, 1) == {"a": None}


def test_the_port_may_be_another_one_each_time(tmp_path: Path) -> None:
    older, out = tmp_path / "older", tmp_path / "out"
    checked(older, 1, site("a?x=1", seeds="http://127.0.0.1:4000/"))
    found = checked(out, 1, site("a?x=1", seeds="http://127.0.0.1:5001/", since=older))
    assert found == {"a?x=1": at(older, 1, 2, alone=True)}


def test_the_older_folder_counts_for_what_stands_since_the_first_check_alone(
    tmp_path: Path, keep: bool
) -> None:
    older, out = tmp_path / "older", tmp_path / "out"
    checked(older, 1, site("a", "b"), keep=keep)
    checked(older, 2, site("a", "b", "c"), keep=keep)
    first = checked(out, 1, site("a", "n", since=older), keep=keep)
    assert first == {"a": at(older, 1, 3), "n": at(out, 1, 1, alone=True)}
    second = checked(out, 2, site("a", "b", "n", since=older), keep=keep)
    assert second == {"a": at(older, 1, 4), "b": at(out, 2, 1), "n": at(out, 1, 2)}


def test_of_the_older_folder_a_generation_can_be_named(tmp_path: Path, keep: bool) -> None:
    older, out = tmp_path / "older", tmp_path / "out"
    checked(older, 1, site("a"), keep=keep)
    checked(older, 2, site("b"), keep=keep)
    found = checked(out, 1, site("a", "b", since=Path(f"{older}@1")), keep=keep)
    assert found == {"a": at(older, 1, 2), "b": at(out, 1, 1, alone=True)}


def test_a_folder_for_each_night_hands_on_what_it_knows(tmp_path: Path) -> None:
    nights = [tmp_path / f"night-{number}" for number in range(4)]
    checked(nights[0], 1, site("a"))
    checked(nights[1], 1, site("a", "b", since=nights[0]))
    checked(nights[2], 1, site("a", "b", since=nights[1]))
    (nights[0] / "facts.db").unlink()
    assert checked(nights[3], 1, site("a", "b", since=nights[2])) == {
        "a": Since(str(nights[0]), began(1), 4),
        "b": Since(str(nights[1]), began(1), 3),
    }


def test_what_was_handed_on_is_kept_by_later_checks_of_the_folder(tmp_path: Path) -> None:
    older, out = tmp_path / "older", tmp_path / "out"
    checked(older, 1, site("a"))
    checked(out, 1, site("a", "b", since=older))
    expected = {"a": at(older, 1, 3, alone=True), "b": at(out, 1, 2), "c": at(out, 2, 1)}
    assert checked(out, 2, site("a", "b", "c")) == expected
    assert checked(out, 3, site("a"))["a"] == at(older, 1, 4, alone=True)
    checked(out, 4, site("b"))
    assert checked(out, 5, site("a"))["a"] == at(out, 5, 1), "the row was broken"


def test_a_folder_and_the_site_that_was_made_of_it_are_one_site(tmp_path: Path) -> None:
    public, older, out = tmp_path / "public", tmp_path / "older", tmp_path / "out"
    public.mkdir()
    checked(older, 1, site("a.html", seeds="http://127.0.0.1:4000/", folder=public))
    assert checked(out, 1, site("a", since=older)) == {"a": at(older, 1, 2, alone=True)}


def test_a_fault_of_another_site_is_the_same_in_whatever_way_it_fails(tmp_path: Path, keep: bool) -> None:
    there, out = "https://other.example/", tmp_path / "out"
    for generation, status in enumerate((404, 503), 1):
        made = MadeSite(check={"external": True}).page("/", there)
        found = checked(out, generation, made.missing(there, status, purpose=Purpose.EXTERNAL), keep=keep)
    assert list(found.values()) == [at(out, 1, 2)]


def test_a_check_that_read_fewer_pages_than_it_was_to_is_none(tmp_path: Path, keep: bool) -> None:
    out = tmp_path / "out"
    checked(out, 1, site("a"), keep=keep)
    checked(out, 2, site(min_pages=2), keep=keep)
    assert not path_of(out, 2).exists()
    assert checked(out, 3, site("a"), keep=keep)["a"] == at(out, 1, 2)


def test_only_the_check_before_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    for generation in (1, 2, 3):
        checked(out, generation, site("a"))
    for generation in (1, 2):
        (out / f"findings{'@2' * (generation - 1)}.jsonl").unlink()
    monkeypatch.setattr(standing, "open_facts", None)
    assert checked(out, 4, site("a")) == {"a": at(out, 1, 4)}


def test_what_earlier_checks_did_not_leave_is_left_by_the_next(tmp_path: Path) -> None:
    out = tmp_path / "out"
    checked(out, 1, site("a"), keep=False)
    checked(out, 2, site("a", "b"), keep=False)
    assert not list(out.glob("findings*"))
    checked(out, 3, site("a"))
    assert [read(out, generation) is not None for generation in (1, 2, 3)] == [True, True, True]


def test_a_report_leaves_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    checked(out, 1, site("a"), keep=False)
    checked(out, 2, site("a"), keep=False)
    before = sorted(out.iterdir())
    out.chmod(0o555)
    try:
        assert told(out) == {"a": at(out, 1, 2)}
    finally:
        out.chmod(0o755)
    assert sorted(out.iterdir()) == before


def test_a_crawl_that_went_on_since_makes_its_file_one_of_the_past(tmp_path: Path) -> None:
    out = tmp_path / "out"
    checked(out, 1, site("a"))
    for name in ("crawl.db", "facts.db"):
        (out / name).unlink()
    site("a", "b").write(out)
    assert read(out, 1) is None
    assert checked(out, 2, site("a", "b")) == {"a": at(out, 1, 2), "b": at(out, 1, 2)}


def test_the_file_of_a_crawl_that_goes_on_again_does_not_count(tmp_path: Path) -> None:
    out = tmp_path / "out"
    checked(out, 1, site("a"))
    with closing(sqlite3.connect(out / "crawl.db")) as db, db:
        db.execute("UPDATE meta SET value = 'running' WHERE key = 'state'")
    assert read(out, 1) is None
    assert checked(out, 2, site("a")) == {"a": None}


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: text.replace('"format":1', '"format":2'),
        lambda text: text.replace('"checks":1', '"checks":"one"'),
        lambda text: text.encode("utf-16").decode("latin-1"),
    ],
)
def test_a_file_that_cannot_be_read_is_as_none(tmp_path: Path, damage) -> None:
    out = tmp_path / "out"
    checked(out, 1, site("a"))
    path = path_of(out, 1)
    path.write_text(damage(path.read_text()))
    assert read(out, 1) is None
    assert checked(out, 2, site("a")) == {"a": at(out, 1, 2)}


def test_facts_that_cannot_be_read_are_no_check(tmp_path: Path) -> None:
    out = tmp_path / "out"
    checked(out, 1, site("a"), keep=False)
    checked(out, 2, site("a"), keep=False)
    (out / "facts@2.db").write_bytes(b"nothing" * 999)
    assert checked(out, 3, site("a")) == {"a": at(out, 1, 2)}


def test_an_older_folder_of_which_a_page_cannot_be_read_is_named(tmp_path: Path) -> None:
    older, out = tmp_path / "older", tmp_path / "out"
    checked(older, 1, site("a"), keep=False)
    with closing(sqlite3.connect(older / "facts.db")) as db, db:
        db.execute("UPDATE answers SET facts = x'C1' WHERE facts IS NOT NULL")
    with pytest.raises(UsageError, match=f"^--since {older}: it cannot be read: "):
        checked(out, 1, site("a", since=older))


def test_the_file_says_what_was_found_a_line_for_each(tmp_path: Path) -> None:
    out = tmp_path / "out"
    checked(out, 1, site("a", since=None))
    head, line = map(json.loads, path_of(out, 1).read_text().splitlines())
    assert head == {"format": FORMAT, "position": 2, "first": 1}
    assert line == {"rule": "broken-link", "target": "/a", "generation": 1, "at": began(1), "checks": 1}


def test_of_a_crawl_that_goes_on_what_is_known_so_far_is_told(tmp_path: Path) -> None:
    out = tmp_path / "out"
    checked(out, 1, site("a"))
    running = site("a")
    running.meta["state"] = "running"
    running.waiting.append((f"{HOME}later", State.PENDING))
    running.write(out, 2)
    assert told(out) == {"a": at(out, 1, 2)}
