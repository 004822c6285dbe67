"""What the internet of the lab is made of: the same for the same seed, and its truth is what a walk finds."""

import hashlib
import re
from collections import Counter, deque
from urllib.parse import urljoin

import pytest
from msgspec.structs import asdict, replace

from crawler.lab.internet import answers
from crawler.lab.internet.internet import Internet
from crawler.lab.internet.kinds import Trouble
from crawler.lab.internet.report import Limits
from crawler.lab.internet.settings import Settings
from crawler.lab.internet.truth import Ending, counts, judge, reachable
from crawler.lab.internet.world import ROBOTS, World
from crawler.model.errors import UsageError
from crawler.model.outcomes import Kind, Outcome
from crawler.model.record import Record

EVERYTHING = World(
    hosts=60, pages=900, skew=0.5, faults=0.1, broken=0.02, redirects=0.1, missing=0.05, closed=0.1
)


def answered(world: World) -> str:
    """A digest of every answer, whole ones and failures."""
    digest = hashlib.sha256()
    for host in range(world.hosts):
        digest.update(answers.robots(world.robots(host), 1).data)
        for page in range(world.size(host)):
            fault = world.fault(host, page)
            if fault is not None:
                digest.update(answers.failing(world, host, page, fault).data)
            digest.update(answers.page(world, host, page).data)
    return digest.hexdigest()


def test_the_same_seed_gives_the_same_answers_for_ever():
    assert answered(World(hosts=20, pages=300, faults=0.1)) == (
        "0594c945ee2a7744752970ff4caf4f3cd71945640ddc625e59ae328f0edc017c"
    )


def test_another_seed_gives_other_answers():
    assert answered(World(hosts=5, pages=50)) != answered(World(hosts=5, pages=50, seed=2))


def walk(world: World, seed: str) -> dict[str, tuple[str, str | None, int | None]]:
    """How each URL ends for a client that knows answers alone, obeys robots.txt, and never gives up early."""
    internet = Internet(world, Limits())
    ends: dict[str, tuple[str, str | None, int | None]] = {}
    rules: dict[str, bytes | None] = {}

    def ask(url: str) -> bytes:
        found = world.find(url.encode())
        assert found is not None, url
        for _ in range(4):
            answer = internet.answer(*found)
            if answer.is_whole:
                break
        return answer.data

    waiting, known = deque([seed]), {seed}
    while waiting:
        url = waiting.popleft()
        origin = "/".join(url.split("/")[:3])
        if origin not in rules:
            head, _, body = ask(f"{origin}/robots.txt").partition(b"\r\n\r\n")
            rules[origin] = {b"200": body, b"404": b"", b"503": None}[head.split()[1]]
        rule = rules[origin]
        if rule is None or (b"Disallow: /private/" in rule and url.startswith(f"{origin}/private/")):
            ends[url] = "skipped", "robots", None
            continue
        head, _, body = ask(url).partition(b"\r\n\r\n")
        status = int(head.split()[1])
        links = re.findall(r'href="([^"]+)"', body.decode())
        if status == 200:
            ends[url] = "ok", None, 200
        elif status == 302:
            ends[url] = "skipped", "redirected", 302
            links = re.findall(r"Location: (\S+)", head.decode())
        else:
            ends[url] = "error", "http_status", status
        for link in links:
            to = urljoin(url, link)
            if to not in known:
                known.add(to)
                waiting.append(to)
    return ends


@pytest.mark.parametrize(
    "world",
    [EVERYTHING, replace(EVERYTHING, seed=2, skew=0.0), World(hosts=1, pages=1), World(hosts=9, pages=9)],
    ids=["skewed", "even", "one page", "one page each"],
)
def test_the_truth_is_what_a_walk_finds(world):
    truth = {url: tuple(end) for url, end in reachable(world)}
    assert walk(world, "http://h0.test/") == truth
    told = sum(counts(world), Counter())
    assert told["urls"] == len(truth)
    kinds = Counter(kind or outcome for outcome, kind, _ in truth.values())
    assert {name: told[name] for name in kinds} == kinds


def test_a_large_host_is_counted_in_small_steps():
    steps = [step["urls"] for step in counts(World(hosts=1, pages=10_001))]
    assert sum(steps) == 10_001
    assert max(steps) <= 200


def test_the_truth_is_the_same_from_any_page_that_can_be_read():
    ok = [url for url, end in reachable(EVERYTHING) if end.outcome is Outcome.OK]
    assert walk(EVERYTHING, ok[-1]) == {url: tuple(end) for url, end in reachable(EVERYTHING)}


