"""What is known does not count, what is new does; what is gone is said, what nobody looked at stays."""

from pathlib import Path

import pytest

from crawler.check.earlier import baseline_file
from crawler.check.finding import Entry, Known, Result
from crawler.check.result import open_result
from crawler.check.verdict import verdict
from crawler.config.check_section import CheckConfig
from crawler.frontier.view import FrontierView
from crawler.model.errors import CrawlFailed, UsageError
from crawler.model.outcomes import Kind, Outcome, Purpose, State
from tests.check.sites import HOME, MadeSite, placed, told

GONE = Entry("broken-link", "/gone", "/")
OTHER = Entry("broken-external", "https://other.example/x", "/")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "known.json"


def site(file: Path | None = None, home: str = HOME, **keys) -> MadeSite:
    """Its start page leads to /two and to what is /gone; /two leads there too."""
    check = {"enabled": True, "baseline": file, **keys.pop("check", {})}
    made = MadeSite(check=check, seeds=[home], **keys)
    return made.page(home, f"{home}gone", f"{home}two").page(f"{home}two", home).missing(f"{home}gone")


def knowing(file: Path, *entries: Entry) -> Path:
    baseline_file.write(file, entries)
    return file


def known(made: MadeSite, out: Path) -> Known:
    with open_result(made.write(out)) as result:
        assert result.known is not None
        return result.known


def written(made: MadeSite, out: Path, file: Path) -> list[Entry]:
    with open_result(made.write(out), write_baseline=True) as result:
        assert result.known is not None
        assert result.known.written == len(baseline_file.read(file))
        assert result.findings == []
        assert verdict(result).exit_code == 0
    return baseline_file.read(file)


def left(result: Result) -> dict[str, list[tuple[str, int | None]]]:
    return {one.target.removeprefix(HOME): placed(result, one) for one in result.findings}


def test_without_one_nothing_is_known(tmp_path: Path) -> None:
    with open_result(site().write(tmp_path / "out")) as result:
        assert result.known is None
        assert told(result) == {"broken-link": ["/gone"]}


def test_what_is_known_is_counted_and_does_not_count(tmp_path: Path, file: Path) -> None:
    made = site(knowing(file, GONE))
    with open_result(made.write(tmp_path / "out")) as result:
        assert result.findings == []
        assert result.known == Known(file, 1, 1, 1, [], 0)
        assert (verdict(result).exit_code, result.totals()["error"]) == (0, 0)


def test_on_a_new_page_it_counts_with_the_places_there_alone(tmp_path: Path, file: Path) -> None:
    made = site(knowing(file, GONE)).page("/three", "/", "/gone", "/gone")
    with open_result(made.write(tmp_path / "out")) as result:
        assert left(result) == {"gone": [("/three", 2), ("/three", 3)]}
        assert (result.findings[0].places_count, result.findings[0].pages_count) == (2, 1)
        assert result.known == Known(file, 1, 1, 1, [], 0), "its page is known still"


def test_the_line_does_not_matter_nor_how_often_it_is_on_the_page(tmp_path: Path, file: Path) -> None:
    made = MadeSite(check={"baseline": knowing(file, GONE)}).page("/", "/", "/", "/gone", "/gone", "/gone")
    found = known(made.missing("/gone"), tmp_path / "out")
    assert (found.findings, found.places) == (1, 3)


def test_another_rule_or_target_is_new(tmp_path: Path, file: Path) -> None:
    knowing(file, GONE._replace(rule="flaky"), GONE._replace(target="/gone2"), GONE._replace(page="/two"))
    with open_result(site(file).write(tmp_path / "out")) as result:
        assert left(result) == {"gone": [("/", 1)]}
        assert result.known is not None
        assert len(result.known.stale) == 3


def test_it_holds_wherever_the_site_lies(tmp_path: Path, file: Path) -> None:
    assert written(site(file, home="http://127.0.0.1:4000/"), tmp_path / "laptop", file) == [GONE]
    found = known(site(file, home="https://staging.example.org/"), tmp_path / "staging")
    assert (found.findings, found.stale) == (1, [])


