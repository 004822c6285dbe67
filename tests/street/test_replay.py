"""An archive of the bundled site, replayed by pywb: page for page what the site says."""

import http.client
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from crawler.fetch.inflate import ACCEPT_ENCODING
from crawler.lab.site.site_process import SiteProcess
from crawler.sinks.warc import WarcSink
from tests import crawls, judges
from tests.judges import judge
from tests.stations import archives

PLAYED_OTHERWISE = {
    "/workshop/loop/self": "pywb does not play a redirect to itself",
    "/workshop/greeting": "it says another thing to one who comes back with its cookie, as the crawl does",
    "/workshop/colophon.xhtml": "pywb calls XHTML text/html",
    "/workshop/odd/query?b=2&a=1": "for pywb, that is the same as a=1&b=2",
    "/workshop/odd/query?a=1&b=2": "and the other way round",
}
"""What the replay may not be the judge of, and why."""


class Said(NamedTuple):
    """An answer, as far as a replay is to be like it."""

    status: int
    location: str | None
    content_type: str | None
    coding: str | None
    body: bytes


def ask(address: str, path: str) -> Said:
    """What a server says to one that takes what the crawler takes."""
    connection = http.client.HTTPConnection(address, timeout=10)
    try:
        connection.putrequest("GET", path, skip_accept_encoding=True)
        connection.putheader("Accept-Encoding", ACCEPT_ENCODING)
        connection.endheaders()
        answer = connection.getresponse()
        told = [answer.getheader(name) for name in ("Location", "Content-Type", "Content-Encoding")]
        return Said(answer.status, *told, answer.read())
    finally:
        connection.close()


@pytest.fixture(scope="module")
def crawled(tmp_path_factory) -> Iterator[tuple[Path, SiteProcess]]:
    """The bundled site, crawled into an archive; it still runs."""
    out = tmp_path_factory.mktemp("replay") / "out"
    with SiteProcess() as site:
        done = crawls.crawl(
            "run", site.url, "-c", crawls.ROOT / "config.toml", "-o", out, "--no-progress",
            "--sink", "jsonl", "--sink", "warc", "--set", "warc.part_bytes=200000",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        yield out, site


@contextmanager
def replaying(folder: Path, archive: Path) -> Iterator[str]:
    """A pywb that serves ``archive``, as indexed by cdxj-indexer: its address."""
    subprocess.run([judge("wb-manager"), "init", "kept"], cwd=folder, check=True, capture_output=True)
    parts = sorted(archive.glob("*.warc.gz"))
    assert len(parts) > 1
    home = folder / "collections" / "kept"
    index = home / "indexes" / "index.cdxj"
    subprocess.run([judge("cdxj-indexer"), "--sort", "-o", index, *parts], check=True, capture_output=True)
    for part in parts:
        (home / "archive" / part.name).symlink_to(part)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "pywb.log").open("wb") as log:
        command = [judge("wayback"), "-b", "127.0.0.1", "-p", str(port), "-d", folder]
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True)
    try:
        deadline = time.monotonic() + 20
        while True:
            with socket.socket() as trying:
                if trying.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert server.poll() is None, (folder / "pywb.log").read_text()
            assert time.monotonic() < deadline, (folder / "pywb.log").read_text()
            time.sleep(0.05)
        yield f"127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


@pytest.fixture(scope="module")
def answered(crawled) -> dict[str, tuple[Said, archives.Judged]]:
    """What the site says to each URL that was answered, asked as often as by the crawl, and what was kept."""
    out, site = crawled
    kept = {}
    for record in archives.judge(out / "archive"):
        if record.kind in {"response", "revisit"}:
            kept[record.fields["WARC-Target-URI"]] = record
    site.start_anew()
    address = urlsplit(site.url).netloc
    found = {}
    for record in crawls.records(out):
        if record.status is not None:
            path = record.url.partition(address)[2]
            said = [ask(address, path) for _ in range(record.attempts)][-1]
            found[path] = (said, kept.pop(record.url))
    assert kept == {}
    assert len(found) > 150
    assert any(record.kind == "revisit" for _, record in found.values())
    return found


