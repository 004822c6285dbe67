"""Whatever is wrong gets one clear sentence, the contract's exit code, and no traceback."""

import os
import resource
import subprocess
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
    done = crawls.crawl("run", site.url, "-o", out)
    assert done.returncode == 0
    assert "finished already" in done.stdout + done.stderr
    assert crawls.crawl("resume", out).returncode == 0
    after = {
        path.name: path.read_bytes() for path in out.iterdir() if path.is_file() and "crawl" not in path.name
    }
    assert before == after
    assert site.asked() == asked


def test_a_crawl_db_that_is_damaged(tmp_path, site):
    out = tmp_path / "out"
    assert crawls.crawl("run", site.url, "-o", out, "--max-pages", 20).returncode == 0
    (out / "crawl.db").write_bytes(b"this is no database" * 1000)
    sentence = refused("run", site.url, "-o", out, code=3)
    assert "crawl.db is damaged" in sentence
    assert len(crawls.records(out)) >= 20


def test_two_crawls_on_one_folder(tmp_path, site):
    out = tmp_path / "out"
    running = crawls.start("run", site.url, "-o", out, "--per-host", 1, "--delay", 0.05)
    try:
        crawls.wait_for_records(out)
        assert f"pid {running.pid}" in refused("run", site.url, "-o", out)
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

    def small_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (90_000, resource.RLIM_INFINITY))

    done = subprocess.run(
        crawls.command("run", site.url, "-o", out, "--no-progress", "--set", "write.batch_records=8"),
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
        preexec_fn=small_disk,
    )
    assert done.returncode == 3, done.stderr
    assert "Traceback" not in done.stderr
    assert "crawler resume" in done.stderr
    assert all("Traceback" not in path.read_text() for path in Path(out).glob("crawl.log"))
    resumed = crawls.crawl("resume", out)
    assert resumed.returncode == 0, resumed.stderr
    assert set(crawls.urls(out)) == site.urls
    assert set(crawls.urls(out).values()) == {1}


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small tmpfs needs root")
def test_a_full_file_system_too(tmp_path, site):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "none", disk], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"no tmpfs here: {mounted.stderr.strip()}")
    try:
        out = disk / "out"
        done = crawls.crawl("run", site.url, "-o", out, "--set", "write.batch_records=8")
        assert done.returncode == 3, done.stderr
        assert "Traceback" not in done.stderr
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        assert crawls.crawl("resume", out).returncode == 0
        assert set(crawls.urls(out)) == site.urls
        assert set(crawls.urls(out).values()) == {1}
    finally:
        subprocess.run(["umount", disk], check=True)
