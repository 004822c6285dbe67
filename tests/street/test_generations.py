"""A site that changes, crawled over five generations: what is asked, what is recorded, what is told of it."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from crawler import diff
from crawler.comparison.comparing import Comparison
from crawler.comparison.difference import Difference
from crawler.frontier.view import generations, open_view
from crawler.lab.changing.changing_process import ChangingProcess
from crawler.lab.changing.manifest import Difference as Expected
from crawler.lab.changing.manifest import Generation, manifest
from crawler.lab.changing.server import ROBOTS_PATH, Asked
from crawler.lab.changing.stage import STAGES
from crawler.model.generations import file_name
from crawler.model.record import Record, decode
from crawler.sinks import SINKS
from tests import crawls

SEED = 3
"""Of its site one page is new in a later stage, changes after that, and keeps its ETag."""
NUMBERS = range(1, STAGES + 1)
OPTIONS = (
    "--no-progress", "--retries", 0, "--sink", "jsonl", "--sink", "sqlite", "--workers", 1,
    "--set", "politeness.throttle=false", "--set", "fetch.busy_max=0", "--set", "parse.keep_text=true",
)  # fmt: skip
"""So that each URL is asked for once: a page that fails stays one that has failed."""
OF_THE_CRAWL = {"fetched_at", "elapsed_ms", "depth", "referrer", "redirects", "generation", "unchanged"}
"""Keys of a record that depend on when, and after what, a page was asked for."""
pytestmark = pytest.mark.timeout(300)  # all crawls are waited for by the first test


class Crawled(NamedTuple):
    out: Path
    origin: str
    logs: list[list[Asked]]
    """Of each generation."""
    first: dict[str, bytes]
    """The files of the first one, as they were before there was a second."""

    def records(self, number: int) -> dict[str, Record]:
        """By path."""
        lines = (self.out / file_name("records.jsonl", number)).read_bytes().splitlines()
        records = [decode(line) for line in lines]
        assert len({record.url for record in records}) == len(records)
        return {record.url.removeprefix(self.origin): record for record in records}


def text_files(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in ("crawl.db", "records.jsonl")}


@pytest.fixture(scope="module", params=["aiohttp", "httpx"])
def crawled(request, tmp_path_factory) -> Crawled:
    out, logs, first = tmp_path_factory.mktemp("crawled") / "out", [], {}
    with ChangingProcess(SEED) as site:
        for number in NUMBERS:
            site.serve(number)
            if number == 1:
                done = crawls.crawl(
                    "run", site.url, "-o", out, *OPTIONS, "--set", f"fetch.backend={request.param}"
                )
                first = text_files(out)
            else:
                done = crawls.crawl("recrawl", out, "--no-progress")
            assert done.returncode == 0, done.stdout + done.stderr
            logs.append(site.taken_log())
        return Crawled(out, site.url.rstrip("/"), logs, first)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory) -> list[Crawled]:
    """Each stage, crawled by somebody who has never seen the site."""
    found = []
    with ChangingProcess(SEED) as site:
        for number in NUMBERS:
            site.serve(number)
            out = tmp_path_factory.mktemp("fresh") / "out"
            done = crawls.crawl("run", site.url, "-o", out, *OPTIONS)
            assert done.returncode == 0, done.stdout + done.stderr
            found.append(Crawled(out, site.url.rstrip("/"), [site.taken_log()], {}))
    return found


def of(number: int) -> Generation:
    return manifest(SEED)[number - 1]


@pytest.mark.parametrize("number", NUMBERS)
def test_the_server_is_asked_as_the_manifest_says(crawled, number):
    expected, log = of(number), crawled.logs[number - 1]
    assert [asked.path for asked in log].count(ROBOTS_PATH) == 1
    log = [asked for asked in log if asked.path != ROBOTS_PATH]
    assert {asked.path: (asked.status, asked.sent) for asked in log} == {
        path: (known.status, known.sent) for path, known in expected.crawled.items()
    }
    assert len(log) == len(expected.crawled)  # each once
    assert Counter(asked.status for asked in log) == expected.statuses
    assert sum(asked.sent for asked in log) == expected.sent
    conditions = {
        asked.path: {name: value for name, value in asked.headers.items() if name.startswith("if-")}
        for asked in log
    }
    assert conditions == {path: dict(known.asked) for path, known in expected.crawled.items()}


@pytest.mark.parametrize("number", NUMBERS)
def test_every_generation_is_whole_by_itself(crawled, fresh, number):
    found, wanted = crawled.records(number), fresh[number - 1].records(1)
    expected = of(number)
    # Where the server says that a page is what it was, it is taken to be so.
    wanted_of = {path: wanted[path] for path in wanted.keys() - expected.unseen}
    wanted_of |= {path: fresh[seen_last(path, number) - 1].records(1)[path] for path in expected.unseen}
    assert found.keys() == wanted_of.keys() == expected.crawled.keys()
    for path, record in found.items():
        assert said(record, crawled) == said(wanted_of[path], fresh[number - 1])


def seen_last(path: str, number: int) -> int:
    """The last generation up to ``number`` that had the page as it was then; every page begins with one."""
    return max(known for known in range(1, number + 1) if path in of(known).crawled.keys() - of(known).unseen)


def said(record: Record, crawl: Crawled) -> dict[str, Any]:
    """What it says of the page alone, wherever the site was served."""
    line = json.dumps({key: value for key, value in record.asdict().items() if key not in OF_THE_CRAWL})
    told: dict[str, Any] = json.loads(line.replace(crawl.origin, ""))
    return told


@pytest.mark.parametrize("number", NUMBERS)
def test_records_tell_their_generation_and_what_is_unchanged(crawled, number):
    records = crawled.records(number)
    assert {record.generation for record in records.values()} == {number}
    assert {path for path, record in records.items() if record.unchanged} == of(number).unchanged


@pytest.mark.parametrize("number", NUMBERS)
def test_every_sink_has_each_generation(crawled, number):
    assert generations(crawled.out) == list(NUMBERS)
    with open_view(crawled.out, number) as view:
        spans = view.spans()
    lines = {}
    for name in ("jsonl", "sqlite"):
        sink, (begin, end) = SINKS[name], spans[name]
        lines[name] = list(sink.read(crawled.out / sink.file_of(number), end, begin))
    assert [decode(line) for line in lines["sqlite"]] == [decode(line) for line in lines["jsonl"]]
    assert len(lines["jsonl"]) == len(of(number).crawled)


def test_nothing_of_an_earlier_generation_is_changed(crawled):
    assert text_files(crawled.out) == crawled.first


Told = tuple[str, str, str | None, int | None, frozenset[str], frozenset[str], frozenset[str]]


def told(difference: Difference, origin: str) -> Told:
    """As the manifest would say it."""

    def paths(urls: tuple[str, ...]) -> frozenset[str]:
        return frozenset(url.removeprefix(origin) for url in urls)

    return (
        str(difference.what),
        difference.url.removeprefix(origin),
        difference.old_url and difference.old_url.removeprefix(origin),
        difference.status,
        frozenset(map(str, difference.fields)),
        paths(difference.links_added),
        paths(difference.links_gone),
    )


def expected(differences: Iterable[Expected]) -> set[Told]:
    return {
        (one.what, one.path, one.old_path, one.status, frozenset(map(str, one.fields)),
         one.links_added, one.links_gone)
        for one in differences
    }  # fmt: skip


@pytest.mark.parametrize("number", NUMBERS[1:])
def test_diff_finds_what_the_manifest_names_and_nothing_else(crawled, number):
    old, new = f"{crawled.out}@{number - 1}", f"{crawled.out}@{number}"
    with Comparison(old, new) as comparison:
        found = [told(difference, crawled.origin) for difference in comparison]
    assert set(found) == expected(of(number).differences)
    assert len(found) == len(set(found))
    assert comparison.totals.cosmetic == len(of(number).cosmetic)
    assert set(found) == {told(difference, crawled.origin) for difference in diff(old, new)}


@pytest.mark.parametrize("number", NUMBERS[1:])
def test_diff_finds_it_backwards_too(crawled, number):
    differences = diff(f"{crawled.out}@{number}", f"{crawled.out}@{number - 1}")
    found = [told(difference, crawled.origin) for difference in differences]
    assert set(found) == expected(of(number).backwards)
    assert len(found) == len(set(found))


@pytest.mark.parametrize("number", NUMBERS[1:])
def test_exactly_compared_what_nobody_reads_is_a_change_too(crawled, number):
    old, new = f"{crawled.out}@{number - 1}", f"{crawled.out}@{number}"
    found = {told(difference, crawled.origin)[:2] for difference in diff(old, new, exact=True)}
    wanted = {one[:2] for one in expected(of(number).differences)} | {
        ("changed", path) for path in of(number).cosmetic
    }
    assert found == wanted


def test_the_text_of_an_edit_is_shown_as_a_unified_diff(crawled):
    texts = [
        difference.text for difference in diff(f"{crawled.out}@1", f"{crawled.out}@2") if difference.text
    ]
    edited = [one for one in of(2).differences if one.what == "changed" and "text" in one.fields]
    assert len(texts) == len(edited)
    for text in texts:
        assert any(line.startswith(("+", "-")) for line in text)


def test_the_summary_counts_what_the_manifest_names(crawled):
    changes = crawls.summary(crawled.out)["changes"]
    expected = of(STAGES)
    what = Counter(difference.what for difference in expected.differences)
    assert changes["unchanged"] == len(expected.unchanged)
    assert changes["cosmetic"] >= len(expected.cosmetic)
    assert changes["gone"] >= what["gone"]
