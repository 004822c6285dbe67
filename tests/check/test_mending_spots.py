"""Paths that are the same spot, are written alike; and which folder moved."""

import pytest

from crawler.check.mending.folders import Folders
from crawler.check.mending.spots import Spot, spot_of, upwards


@pytest.mark.parametrize(
    "path", ["/a/b", "/a/b/", "/a/b.html", "/a/b.htm", "/a/b/index.html", "/a/b/default.aspx", "/a/%62.PHP"]
)
def test_a_page_is_at_one_spot_however_it_is_written(path):
    assert spot_of(path) == Spot("/a/", "b", "", "")


@pytest.mark.parametrize(
    ("path", "spot"),
    [
        ("/", Spot("/", "", "", "")),
        ("/index.html", Spot("/", "", "", "")),
        ("/os.path", Spot("/", "os.path", "", "")),
        ("/os.path.html", Spot("/", "os.path", "", "")),
        ("/img/Logo.PNG", Spot("/img/", "Logo", "png", "")),
        ("/a?b=/c.html", Spot("/", "a", "", "b=/c.html")),
        ("/3.11", Spot("/", "3.11", "", "")),
        ("/a%2Fb", Spot("/a/", "b", "", "")),
    ],
)
def test_other_spots(path, spot):
    assert spot_of(path) == spot


def test_the_folders_above():
    assert upwards("/a/b/") == ("/a/b/", "/a/", "/")
    assert upwards("/") == ("/",)


def went(*pairs: tuple[str, str]) -> Folders:
    folders = Folders()
    for one, other in pairs:
        folders.add(spot_of(one), spot_of(other))
    return folders


MOVED = [(f"/guide/{name}", f"/tour/{name}") for name in "abc"]


def test_a_folder_takes_along_what_is_below_it():
    deep = [(f"/guide/{name}/x", f"/tour/{name}/x") for name in "abc"]
    assert went(*deep).likely(spot_of("/guide/d/e/y.html")) == spot_of("/tour/d/e/y")


def test_one_way_of_five_is_the_rule_and_two_are_not():
    assert went(*MOVED, ("/guide/d", "/tour/d"), ("/guide/e", "/x/e")).likely(spot_of("/guide/f")) == spot_of(
        "/tour/f"
    )
    assert went(*MOVED, ("/guide/d", "/y/d"), ("/guide/e", "/x/e")).likely(spot_of("/guide/f")) is None


def test_pages_that_were_renamed_where_they_were_say_that_the_folder_stayed():
    assert (
        went(*((f"/guide/{name}", f"/guide/the-{name}") for name in "abc")).likely(spot_of("/guide/f"))
        is None
    )


def test_of_another_folder_nothing_is_known():
    assert went(*MOVED).likely(spot_of("/other/a")) is None
    assert went(*MOVED[:2]).likely(spot_of("/guide/d")) is None
