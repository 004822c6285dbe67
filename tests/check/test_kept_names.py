"""What targets and pages go by from one check to the next."""

from pathlib import Path

import pytest

from crawler.check.earlier.names import FAULTS, kept_names, kept_rule, url_of
from crawler.config import Config


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("http://127.0.0.1:4000/a.html?b=1#c", "/a?b=1#c"),
        ("http://127.0.0.1:4000/a/b.html/c.htm", "/a/b.html/c.htm"),
        ("http://127.0.0.1:4000/index.html", "/"),
        ("http://127.0.0.1:4000/a/index.html#x.html", "/a/#x.html"),
        ("http://127.0.0.1:4000//a.html", "//a"),
        ("http://127.0.0.1:4000/%61%28b%29%2f?%61", "/a(b)/?%61"),
        ("http://127.0.0.1:4000/", "/"),
        ("http://127.0.0.1:4000", "/"),
        ("http://127.0.0.1:4000?b", "/?b"),
        ("http://127.0.0.1:40001/a", "http://127.0.0.1:40001/a"),
        ("https://127.0.0.1:4000/a", "https://127.0.0.1:4000/a"),
        ("https://other.example/a#b", "https://other.example/a#b"),
        ("A title", "A title"),
        ("", ""),
    ],
)
def test_what_is_on_the_own_origin_goes_by_its_path(text: str, name: str) -> None:
    assert kept_names(Config(seeds=["http://127.0.0.1:4000/start"]))(text) == name


def test_an_origin_is_the_same_however_it_is_typed() -> None:
    assert kept_names(Config(seeds=["HTTPS://Example.COM:443"]))("https://example.com/a") == "/a"


def test_a_file_goes_by_its_path_in_the_folder_though_its_name_may_be_no_text(tmp_path: Path) -> None:
    (tmp_path / "about.html").write_text("x")
    seed = "http://127.0.0.1:4000/docs/"
    config = Config(seeds=[seed], check={"enabled": True, "folder": tmp_path, "base_path": "/docs/"})
    name = kept_names(config)
    assert [name(f"{seed}about#x"), name("http://127.0.0.1:4000/x")] == ["/about#x", "/../x"]
    assert name(f"{seed}caf%E9.html") == "/caf%E9"


def test_below_the_path_where_the_site_lies_all_goes_by_the_same_name(tmp_path: Path) -> None:
    seed = "http://127.0.0.1:4000/docs/"
    folder = {"enabled": True, "folder": tmp_path}
    for home, check in [
        (seed, {}),
        (f"{seed}start.html", {}),
        (seed, {**folder, "base_path": "/docs/"}),
        ("https://example.com/", {}),
        ("https://example.com", {}),
        ("http://127.0.0.1:5000/sub/first.html", {**folder, "base_path": "/"}),
    ]:
        at = seed if home.startswith(seed) else home.removesuffix("sub/first.html").rstrip("/") + "/"
        name = kept_names(Config(seeds=[home], check=check))
        assert [name(at + path) for path in ("", "a/index.html", "b.html", "b")] == ["/", "/a/", "/b", "/b"]


def test_a_fault_of_another_site_is_the_same_in_whatever_way_it_fails() -> None:
    there = "https://other.example/"
    assert {kept_rule(rule, there) for rule in FAULTS} == {"broken-external"}
    assert [kept_rule("flaky", "/a"), kept_rule("redirect-to-http", there)] == ["flaky", "redirect-to-http"]


def test_a_name_leads_back_to_a_url(tmp_path: Path) -> None:
    config = Config(seeds=["https://example.com/docs/"])
    assert url_of(config, "/a b?c") == "https://example.com/docs/a%20b?c"
    assert url_of(config, "/../a") == "https://example.com/a"
    assert url_of(config, "https://other.example/") is None
    folder = Config(
        seeds=["http://127.0.0.1:1/d/"], check={"enabled": True, "folder": tmp_path, "base_path": "/d/"}
    )
    assert url_of(folder, "/a/b.html") == "http://127.0.0.1:1/d/a/b.html"
    assert url_of(folder, "/../outside") == "http://127.0.0.1:1/outside"
    assert url_of(folder, "A title") is None
