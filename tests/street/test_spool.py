"""Long bodies wait for a parser in files: whoever removes them costs requests, not the crawl."""

import asyncio
import socket
import time
from pathlib import Path

import pytest

from tests import crawls
from tests.street.test_politeness import Answer, server

PAGES = 12


def extract(page):
    """Run in the parse process: at one page it waits for the files of all others, and removes them."""
    spool = page.headers.get("x-remove")
    deadline = time.monotonic() + 10
    while spool and time.monotonic() < deadline:
        files = list(Path(spool).glob("*.body"))
        if len(files) == PAGES:
            for path in files:
                path.unlink()
            break
        time.sleep(0.01)


@pytest.mark.parametrize("retries", [3, 0])
async def test_pages_whose_files_are_gone_are_fetched_again(tmp_path, retries):
    out = tmp_path / "out"

    def pages(host: str, path: str, times: int) -> Answer:
        headers = f"X-Remove: {out / 'spool'}\r\n" if path == "/0" else ""
        links = "".join(f"<a href=/{n}>n</a>" for n in range(PAGES))
        return 0.2 * (path not in ("/", "/0")), "200 OK", headers, f"{links}{'<p>text' * 5_000}"

    sock = socket.create_server(("127.0.0.1", 0))
    site = f"http://127.0.0.1:{sock.getsockname()[1]}"
    settings = ("fetch.spool_above=1000", "parse.batch_pages=1")
    async with server(pages, sock):
        done = await asyncio.to_thread(
            crawls.crawl, "run", f"{site}/", "-o", out, "--no-progress", "--ignore-robots",
            "--workers", 1, "--retries", retries, "--extract", "tests.street.test_spool:extract",
            *(part for one in settings for part in ("--set", one)),
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    records = crawls.records(out)
    assert {record.kind for record in records} == {None}
    assert {record.url: record.attempts for record in records} == {
        f"{site}/": 1,
        f"{site}/0": 1,
        **{f"{site}/{n}": 2 for n in range(1, PAGES)},
    }
    assert crawls.summary(out)["retries"] == PAGES - 1
