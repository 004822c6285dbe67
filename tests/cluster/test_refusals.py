"""Only ``crawler node`` goes on with a crawl of several nodes: what else would is refused, and says so."""

from pathlib import Path

import pytest

from crawler import Config, Crawler
from crawler.model.cluster import CLUSTER_FILE
from crawler.model.errors import OutputError
from crawler.plumbing.file_lock import FileLock
from tests import crawls
from tests.cluster.gathered import CLUSTER, gather
from tests.comparison.made import serving

NOWHERE = "http://127.0.0.1:9/"
DAMAGED = b"\xff{"


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    with serving() as site:
        site.pages = {"/robots.txt": (404, {}, ""), "/": site.page("Home")}
        site.crawl(folder / "one-1")
    return gather(folder, ["one-1"])


@pytest.fixture(params=["gathered", "not gathered yet", "without cluster.json", "cluster.json damaged"])
def out(request, made, tmp_path) -> Path:
    """What may be found of such a crawl."""
    out = tmp_path / "my out"
    (out / "one-1").mkdir(parents=True)
    names = ["one-1/records.jsonl"]
    names += [CLUSTER_FILE] if request.param != "without cluster.json" else []
    names += ["crawl.db"] if request.param != "not gathered yet" else []
    for name in names:
        (out / name).write_bytes((made / name).read_bytes())
    if request.param == "cluster.json damaged":
        (out / CLUSTER_FILE).write_bytes(DAMAGED)
    return out


def content(out: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()
    }


def is_said(error: str, out: Path) -> bool:
    frontier, name = CLUSTER["frontier"], CLUSTER["name"]
    if (out / CLUSTER_FILE).exists() and (out / CLUSTER_FILE).read_bytes() == DAMAGED:
        frontier, name = "FRONTIER", "NAME"
    command = f"`crawler node --frontier {frontier} --name {name} -o '{out}'`"
    return error.startswith(f"{out} holds a crawl of several nodes, which goes on with {command}; ")


COMMANDS = [
    ("run", NOWHERE, "-o"),
    ("run", NOWHERE, "--again", "-o"),
    ("run", NOWHERE, "--sink", "sqlite", "-o"),
    ("resume",),
    ("recrawl",),
    ("recrawl", "--failed"),
    ("check", NOWHERE, "-o"),
    ("report",),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_other_commands_are_refused_and_change_nothing(out, command):
    before = content(out)
    done = crawls.crawl(*command, out)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert is_said(done.stderr.removeprefix("crawler: "), out)
    assert content(out) == before


@pytest.mark.parametrize("again", [False, True])
async def test_the_library_is_refused_too(out, again):
    with pytest.raises(OutputError) as raised:
        async with Crawler(Config(seeds=[NOWHERE], out=out, again=again)):
            pass
    assert is_said(str(raised.value), out)


def test_fresh_moves_it_aside_whole(out):
    before = content(out)
    with serving() as site:
        site.pages = {"/robots.txt": (404, {}, ""), "/": site.page("Home")}
        done = crawls.crawl("run", site.url, "-o", out, "--fresh", "--no-progress", "--workers", 1)
    assert done.returncode == 0, done.stderr
    (aside,) = [path for path in out.parent.iterdir() if path != out]
    assert f"the earlier crawl is now in {aside}" in done.stdout
    assert content(aside) == before
    assert len(crawls.records(out)) == 1
    assert not (out / CLUSTER_FILE).exists()


def test_it_is_not_moved_from_under_a_node(out):
    lock = FileLock(out / "one-1" / "crawl.lock")
    lock.acquire()
    try:
        done = crawls.crawl("run", NOWHERE, "-o", out, "--fresh")
    finally:
        lock.release()
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert f"{out / 'one-1'} is in use by another crawl, pid " in done.stderr
    assert [path.name for path in out.parent.iterdir()] == [out.name]
