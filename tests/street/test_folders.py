"""The folder that a crawl gets when none is named."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from crawler.engine.lifecycle import new_folder
from crawler.model.errors import OutputError


def test_two_crawls_in_the_same_second_get_two_folders(tmp_path):
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: new_folder(("http://a.example:81/x",), tmp_path), range(16)))
    assert len(set(made)) == 16
    assert all(path.is_dir() and path.name.startswith("a.example-81-") for path in made)


@pytest.mark.parametrize(
    ("seed", "start"),
    [
        ("http://[::1]:80/", "1-80-"),
        ("http://user:secret@b.example/", "b.example-"),
        ("http://xn--9ca/", "xn--9ca-"),
    ],
)
def test_the_name_is_fit_for_a_folder_and_holds_no_password(tmp_path, seed, start):
    assert new_folder((seed,), tmp_path).name.startswith(start)


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be made"):
        new_folder(("http://a.example/",), tmp_path / "file" / "crawls")
