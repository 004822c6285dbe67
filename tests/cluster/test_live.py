"""How a crawl that nodes share stands, straight from its database."""

import asyncio
import io
import json
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from rich.console import Console

from crawler.cli.app import main
from crawler.model.errors import OutputError
from tests.postgresql import require_asyncpg

require_asyncpg()

from crawler.cluster import live as live_module  # noqa: E402
from crawler.cluster.live import live  # noqa: E402
from crawler.cluster.live_view import show  # noqa: E402
from crawler.cluster.live_watching import watch_live  # noqa: E402
from crawler.frontier.postgresql import membership  # noqa: E402
from crawler.frontier.postgresql.connecting import Place, connect  # noqa: E402
from tests.cluster.filled import PARTITIONS, STARTED, Filled, fetch  # noqa: E402


@pytest.fixture
async def crawl(database: str, monkeypatch: pytest.MonkeyPatch) -> Filled:
    monkeypatch.setattr(live_module, "SAMPLE", 0.2)
    filled = Filled(database)
    await filled.fill(state="running")
    return filled


@pytest.fixture
async def green(crawl: Filled) -> AsyncIterator[Any]:
    """The connection of a node that is there, green-4, and holds a partition."""
    db = await connect(crawl.place)
    try:
        node = await membership.join(db, "green", "here", 77)
        await membership.enter(db, node)
        assert await membership.take(db, [PARTITIONS[1], 9]) == [PARTITIONS[1], 9]
        await fetch(crawl.place, "UPDATE nodes SET live = $1 WHERE id = 1", picture(10.0, 500.0))
        await fetch(
            crawl.place,
            "UPDATE nodes SET pages = 5, retried = 2, live = $2,"
            " seen_at = extract(epoch FROM clock_timestamp()) WHERE id = $1",
            node,
            # Its clock is an hour off: that must not matter.
            picture(time.time() + 3_600, 42.0, 3.0),
        )
        yield db
    finally:
        await db.close()


def picture(at: float, *ages: float) -> str:
    step = {"stage": "fetch", "holder": "fetch 1", "pid": 77, "step": "wait for the answer"}
    steps = [step | {"url": f"http://127.0.0.1/{age:.0f}", "since": at - age} for age in ages]
    return json.dumps({"pid": 77, "at": at, "steps": [*steps, step | {"url": None, "since": at}]})


async def test_the_crawl_in_numbers(crawl: Filled, green: Any) -> None:
    report = await asyncio.to_thread(live, crawl.place)
    assert (report["state"], report["started_at"]) == ("running", STARTED)
    assert [report[key] for key in ("discovered", "done", "pending", "pages", "retried", "inbox")] == [
        6, 5, 1, 9, 2, 0,
    ]  # fmt: skip


async def test_who_is_there_and_who_holds_what(crawl: Filled, green: Any) -> None:
    report = await asyncio.to_thread(live, crawl.place)
    assert [(node["name"], node["alive"], node["partitions"]) for node in report["nodes"]] == [
        ("red-1", False, 0),
        ("blue-2", False, 0),
        ("red-3", False, 0),
        ("green-4", True, 2),
    ]
    assert report["partitions"] == {"total": 256, "held": 2, "unowned": []}
    assert report["nodes"][3]["seen_seconds"] < 5


async def test_what_nobody_holds_is_named(crawl: Filled) -> None:
    report = await asyncio.to_thread(live, crawl.place)
    assert report["partitions"]["unowned"] == [{"n": PARTITIONS[1], "pending": 1}]
    assert report["state"] == "stopped", "since nobody is there"
    assert (report["oldest"], report["pages_per_second"]) == (None, 0)


async def test_the_url_that_is_longest_in_flight(crawl: Filled, green: Any) -> None:
    """Of nodes that live: what one that is gone had is nobody's."""
    report = await asyncio.to_thread(live, crawl.place)
    oldest = report["oldest"]
    assert (oldest["url"], oldest["node"], oldest["holder"]) == ("http://127.0.0.1/42", "green-4", "fetch 1")
    assert 42 <= oldest["age_seconds"] < 50
    assert [step["url"][-2:] for step in report["in_flight"]] == ["42", "/3"]


async def test_pages_per_second_are_those_of_now(crawl: Filled, green: Any) -> None:
    asking = asyncio.create_task(asyncio.to_thread(live, crawl.place))
    while not asking.done():
        await green.execute("UPDATE nodes SET pages = pages + 1 WHERE name = 'green'")
        await asyncio.sleep(0.01)
    report = await asking
    assert report["pages_per_second"] > 1
    assert report["nodes"][3]["pages_per_second"] == report["pages_per_second"]


