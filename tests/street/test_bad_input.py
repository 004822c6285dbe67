"""Whatever is wrong gets one clear sentence, the contract's exit code, and no traceback."""

import contextlib
import json
import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import crawls
from tests.graph_server import graph_site


@pytest.fixture(scope="module")
def site():
    with graph_site(300, delay=0.002) as running:
        yield running


def refused(*arguments: object, code: int = 2) -> str:
    done = crawls.crawl(*arguments)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    (sentence,) = done.stderr.strip().splitlines()
    return sentence


def test_a_seed_that_refuses_the_connection(tmp_path):
    with graph_site(1) as gone:
        pass
    out = tmp_path / "out"
    sentence = refused("run", gone.url, "-o", out, "--retries", 0, code=3)
    assert f"no seed could be reached: {gone.url} (connect)" in sentence
    (record,) = crawls.records(out)
    assert (record.outcome, record.kind) == ("error", "connect")


def test_no_seed_at_all():
    assert "no seed" in refused("run")


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("", "has no extract"),
        ("extract = 3", "cannot be called"),
        ("\nextract = lambda page: None", "mine.py:2"),
        ("import nowhere_to_be_found", "nowhere_to_be_found"),
        ("def extract(page): return {}\nraise ValueError('at import')", "at import"),
        ("import os\n\nos.environ['nowhere']", "mine.py:3"),
        ("def extract(:", "syntax"),
    ],
)
def test_an_extract_function_that_cannot_work(tmp_path, body, what):
    (tmp_path / "mine.py").write_text(body)
    done = crawls.crawl("run", "http://127.0.0.1:1/", "--extract", "mine:extract", cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "mine" in done.stderr
    assert what in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "crawls").exists()


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    assert "cannot be written" in refused("run", "http://127.0.0.1:1/", "-o", tmp_path / "file" / "out")


def test_a_folder_with_another_crawl(tmp_path, site):
    out = tmp_path / "out"
    assert crawls.crawl("run", site.url, "-o", out, "--max-pages", 3).returncode == 0
    sentence = refused("run", f"{site.url}p/7", "-o", out)
    assert "seeds" in sentence
    assert "p/7" in sentence


def test_a_finished_crawl_is_left_as_it_is(tmp_path, site):
    out = tmp_path / "out"
    assert crawls.crawl("run", site.url, "-o", out).returncode == 0
    before = {
        path.name: path.read_bytes() for path in out.iterdir() if path.is_file() and "crawl" not in path.name
    }
    asked = site.asked()
    ended = json.loads(crawls.crawl("status", out, "--json").stdout)["meta"]["ended_at"]
    sentence = refused("run", site.url, "-o", out)
    assert f"finished already, at {ended}" in sentence
    assert "--fresh" in sentence
    # There is nothing to go on with: whoever restarts a crawl until it is finished is done.
    done = crawls.crawl("resume", out)
    assert done.returncode == 0
    assert f"finished already, at {ended}" in done.stdout
    assert "discovered" not in done.stdout
    after = {
        path.name: path.read_bytes() for path in out.iterdir() if path.is_file() and "crawl" not in path.name
    }
    assert before == after
    assert site.asked() == asked


def test_a_finished_crawl_is_moved_aside_for_a_fresh_one(tmp_path, site):
    out = tmp_path / "out"
    assert crawls.crawl("run", site.url, "-o", out, "--max-pages", 3).returncode == 0
    old = crawls.urls(out)
    done = crawls.crawl("run", f"{site.url}p/7", "-o", out, "--max-pages", 5, "--fresh")
    assert done.returncode == 0, done.stderr
    (aside,) = [path for path in tmp_path.iterdir() if path != out]
    assert done.stdout.splitlines()[0] == f"the earlier crawl is now in {aside}"
    assert (crawls.urls(aside), crawls.summary(aside)["ok"]) == (old, 3)
    assert (len(crawls.urls(out)), crawls.summary(out)["runs"]) == (5, 1)
    assert not (aside / "crawl.lock").exists()
    # Once more in the same second, and where there is nothing to be moved.
    for name in ("out", "new"):
        done = crawls.crawl("run", site.url, "-o", tmp_path / name, "--max-pages", 1, "--fresh")
        assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.iterdir())) == 4