def test_everything_there_can_be_is_there():
    """So that the walks above have met it."""
    world = EVERYTHING
    pages = [(host, page) for host in range(world.hosts) for page in range(world.size(host))]
    assert {fault.trouble for at in pages if (fault := world.fault(*at))} == set(Trouble)
    robots = [world.robots(host) for host in range(world.hosts)]
    assert {file.status for file in robots} == {200, 404, 503}
    assert {file.forbids for file in robots if file.status == 200} == {True, False}
    assert {file.crawl_delay for file in robots} == {0.0, 1.0}
    assert {file.fails for file in robots} == {0, 1}
    ends = {end for _, end in reachable(world)}
    assert {end.status for end in ends} == {200, 302, 404, 500, None}


@pytest.mark.parametrize("skew", [0.0, 0.3, 0.9])
def test_hosts_have_all_pages_together(skew):
    world = World(hosts=2_000, pages=50_000, skew=skew)
    sizes = [world.size(host) for host in range(world.hosts)]
    assert sum(sizes) == 50_000
    assert min(sizes) >= 1
    if skew:
        assert sizes[0] > 10 * sizes[-1]
    else:
        assert set(sizes) == {25}


@pytest.mark.parametrize("skew", [0.0, 0.5])
def test_a_million_hosts_are_made_of_nothing(skew):
    world = World(hosts=1_000_000, pages=50_000_000, skew=skew)
    assert world.first(1_000_000) == 50_000_000
    last = world.size(999_999) - 1
    assert world.find(world.url(999_999, last).encode()) == (999_999, last)
    assert all(0 <= page < world.size(host) for host, page in world.linked(999_999, 0))


def test_a_url_is_found_where_it_is_and_nothing_else_is():
    world = World(hosts=3, pages=30)
    for host in range(3):
        for page in [ROBOTS, *range(10)]:
            assert world.find(world.url(host, page).encode()) == (host, page)
    assert world.find(b"http://h1.test:80/p3") == (1, 3)
    assert world.find(b"http://h1.test") == (1, 0)
    for wrong in (
        "http://h3.test/", "http://h01.test/", "http://h1.test/p10", "http://h1.test/p0", "http://h1.test/p7",
        "http://h1.test/private/p6", "http://h1.test/p3?x", "http://h1.test:81/", "http://x.test/", "/p3",
        "http://h1.test/p01", "http://h1.testp3",
    ):  # fmt: skip
        assert world.find(wrong.encode()) is None, wrong


def test_a_host_has_its_own_latency_where_they_are_spread():
    world = World(hosts=1_000, pages=1_000, latency=0.1, spread=0.5)
    found = [world.latency_of(host) for host in range(world.hosts)]
    assert 0.05 <= min(found) < 0.06
    assert 0.14 < max(found) <= 0.15
    assert {World(latency=0.1).latency_of(host) for host in range(100)} == {0.1}


@pytest.mark.parametrize("name", list(asdict(Settings())))
def test_a_setting_out_of_bounds_is_refused_in_one_sentence(name):
    with pytest.raises(UsageError, match=rf"^{name} = -1 of an internet: allowed is [\d,]+ to [\d,]+.*$"):
        World(**{name: -1})


def test_shares_of_more_than_all_and_hosts_without_a_page_are_refused():
    with pytest.raises(UsageError, match="more than 1 together"):
        World(redirects=0.5, missing=0.4, broken=0.2)
    with pytest.raises(UsageError, match=r"pages = 99 .* allowed is 100 to .*, one for each host at least"):
        World(hosts=100, pages=99)


def record(url: str, end: Ending) -> Record:
    return Record(
        url=url, final_url=url, outcome=end.outcome, kind=end.kind, status=end.status,
        depth=0, attempts=1, fetched_at="",
    )  # fmt: skip


def test_the_judge_finds_what_is_lost_twice_wrong_or_strange():
    right = [record(url, end) for url, end in reachable(EVERYTHING)]
    verdict = judge(EVERYTHING, reversed(right))
    assert verdict.is_right
    assert verdict.urls == len(right)
    wrong = record(right[2].url, Ending(Outcome.ERROR, Kind.TIMEOUT, None))
    strange = [record(url, Ending(Outcome.OK, None, 200)) for url in ("http://h0.test/x", "http://x.test/")]
    verdict = judge(EVERYTHING, [*right[1:2], wrong, *right[3:], right[3], *strange])
    assert not verdict.is_right
    assert (verdict.lost, verdict.twice, verdict.wrong, verdict.strange) == (1, 1, 1, 2)
    assert verdict.named == {
        "lost": [right[0].url],
        "twice": [right[3].url],
        "wrong": [wrong.url],
        "strange": ["http://h0.test/x", "http://x.test/"],
    }
