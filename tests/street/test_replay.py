"""An archive of the bundled site, replayed by pywb: page for page what the site says."""

import gzip
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

from crawler.lab.site.site_process import SiteProcess
from crawler.model.record import Record
from crawler.sinks.warc import WarcSink
from tests import crawls
from tests.judges import judge
from tests.stations import archives

NOT_PLAYED = {
    # What the site says only the first time, or not twice in the same way.
}


class Said(NamedTuple):
    """An answer, as far as a replay is to be like it."""

    status: int
    location: str | None
    content_type: str | None
    body: bytes


def ask(address: str, path: str) -> Said:
    """What a server says, its content coding undone."""
    connection = http.client.HTTPConnection(address, timeout=10)
    try:
        connection.putrequest("GET", path, skip_accept_encoding=True)
        connection.putheader("Accept-Encoding", "gzip")
        connection.endheaders()
        answer = connection.getresponse()
        body = answer.read()
        if answer.getheader("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        return Said(answer.status, answer.getheader("Location"), answer.getheader("Content-Type"), body)
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


def test_pywb_replays_the_site_page_for_page(crawled, tmp_path):
    out, site = crawled
    address = urlsplit(site.url).netloc
    answered = [record for record in crawls.records(out) if record.status is not None]
    assert len(answered) > 150
    kept = {}
    for record in archives.judge(out / "archive"):
        if record.kind in {"response", "revisit"}:
            kept[record.fields["WARC-Target-URI"]] = record
    assert sum(record.kind == "revisit" for record in kept.values()) >= 1
    wrong = {}
    site.start_anew()
    with replaying(tmp_path, out / "archive") as wayback:
        for record in answered:
            stamp = "".join(digit for digit in kept[record.url].fields["WARC-Date"] if digit.isdigit())[:14]
            played = ask(wayback, f"/kept/{stamp}id_/{record.url}")
            said = as_told(address, record)
            if played != said:
                wrong[record.url] = (played, said)
    assert wrong == {}


def as_told(address: str, record: Record) -> Said:
    """What the site says, as often as the crawl asked."""
    path = record.url.partition(address)[2]
    return [ask(address, path) for _ in range(record.attempts)][-1]


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
