"""``crawler trace OUT --why``, as its users call it."""

import json
import shutil
from pathlib import Path

import pytest

from tests import crawls
from tests.graph_server import graph_site

PAGES = 120
"""More than twice what a verdict needs (``verdict.FEWEST``), so that a trace cut off early still has one."""
DELAY = 0.02


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A crawl whose host may be asked every 20 ms."""
    folder = tmp_path_factory.mktemp("why") / "out"
    with graph_site(PAGES) as site:
        done = crawls.crawl(
            "run", site.url, "-o", folder, "--trace", "--delay", DELAY, "--workers", 1, "--no-progress"
        )
    assert done.returncode == 0, done.stderr
    return folder


def test_a_polite_crawl_is_limited_by_that(out: Path) -> None:
    done = crawls.crawl("trace", out, "--why", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert (found["limit"], found["is_clear"], found["urls"]) == ("politeness", True, PAGES)
    assert found["seconds"] >= (PAGES - 1) * DELAY
    assert found["turns"]["kept_back"] > 0.5
    speeds = {change["name"]: change["speed"] for change in found["changes"]}
    assert speeds["without the delay"] > 2
    assert speeds["64 at once"] == pytest.approx(1.0, abs=0.05)
    assert 0 < found["loop"] < 1


def test_it_is_told_in_plain_words(out: Path) -> None:
    done = crawls.crawl("trace", out, "--why")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Politeness limits this crawl: for ")
    for words in (
        "event loop",
        "held by writers",
        "what would change it: ",
        "without the delay: ",
        "Predicted by",
    ):
        assert words in done.stdout


def test_a_trace_that_was_moved_away_from_its_crawl_is_judged_by_itself(out: Path, tmp_path: Path) -> None:
    moved = shutil.copy(out / "trace.pftrace", tmp_path)
    done = crawls.crawl("trace", moved, "--why", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["limit"] == "politeness"


def test_a_trace_that_was_cut_off_is_judged_by_what_is_there(out: Path, tmp_path: Path) -> None:
    whole = (out / "trace.pftrace").read_bytes()
    for share in (0.9, 0.5, 0.1, 0.01):
        part = tmp_path / "trace.pftrace"
        part.write_bytes(whole[: int(len(whole) * share)])
        done = crawls.crawl("trace", part, "--why", "--json")
        assert (done.returncode, "Traceback" in done.stderr) in ((0, False), (2, False)), done.stderr
        if share == 0.9:
            assert json.loads(done.stdout)["limit"] == "politeness"


def test_the_demo_is_limited_by_urls_that_are_tried_again_and_not_by_politeness(tmp_path: Path) -> None:
    done = crawls.crawl("demo", "-o", tmp_path / "out", "--trace", "--no-progress")
    assert done.returncode == 0, done.stderr
    found = json.loads(crawls.crawl("trace", tmp_path / "out", "--why", "--json").stdout)
    assert (found["limit"], found["is_clear"], found["has_limits"]) == ("again", True, False)
    assert found["turns"]["again"] + found["turns"]["resting"] > 0.5
    assert found["turns"]["kept_back"] < 0.3
    assert {each["url"].rpartition("/")[2] for each in found["again"]} <= {"yesterday", "today", "slow-count"}
    assert found["again"][0]["url"].endswith("/stock/yesterday")
    assert found["again"][0]["attempts"] == 4
    told = crawls.crawl("trace", tmp_path / "out", "--why").stdout
    assert told.startswith("Waiting to try again limits this crawl: for ")
    assert "/stock/yesterday for " in told.splitlines()[0]
    assert "--retries 0" in told


def test_one_url_has_no_why(out: Path) -> None:
    done = crawls.crawl("trace", out, "--why", "--url", "http://127.0.0.1/")
    assert done.returncode == 2
    assert "--why is about the whole crawl and --url about one URL: give one of them" in done.stderr
