"""A folder is served as static hosts serve it, and nothing that lies outside of it."""

import os
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from crawler.check.folder import (
    Located,
    addresses,
    checked,
    lists_of,
    locate,
    media_type,
    namer,
    start_page,
    survey,
)
from crawler.check.folder_process import FolderProcess
from crawler.config import Config
from crawler.model.errors import UsageError


def fill(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


FILES = {
    "index.html": "<a href='about.html'>about</a> <a href='guide/'>guide</a>",
    "about.html": "about",
    "both.html": "the page",
    "both/index.html": "the folder",
    "guide/index.html": "the guide",
    "guide/a b é.html": "odd",
    "empty/notes.txt": "no page",
    "404.html": "not here",
    "style.css": "a {}",
    "data.bin": "x",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "secret.html").write_text("secret")
    (tmp_path / "public2").mkdir()
    (tmp_path / "public2" / "x.html").write_text("a neighbour whose name begins alike")
    public = fill(tmp_path / "public", FILES)
    (public / "link.html").symlink_to("about.html")
    (public / "out.html").symlink_to(tmp_path / "secret.html")
    (public / "outside").symlink_to(tmp_path / "public2")
    (public / "loop.html").symlink_to("loop.html")
    return public.resolve()


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("/", "index.html"),
        ("/index.html", "index.html"),
        ("/about.html", "about.html"),
        ("/about", "about.html"),
        ("/%61bout", "about.html"),
        ("/both", "both.html"),
        ("/both/", "both/index.html"),
        ("/guide/", "guide/index.html"),
        ("/guide/a%20b%20%C3%A9.html", "guide/a b é.html"),
        ("/guide/a%20b%20%c3%a9", "guide/a b é.html"),
        ("/empty/notes.txt", "empty/notes.txt"),
        ("/link.html", "link.html"),
        ("/out.html", "out.html"),
        ("/out", "out.html"),
        ("/outside/x.html", "outside/x.html"),
    ],
)
def test_what_answers_a_path(root: Path, path: str, file: str) -> None:
    assert locate(root, "/", path) == Located(root / file)
    assert locate(root, "/docs/", f"/docs{path}") == Located(root / file)


@pytest.mark.parametrize(("path", "moved"), [("/guide", "/guide/"), ("/empty", "/empty/")])
def test_a_folder_without_its_slash_is_somewhere_else(root: Path, path: str, moved: str) -> None:
    assert locate(root, "/", path) == Located(None, moved)


def test_what_lies_outside_of_the_base_path_is_missing(root: Path) -> None:
    assert locate(root, "/docs/", "/docs") == Located(None, "/docs/")
    for path in ("/", "/about.html", "/docsabout.html", "/doc/about.html", "/style.css"):
        assert locate(root, "/docs/", path) == Located(None)


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.html",
        "/guide/../../secret.html",
        "/guide/../about.html",
        "/%2e%2e/secret.html",
        "/..%2fsecret.html",
        "/%2e%2e%2fsecret.html",
        "/../public2/x.html",
        "//secret.html",
        "//etc/passwd",
        "/%2Fetc%2Fpasswd",
        "/..",
        "/.",
        "/./about.html",
        "/guide/..",
        "/..\\secret.html",
        "/..%5csecret.html",
        "/about.html%00.css",
        "/outside/",
        "/loop.html",
        "/" + "a" * 5000,
        "/" + "a/" * 3000,
        "/%ff%fe",
        "/about.html/",
        "/about.html/x",
        "/empty/",
        "/nothing",
    ],
)
def test_what_is_missing_and_what_nobody_may_have(root: Path, path: str) -> None:
    assert locate(root, "/", path) == Located(None)


