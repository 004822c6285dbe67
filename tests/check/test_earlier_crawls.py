"""Which checks there were before one, and what is refused as an older one."""

import re
import shutil
from pathlib import Path

import pytest

from crawler.check.earlier.crawls import EarlierCrawl, earlier_crawls, older_check
from crawler.model.cluster import CLUSTER_FILE
from crawler.model.errors import UsageError
from tests.check.sites import MadeSite, began


def made(out: Path, *generations: int, **meta: str) -> Path:
    for generation in generations:
        site = MadeSite().page("/")
        site.meta = meta
        site.write(out, generation)
    return out


def test_earlier_checks_come_newest_first_and_those_of_the_older_folder_last(tmp_path: Path) -> None:
    out, older = made(tmp_path / "out", 1, 2, 3), made(tmp_path / "older", 1, 2)
    assert earlier_crawls(out, 3, older) == [
        EarlierCrawl(out, 2, f"{out}@2", began(2)),
        EarlierCrawl(out, 1, f"{out}@1", began(1)),
        EarlierCrawl(older, 2, f"{older}@2", began(2)),
        EarlierCrawl(older, 1, f"{older}@1", began(1)),
    ]
    assert [each.name for each in earlier_crawls(out, 3, older, most=3)] == [
        f"{out}@2",
        f"{out}@1",
        f"{older}@2",
    ]
    assert [each.generation for each in earlier_crawls(out, 2)] == [1]
    assert earlier_crawls(out, 1) == []


def test_of_the_older_folder_a_generation_may_be_named(tmp_path: Path) -> None:
    out, older = made(tmp_path / "out", 1), made(tmp_path / "older", 1, 2, 3)
    found = earlier_crawls(out, 1, Path(f"{older}@2"))
    assert [each.generation for each in found] == [2, 1]


def test_a_crawl_alone_in_its_folder_goes_by_that_and_as_it_is_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tmp_path / "old", 1)
    monkeypatch.chdir(tmp_path)
    assert older_check(tmp_path / "old", None).name == "old"
    assert older_check(Path("old"), None).name == "old"


@pytest.mark.parametrize("state", ["stopped", "incomplete", "running"])
def test_a_crawl_that_did_not_end_is_no_check(tmp_path: Path, state: str) -> None:
    out = made(made(tmp_path / "out", 1, 3, 4), 2, state=state)
    assert [each.generation for each in earlier_crawls(out, 4)] == [3, 1]


def test_a_crawl_that_read_no_page_or_has_no_facts_is_none(tmp_path: Path) -> None:
    out = made(tmp_path / "out", 1, 3, 4)
    MadeSite().missing("/").asset("/a.png").write(out, 2)
    (out / "facts@3.db").unlink()
    assert [each.generation for each in earlier_crawls(out, 4)] == [1]


def test_only_what_is_committed_was_read(tmp_path: Path) -> None:
    site = MadeSite().missing("/").page("/late")
    site.committed = 1
    out = made(site.write(tmp_path / "out"), 2)
    assert earlier_crawls(out, 2) == []


def test_without_a_name_it_is_the_last_check_that_has_ended(tmp_path: Path) -> None:
    older = made(made(tmp_path / "older", 1), 2, state="stopped")
    assert older_check(older, None).generation == 1


def refused(since: Path, out: Path | None, sentence: str) -> None:
    with pytest.raises(
        UsageError, match=f"^--since {re.escape(str(since))}: {re.escape(sentence)}"
    ) as raised:
        older_check(since, out)
    assert "\n" not in str(raised.value)


def test_what_is_no_check_is_refused(tmp_path: Path) -> None:
    gone, empty = tmp_path / "gone", tmp_path / "empty"
    empty.mkdir()
    refused(gone, None, f"there is no folder {gone}")
    refused(empty, None, f"{empty} is no check that has come to its end")
    stopped = made(tmp_path / "stopped", 1, state="stopped")
    refused(stopped, None, f"{stopped} is no check that has come to its end")
    plain = made(tmp_path / "plain", 1)
    (plain / "facts.db").unlink()
    refused(plain, None, f"{plain} holds no check")
    damaged = made(tmp_path / "damaged", 1)
    (damaged / "facts.db").write_bytes(b"no database" * 500)
    refused(damaged, None, f"{damaged / 'facts.db'} ")


def test_a_generation_that_is_not_there_is_refused(tmp_path: Path) -> None:
    older = made(made(tmp_path / "older", 1), 2, state="stopped")
    refused(Path(f"{older}@3"), None, f"{older} has no generation 3")
    refused(Path(f"{older}@2"), None, f"{older}@2 is no check that has come to its end")


def test_the_folder_itself_is_refused_by_whatever_name(tmp_path: Path) -> None:
    out = made(tmp_path / "out", 1, 2)
    (tmp_path / "link").symlink_to(out)
    for since in (out, Path(f"{out}@1"), tmp_path / "link"):
        refused(since, out, f"{str(since).removesuffix('@1')} is OUT itself")


def test_a_crawl_of_nodes_is_refused(tmp_path: Path) -> None:
    older = made(tmp_path / "older", 1)
    (older / CLUSTER_FILE).write_text("{}")
    refused(older, None, f"{older} is a crawl of several nodes")
    shutil.rmtree(older)