def test_what_is_written_is_known_from_then_on(tmp_path: Path, file: Path) -> None:
    assert written(site(file), tmp_path / "out", file) == [GONE]
    assert known(site(file), tmp_path / "again") == Known(file, 1, 1, 1, [], 0)


def test_one_that_grew_says_so(tmp_path: Path, file: Path) -> None:
    made = site(knowing(file, GONE)).page("/three", "/gone", "/")
    with open_result(made.write(tmp_path / "out"), write_baseline=True) as result:
        assert result.known == Known(file, 1, 1, 2, [], 0, 2)


def test_ignores_come_first_and_make_no_entry_stale(tmp_path: Path, file: Path) -> None:
    ignore = [{"rule": "broken-link", "url": "/gone", "reason": "soon"}]
    made = site(knowing(file, GONE), check={"ignore": ignore})
    with open_result(made.write(tmp_path / "out"), write_baseline=True) as result:
        assert result.known == Known(file, 1, 0, 0, [], 0, 1)
        assert result.ignored[0].findings == 1
    assert baseline_file.read(file) == [GONE]


def test_what_is_ignored_is_not_written(tmp_path: Path, file: Path) -> None:
    ignore = [{"rule": "broken-link", "url": "/gone", "reason": "soon"}]
    assert written(site(file, check={"ignore": ignore}), tmp_path / "out", file) == []


# What is not found any more: said to be so only where this check has looked.

STALE = Entry("broken-link", "/was-dead", "/two")


def judged(made: MadeSite, out: Path, file: Path, entry: Entry) -> str:
    """What becomes of an entry that was not found: it is said, and gone from what is written, or it stays."""
    knowing(file, entry)
    made.write(out)
    with open_result(out) as result:
        assert result.known is not None
        found = (list(result.known.stale), result.known.unseen)
    with open_result(out, write_baseline=True):
        pass
    stays = entry in baseline_file.read(file)
    assert found in (([entry], 0), ([], 1))
    assert stays == (found == ([], 1))
    return "unseen" if stays else "stale"


def test_a_page_that_was_read_without_it(tmp_path: Path, file: Path) -> None:
    assert judged(site(file), tmp_path / "out", file, STALE) == "stale"


def test_a_rule_that_is_off(tmp_path: Path, file: Path) -> None:
    made = site(file, check={"rules": {"broken-link": "off"}})
    assert judged(made, tmp_path / "out", file, STALE) == "unseen"


def test_a_rule_that_there_is_not(tmp_path: Path, file: Path) -> None:
    assert judged(site(file), tmp_path / "out", file, STALE._replace(rule="brokn-link")) == "stale"


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_that_is_not_there_any_more(tmp_path: Path, file: Path, status: int) -> None:
    made = site(file).missing("/old", status)
    assert judged(made, tmp_path / "out", file, STALE._replace(page="/old")) == "stale"


def test_a_page_that_redirects_now(tmp_path: Path, file: Path) -> None:
    made = site(file).redirect("/old", "/two")
    assert judged(made, tmp_path / "out", file, STALE._replace(page="/old")) == "stale"


@pytest.mark.parametrize("status", [500, 503, 403])
def test_a_page_that_could_not_be_read_this_time(tmp_path: Path, file: Path, status: int) -> None:
    made = site(file).missing("/old", status)
    assert judged(made, tmp_path / "out", file, STALE._replace(page="/old")) == "unseen"


def test_a_page_that_nothing_links_to_any_more(tmp_path: Path, file: Path) -> None:
    assert judged(site(file), tmp_path / "out", file, STALE._replace(page="/old")) == "stale"