def test_a_name_that_is_no_utf8_is_found(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.html")).write_text("x")
    assert locate(tmp_path.resolve(), "/", "/caf%E9.html").file
    assert list(addresses(tmp_path, survey(tmp_path).pages)) == ["caf%E9.html"]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a.html", "text/html; charset=utf-8"),
        ("a.HTM", "text/html; charset=utf-8"),
        ("a.css", "text/css; charset=utf-8"),
        ("a.js", "text/javascript; charset=utf-8"),
        ("a.svg", "image/svg+xml"),
        ("a.webp", "image/webp"),
        ("a.wasm", "application/wasm"),
        ("a.xml", "application/xml"),
        ("a.woff2", "font/woff2"),
        ("a.tar.gz", "application/octet-stream"),
        ("LICENSE", "application/octet-stream"),
    ],
)
def test_the_type_is_that_of_the_suffix(name: str, found: str) -> None:
    assert media_type(Path(name)) == found


def test_a_survey_names_pages_and_links_that_lead_out(root: Path) -> None:
    fill(root, {".git/x.html": "", "guide/.hidden.html": "", "old/PAGE.HTM": ""})
    found = survey(root)
    assert found.pages == [
        "about.html", "both.html", "both/index.html", "guide/a b é.html", "guide/index.html", "index.html",
        "link.html", "old/PAGE.HTM", "out.html",
    ]  # fmt: skip
    assert found.leading_out == ["out.html", "outside"]


@pytest.mark.parametrize(
    ("start", "listed"),
    [
        ("<a href=guide/>", ["", "about", "guide/"]),
        ("<a href='guide/'> <a href='about.html#x'>", ["", "about.html", "guide/"]),
        ('<a HREF = "guide/index.html">', ["", "about.html", "guide/index.html"]),
        ("<a href=https://example.com/x/index.html> <a href=guide/>", ["", "about", "guide/"]),
        (None, ["about.html", "guide/index.html"]),
    ],
)
def test_pages_are_listed_as_the_site_links_to_them(
    tmp_path: Path, start: str | None, listed: list[str]
) -> None:
    files = {"about.html": "", "guide/index.html": ""} | ({"index.html": start} if start else {})
    fill(tmp_path, files)
    pages = survey(tmp_path).pages
    assert sorted(addresses(tmp_path, pages)) == listed
    assert start_page(tmp_path, pages) == ("" if start else "about.html")


def test_a_folder_that_cannot_be_checked_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    page.write_text("x")
    (tmp_path / "empty").mkdir()
    (tmp_path / "only").mkdir()
    (tmp_path / "only" / "404.html").write_text("x")
    for folder, words in (
        (page, "is a file, not a folder"),
        (tmp_path / "nowhere", "is neither a folder nor a URL"),
        (tmp_path / "empty", "holds no HTML file"),
        (tmp_path / "only", "holds no HTML file"),
    ):
        with pytest.raises(UsageError) as caught:
            checked(folder)
        assert str(caught.value) == f"{folder} {words}"
    with pytest.raises(UsageError, match=r"^a{200} cannot be read: File name too long$"):
        checked(Path("a" * 5000))
    assert checked(tmp_path)[1].pages == ["index.html", "only/404.html"]


def test_no_file_has_the_name_of_a_made_up_sitemap(tmp_path: Path) -> None:
    assert lists_of(tmp_path, "/", 1) == ["/crawler-list-of-files-1-0.txt"]
    (tmp_path / "crawler-list-of-files-1-7.txt").write_text("")
    assert lists_of(tmp_path, "/docs/", 50_001) == [
        "/docs/crawler-list-of-files-2-0.txt",
        "/docs/crawler-list-of-files-2-1.txt",
    ]


def ask(port: int, path: str, method: str = "GET") -> tuple[HTTPResponse, bytes]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer, answer.read()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    top = tmp_path_factory.mktemp("served")
    (top / "secret.html").write_text("secret")
    root = fill(top / "public", {**FILES, "robots.txt": "User-agent: *\nDisallow: /\n"}).resolve()
    (root / "big.bin").write_bytes(bytes(range(256)) * 4096)
    (root / "out.html").symlink_to(top / "secret.html")
    with FolderProcess(root, "/docs/", ["/docs/list.txt"]) as server:
        yield root, server.port


