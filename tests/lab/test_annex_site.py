"""The annex as it is served: files as they are, and the answers that are none."""

import ssl
from contextlib import closing
from http.client import HTTPConnection, HTTPSConnection, RemoteDisconnected
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from crawler.lab.site.annex import address_of, read_annex
from crawler.lab.site.app import fixture_root
from crawler.lab.site.site_process import SiteProcess
from tests.lab.annex_marks import PAGES

NAMES = (b"{origin}", b"{other}")


@pytest.fixture(scope="module")
def annex():
    with SiteProcess(annex=True) as site:
        yield site


def get(site: SiteProcess, path: str, host: str = "127.0.0.1") -> tuple[int, dict[str, str], bytes]:
    port = urlsplit(site.url).port
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", path, headers={"Host": f"{host}:{port}"})
        response = connection.getresponse()
        return response.status, dict(response.headers), response.read()


def test_every_file_is_served_byte_for_byte() -> None:
    answers = read_annex(fixture_root()).answers
    for file in PAGES.rglob("*"):
        if file.is_file():
            address = address_of(file.relative_to(PAGES).as_posix())
            assert answers[address].body.startswith(file.read_bytes()), address
            assert answers[address].status == 200
    assert answers["/"].body == (PAGES / "index.html").read_bytes()
    assert answers["/"].headers == (("Content-Type", "text/html; charset=utf-8"),)
    assert answers["/cellar/lamp,2x.svg"].headers == (("Content-Type", "image/svg+xml"),)


def test_names_of_the_server_stand_for_where_it_was_asked(annex: SiteProcess) -> None:
    port = urlsplit(annex.url).port
    for host, other in (("127.0.0.1", "localhost"), ("localhost", "127.0.0.1")):
        body = get(annex, "/sitemap.xml", host)[2]
        assert f"<loc>http://{host}:{port}/catalogue.html</loc>".encode() in body
        assert f"<loc>http://{other}:{port}/cellar/lamp.html</loc>".encode() in body
        assert not any(name in body for name in NAMES)
        assert get(annex, "/across", host)[1]["Location"] == f"http://{other}:{port}/shelf/nine"


def test_what_is_missing_is_missing_except_in_the_branch(annex: SiteProcess) -> None:
    assert get(annex, "/nowhere")[0] == 404
    assert get(annex, "/nowhere", "localhost")[0] == 200
    assert get(annex, "/shelf/nine", "localhost")[0] == 404


def test_a_broken_line_breaks_and_a_full_crate_is_full(annex: SiteProcess) -> None:
    with pytest.raises((RemoteDisconnected, ConnectionError)):
        get(annex, "/shelf/cut-off")
    body = get(annex, "/weights/large.html")[2]
    assert abs(len(body) - 2_200_000) < 100
    assert body.startswith((PAGES / "weights" / "large.html").read_bytes())
    annex.start_anew()
    assert [get(annex, "/shelf/briefly-busy")[0] for _ in range(2)] == [503, 200]


@pytest.mark.skipif(find_spec("trustme") is None, reason="not installed: trustme")
def test_it_is_served_by_https_with_a_certificate(tmp_path: Path) -> None:
    import trustme

    authority, certificate = trustme.CA(), tmp_path / "certificate.pem"
    certificate.write_bytes(authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.bytes())
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with SiteProcess(annex=True, certificate=certificate) as site:
        port = urlsplit(site.url).port
        with closing(HTTPSConnection("127.0.0.1", port, context=context, timeout=10)) as connection:
            connection.request("GET", "/robots.txt")
            assert f"Sitemap: https://127.0.0.1:{port}/".encode() in connection.getresponse().read()
        assert site.requests() == [("GET", "/robots.txt", None)]
