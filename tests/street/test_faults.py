"""Every fault we know, among good pages: each recorded, and asked for as often, as it should be."""

import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from crawler.lab.faults import report as faults_report
from crawler.lab.faults.differences import OVER_HTTPX, over
from crawler.lab.faults.faults_process import FaultProcess
from crawler.lab.faults.judge import judge
from crawler.lab.faults.manifest import Here
from crawler.lab.faults.report import TIMEOUT
from crawler.lab.faults.site import build
from crawler.model.outcomes import Outcome
from tests import crawls
from tests.slowness import Slowness, slowness

BACKENDS = ["aiohttp", "httpx"]
# Both crawls are waited for by the first test. With other tests beside it, time-outs hit more than faults.
pytestmark = [pytest.mark.timeout(300), pytest.mark.alone]


BUSY = 1.5
"""A machine so many times slower than an idle one gets another attempt: time-outs hit more than faults."""


def crawl_over(backend, folder, slow):
    """The site crawled by the program itself: verdicts, OUT, the server's address and its log."""
    for attempt in range(2):
        out = folder / f"out-{attempt}"
        with FaultProcess() as server:
            done = crawls.crawl(*faults_report.arguments(server.here, out, backend=backend)[3:], timeout=140)
            assert done.returncode == 0, done.stderr
            log = server.log()
        verdicts = faults_report.verdicts(server.here, out, log, backend)
        if slow.factor < BUSY or all(verdict.right for verdict in verdicts):
            break
    return verdicts, out, server.here, log


@pytest.fixture(scope="module")
def all_crawled(tmp_path_factory):
    """Both crawls at the same time, most of it is waiting for time-outs; and how slow the machine was."""
    folders = {backend: tmp_path_factory.mktemp(backend) for backend in BACKENDS}
    with slowness() as slow, ThreadPoolExecutor(len(folders)) as pool:
        crawling = {
            backend: pool.submit(crawl_over, backend, folder, slow) for backend, folder in folders.items()
        }
        return {backend: future.result() for backend, future in crawling.items()}, slow


@pytest.fixture(params=BACKENDS)
def crawled(request, all_crawled):
    return all_crawled[0][request.param]


@pytest.fixture
def slow(all_crawled) -> Slowness:
    return all_crawled[1]


def test_there_are_faults_enough(crawled):
    _, _, here, _ = crawled
    site = build(here)
    names = [fault.name for fault in site.faults]
    assert len(names) == len(set(names)) >= 100
    assert sum(expected.fault is None for expected in site.expected.values()) == 200


def test_each_fault_is_recorded_as_expected_and_nothing_else_is_asked_for(crawled):
    verdicts, _, _, _ = crawled
    wrong = {verdict.url: (verdict.expected, verdict.found) for verdict in verdicts if not verdict.right}
    assert wrong == {}


def test_no_fault_hurts_a_good_page(crawled):
    _, out, here, _ = crawled
    good = {url for url, expected in build(here).expected.items() if expected.fault is None}
    found = [record for record in crawls.records(out) if record.url in good]
    assert len(found) == len(good)
    assert {record.outcome for record in found} == {Outcome.OK}


def test_the_summary_adds_up(crawled):
    _, out, _, log = crawled
    summary, records = crawls.summary(out), crawls.records(out)
    assert (summary["state"], summary["pending"]) == ("finished", 0)
    assert summary["discovered"] == len(records)
    assert summary["kinds"] == Counter(str(record.kind) for record in records if record.kind)
    assert summary["parser_restarts"] == summary["writer_restarts"] == 0
    # What broke on a connection that was closed under it never reached the server.
    assert len(log.requests) <= summary["requests"] <= len(log.requests) + 15


def test_the_loop_never_stands_still(crawled, slow):
    _, out, _, _ = crawled
    assert crawls.summary(out)["longest_stall_ms"] < 1_000 * (slow.factor + slow.longest)


def test_it_takes_less_than_40_seconds(crawled, slow):
    _, out, _, _ = crawled
    assert crawls.summary(out)["seconds"] < 40 * slow.factor


def test_no_time_out_comes_late(crawled, slow):
    """Neither parsing nor a bomb keeps the loop from ending an exchange when its time is over."""
    _, out, _, _ = crawled
    took = [record.elapsed_ms for record in crawls.records(out) if record.kind == "timeout"]
    assert len(took) >= 15
    late = [elapsed - TIMEOUT * 1_000 for elapsed in took]
    assert min(late) > -50  # the two clocks differ by a moment
    assert max(late) < 500 * slow.factor + 1_000 * slow.longest


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_memory_stays_below_450_megabytes(crawled):
    """The proportional set sizes of all processes together, at their peak."""
    _, out, _, _ = crawled
    assert 0 < crawls.summary(out)["peak_memory_bytes"] < 450 * 1_000_000


def test_the_report_names_every_fault_and_what_is_wrong(crawled):
    verdicts, _, here, log = crawled
    *lines, last = faults_report.lines(verdicts)
    assert last.endswith("200 of 200 good pages whole, 0 not as expected.")
    assert all(line.startswith("  right  ") for line in lines)
    assert {fault.name for fault in build(here).faults} <= {line.split()[1].rstrip(":") for line in lines}
    nothing_done = faults_report.lines(judge(here, build(here), [], log))
    assert sum(line.startswith("  WRONG  ") for line in nothing_done) > 600


def test_the_arguments_are_those_of_a_user(crawled):
    _, out, here, _ = crawled
    words = faults_report.arguments(here, out)
    assert words[1:4] == ["-m", "crawler", "run"]
    assert f"fetch.timeout={faults_report.TIMEOUT}" in words


def test_each_difference_between_the_backends_is_of_a_fault_and_says_why():
    site = build(here := Here(8, 9))
    assert all(difference.why for difference in OVER_HTTPX.values())
    assert OVER_HTTPX.keys() <= {fault.name for fault in site.faults}
    changed = {
        site.expected[url].fault
        for url, expected in over(site, "httpx", here).expected.items()
        if expected != site.expected[url]
    }
    assert changed == OVER_HTTPX.keys()
    assert over(site, "aiohttp", here) is site