def test_it_serves_what_there_is(served: tuple[Path, int]) -> None:
    root, port = served
    for path, file, media in (
        ("/docs/", "index.html", "text/html; charset=utf-8"),
        ("/docs/about?x=1", "about.html", "text/html; charset=utf-8"),
        ("/docs/style.css", "style.css", "text/css; charset=utf-8"),
        ("/docs/big.bin", "big.bin", "application/octet-stream"),
        ("/docs/robots.txt", "robots.txt", "text/plain; charset=utf-8"),
    ):
        answer, body = ask(port, path)
        assert (answer.status, body) == (200, (root / file).read_bytes()), path
        assert answer.headers["Content-Type"] == media
    answer, body = ask(port, "/docs/about.html", "HEAD")
    assert (answer.status, answer.headers["Content-Length"], body) == (200, "5", b"")
    assert ask(port, "/docs/about.html", "POST")[0].status == 405


def test_it_redirects_and_says_what_is_missing(served: tuple[Path, int]) -> None:
    _, port = served
    answer, _ = ask(port, "/docs/guide?x=1")
    assert (answer.status, answer.headers["Location"]) == (301, "/docs/guide/?x=1")
    answer, body = ask(port, "/docs/nothing")
    assert (answer.status, body) == (404, b"not here")
    for path in ("/", "/about.html", "/docs/../../secret.html", "/docs/%2e%2e/secret.html"):
        answer, body = ask(port, path)
        assert answer.status == 404, path
        assert b"secret" not in body


def test_it_lists_every_page(served: tuple[Path, int]) -> None:
    _, port = served
    answer, body = ask(port, "/docs/list.txt")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    base = f"http://127.0.0.1:{port}/docs/"
    assert body.decode().split() == [
        base + path
        for path in (
            "about.html", "both.html", "both/", "guide/a%20b%20%C3%A9.html", "guide/", "", "out.html",
        )
    ]  # fmt: skip


def test_a_port_that_is_taken_is_refused(served: tuple[Path, int]) -> None:
    root, port = served
    with pytest.raises(UsageError, match=f"Port {port} of 127.0.0.1 is already in use"):
        FolderProcess(root, "/", [], port).__enter__()


def of_folder(root: Path, base: str = "/") -> Config:
    here = f"http://127.0.0.1:4000{base}"
    return Config(
        seeds=[here],
        check={"enabled": True, "folder": root, "base_path": base},
        sitemaps={"urls": [f"{here}list.txt"]},
    )


@pytest.mark.parametrize("base", ["/", "/docs/"])
def test_a_url_is_called_by_its_file(root: Path, base: str) -> None:
    name = namer(of_folder(root, base))
    here = f"http://127.0.0.1:4000{base}"
    assert name(here) == "index.html"
    assert name(f"{here}about") == name(f"{here}about.html") == "about.html"
    assert name(f"{here}guide/#top") == "guide/index.html#top"
    assert name(f"{here}guide/a%20b%20%C3%A9?q=1#x") == "guide/a b é.html?q=1#x"
    assert name(f"{here}missing%20one.html") == "missing one.html"
    # Nobody sees a blank at the end, and would look for about.html, which is there.
    assert name(f"{here}about.html%20") == "about.html%20"
    assert name(f"{here}%09about.html") == "%09about.html"
    assert name(f"{here}both") == "both.html"
    assert name(f"{here}list.txt") == "(list of files)"
    assert name("https://example.com/about") == "https://example.com/about"
    assert name("http://127.0.0.1:40001/about") == "http://127.0.0.1:40001/about"


def test_what_lies_outside_of_the_base_path_is_called_by_its_path(root: Path) -> None:
    assert namer(of_folder(root, "/docs/"))("http://127.0.0.1:4000/about.html") == "/about.html"


def test_without_a_folder_a_url_is_its_name(root: Path) -> None:
    crawl = of_folder(root).replace({"check.enabled": False})  # with a file that is meant for checks
    assert namer(crawl)("http://127.0.0.1:4000/about") == "http://127.0.0.1:4000/about"
    assert (
        namer(Config(seeds=["http://127.0.0.1:4000/"]))("http://127.0.0.1:4000/a")
        == "http://127.0.0.1:4000/a"
    )
