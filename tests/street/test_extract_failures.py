"""An extract function that fails is no success: it is counted, shown with its line, may fail the crawl."""

import sqlite3

import pytest

from tests import crawls
from tests.graph_server import graph_site

OPTIONS = ("--no-progress", "--workers", 2, "--extract", "shop:extract")
FAILS = """\
def price(text):
    return float(text)


def extract(page):
    return {"price": price("twelve pounds")}
"""


@pytest.fixture(scope="module")
def site():
    with graph_site(40) as running:
        yield running


@pytest.mark.parametrize("executor", ["process", "inline"])
def test_failures_are_counted_and_the_first_is_shown_with_its_line(tmp_path, site, executor):
    (tmp_path / "shop.py").write_text(FAILS)
    done = crawls.crawl("run", site.url, "-o", "out", *OPTIONS, "--executor", executor, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = crawls.summary(tmp_path / "out")
    assert (found["ok"], found["extract_failed"], found["exit_code"]) == (40, 40, 0)
    where = f'File "{tmp_path}/shop.py", line 2, in price'
    says = "ValueError: could not convert string to float: 'twelve pounds'"
    for told in (found["extract_error"]["error"], done.stdout, done.stderr, log(tmp_path / "out")):
        assert where in told
        assert says in told
        assert "crawler/parse" not in told.partition("Traceback")[2].partition(says)[0]
    assert "  extract failed on 40 of 40 pages\n" in done.stdout
    # Once as a traceback, and how many at the end: not a line for each page.
    assert done.stderr.count("Traceback") == 1
    assert "WARNING main         engine        the extract function failed on 40 pages\n" in done.stderr
    with sqlite3.connect(tmp_path / "out" / "crawl.db") as db:
        told = [text for (text,) in db.execute("SELECT extract FROM ends") if "\n" in text]
        assert 1 <= len(told) <= 2
    db.close()


def log(out):
    return (out / "crawl.log").read_text()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("return 3", "TypeError: returned int; allowed are a dict, an iterable of dicts, None, by extract ("),
        ("return {'x': {1, 2}.__iter__}", "TypeError: "),
        ("return page.css(')')", "SelectorSyntaxError: "),
        ("raise KeyError('\\x1b[31m\\ud800')", "KeyError: "),
        ("return extract(page)", "RecursionError: "),
    ],
)
def test_however_it_fails(tmp_path, site, body, says):
    (tmp_path / "shop.py").write_text(f"def extract(page):\n    {body}\n")
    done = crawls.crawl("run", site.url, "-o", "out", *OPTIONS, "--max-pages", 2, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = crawls.summary(tmp_path / "out")
    assert found["extract_failed"] == 2
    assert says in found["extract_error"]["error"]
    assert f"{tmp_path}/shop.py" in found["extract_error"]["error"]
    assert len(found["extract_error"]["error"]) <= 4_000
    assert "\x1b" not in done.stdout


def test_failures_of_an_earlier_run_count(tmp_path, site):
    (tmp_path / "shop.py").write_text(FAILS)
    first = crawls.crawl("run", site.url, "-o", "out", *OPTIONS, "--max-pages", 5, cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    (tmp_path / "shop.py").write_text("def extract(page):\n    return {}\n")
    more = ("--max-pages", 10, "--fail-on", "extract")
    done = crawls.crawl("run", site.url, "-o", "out", *OPTIONS, *more, cwd=tmp_path)
    assert (done.returncode, crawls.summary(tmp_path / "out")["extract_failed"]) == (1, 5)


@pytest.mark.parametrize(
    ("fail_on", "code", "last"),
    [
        ("never", 0, None),
        ("http", 0, None),
        ("extract", 1, "there is what --fail-on names: extract 3"),
        ("http,extract", 1, "there is what --fail-on names: extract 3"),
    ],
)
def test_a_ci_need_not_read_files(tmp_path, site, fail_on, code, last):
    (tmp_path / "shop.py").write_text(FAILS)
    more = ("--max-pages", 3, "--fail-on", fail_on)
    done = crawls.crawl("run", site.url, "-o", "out", *OPTIONS, *more, cwd=tmp_path)
    assert done.returncode == code
    assert last is None or done.stderr.splitlines()[-1] == f"crawler: {last}"
    found = crawls.summary(tmp_path / "out")
    assert (found["state"], found["exit_code"], found["message"]) == ("finished", code, last)


@pytest.mark.parametrize(
    ("fail_on", "last"),
    [
        ("errors", "there is what --fail-on names: errors 1"),
        ("http", "there is what --fail-on names: http 1"),
        ("http,errors", "there is what --fail-on names: http 1, errors 1"),
    ],
)
def test_errors_of_pages_too(tmp_path, site, fail_on, last):
    seeds = (site.url, f"{site.url}no-such-page")
    more = ("--no-progress", "--max-pages", 6, "--fail-on", fail_on)
    done = crawls.crawl("run", *seeds, "-o", tmp_path, *more)
    assert (done.returncode, done.stderr) == (1, f"crawler: {last}\n")
    # What resumes it judges it by the same words, and 3 beats 1.
    alone = crawls.crawl("run", seeds[1], "-o", tmp_path / "alone", *more)
    assert alone.returncode == 3
    assert "no page was ok" in alone.stderr
