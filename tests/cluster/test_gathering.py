"""A crawl of several nodes, gathered from PostgreSQL: what every command reads afterwards."""

import asyncio
import json
import sqlite3
from pathlib import Path

import pytest

from crawler.cli.app import main
from crawler.model.errors import OutputError, StoreFailed
from tests.postgresql import require_asyncpg, with_port

require_asyncpg()

from crawler.cluster.gathering import gather, gathered  # noqa: E402
from crawler.cluster.shared_folder import read_cluster_file, write_cluster_file  # noqa: E402
from crawler.frontier.postgresql.connecting import Place  # noqa: E402
from crawler.frontier.view import open_view  # noqa: E402
from tests.cluster.filled import CONTENT, ENDED, ORIGINS, PARTITIONS, Filled, fetch  # noqa: E402


async def made(database: str, out: Path, state: str = "finished") -> Filled:
    """A crawl in PostgreSQL and its folder, gathered."""
    crawl = Filled(database)
    await crawl.fill(state=state)
    await asyncio.to_thread(crawl.write, out)
    await asyncio.to_thread(write_cluster_file, out, crawl.place)
    await asyncio.to_thread(gather, out, crawl.place)
    return crawl


def rows(out: Path, query: str) -> list[tuple[object, ...]]:
    db = sqlite3.connect(out / "crawl.db")
    try:
        return db.execute(query).fetchall()
    finally:
        db.close()


async def test_every_url_is_there_as_one_machine_would_have_it(database: str, tmp_path: Path) -> None:
    crawl = await made(database, tmp_path)
    found = await asyncio.to_thread(
        rows,
        tmp_path,
        "SELECT id, url, lane, depth, referrer, state, kind, attempts, due, batch, out_of_scope FROM urls",
    )
    a, b, c, d, e, f = crawl.ids
    one, two = (part << 24 | 1 for part in PARTITIONS)
    urls = crawl.urls
    assert found == [
        (a, urls[0], one, 0, None, 1, None, 1, None, 1, 1),
        (b, urls[1], one, 1, a, 1, None, 2, None, 1, 1),
        (c, urls[2], one, 1, a, 1, None, 1, None, 2, 1),
        (d, urls[3], two, 1, a, 3, "http_status", 1, None, 4, 1),
        (e, urls[4], two, 1, a, 4, "redirected", 1, None, 6, 1),
        (f, urls[5], two, 1, e, 0, None, 2, 1234.5, None, None),
    ]
    hops = await asyncio.to_thread(rows, tmp_path, "SELECT id, redirects FROM urls WHERE redirects NOT NULL")
    assert hops == [(f, b'[{"url":"x","status":301,"location":"y"}]')]


async def test_ends_are_of_those_that_have_something_to_say(database: str, tmp_path: Path) -> None:
    crawl = await made(database, tmp_path)
    assert await asyncio.to_thread(rows, tmp_path, "SELECT * FROM ends") == [
        (crawl.ids[1], None, None, None, None, "Log in"),
        (crawl.ids[3], 404, None, "404 Not Found", None, None),
        (crawl.ids[4], 301, crawl.urls[5], None, None, None),
    ]


async def test_pages_are_what_was_fetched(database: str, tmp_path: Path) -> None:
    crawl = await made(database, tmp_path)
    assert await asyncio.to_thread(rows, tmp_path, "SELECT * FROM pages") == [
        (row, 120.5, '"x"', None, "gzip", CONTENT, -5 - at, 0, None) for at, row in enumerate(crawl.ids[:3])
    ]


async def test_batches_are_numbered_through_and_each_part_begins_with_nothing(
    database: str, tmp_path: Path
) -> None:
    crawl = await made(database, tmp_path)
    assert await asyncio.to_thread(rows, tmp_path, "SELECT folder, first, last FROM parts ORDER BY 2") == [
        ("red-1", 0, 2),
        ("blue-2", 3, 4),
        ("red-3", 5, 6),
    ]
    red, blue, again = ([len(line) for line in lines] for lines in crawl.records.values())
    assert await asyncio.to_thread(rows, tmp_path, "SELECT * FROM batches") == [
        (0, "jsonl", 0),
        (1, "jsonl", red[0] + red[1]),
        (2, "jsonl", sum(red)),
        (3, "jsonl", 0),
        (4, "jsonl", blue[0]),
        (5, "jsonl", 0),
        (6, "jsonl", again[0]),
    ]


