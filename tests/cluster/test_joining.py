"""What a node must agree on with the others, and what it may have for itself."""

import logging
import time
from typing import Any

import pytest

from crawler.cluster.joining import Joined, join, node_name, refuse
from crawler.config import Config
from crawler.frontier.postgresql.connecting import Place
from crawler.frontier.postgresql.crawl import create, read_meta
from crawler.frontier.postgresql.session import Session
from crawler.model.errors import AlreadyFinished, CrawlerError, OutputError, UsageError

SEED = "http://a.example/"


def settings(*seeds: str, **options: Any) -> Config:
    return Config(seeds=list(seeds)).replace(
        {key.replace("__", "."): value for key, value in options.items()}
    )


async def joining(database: str, config: Config, logins: dict[str, str] | None = None) -> Joined:
    place = Place(database, "books")
    session = await Session.open(place, 5.0)
    try:
        return await join(session, place, config, logins or {})
    finally:
        await session.close()


async def finished(database: str) -> None:
    session = await Session.open(Place(database, "books"), 5.0)
    await session.run(lambda db: db.execute("UPDATE meta SET value = 'finished' WHERE key = 'state'"))
    await session.close()


async def test_the_first_one_makes_the_crawl_and_the_next_joins_it(database):
    first = await joining(database, settings(SEED, politeness__delay=2.0))
    second = await joining(database, settings(SEED, politeness__delay=2.0, fetch__concurrency=3))
    assert (first.node, second.node) == (1, 2)
    assert first.hash_seed == second.hash_seed
    assert second.config.fetch.concurrency == 3


async def test_one_that_names_no_urls_takes_the_settings_of_the_crawl(database):
    await joining(database, settings(SEED, politeness__delay=2.0, scope__exclude=["/x/"], out="one"))
    joined = await joining(database, settings(out="other", parse__workers=7))
    assert joined.config.seeds == (SEED,)
    assert joined.config.politeness.delay == 2.0
    assert joined.config.scope.exclude == ("/x/",)
    assert (str(joined.config.out), joined.config.parse.workers) == ("other", 7)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"politeness__delay": 3.0}, "politeness.delay = 2.0, not 3.0"),
        ({"scope__max_pages": 9}, "scope.max_pages = null, not 9"),
        ({"write__sinks": ["sqlite"]}, 'write.sinks = ["jsonl"], not ["sqlite"]'),
        ({"frontier__partitions": 16}, "frontier.partitions = 256, not 16"),
    ],
)
@pytest.mark.parametrize("seeds", [(SEED,), ()])
async def test_other_settings_than_the_crawl_s_are_refused_by_key_and_values(database, options, named, seeds):
    await joining(database, settings(SEED, politeness__delay=2.0))
    if seeds:
        options = {"politeness__delay": 2.0} | options
    with pytest.raises(OutputError, match="nodes must agree on it") as refused:
        await joining(database, settings(*seeds, **options))
    assert named in str(refused.value)
    assert refused.value.exit_code == 2


async def test_other_urls_than_the_crawl_s_are_another_crawl(database):
    await joining(database, settings(SEED))
    with pytest.raises(OutputError, match="another --name") as refused:
        await joining(database, settings("http://b.example/"))
    assert SEED in str(refused.value)
    assert "http://b.example/" in str(refused.value)


async def test_there_is_nothing_to_join_where_nobody_has_begun(database):
    with pytest.raises(UsageError, match="the node that begins one names its URLs"):
        await joining(database, settings())


async def test_a_finished_crawl_is_not_joined(database):
    await joining(database, settings(SEED))
    await finished(database)
    with pytest.raises(AlreadyFinished, match="choose another --name"):
        await joining(database, settings(SEED))


async def test_logins_of_the_crawl_s_urls_are_missed(database):
    await joining(database, settings(SEED), {"http://a.example": "user:secret"})
    with pytest.raises(OutputError, match="with logins, on each node") as refused:
        await joining(database, settings(SEED))
    assert "secret" not in str(refused.value)
    await joining(database, settings(SEED), {"http://a.example": "user:secret"})


async def test_two_that_come_at_once_make_one_crawl(database):
    place = Place(database, "books")
    sessions = [await Session.open(place, 5.0) for _ in range(2)]
    made = [
        await session.run(lambda db, n=n: create(db, place, {"hash_seed": str(n)}, 8))
        for n, session in enumerate(sessions)
    ]
    assert made[0] == made[1] == await sessions[0].run(lambda db: read_meta(db, place))
    for session in sessions:
        await session.close()


async def test_tables_of_another_version_are_refused(database):
    await joining(database, settings(SEED))
    session = await Session.open(Place(database, "books"), 5.0)
    await session.run(lambda db: db.execute("UPDATE meta SET value = '99' WHERE key = 'version'"))
    await session.close()
    with pytest.raises(OutputError, match="of another version of crawler"):
        await joining(database, settings(SEED))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("scope.max_depth", 3),
        ("again", True),
        ("session.cookies", True),
        ("check.enabled", True),
    ],
)
def test_what_does_not_work_on_several_nodes_is_refused(key, value):
    with pytest.raises(UsageError, match="does not work on several nodes yet") as refused:
        refuse(settings(SEED).replace({key: value}, "--some-option"))
    assert key in str(refused.value)
    assert "--some-option" in str(refused.value)


def test_a_node_is_named_after_its_machine(monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: "web-01.example.com")
    assert node_name(settings(SEED)) == "web_01.example.com"
    assert node_name(settings(SEED, cluster__node="one")) == "one"
    monkeypatch.setattr("socket.gethostname", lambda: "---")
    assert node_name(settings(SEED)) == "node"


async def test_a_clock_that_is_off_is_noticed_and_does_not_count(database, monkeypatch, caplog):
    real = time.time
    monkeypatch.setattr("crawler.frontier.postgresql.session.time.time", lambda: real() - 600)
    with caplog.at_level(logging.WARNING):
        session = await Session.open(Place(database, "books"), 5.0)
    assert "600 s behind the database's" in caplog.text
    from asyncio import get_running_loop

    assert abs(get_running_loop().time() + session.wall_offset - real()) < 5
    await session.close()


async def test_no_password_is_told_where_a_connection_breaks_off(database):
    session = await Session.open(Place(database, "books"), 5.0)
    await session.run(lambda db: db.execute("SELECT 1"))
    session._db.terminate()
    with pytest.raises(CrawlerError) as lost:
        await session.run(lambda db: db.execute("SELECT 1"))
    password = database.split(":")[2].split("@")[0]
    assert password not in str(lost.value)
    assert password not in str(session.give_up())