async def test_urls_on_their_way(crawl: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "INBOX_COUNTED", 3)
    insert = (
        "INSERT INTO inbox (partition, mark, depth, purpose, indexes, url)"
        " SELECT 1, n, 0, 0, 0, 'http://127.0.0.1/' FROM generate_series(1, $1) n"
    )
    await fetch(crawl.place, insert, 2)
    assert (await asyncio.to_thread(live, crawl.place))["inbox"] == 2
    await fetch(crawl.place, insert, 2)
    assert (await asyncio.to_thread(live, crawl.place))["inbox"] == 3, "no more are counted"


async def test_another_crawl_s_locks_are_not_its_own(crawl: Filled, green: Any) -> None:
    other = Filled(crawl.place.frontier, "films")
    await other.fill(state="running")
    report = await asyncio.to_thread(live, other.place)
    assert (report["state"], report["partitions"]["held"]) == ("stopped", 0)


async def test_a_crawl_that_is_not_there(crawl: Filled) -> None:
    with pytest.raises(OutputError, match=r"there is no crawl films at .*; there: books$"):
        await asyncio.to_thread(live, Place(crawl.place.frontier, "films"))


async def test_as_people_read_it(crawl: Filled, green: Any) -> None:
    report = await asyncio.to_thread(live, crawl.place)
    stream = io.StringIO()
    show(report, Console(file=stream, width=200))
    said = stream.getvalue()
    assert "crawl books running" in said
    assert ", 1 node, " in said
    assert "partitions: 2 of 256 held" in said
    assert "left (lost)" in said
    assert "gone without a word" in said
    assert "http://127.0.0.1/42" in said


@pytest.mark.parametrize("as_json", [False, True])
async def test_watched_until_nobody_works_at_it(crawl: Filled, green: Any, as_json: bool) -> None:
    """As lines, or as one object a line."""
    looks: list[float] = []
    stream = io.StringIO()

    def sleep(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 2:
            asyncio.run(fetch(crawl.place, "UPDATE meta SET value = 'finished' WHERE key = 'state'"))

    report = await asyncio.to_thread(
        lambda: watch_live(crawl.place, 0.5, json=as_json, console=Console(file=stream), sleep=sleep)
    )
    assert (report["state"], looks) == ("finished", [0.5, 0.5])
    lines = stream.getvalue().splitlines()
    if as_json:
        assert [json.loads(line)["state"] for line in lines] == ["running", "running", "finished"]
    else:
        said = "running: 5 of 6 URLs done, 0.0 pages/s; green-4 5 pages"
        assert lines == [said, said]


async def test_on_a_terminal_it_is_drawn_in_place(crawl: Filled, green: Any) -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=120, height=40, _environ={"TERM": "xterm"})

    def sleep(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await asyncio.to_thread(lambda: watch_live(crawl.place, 1.0, console=console, sleep=sleep))
    assert "partitions: 2 of 256 held" in stream.getvalue()


# -- the command -------------------------------------------------------------------------------------------


def test_the_command(
    database: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(Filled(database).fill())
    monkeypatch.setenv("PGPASSWORD", "")  # the command moves the one of the URL there
    assert main(["status", "--frontier", database, "--name", "books", "--json"]) == 0
    said = capsys.readouterr().out
    report = json.loads(said)
    assert (report["name"], report["state"], report["done"]) == ("books", "finished", 5)
    password = urlsplit(database).password
    assert password is not None
    assert password not in said
    assert main(["status", "--frontier", database, "--name", "books"]) == 0
    assert "crawl books finished" in capsys.readouterr().out
    assert main(["status", "--watch", "--frontier", database, "--name", "books"]) == 0
    assert "crawl books finished" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "name the output folder"),
        (["out", "--frontier", "postgresql://h/d"], 2, "give one of them"),
        (["--frontier", "postgresql://h/d"], 2, "no name"),
        (["--name", "books"], 2, "no frontier"),
        (["--frontier", "mysql://h/d", "--name", "books"], 2, "cluster.frontier"),
        (["--frontier", "postgresql://h/d", "--name", "No!"], 2, "cluster.name"),
        (["--frontier", "postgresql://h/d", "--name", "books", "--errors"], 2, "need OUT"),
        (["--frontier", "postgresql://h/d", "--name", "books", "--open"], 2, "need OUT"),
        (["--frontier", "postgresql://u:secret@127.0.0.1:1/d", "--name", "books"], 3, "nothing listens"),
    ],
)
def test_the_command_refuses(
    arguments: list[str],
    code: int,
    words: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGPASSWORD", "")
    assert main(["status", *arguments]) == code
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
    assert "secret" not in said
