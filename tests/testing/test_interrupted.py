"""A script that checks a site and is interrupted, or imported again by the processes of its crawl."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.testing.served import GOOD, serving

GUARDED = """
import asyncio, sys, threading
from crawler.testing import check_site, check_site_async

async def inside():
    check_site(sys.argv[1], delay=30)

HOW = {
    "plain": lambda: check_site(sys.argv[1], delay=30),
    "inside a loop": lambda: asyncio.run(inside()),
    "async": lambda: asyncio.run(check_site_async(sys.argv[1], delay=30)),
}

if __name__ == "__main__":
    try:
        HOW[sys.argv[2]]()
    except KeyboardInterrupt:
        print(*(thread.name for thread in threading.enumerate()))
"""
UNGUARDED = """
import sys
from crawler.testing import check_site
assert not check_site(sys.argv[1]).errors
"""


@pytest.mark.parametrize("how", ["plain", "inside a loop", "async"])
def test_ctrl_c_ends_the_check_at_once_and_leaves_nothing(how: str, tmp_path: Path):
    script = tmp_path / "script.py"
    script.write_text(GUARDED)
    temporary = Path(tempfile.mkdtemp())  # not below tmp_path: a socket's path has to be short
    with serving(GOOD) as url:
        process = subprocess.Popen(
            [sys.executable, script, url, how],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=os.environ | {"TMPDIR": str(temporary)},
        )  # fmt: skip
        try:
            while not list(temporary.glob("crawler-check-*/out/facts.db")):
                assert process.poll() is None, process.communicate()
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            printed, errors = process.communicate(timeout=15)
        finally:
            process.kill()
            process.communicate()
    assert (process.returncode, printed, errors) == (0, "MainThread\n", "")
    temporary.rmdir()  # it is empty


def test_a_script_without_a_guard_is_told_so(tmp_path: Path):
    script = tmp_path / "script.py"
    script.write_text(UNGUARDED)
    with serving(GOOD) as url:
        done = subprocess.run([sys.executable, script, url], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert 'under `if __name__ == "__main__":`' in done.stderr
    assert "crawler resume" not in done.stderr


def test_a_script_on_standard_input_is_refused_in_a_sentence(tmp_path: Path):
    (tmp_path / "index.html").write_text(GOOD["/"])
    done = subprocess.run(
        [sys.executable, "-", tmp_path], input=UNGUARDED, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "crawler.model.errors.UsageError: the main script, <stdin>, is no file that child processes could"
        " import: run it from a file"
    )
    assert "runpy" not in done.stderr


CHOOSES_LATER = """
import asyncio, multiprocessing, sys
from crawler import Config, Crawler
from crawler.testing import check_site

async def crawl(seed, out):
    async with Crawler(Config(seeds=[seed], out=out)) as crawl:
        return [record async for record in crawl]

if __name__ == "__main__":
    url, folder = sys.argv[1:]
    check_site(url, quiet=True)
    print(multiprocessing.get_start_method(allow_none=True))
    check_site(folder, quiet=True)
    print(multiprocessing.get_start_method(allow_none=True))
    asyncio.run(crawl(url, f"{folder}/out"))
    print(multiprocessing.get_start_method(allow_none=True))
    multiprocessing.set_start_method("spawn")
    check_site(url, quiet=True)
    print(multiprocessing.get_start_method(allow_none=True))
"""


def test_a_program_may_choose_its_start_method_after_a_check_and_a_crawl(tmp_path: Path):
    script = tmp_path / "script.py"
    script.write_text(CHOOSES_LATER)
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text(GOOD["/"])
    with serving(GOOD) as url:
        done = subprocess.run(
            [sys.executable, script, url, site], capture_output=True, text=True, check=False
        )
    assert (done.stdout.split(), done.stderr) == (["None", "None", "None", "spawn"], "")


def test_to_import_crawler_is_as_light_as_before():
    code = "import crawler, sys; print(*(name for name in sys.modules if name.startswith('crawler.')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