async def test_lanes_keep_their_pace_and_robots(database: str, tmp_path: Path) -> None:
    await made(database, tmp_path)

    def read() -> None:
        with open_view(tmp_path) as view:
            (one, asked), (other, never) = ((origin, pace) for _, origin, pace in view.lanes())
            robots = view.robots(ORIGINS[0])
        assert (one, other) == ORIGINS
        assert asked is not None
        assert (asked.crawl_delay, asked.per_host, asked.requests, asked.peak) == (1.5, 2, 4, 2)
        assert never is None
        assert robots is not None
        assert (robots.status, robots.body) == (200, b"User-agent: *")

    await asyncio.to_thread(read)
    parts = await asyncio.to_thread(rows, tmp_path, "SELECT partition FROM lanes ORDER BY id")
    assert parts == [(part,) for part in PARTITIONS]


async def test_meta_is_that_of_the_crawl(database: str, tmp_path: Path) -> None:
    crawl = await made(database, tmp_path)
    meta = dict(await asyncio.to_thread(rows, tmp_path, "SELECT * FROM meta"))
    assert (meta["state"], meta["ended_at"], meta["hash_seed"]) == ("finished", ENDED, "12345")
    assert (meta["runs"], meta["batch"]) == ("1", "6")
    assert json.loads(str(meta["cluster"])) == {"frontier": database, "name": "books"}
    assert json.loads(str(meta["settings"]))["out"] == str(tmp_path)
    nodes = json.loads(str(meta["nodes"]))
    assert [(node["name"], node["id"], node["pages"]) for node in nodes] == [
        ("red", 1, 3),
        ("blue", 2, 1),
        ("red", 3, 0),
    ]
    assert crawl.config.to_json() != meta["settings"]


async def test_a_crawl_that_nobody_works_at_is_stopped(database: str, tmp_path: Path) -> None:
    await made(database, tmp_path, "running")
    assert ("stopped",) in await asyncio.to_thread(rows, tmp_path, "SELECT value FROM meta")


async def test_an_incarnation_whose_disk_is_lost_has_no_part(database: str, tmp_path: Path) -> None:
    crawl = await made(database, tmp_path)
    await fetch(crawl.place, "UPDATE nodes SET disk_lost = true WHERE id = 2")
    await fetch(crawl.place, "DELETE FROM done WHERE node = 2")
    await asyncio.to_thread(gather, tmp_path, crawl.place)
    assert await asyncio.to_thread(rows, tmp_path, "SELECT folder, first, last FROM parts ORDER BY 2") == [
        ("red-1", 0, 2),
        ("red-3", 3, 4),
    ]
    assert await asyncio.to_thread(rows, tmp_path, "SELECT batch FROM urls ORDER BY id") == [
        (1,), (1,), (2,), (None,), (4,), (None,),
    ]  # fmt: skip


async def test_nothing_is_left_beside_it(database: str, tmp_path: Path) -> None:
    await made(database, tmp_path)
    names = {"crawl.db", "cluster.json", "red-1", "blue-2", "red-3"}
    assert {path.name for path in tmp_path.iterdir()} == names


async def test_a_crawl_that_is_not_there(database: str, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="there is no crawl books at"):
        await asyncio.to_thread(gather, tmp_path, Place(database, "books"))
    assert not any(tmp_path.iterdir())


async def test_two_at_once_gather_one_after_the_other(database: str, tmp_path: Path) -> None:
    crawl = await made(database, tmp_path)
    both = (asyncio.to_thread(gather, tmp_path, crawl.place) for _ in range(2))
    await asyncio.gather(*both)
    assert await asyncio.to_thread(rows, tmp_path, "SELECT count(*) FROM urls") == [(6,)]


