"""Commands with real nodes: each a process, on a real PostgreSQL."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest

from crawler.cli import demo_of_nodes
from crawler.cli.app import main
from crawler.cluster.embedded_process import EmbeddedPostgresql
from crawler.cluster.local_node_process import share_of
from crawler.cluster.local_nodes_process import Ended, LocalNodes
from crawler.config import Config
from crawler.export.source import Source
from crawler.frontier.postgresql.place import Place
from crawler.model.generations import DATABASE
from crawler.parse.parse_pool import cores
from tests import crawls
from tests.graph_server import GraphSite, graph_site

PAGES = 60


class _Line(msgspec.Struct):
    url: str


def recorded(out: Path) -> Counter[str]:
    """How often each URL is in the committed records of all nodes."""
    decode = msgspec.json.Decoder(_Line).decode
    return Counter(decode(line).url for batch in Source(out).batches() for line in batch)


def each_once(sites: list[GraphSite]) -> Counter[str]:
    return Counter(url for site in sites for url in site.urls)


@pytest.fixture
def sites() -> Iterator[list[GraphSite]]:
    with ExitStack() as stack:
        yield [stack.enter_context(graph_site(PAGES, delay=0.02, seed=seed)) for seed in range(4)]


@pytest.fixture
def shared(database: str, sites: list[GraphSite], tmp_path: Path) -> list[str]:
    """The end of a command line: a crawl of the sites, slow enough that one can meddle with it."""
    urls = [site.url for site in sites]
    return [*urls, "--frontier", database, "--name", "c", "-o", str(tmp_path / "out"), "--per-host", "1"]


def children(parent: int) -> list[int]:
    """Nodes below a process."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            words = stat.with_name("cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if int(fields[1]) == parent and b"node" in words and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return sorted(found)


def wait_for_records(out: Path, most_seconds: float = 30) -> None:
    """Until a node has some: it may be the only one, since four hosts may all be one node's."""
    deadline = time.monotonic() + most_seconds
    while not any(path.stat().st_size for path in out.glob("*/records.jsonl")):
        assert time.monotonic() < deadline, "no records"
        time.sleep(0.02)


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def end(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=50)
    return process.returncode, out, err


def test_several_nodes_share_a_crawl_and_no_password_is_left(
    shared: list[str], sites: list[GraphSite], database: str, tmp_path: Path
) -> None:
    done = crawls.crawl("run", "--nodes", 2, *shared, "--workers", 1)
    assert done.returncode == 0, done.stderr
    out = tmp_path / "out"
    assert done.stdout.splitlines()[-1] == f"output: {out}"
    assert "crawl finished" in done.stdout
    assert recorded(out) == each_once(sites)
    assert {path.name.partition("-")[0] for path in out.glob("node*-*")} == {"node1", "node2"}
    password = urlsplit(database).password
    assert password
    assert password not in done.stdout + done.stderr
    files = [path for path in out.rglob("*") if path.is_file()]
    assert any(path.name == DATABASE for path in files)
    assert [path for path in files if password.encode() in path.read_bytes()] == []
    again = crawls.crawl("run", "--nodes", 2, *shared, "--no-progress")
    assert (again.returncode, again.stdout) == (2, "")
    (line,) = again.stderr.splitlines()
    assert "finished already" in line


def test_a_node_begins_another_joins_without_urls(
    shared: list[str], sites: list[GraphSite], tmp_path: Path
) -> None:
    nodes = [crawls.start("node", *shared, "--node", "first", "--no-progress", "--delay", "0.15")]
    wait_for_records(tmp_path / "out")
    nodes.append(crawls.start("node", *shared[len(sites) :], "--node", "second", "--no-progress"))
    for code, out, err in map(end, nodes):
        assert code == 0, err
        assert "crawl finished" in out
    assert recorded(tmp_path / "out") == each_once(sites)
    folders = {path.parent.name for path in (tmp_path / "out").glob("*-*/records.jsonl")}
    assert folders == {"first-1", "second-2"}


def test_a_node_that_is_killed_is_begun_again(
    shared: list[str], sites: list[GraphSite], tmp_path: Path
) -> None:
    process = crawls.start("run", "--nodes", 2, *shared, "--workers", 1)
    wait_for_records(tmp_path / "out")
    os.kill(children(process.pid)[0], signal.SIGKILL)
    code, _, err = end(process)
    assert code == 0, err
    assert err.count("was killed by signal 9; the others have its work, and it is begun again") == 1
    assert recorded(tmp_path / "out") == each_once(sites)


def test_nobody_outlives_the_parent(shared: list[str], tmp_path: Path) -> None:
    process = crawls.start("run", "--nodes", 2, *shared, "--workers", 1)
    wait_for_records(tmp_path / "out")
    nodes = children(process.pid)
    assert len(nodes) == 2
    family = {pid for node in nodes for pid in crawls.group_of(node)}
    assert len(family) > 4, "their parsers and writers too"
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 10
    while left := [pid for pid in family if not is_gone(pid)]:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_nodes_that_are_stopped_save_and_go_on(
    shared: list[str], sites: list[GraphSite], tmp_path: Path, number: signal.Signals
) -> None:
    process = crawls.start("run", "--nodes", 2, *shared, "--workers", 1)
    wait_for_records(tmp_path / "out")
    process.send_signal(number)  # to it alone, as a terminal does not
    code, out, err = end(process)
    assert code == 130, err
    how, last = out.splitlines()[-2:]
    assert how.startswith("stopped; to go on: crawler run --nodes 2 --frontier postgresql://")
    assert last == f"output: {tmp_path / 'out'}"
    done = crawls.crawl("run", "--nodes", 2, *shared[len(sites) :], "--workers", 1)
    assert done.returncode == 0, done.stderr
    assert recorded(tmp_path / "out") == each_once(sites)
    assert max(max(site.asked().values()) for site in sites) == 1, "what was in flight was finished"


