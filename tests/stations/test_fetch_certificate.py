"""When an origin's certificate ends: told with its probe, whatever becomes of it, and with nothing else."""

import importlib.util
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from crawler.model import facts
from crawler.model.facts import Mark, Odd
from crawler.model.messages import Finished, Page
from crawler.model.outcomes import Kind, Purpose
from tests.stations.fetch_servers import Answer, Rig, always, by_target, byte_server, ok, rig

if importlib.util.find_spec("trustme") is None:
    pytest.skip("not installed: trustme", allow_module_level=True)

import trustme

ENDS = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
IN_SECONDS = int(ENDS.timestamp())


class Paper(NamedTuple):
    """What a server shows, and who is to be trusted for that."""

    ca_file: Path
    context: ssl.SSLContext


@pytest.fixture(scope="module")
def paper(tmp_path_factory) -> Paper:
    authority = trustme.CA()
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1", not_after=ENDS).configure_cert(context)
    return Paper(path, context)


@asynccontextmanager
async def probing(
    tmp_path: Path, paper: Paper, answer: Answer | bytes, **settings: Any
) -> AsyncIterator[tuple[Rig, str]]:
    async with (
        byte_server(answer, ssl=paper.context) as served,
        rig(tmp_path, served.url, ca_file=str(paper.ca_file), timeout=20, **settings) as fetching,
    ):
        yield fetching, f"{served.url}/x"


def certificate_of(result: object) -> list[Mark]:
    assert isinstance(result, Finished)
    return facts.decode(result.facts).marks


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (ok(b"", status="404 Not Found"), Kind.HTTP_STATUS),
        (ok(b"", status="500 Broken"), Kind.HTTP_STATUS),
        (ok(b"", "Location: /y\r\n", "302 Found"), Kind.REDIRECTED),
        (ok(b"", "Location: https://elsewhere.test/\r\n", "302 Found"), Kind.OUT_OF_SCOPE),
        (ok(b"GIF89a", "Content-Type: image/gif\r\n"), None),
    ],
)
@pytest.mark.parametrize("closes", [False, True])
async def test_a_probe_tells_it_however_it_ends(tmp_path, paper, answer, kind, closes):
    async with probing(tmp_path, paper, answer if closes else always(answer)) as (fetching, url):
        result = (await fetching.fetch(url, purpose=Purpose.PROBE)).result
        assert certificate_of(result) == [Mark(Odd.CERTIFICATE, 0, 0, str(IN_SECONDS))]
        assert result.kind is kind


@pytest.mark.parametrize("closes", [False, True])
async def test_a_probe_that_is_read_carries_it_to_its_parser(tmp_path, paper, closes):
    async with probing(tmp_path, paper, ok() if closes else always(ok())) as (fetching, url):
        assert (await fetching.page(url, purpose=Purpose.PROBE)).certificate_ends == IN_SECONDS


async def test_a_further_request_over_the_same_connection_tells_it_too(tmp_path, paper):
    async with probing(tmp_path, paper, by_target({"/": ok()})) as (fetching, url):
        for _ in range(3):
            assert certificate_of((await fetching.fetch(url, purpose=Purpose.PROBE)).result)


async def test_nothing_else_tells_it(tmp_path, paper):
    async with probing(tmp_path, paper, always(ok())) as (fetching, url):
        for purpose in set(Purpose) - {Purpose.PROBE}:
            result = (await fetching.fetch(url, purpose=purpose)).result
            told = result.certificate_ends if isinstance(result, Page) else result.facts
            assert not told


async def test_nothing_is_told_of_one_that_was_not_verified(tmp_path, paper):
    async with (
        byte_server(always(ok(b"", status="404 Not Found")), ssl=paper.context) as served,
        rig(tmp_path, served.url, verify_tls=False, timeout=20) as fetching,
    ):
        result = (await fetching.fetch(f"{served.url}/x", purpose=Purpose.PROBE)).result
        assert isinstance(result, Finished)
        assert result.facts == b""
        assert result.kind is Kind.HTTP_STATUS


async def test_there_is_none_without_tls(tmp_path):
    async with byte_server(always(ok(b"", status="404 Not Found"))) as served, rig(
        tmp_path, served.url
    ) as fetching:  # fmt: skip
        result = (await fetching.fetch(f"{served.url}/x", purpose=Purpose.PROBE)).result
        assert isinstance(result, Finished)
        assert result.facts == b""
