"""The bundled site crawled with each backend: the records are the same, but for what is of the moment."""

import importlib.util
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest

from crawler.lab.site.site_process import SiteProcess
from tests import crawls

OF_THE_MOMENT = {"fetched_at": "", "elapsed_ms": None, "referrer": None}
"""The referrer is whichever page came first of those that have the link."""
NAME_THE_SERVER = ("/sitemap.xml", "/workshop/odd-links")
"""Pages that have the server's port in them."""
NO_HASHES = {"content_hash": None, "near_hash": None}
MISSING = [name for name in ("httpx", "h2") if importlib.util.find_spec(name) is None]


def crawled(backend: str, url: str, out: Path) -> list[str]:
    done = crawls.crawl(
        "run", url, "-c", crawls.ROOT / "config.toml", "-o", out, "--no-progress",
        "--executor", "inline", "--set", f"fetch.backend={backend}",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    records = (msgspec.structs.replace(record, **OF_THE_MOMENT) for record in crawls.records(out))
    return [
        repr(msgspec.structs.replace(record, **NO_HASHES) if record.url.endswith(NAME_THE_SERVER) else record)
        for record in records
    ]


@pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")
def test_both_find_the_same(tmp_path):
    found = []
    for backend in ("aiohttp", "httpx"):
        with SiteProcess() as site:
            records = crawled(backend, site.url, tmp_path / backend)
            host = urlsplit(site.url).netloc
        found.append(sorted(record.replace(host, "site") for record in records))
    assert len(found[0]) > 20
    assert found[0] == found[1]