def test_a_refusal_is_said_once(shared: list[str], sites: list[GraphSite], tmp_path: Path) -> None:
    assert crawls.crawl("node", *shared, "--max-pages", 5).returncode == 0
    done = crawls.crawl("run", "--nodes", 3, *shared, "--max-pages", 6, "--no-progress")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "scope.max_pages = 5, not 6" in line


def test_without_a_server_there_is_one_sentence_and_no_folder(tmp_path: Path) -> None:
    frontier = ["--frontier", "postgresql://me@127.0.0.1:1/x", "--name", "c", "-o", str(tmp_path / "out")]
    for command in (["node"], ["run", "--nodes", "2"]):
        done = crawls.crawl(*command, "http://127.0.0.1:9/", *frontier)
        assert done.returncode in (2, 3)
        (line,) = done.stderr.splitlines()
        assert "127.0.0.1:1" in line
        assert not (tmp_path / "out").exists()


def test_the_demo_kills_a_node_and_counts(
    postgresql: EmbeddedPostgresql,  # or it is skipped
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(demo_of_nodes, "HOSTS", 6)
    monkeypatch.setattr(demo_of_nodes, "LATENCY", 0.05)
    monkeypatch.setenv("PGPASSWORD", "")  # so that it is put back
    code = main(["demo", "--nodes", "3", "-o", str(tmp_path / "out"), "--workers", "1"])
    out, err = capsys.readouterr()
    assert code == 0, out + err
    lines = out.splitlines()
    assert any(line.startswith("node2 is killed now") for line in lines)
    assert any(line.startswith("its partitions went to node1 (") and " and node3 (" in line for line in lines)
    assert lines[-2] == "The site has 1,146 URLs; 1,146 records were counted: each URL once."
    assert lines[-1] == f"output: {tmp_path / 'out'}"
    assert "node2: was killed by signal 9" in err


def test_what_the_demo_counts_can_be_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    for found in (["a"], ["a", "b", "b"], ["a", "b", "c"]):
        counted = demo_of_nodes.Counted({"a", "b"}, {})
        counted.count(found)
        assert not counted.is_right
        counted.tell(quiet=True)
    one, two, three = capsys.readouterr().err.splitlines()
    assert "1 are missing in the records, 0 are there twice, and 0 are none" in one
    assert "0 are missing in the records, 1 are there twice, and 0 are none" in two
    assert "0 are missing in the records, 0 are there twice, and 1 are none" in three


async def test_a_node_that_always_dies_is_begun_again_a_few_times(
    database: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", urlsplit(database).password or "")
    dies = [sys.executable, "-c", "import sys; print('so it is', file=sys.stderr); sys.exit(9)"]

    def run() -> Ended:
        place = Place(database, "c")
        return LocalNodes(Config(), place, 2, show=False, restarts=2, command=dies).run(look=0.1)

    with ThreadPoolExecutor(1) as other_loop:  # in the main thread, signals would be handled as well
        monkeypatch.setattr(signal, "signal", lambda number, handler: handler)
        ended = await asyncio.get_running_loop().run_in_executor(other_loop, run)
    assert (ended.last.state, ended.stopped, ended.refused) == ("running", False, False)
    said = Counter(capfd.readouterr().err.splitlines())
    for node in ("node1", "node2"):
        assert said[f"{node}: so it is"] == 3
        assert said[f"{node}: died with exit code 9; the others have its work, and it is begun again"] == 2
        assert said[f"{node}: died with exit code 9; it is not begun again"] == 1


def test_nodes_share_the_machine_unless_the_user_has_said_otherwise() -> None:
    config = Config(parse={"workers": 7}, limits={"memory": 2**30})
    said = share_of(config, 3, 2)
    assert (said.cluster.node, said.parse.workers, said.limits.memory) == ("node2", 7, 2**30)
    left, alone = share_of(Config(), 1_000, 1_000), share_of(Config(cluster={"node": "web"}), 1, 1)
    assert (left.parse.workers, left.limits.memory) == (1, 256 * 2**20)
    assert (alone.cluster.node, alone.parse.workers) == ("web1", cores())


def test_a_node_has_a_live_page_of_its_own(shared: list[str], sites: list[GraphSite], tmp_path: Path) -> None:
    with crawls.start("node", *shared, "--node", "one", "--dashboard", "--no-progress") as node:
        assert node.stdout is not None
        page = node.stdout.readline().removeprefix("live page: ").strip()
        seen = ""
        with urllib.request.urlopen(f"{page}events", timeout=30) as events:
            for line in events:
                seen += line.decode()
        assert node.wait(30) == 0
        node.stdout.read()
    assert seen.count("event: snapshot\ndata: {") == 2
    assert seen.endswith("event: end\ndata: {}\n\n")
    last = json.loads(seen.rpartition("event: snapshot\ndata: ")[2].partition("\n")[0])
    assert last["counts"] == {
        "ok": PAGES * len(sites), "truncated": 0, "error": 0, "skipped": 0, "pending": 0
    }  # fmt: skip
    assert (last["state"], last["discovered"]) == ("finished", PAGES * len(sites))
    assert recorded(tmp_path / "out") == each_once(sites)