def test_a_page_that_is_not_found_in_a_crawl_with_gaps(tmp_path: Path, file: Path) -> None:
    entry = STALE._replace(page="/old")
    pending = site(file)
    pending.waiting.append((f"{HOME}later", State.PENDING))
    beyond = site(file)
    beyond.waiting.append((f"{HOME}deep", State.BEYOND))
    down = site(file).missing("/three", 502)
    dead = site(file).answer("/four", Outcome.ERROR, Kind.TIMEOUT, None)
    cut = site(file).page("/five", outcome=Outcome.TRUNCATED)
    for number, made in enumerate((pending, beyond, down, dead, cut)):
        assert judged(made, tmp_path / str(number), file, entry) == "unseen", number


def test_a_page_that_robots_forbids_now(tmp_path: Path, file: Path) -> None:
    made = site(file).answer("/old", Outcome.SKIPPED, Kind.ROBOTS, None)
    assert judged(made, tmp_path / "out", file, STALE._replace(page="/old")) == "unseen"


def test_a_page_that_a_limit_of_depth_may_have_hidden(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    totals = FrontierView.totals
    monkeypatch.setattr(FrontierView, "totals", lambda view: totals(view) | {"links_too_deep": 1})
    assert judged(site(file), tmp_path / "out", file, STALE._replace(page="/old")) == "unseen"


def test_a_page_that_a_crawl_did_not_come_to(tmp_path: Path, file: Path) -> None:
    made = site(knowing(file, STALE._replace(page="/old")))
    made.meta["state"] = "stopped"
    assert known(made, tmp_path / "out").unseen == 1


def test_a_page_outside_of_what_is_crawled(tmp_path: Path, file: Path) -> None:
    made = site(file, scope={"exclude": ["/blog/"]})
    assert judged(made, tmp_path / "out", file, STALE._replace(page="/blog/1")) == "unseen"
    elsewhere = STALE._replace(page="https://other.example/page")
    assert judged(site(file), tmp_path / "other", file, elsewhere) == "unseen"


def test_a_crawl_that_did_not_end_writes_nothing(tmp_path: Path, file: Path) -> None:
    knowing(file, STALE)
    before = file.read_bytes()
    for state in ("stopped", "incomplete"):
        made = site(file)
        made.meta["state"] = state
        with open_result(made.write(tmp_path / state), write_baseline=True) as result:
            assert told(result) == {"broken-link": ["/gone"]}
            assert result.known is not None
            assert result.known.written is None
    down = MadeSite(check={"baseline": file}).missing("/", 502)
    with open_result(down.write(tmp_path / "down"), write_baseline=True) as result:
        assert result.known is not None
        assert (result.known.written, result.known.unseen) == (None, 1)
    assert file.read_bytes() == before


def test_fewer_pages_than_were_wanted_write_nothing(tmp_path: Path, file: Path) -> None:
    knowing(file, STALE)
    made = site(file, check={"min_pages": 3})
    with open_result(made.write(tmp_path / "out"), write_baseline=True) as result:
        assert (result.known, result.pages_missing) == (Known(file, 1, 0, 0, [STALE], 0), 1)
    assert baseline_file.read(file) == [STALE]


@pytest.mark.parametrize("pages", [["/two"], ["/", "/two"], ["/", "/two", "/three", "/four"]])
def test_a_maintenance_page_in_the_place_of_the_site_makes_no_line_stale(
    tmp_path: Path, file: Path, pages: list[str]
) -> None:
    lines = [STALE._replace(page=page) for page in pages]
    down = MadeSite(check={"baseline": knowing(file, *lines)}).page("/")
    with open_result(down.write(tmp_path / "out"), write_baseline=True) as result:
        assert result.known == Known(file, len(pages), 0, 0, [], len(pages), len(pages))
        assert result.coverage is not None
        assert result.coverage.startswith(f"Few of the pages that {file} names were read")
    assert baseline_file.read(file) == sorted(lines)


def test_pages_that_were_all_taken_away_make_theirs_stale(tmp_path: Path, file: Path) -> None:
    lines = [STALE._replace(page=page) for page in ("/old", "/older", "/oldest", "/two")]
    made = site(knowing(file, *lines)).missing("/old").missing("/older", 410)
    with open_result(made.write(tmp_path / "out")) as result:
        assert result.known is not None
        assert (result.known.unseen, result.coverage) == (0, None)


@pytest.mark.parametrize("rule", ["duplicate-title", "near-duplicate", "orphan", "soft-404"])
def test_what_a_page_is_compared_with_may_not_have_been_read(tmp_path: Path, file: Path, rule: str) -> None:
    limited = site(file)
    limited.waiting.append((f"{HOME}later", State.BEYOND))
    entry = Entry(rule, "/two", "/two")
    assert judged(limited, tmp_path / "limited", file, entry) == "unseen"
    assert judged(site(file), tmp_path / "whole", file, entry) == "stale"
    gone = site(file).missing("/old")
    gone.waiting.append((f"{HOME}later", State.BEYOND))
    assert judged(gone, tmp_path / "gone", file, Entry(rule, "/old", "/old")) == "stale"


def test_a_near_duplicate_is_known_when_the_first_of_them_is_gone(tmp_path: Path, file: Path) -> None:
    def alike(*pages: str) -> MadeSite:
        made = MadeSite(check={"baseline": file}).page("/", *pages)
        for page in pages:
            made.page(page, near_hash="1", content_hash=page, bytes=9)
        return made

    lines = [Entry("near-duplicate", page, page) for page in ("/a", "/b", "/c")]
    assert written(alike("/a", "/b", "/c"), tmp_path / "three", file) == lines
    with open_result(alike("/b", "/c", "/d").write(tmp_path / "two")) as result:
        assert left(result) == {"b": [("/d", None)]}
        assert result.known == Known(file, 3, 1, 2, [lines[0]], 0)


def test_a_known_fault_of_another_site_is_known_in_whatever_way_it_fails(tmp_path: Path, file: Path) -> None:
    made = MadeSite(check={"baseline": knowing(file, OTHER), "external": True}).page("/", OTHER.target)
    made.answer(OTHER.target, Outcome.ERROR, Kind.CONNECT, None, purpose=Purpose.EXTERNAL, message="No.")
    with open_result(made.write(tmp_path / "out"), write_baseline=True) as result:
        assert (result.findings, result.known) == ([], Known(file, 1, 1, 1, [], 0, 1))
    assert baseline_file.read(file) == [OTHER]


def test_one_baseline_holds_for_the_folder_and_for_the_site_that_was_made_of_it(
    tmp_path: Path, file: Path
) -> None:
    public = tmp_path / "public"
    (public / "news").mkdir(parents=True)
    for name in ("index.html", "about.html", "news/index.html"):
        (public / name).write_text("x")

    def made(home: str, start: str, about: str, **check: object) -> MadeSite:
        site = MadeSite(seeds=[home + start], check={"enabled": True, "baseline": file, **check})
        for page in (start, about, "news/"):
            site.page(home + page, f"{home}gone.html")
        return site.missing(f"{home}gone.html")

    as_folder = made("http://127.0.0.1:4000/", "", "about.html", folder=public)
    sites = [
        as_folder,
        made("http://127.0.0.1:4000/d/", "index.html", "about", folder=public, base_path="/d/"),
        made("https://example.com/", "", "about"),
        made("https://user.example/project/", "", "about.html"),
    ]
    first = written(as_folder, tmp_path / "first", file)
    assert [one.page for one in first] == ["/", "/about", "/news/"]
    for number, one in enumerate(sites):
        assert known(one, tmp_path / str(number)) == Known(file, 3, 1, 3, [], 0), number
        file.unlink()
        assert written(one, tmp_path / f"written-{number}", file) == first


def test_a_link_to_another_site_that_nobody_asked(tmp_path: Path, file: Path) -> None:
    def linking(*hrefs: str) -> MadeSite:
        return MadeSite(check={"baseline": file}).page("/", *hrefs)

    assert judged(linking(OTHER.target), tmp_path / "there", file, OTHER) == "unseen"
    assert judged(linking(f"{OTHER.target}#part"), tmp_path / "part", file, OTHER) == "unseen"
    assert judged(linking("/"), tmp_path / "gone", file, OTHER) == "stale", "the link is gone"


def test_a_link_to_another_site_that_answers_now(tmp_path: Path, file: Path) -> None:
    made = MadeSite(check={"baseline": file, "external": True}).page("/", OTHER.target)
    made.answer(OTHER.target, purpose=Purpose.EXTERNAL)
    assert judged(made, tmp_path / "out", file, OTHER) == "stale"


def test_a_link_that_robots_or_a_limit_kept_from_being_looked_at(tmp_path: Path, file: Path) -> None:
    entry = STALE._replace(page="/three")
    robots = site(file).page("/three", "/was-dead").answer("/was-dead", Outcome.SKIPPED, Kind.ROBOTS, None)
    limited = site(file).page("/three", "/was-dead")
    behind = site(file).page("/three", "/moved").redirect("/moved", "/was-dead")
    for number, made in enumerate((robots, limited, behind)):
        assert judged(made, tmp_path / str(number), file, entry) == "unseen", number
    fragment = entry._replace(rule="broken-fragment", target="/was-dead#part")
    assert judged(limited, tmp_path / "fragment", file, fragment) == "unseen"
    redirect = entry._replace(rule="redirect-permanent", target="/moved")
    assert judged(behind, tmp_path / "redirect", file, redirect) == "unseen"


def test_a_fragment_of_which_nobody_knows_whether_it_is_there(tmp_path: Path, file: Path) -> None:
    entry = Entry("broken-fragment", "/two#part", "/three")
    scripted = MadeSite(check={"baseline": file}).page("/", "/two", "/three")
    scripted.page("/two", scripts=1, text_length=10).page("/three", "/two#part")
    assert judged(scripted, tmp_path / "out", file, entry) == "unseen"


# Beside what is held back.


def test_what_is_held_back_is_not_written_and_what_is_known_is_not_held_back(
    tmp_path: Path, file: Path
) -> None:
    check = {"baseline": file, "external": True, "flaky": 2}
    made = MadeSite(check=check).page("/", OTHER.target, "/gone").missing("/gone")
    made.missing(OTHER.target, purpose=Purpose.EXTERNAL)
    with open_result(made.write(tmp_path / "out"), write_baseline=True) as result:
        assert [one.target for one in result.held_back] == [OTHER.target]
        assert result.findings == []
    assert baseline_file.read(file) == [GONE]
    knowing(file, OTHER)
    with open_result(tmp_path / "out") as result:
        assert result.held_back == []
        assert told(result) == {"broken-link": ["/gone"]}


# What goes wrong.


def test_one_that_cannot_be_written_leaves_all_as_it_was(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_):
        raise OSError(28, "No space left on device")

    site(file).write(tmp_path / "out")
    monkeypatch.setattr(baseline_file, "write", full)
    with (
        pytest.raises(CrawlFailed, match=rf"^--baseline {file}: it cannot be written: .*full"),
        open_result(tmp_path / "out", write_baseline=True) as result,
    ):
        assert told(result) == {"broken-link": ["/gone"]}, "the reports are made first"
        assert result.known == Known(file, 0, 0, 0, [], 0, None)


def test_one_that_is_missing_is_refused(tmp_path: Path, file: Path) -> None:
    site(file).write(tmp_path / "out")
    with pytest.raises(UsageError, match="there is no such file"), open_result(tmp_path / "out"):
        pass


def test_a_report_may_ask_for_another_one(tmp_path: Path, file: Path) -> None:
    site().write(tmp_path / "out")
    with open_result(tmp_path / "out", asked=CheckConfig(baseline=knowing(file, GONE))) as result:
        assert result.findings == []
    with open_result(tmp_path / "out") as result:
        assert told(result) == {"broken-link": ["/gone"]}