def test_every_answer_is_kept_as_it_was_given(answered):
    wrong = {}
    for path, (said, record) in answered.items():
        told = [record.http.get_header(name) for name in ("Location", "Content-Type", "Content-Encoding")]
        body = said.body if record.kind == "revisit" else record.payload
        if Said(int(record.http.get_statuscode()), *told, body) != said:
            wrong[path] = (record, said)
        assert record.fields["WARC-Payload-Digest"] == archives.sha1(said.body) or path in wrong
    assert wrong.keys() <= {"/workshop/greeting"}


def test_pywb_replays_the_site_page_for_page(crawled, answered, tmp_path):
    out, site = crawled
    wrong = {}
    with replaying(tmp_path, out / "archive") as wayback:
        for path, (said, record) in answered.items():
            stamp = "".join(digit for digit in record.fields["WARC-Date"] if digit.isdigit())[:14]
            played = ask(wayback, f"/kept/{stamp}id_/{site.url}{path[1:]}")
            if played != said:
                wrong[path] = (played, said)
    assert wrong.keys() <= PLAYED_OTHERWISE.keys(), wrong


def test_a_judge_that_is_missing_is_a_failure_in_ci_alone(monkeypatch, tmp_path):
    monkeypatch.setattr(judges, "FOLDER", tmp_path)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="wayback is not installed"):
        judge("wayback")
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match="wayback is not installed"):
        judge("wayback")


def test_the_archive_alone_has_all_records(crawled):
    out, _ = crawled
    assert list(WarcSink.read(out / "archive")) == (out / "records.jsonl").read_bytes().splitlines()


def test_what_was_never_answered_has_its_record_and_nothing_else(crawled):
    out, _ = crawled
    found: dict[str, set[str]] = {}
    for record in archives.judge(out / "archive"):
        if record.kind != "warcinfo":
            found.setdefault(record.fields["WARC-Target-URI"], set()).add(record.kind)
    refused = [record.url for record in crawls.records(out) if record.status is None]
    assert refused
    assert {json.dumps(sorted(found[url])) for url in refused} == {'["metadata"]'}


def test_pywb_replays_a_page_that_was_not_modified(tmp_path):
    """A 304 in a later generation, of a page and of one that repeats it: at each time, the page."""
    kept = b'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nETag: "a"\r\n\r\n'
    asked = b'GET / HTTP/1.1\r\nHost: a.example\r\nIf-None-Match: "a"\r\n\r\n'
    same = {"payload": b"", "request": asked, "head": b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n'}
    first = [archives.exchange(number, b"<p>one", head=kept) for number in (1, 2)]
    changed = archives.exchange(1, b"<p>two", head=kept, at=archives.AT + 2e5)
    later = [
        archives.exchange(number, at=archives.AT + number + day * 1e5, **same)
        for day in (1, 3)
        for number in (1, 2)
    ]
    exchanges = sorted([*first, *later, changed], key=lambda exchange: exchange.at)
    items = [archives.answered(int(exchange.url[-1]), exchange) for exchange in exchanges]
    records = archives.written(tmp_path / "archive", *items, part_bytes=1)
    told = {}
    with replaying(tmp_path, tmp_path / "archive") as wayback:
        for record in records:
            if record.kind in {"response", "revisit"}:
                stamp = "".join(digit for digit in record.fields["WARC-Date"] if digit.isdigit())[:14]
                url = record.fields["WARC-Target-URI"]
                told[stamp, url[-1]] = ask(wayback, f"/kept/{stamp}id_/{url}")
    page = Said(200, None, "text/html", None, b"<p>one")
    assert [said for (_, number), said in sorted(told.items()) if number == "2"] == [page] * 3
    pages = [said for (_, number), said in sorted(told.items()) if number == "1"]
    assert pages == [page, page, *[page._replace(body=b"<p>two")] * 2]