def test_a_folder_that_cannot_be_moved_aside_is_left_as_it_is(tmp_path, site):
    assert crawls.crawl("run", site.url, "-o", tmp_path / "out", "--max-pages", 1).returncode == 0
    for cwd in (tmp_path / "out", tmp_path / "out" / "spool"):
        cwd.mkdir(exist_ok=True)
        done = crawls.crawl("run", site.url, "-o", tmp_path / "out", "--fresh", cwd=cwd)
        assert (done.returncode, "cannot be moved aside" in done.stderr) == (2, True)
    done = crawls.crawl("run", site.url, "-o", tmp_path / "out", "--fresh", "--extract", "nowhere:at_all")
    assert done.returncode == 2
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert len(crawls.urls(tmp_path / "out")) == 1


@pytest.fixture(scope="module")
def unfinished(tmp_path_factory, site):
    """A crawl that could go on, and its seed."""
    out = tmp_path_factory.mktemp("whole") / "out"
    assert crawls.crawl("run", site.url, "-o", out, "--max-pages", 100).returncode == 0
    return out


def damage_header(data: bytearray) -> None:
    data[:100] = b"\xa5" * 100


def damage_middle(data: bytearray) -> None:
    """The text of the settings, and every page behind the tables' list."""
    at = data.index(b'"seeds"')
    data[at : at + 4] = b"\xa5" * 4
    data[len(data) // 2 :] = b"\xa5" * (len(data) - len(data) // 2)


def damage_settings(data: bytearray) -> None:
    at = data.index(b'"seeds"')
    data[at : at + 7] = b"[[[[[[["


def damage_rows(data: bytearray) -> None:
    """The first pages of the table of URLs: found only when it is read."""
    first = data.index(b"/p/3\x00") if b"/p/3\x00" in data else data.index(b"/p/")
    page = first // 4096 * 4096
    data[page : page + 4096] = bytes(4096)


def cut_off(data: bytearray) -> None:
    del data[len(data) // 2 :]


@pytest.mark.parametrize("harm", [damage_header, damage_middle, damage_settings, damage_rows, cut_off])
def test_a_crawl_db_that_is_damaged(tmp_path, site, unfinished, harm):
    out = tmp_path / "out"
    shutil.copytree(unfinished, out)
    records = (out / "records.jsonl").read_bytes()
    data = bytearray((out / "crawl.db").read_bytes())
    harm(data)
    (out / "crawl.db").write_bytes(data)
    commands = [("run", site.url, "-o", out, "--max-pages", 200, "--no-progress"), ("resume", out)]
    if harm is not damage_settings:
        commands.append(("status", out))  # which needs none of them
    for command in commands:
        sentence = refused(*command, code=3)
        assert "crawl.db is damaged" in sentence
        assert "the records beside it stay readable: keep them and start again in a new folder" in sentence
    assert (out / "records.jsonl").read_bytes() == records
    assert len(crawls.records(out)) >= 100


def test_records_beside_an_empty_crawl_db_are_not_touched(tmp_path, site, unfinished):
    out = tmp_path / "out"
    shutil.copytree(unfinished, out)
    records = (out / "records.jsonl").read_bytes()
    (out / "crawl.db").write_bytes(b"")
    assert "holds no crawl" in refused("resume", out)
    assert "holds no crawl" in refused("status", out)
    assert "holds records but a crawl.db that says nothing of them" in refused("run", site.url, "-o", out)
    assert (out / "records.jsonl").read_bytes() == records


def test_two_crawls_on_one_folder(tmp_path, site):
    out = tmp_path / "out"
    running = crawls.start("run", site.url, "-o", out, "--per-host", 1, "--delay", 0.05)
    try:
        crawls.wait_for_records(out)
        assert f"pid {running.pid}" in refused("run", site.url, "-o", out)
        assert f"pid {running.pid}" in refused("run", site.url, "-o", out, "--fresh")
        assert f"pid {running.pid}" in refused("resume", out)
        status = crawls.crawl("status", out, "--json")
        assert status.returncode == 0
    finally:
        # It alone: what it has in the system is removed by its resource tracker.
        running.kill()
        running.communicate()
        crawls.wait_for_empty_group(running.pid, 5)


def test_no_space_left_stops_and_goes_on_after_space_was_made(tmp_path, site):
    """A file-size limit stands for the full disk: it hits the same writes, on any machine."""
    out = tmp_path / "out"

    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (90_000, resource.RLIM_INFINITY))

    done = subprocess.run(
        crawls.command("run", site.url, "-o", out, "--no-progress", "--set", "write.batch_records=8"),
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
        preexec_fn=bound,
    )
    assert done.returncode == 3, done.stderr
    assert "Traceback" not in done.stderr
    assert f"crawler resume {out}" in done.stderr.splitlines()[-1]
    assert adds_up(done.stdout)
    assert all("Traceback" not in path.read_text() for path in Path(out).glob("crawl.log"))
    resumed = crawls.crawl("resume", out)
    assert resumed.returncode == 0, resumed.stderr
    assert set(crawls.urls(out)) == site.urls
    assert set(crawls.urls(out).values()) == {1}


def adds_up(printed: str) -> bool:
    """The summary's counts make up what it says was discovered."""
    counts = {
        words[0]: int(words[1].replace(",", ""))
        for words in map(str.split, printed.splitlines())
        if words[:1] in [["ok"], ["truncated"], ["error"], ["skipped"], ["pending"], ["discovered"]]
    }
    return counts.pop("discovered") == sum(counts.values())


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Callable[[str], object]]:
    """A file system in ``folder``; yields what mounts it anew with other options."""
    folder.mkdir()

    def mount(*arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["mount", *map(str, arguments)], capture_output=True, text=True, check=False)

    mounted = mount("-t", "tmpfs", "-o", f"size={size}", "none", folder)
    if mounted.returncode != 0:
        pytest.skip(f"no tmpfs here: {mounted.stderr.strip()}")
    try:
        yield lambda options: mount("-o", f"remount,{options}", folder).check_returncode()
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small tmpfs needs root")
@pytest.mark.parametrize(
    ("size", "more"),
    [("300k", ()), ("400k", ()), ("400k", ("--sink", "sqlite")), ("400k", ("--max-depth", 9))],
)
def test_a_full_file_system_too(tmp_path, site, size, more):
    with small_disk(tmp_path / "disk", size) as remount:
        out = tmp_path / "disk" / "out"
        done = crawls.crawl("run", site.url, "-o", out, "--set", "write.batch_records=8", *more)
        assert done.returncode == 3, done.stderr
        assert "Traceback" not in done.stderr
        assert "internal error" not in done.stderr
        assert done.stderr.splitlines()[-1].count(f"crawler resume {out}") == 1
        assert adds_up(done.stdout)
        remount("size=64m")
        assert crawls.crawl("resume", out).returncode == 0
        recorded = crawls.rows(out) if "sqlite" in more else list(crawls.urls(out).elements())
        assert sorted(recorded) == sorted(site.urls)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small tmpfs needs root")
def test_a_folder_that_may_only_be_read(tmp_path, site, unfinished):
    with small_disk(tmp_path / "disk", "16m") as remount:
        out = tmp_path / "disk" / "out"
        shutil.copytree(unfinished, out)
        remount("ro")
        try:
            for command in (
                ("run", site.url, "-o", out),
                ("resume", out),
                ("run", site.url, "-o", f"{out}-2"),
            ):
                assert "cannot be written: Read-only file system" in refused(*command)
            assert crawls.crawl("status", out).returncode == 0
        finally:
            remount("rw")
        assert crawls.crawl("run", site.url, "-o", out, "--max-pages", 120).returncode == 0
        assert set(crawls.urls(out).values()) == {1}
