"""``async with Crawler(config) as crawl: async for record in crawl``, again and again in one process."""

import asyncio
import json
import subprocess
import sys

import pytest

from crawler import Config, Crawler
from crawler.frontier.sqlite_frontier import SqliteFrontier
from crawler.model.errors import (
    AlreadyFinished,
    CrawlFailed,
    ExtractError,
    OutputBusyError,
    OutputError,
    UsageError,
)
from crawler.model.messages import Finished
from crawler.plumbing.byte_queue import ByteQueue
from tests.crawls import ROOT, urls
from tests.graph_server import graph_site
from tests.stations.poison import extract


@pytest.fixture(scope="module")
def site():
    with graph_site(60) as running:
        yield running


def config(site, out, **keys) -> Config:
    return Config(seeds=[site.url], out=out, parse={"workers": 2}, **keys)


async def test_records_come_once_each_and_two_crawls_run_in_one_process(site, tmp_path):
    for name in ("first", "second"):
        async with Crawler(config(site, tmp_path / name)) as crawl:
            found = [record.url async for record in crawl]
        assert sorted(found) == sorted(site.urls)
        assert set(urls(tmp_path / name)) == site.urls
        assert crawl.report is not None
        assert (crawl.report.state, crawl.report.summary["ok"]) == ("finished", 60)


async def test_what_a_page_leads_to_is_handed_over_before_its_record_can_be_written(
    site, tmp_path, monkeypatch
):
    finish, put = SqliteFrontier.finish, ByteQueue.put
    handed_over: list[tuple[str, str]] = []

    async def links(frontier, finished):
        await finish(frontier, finished)
        handed_over.append((finished.ticket.url, "links"))

    async def record(queue, item):
        if isinstance(item, Finished):
            handed_over.append((item.ticket.url, "record"))
        await put(queue, item)

    monkeypatch.setattr(SqliteFrontier, "finish", links)
    monkeypatch.setattr(ByteQueue, "put", record)
    async with Crawler(config(site, tmp_path, write={"sinks": []})) as crawl:
        assert len([found async for found in crawl]) == 60
    for url in site.urls:
        assert [what for whose, what in handed_over if whose == url] == ["links", "record"]


async def test_without_sinks_records_go_to_the_reader_alone(site, tmp_path):
    async with Crawler(config(site, tmp_path, write={"sinks": []})) as crawl:
        found = [record.url async for record in crawl]
    assert sorted(found) == sorted(site.urls)
    assert not list(tmp_path.glob("records*"))


async def test_a_finished_crawl_is_an_error_unless_a_fresh_one_is_asked_for(site, tmp_path):
    settings = config(site, tmp_path / "out")
    async with Crawler(settings) as crawl:
        assert len([record async for record in crawl]) == 60
    with pytest.raises(AlreadyFinished, match=r"finished already, at 20.*fresh=True"):
        async with Crawler(settings):
            pass
    async with Crawler(settings, fresh=True) as crawl:
        assert len([record async for record in crawl]) == 60
    assert crawl.report is not None
    assert crawl.report.summary["runs"] == 1
    assert sorted(path.name[:4] for path in tmp_path.iterdir()) == ["out", "out-"]


@pytest.fixture
def slow_site():
    with graph_site(60, delay=0.02) as running:
        yield running


async def test_leaving_early_stops_cleanly_and_the_crawl_goes_on_later(slow_site, tmp_path):
    early = []
    settings = config(slow_site, tmp_path, fetch={"concurrency": 2}, write={"batch_records": 4})
    async with Crawler(settings) as crawl:
        async for record in crawl:
            early.append(record.url)
            if len(early) == 5:
                break
    assert crawl.report is not None
    assert crawl.report.state == "stopped"
    async with Crawler(settings) as crawl:
        late = [record.url async for record in crawl]
    assert not set(early) & set(late)
    assert set(urls(tmp_path)) == slow_site.urls
    assert set(urls(tmp_path).values()) == {1}


async def test_an_exception_in_the_block_stops_the_crawl(site, tmp_path):
    with pytest.raises(ZeroDivisionError):
        async with Crawler(config(site, tmp_path)) as crawl:
            async for _ in crawl:
                raise ZeroDivisionError
    assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


async def test_an_extract_function_may_be_given_as_an_object(site, tmp_path):
    async with Crawler(config(site, tmp_path, scope={"max_pages": 3}), extract=extract) as crawl:
        found = [record.extracted async for record in crawl]
    assert len(found) == 3
    assert all(set(one) == {"length"} for one in found)


@pytest.mark.parametrize("executor", ["thread", "inline"])
async def test_a_function_that_cannot_travel_will_do_where_it_need_not(site, tmp_path, executor):
    """As one typed into a notebook."""
    seen = []

    def extract(page):
        seen.append(page.url)
        return {"title": page.title}

    settings = Config(seeds=[site.url], out=tmp_path, parse={"executor": executor}, scope={"max_pages": 3})
    async with Crawler(settings, extract=extract) as crawl:
        found = {record.url: record.extracted async for record in crawl}
    assert sorted(seen) == sorted(found)
    assert all(set(one) == {"title"} for one in found.values())


async def test_a_record_is_a_row_of_a_table(site, tmp_path):
    async with Crawler(config(site, tmp_path, scope={"max_pages": 2})) as crawl:
        rows = [record.asdict() async for record in crawl]
    lines = [json.loads(line) for line in (tmp_path / "records.jsonl").read_text().splitlines()]
    assert rows == lines
    assert {type(value) for row in rows for value in row.values()} <= {
        str,
        int,
        float,
        bool,
        list,
        type(None),
    }


