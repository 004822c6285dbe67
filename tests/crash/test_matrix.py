"""Crawls killed in every kind of way, under both start methods (`crawler lab crash`: by the hundred)."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from random import Random

import pytest

from crawler.lab.crash.experiment import DELAY, kill_crawls
from crawler.lab.crash.kinds import EVERY, KINDS, PAGES
from crawler.lab.crash.trial import run_trial
from crawler.lab.graph_site import GraphSite, graph_site
from crawler.sinks import JsonlSink, SqliteSink
from tests import crawls

BY_NAME = {kind.name: kind for kind in KINDS}
MAX_ATTEMPTS = 5
"""On a busy machine a crawl may have ended before the kill comes: then another one is tried."""
SHORT_SET = [
    ("whole group", "spawn"),
    ("whole group, at its start", "forkserver"),
    ("whole group, then resume too", "forkserver"),
    ("whole group, one writer behind", "forkserver"),
    ("parsers, several times", "spawn"),
    ("the writer that is ahead", "spawn"),
    ("fork server, parser, writer", "forkserver"),
    ("resource tracker", "forkserver"),
    ("any children, at the start", "forkserver"),
    ("at writer:after_sync", "forkserver"),
    ("at parser:before_results", "forkserver"),
    ("at store:inside_transaction", "forkserver"),
    ("at writer:before_close", "forkserver"),
    ("whole group, while its sinks close", "forkserver"),
    ("at sink:parquet_part_named", "forkserver"),
    ("at end:before_state", "spawn"),
    ("power: all of that", "spawn"),
    ("whole group of a check", "forkserver"),
    ("writers of a check", "spawn"),
    ("a check at store:inside_transaction", "forkserver"),
    ("power: facts.db rows gone", "forkserver"),
    ("a recrawl: whole group", "forkserver"),
    ("a recrawl: whole group, at its start", "spawn"),
    ("a recrawl: one of the writers", "forkserver"),
    ("a recrawl: at generation:before_rename", "forkserver"),
    ("a recrawl: at generation:after_rename", "spawn"),
    ("a recrawl: at store:inside_transaction", "forkserver"),
    ("a recrawl: at end:before_state", "forkserver"),
    ("a recrawl: power: all of that", "forkserver"),
    ("a recrawl: whole group of a check", "forkserver"),
]

WITH_EVERY_SINK = {
    "whole group, while its sinks close",
    "at store:inside_transaction",
    "at writer:after_sync",
    "a recrawl: at store:inside_transaction",
}
"""The others are given two here, since each sink is a process more; the command gives all to every kind."""
TWO = (JsonlSink.name, SqliteSink.name)


@pytest.fixture(scope="module")
def site() -> Iterator[GraphSite]:
    with graph_site(PAGES, delay=DELAY) as running:
        yield running


@pytest.mark.parametrize(("name", "method"), SHORT_SET)
def test_a_killed_crawl_ends_with_every_page_recorded_once(tmp_path, site, name, method):
    kind, kills = BY_NAME[name], 0
    if kind.sinks == EVERY and name not in WITH_EVERY_SINK:
        kind = replace(kind, sinks=TWO)
    for attempt in range(MAX_ATTEMPTS):
        pages = site.under(f"{name.replace(' ', '-')}-{attempt}")
        chance = Random(f"{name}{attempt or ''}")
        verdict = run_trial(kind, method, pages, tmp_path / f"out-{attempt}", chance)
        assert verdict.is_clean, verdict
        kills += verdict.kills
        if kills:
            return
    pytest.fail("each of these crawls had ended before anything could be killed")


def test_the_judge_sees_what_is_wrong(tmp_path, site, monkeypatch):
    """A crawl whose output is shortened behind its back, when it is finished, is not clean."""
    import crawler.lab.crash.trial as trial

    def examine(out, site, sinks, generation):
        lines = (out / "records.jsonl").read_bytes().splitlines(keepends=True)
        (out / "records.jsonl").write_bytes(b"".join([*lines[:-2], lines[0], lines[-1][:-9]]))
        return real(out, site, sinks, generation)

    real = trial.examine
    monkeypatch.setattr(trial, "examine", examine)
    verdict = run_trial(
        BY_NAME["a parser"], "forkserver", site.under("judged"), tmp_path / "out", Random("judge")
    )
    assert (verdict.lost, verdict.twice) == (2, 1)
    assert any("records.jsonl is damaged" in wrong for wrong in verdict.wrongs)
    assert not verdict.is_clean


def test_the_judge_sees_what_is_wrong_with_the_generation_before(tmp_path, site, monkeypatch):
    """A recrawl in which something of the first crawl was changed, or is taken twice, is not clean."""
    import crawler.lab.crash.trial as trial

    def examine(out, site, sinks, generation):
        assert generation == 2
        with (out / "records.jsonl").open("ab") as file:
            file.write(b"{}\n")
        with closing(sqlite3.connect(out / "records.db")) as db, db:
            db.execute("UPDATE records SET title = 'x' WHERE id = 1")
        lines = (out / "records@2.jsonl").read_bytes().splitlines(keepends=True)
        first = lines[0].replace(b'"unchanged":false', b'"unchanged":true')
        (out / "records@2.jsonl").write_bytes(b"".join([first, *lines[1:], lines[5]]))
        return real(out, site, sinks, generation)

    real = trial.examine
    monkeypatch.setattr(trial, "examine", examine)
    kind = replace(BY_NAME["a recrawl: a parser"], sinks=TWO)
    verdict = run_trial(kind, "forkserver", site.under("judged-again"), tmp_path / "out", Random("judge"))
    assert (verdict.lost, verdict.twice) == (0, 1)
    ended = "when the first generation ended"
    assert f"records.jsonl is not what it was {ended}" in verdict.wrongs
    assert f"sqlite has not the records any more that it had {ended}" in verdict.wrongs
    assert any("generation 2, unchanged" in wrong for wrong in verdict.wrongs)  # of the page that changes


def test_an_interrupted_experiment_leaves_nothing(tmp_path, monkeypatch):
    import tempfile

    from crawler.lab.crash.victims import group_of

    leaders = []

    def interrupt(scene, count):
        leaders.append(scene.leader)
        assert group_of(scene.leader)
        raise KeyboardInterrupt

    monkeypatch.setattr("crawler.lab.crash.scene.Scene.wait_for_records", interrupt)
    monkeypatch.setattr("crawler.lab.crash.experiment.KINDS", [BY_NAME["a parser"]])
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(KeyboardInterrupt):
        kill_crawls(1, seed=1)
    assert [group_of(leader) for leader in leaders] == [[]]
    assert not list(tmp_path.glob("crawler-crash-*"))


def test_the_command_prints_what_came_of_it_for_programs():
    done = crawls.crawl("lab", "crash", "--kills", 1, "--seed", 3, "--json")
    assert done.returncode == 0, done.stdout
    found = json.loads(done.stdout)
    assert (found["clean"], found["seed"], len(found["trials"])) == (True, 3, 1)
    assert found["kills"] >= 1