# -- for commands ------------------------------------------------------------------------------------------


async def test_one_that_is_over_needs_no_network(database: str, tmp_path: Path) -> None:
    crawl = await made(database, tmp_path)
    nowhere = Place(with_port(crawl.place.frontier, 1), crawl.place.name)
    await asyncio.to_thread((tmp_path / "cluster.json").write_text, json.dumps(nowhere._asdict()))
    said: list[str] = []
    await asyncio.to_thread(gathered, tmp_path, said.append)
    assert not said
    (tmp_path / "red-4").mkdir()  # since then a node has begun: what is gathered is old
    await asyncio.to_thread(gathered, tmp_path, said.append)
    assert len(said) == 1
    assert "as it was when it was last gathered" in said[0]
    assert "nothing listens there" in said[0]


async def test_one_that_goes_on_is_gathered_anew(database: str, tmp_path: Path) -> None:
    crawl = await made(database, tmp_path, "running")
    await fetch(crawl.place, "UPDATE meta SET value = 'finished' WHERE key = 'state'")
    await asyncio.to_thread(gathered, tmp_path, pytest.fail)
    assert ("finished",) in await asyncio.to_thread(rows, tmp_path, "SELECT value FROM meta")


def test_one_that_was_never_gathered_and_cannot_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_cluster_file(tmp_path, Place("postgresql://me@127.0.0.1:1/db", "books"))
    with pytest.raises(StoreFailed, match=r"never gathered: .* nothing listens there"):
        gathered(tmp_path)
    for command in (["status"], ["export", "--to", "csv"], ["diff"]):
        others = [str(tmp_path)] if command == ["diff"] else []
        assert main([command[0], str(tmp_path), *command[1:], *others]) == 3
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert "never gathered" in said


def test_an_ordinary_folder_is_left_alone(tmp_path: Path) -> None:
    gathered(tmp_path, pytest.fail)
    gathered(tmp_path / "none", pytest.fail)
    assert not any(tmp_path.iterdir())


def test_status_export_and_diff_read_it(
    database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    crawl = asyncio.run(made(database, tmp_path))
    (tmp_path / "crawl.db").unlink()
    out = str(tmp_path)
    assert main(["status", out, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["state"], report["discovered"]) == ("finished", 6)
    assert report["counts"] == {"ok": 3, "truncated": 0, "error": 1, "skipped": 1, "pending": 1}
    assert main(["export", out, "--to", "jsonl"]) == 0
    written = [json.loads(line)["url"] for line in capsys.readouterr().out.splitlines()]
    assert written == crawl.urls[:5], "what is committed, and no more"
    assert main(["diff", out, out]) == 0


# -- cluster.json ------------------------------------------------------------------------------------------


def test_a_folder_belongs_to_one_crawl(tmp_path: Path) -> None:
    place = Place("postgresql://me@db.example/crawls", "books")
    write_cluster_file(tmp_path / "new", place)
    assert read_cluster_file(tmp_path / "new") == place
    write_cluster_file(tmp_path / "new", place)
    write_cluster_file(tmp_path / "new", Place("postgresql://you@DB.example:5432/crawls", "books"))
    assert read_cluster_file(tmp_path / "new") == place
    for other in (Place(place.frontier, "films"), Place("postgresql://me@db2.example/crawls", "books")):
        with pytest.raises(OutputError, match=f"holds crawl books at .*, not {other.name} at .*db"):
            write_cluster_file(tmp_path / "new", other)
    (tmp_path / "crawl.db").touch()
    with pytest.raises(OutputError, match="holds a crawl of one machine"):
        write_cluster_file(tmp_path, place)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"frontier": 1, "name": "x"}', "\xff"])
def test_a_cluster_file_that_is_damaged(tmp_path: Path, text: str) -> None:
    (tmp_path / "cluster.json").write_text(text, "latin-1")
    with pytest.raises(OutputError, match="is damaged"):
        read_cluster_file(tmp_path)