def test_what_a_user_names_can_be_imported_from_crawler():
    import crawler

    names = {"Config", "ConfigError", "CrawlFailed", "Crawler", "Record", "UsageError", "diff"}
    assert set(crawler.__all__) == names
    assert set(crawler.__all__) <= set(dir(crawler))
    assert issubclass(crawler.ConfigError, crawler.UsageError)
    assert all(getattr(crawler, name).__name__ == name for name in crawler.__all__)
    with pytest.raises(AttributeError, match="Nothing"):
        crawler.Nothing  # noqa: B018 - it is asked for


async def test_a_crawler_is_entered_once_and_read_inside_its_block(site, tmp_path):
    crawl = Crawler(config(site, tmp_path, scope={"max_pages": 2}))
    with pytest.raises(UsageError, match="inside the block"):
        async for _ in crawl:
            pass
    async with crawl:
        with pytest.raises(UsageError, match="once"):
            async with crawl:
                pass
    with pytest.raises(UsageError, match="once"):
        async with crawl:
            pass


async def test_what_cannot_travel_is_refused_before_the_start(site, tmp_path):
    with pytest.raises(ExtractError, match="lambda"):
        async with Crawler(config(site, tmp_path), extract=lambda page: None):
            pass
    assert not (tmp_path / "crawl.db").exists()


async def test_a_folder_in_use_is_refused_with_the_other_s_pid(site, tmp_path):
    import os

    async with Crawler(config(site, tmp_path)):
        with pytest.raises(OutputBusyError, match=str(os.getpid())):
            async with Crawler(config(site, tmp_path)):
                pass


async def test_other_sinks_or_scope_are_refused_with_both_values(site, tmp_path):
    async with Crawler(config(site, tmp_path, scope={"max_pages": 2})) as crawl:
        assert len([record async for record in crawl]) == 2
    with pytest.raises(OutputError, match=r'write\.sinks = \["jsonl"\], not \["sqlite"\]'):
        async with Crawler(config(site, tmp_path, write={"sinks": ["sqlite"]})):
            pass
    # Limits may change: the crawl goes on to the higher one.
    async with Crawler(config(site, tmp_path, scope={"max_pages": 7})) as crawl:
        assert len([record async for record in crawl]) == 5


@pytest.fixture
def gone():
    """A site that answers no more."""
    with graph_site(1) as site:
        pass
    return site


async def test_seeds_that_nobody_answers_at_raise_and_may_be_tried_again(tmp_path, gone):
    settings = Config(seeds=[gone.url], out=tmp_path, fetch={"retries": 0}, parse={"workers": 1})
    for _ in range(2):
        with pytest.raises(CrawlFailed, match="no seed could be reached"):
            async with Crawler(settings) as crawl:
                async for record in crawl:
                    assert record.kind == "connect"
    assert urls(tmp_path) == {gone.url: 1}


@pytest.mark.parametrize("method", ["forkserver", "spawn"])
def test_a_script_without_the_main_guard_is_told_so(site, tmp_path, method):
    script = tmp_path / "script.py"
    script.write_text(
        "import asyncio\n"
        "from crawler import Config, Crawler\n"
        "async def main():\n"
        f"    config = Config(seeds=[{site.url!r}], out={str(tmp_path / 'out')!r},\n"
        f"                    processes={{'start_method': {method!r}}})\n"
        "    async with Crawler(config) as crawl:\n"
        "        async for record in crawl: print(record.url)\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=30, check=False, cwd=ROOT
    )
    assert done.returncode != 0
    assert 'if __name__ == "__main__":' in done.stderr
    assert "BrokenProcessPool" not in done.stderr


@pytest.mark.parametrize("method", ["forkserver", "spawn"])
def test_a_script_may_hold_its_own_extract_function(site, tmp_path, method):
    script = tmp_path / "script.py"
    script.write_text(
        "import asyncio\n"
        "from crawler import Config, Crawler\n"
        "def extract(page): return {'title': page.title}\n"
        "async def main():\n"
        f"    config = Config(seeds=[{site.url!r}], out={str(tmp_path / 'out')!r}, \n"
        "                    scope={'max_pages': 3},\n"
        f"                    processes={{'start_method': {method!r}}})\n"
        "    async with Crawler(config, extract=extract) as crawl:\n"
        "        async for record in crawl: print(record.extracted)\n"
        "if __name__ == '__main__':\n"
        "    asyncio.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=30, check=False, cwd=ROOT
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("{'title': '") == 3


@pytest.mark.parametrize(
    ("keys", "refused"),
    [
        ("write={'sinks': []}", True),  # parse processes
        ("parse={'executor': 'inline'}", True),  # a writer process
        ("parse={'executor': 'inline'}, write={'sinks': []}", False),
        ("parse={'executor': 'thread'}, write={'sinks': []}", False),
    ],
)
def test_a_script_from_standard_input_works_or_is_refused_before_anything_starts(
    site, tmp_path, keys, refused
):
    script = (
        "import asyncio\n"
        "from crawler import Config, Crawler\n"
        "async def main():\n"
        f"    config = Config(seeds=[{site.url!r}], out={str(tmp_path / 'out')!r}, {keys})\n"
        "    async with Crawler(config) as crawl:\n"
        "        async for record in crawl: print(record.url)\n"
        "if __name__ == '__main__':\n"
        "    asyncio.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-"], input=script, capture_output=True, text=True, timeout=30, check=False, cwd=ROOT
    )
    if refused:
        assert done.stderr.splitlines()[-1].startswith(
            "crawler.model.errors.UsageError: the main script, <stdin>, is no file"
        )
        assert not (tmp_path / "out").exists()
    else:
        assert (done.returncode, done.stderr) == (0, "")
        assert len(done.stdout.splitlines()) == len(site.urls)
