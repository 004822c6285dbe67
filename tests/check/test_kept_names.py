"""What targets and pages go by from one check to the next."""

import os
from pathlib import Path

import pytest

from crawler.check.earlier.names import kept_names, url_of
from crawler.config import Config


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("http://127.0.0.1:4000/a.html?b=1#c", "/a.html?b=1#c"),
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
    assert [name(f"{seed}about#x"), name("http://127.0.0.1:4000/x")] == ["about.html#x", "/x"]
    assert name(f"{seed}caf%E9.html").isprintable()
    assert name(f"{seed}caf%E9.html").encode()
    (tmp_path / os.fsdecode(b"caf\xe9.html")).write_text("x")
    assert name(f"{seed}caf%E9.html#x") == "caf\\xe9.html#x"
    assert url_of(config, "caf\\xe9.html#x") == f"{seed}caf%E9.html"


def test_a_name_leads_back_to_a_url(tmp_path: Path) -> None:
    config = Config(seeds=["https://example.com/docs/"])
    assert url_of(config, "/a b?c") == "https://example.com/a%20b?c"
    assert url_of(config, "https://other.example/") is None
    folder = Config(
        seeds=["http://127.0.0.1:1/d/"], check={"enabled": True, "folder": tmp_path, "base_path": "/d/"}
    )
    assert url_of(folder, "a/b.html") == "http://127.0.0.1:1/d/a/b.html"
    assert url_of(folder, "/outside") == "http://127.0.0.1:1/outside"
