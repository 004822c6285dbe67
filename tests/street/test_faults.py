"""Every fault we know, among good pages: each recorded, and asked for as often, as it should be."""

from collections import Counter

import pytest

from crawler.lab.faults import report as faults_report
from crawler.lab.faults.faults_process import FaultProcess
from crawler.lab.faults.judge import judge
from crawler.lab.faults.site import build
from crawler.model.outcomes import Outcome
from tests import crawls


@pytest.fixture(scope="module")
def crawled(tmp_path_factory):
    """The site crawled by the program itself: verdicts, OUT, the server's address and its log."""
    out = tmp_path_factory.mktemp("faults") / "out"
    with FaultProcess() as server:
        done = crawls.crawl(*faults_report.arguments(server.here, out)[3:])
        assert done.returncode == 0, done.stderr
        log = server.log()
    return faults_report.verdicts(server.here, out, log), out, server.here, log


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
    assert len(log.requests) <= summary["requests"] <= len(log.requests) + 5


def test_the_loop_never_stands_still(crawled):
    _, out, _, _ = crawled
    assert crawls.summary(out)["longest_stall_ms"] < 1_000


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
