"""Checks of a site that changes in between: what is new, since when it stands, and what other sites do."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from tests import crawls
from tests.http_thread import in_a_thread


class Changing:
    """A site on a free port whose answers can be changed while it runs; it knows validators."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.answers: dict[str, tuple[int, str]] = {}
        self.asked: list[str] = []

    def page(self, path: str, *links: str) -> None:
        hrefs = "".join(f"<a href='{href}'>x</a>" for href in links)
        self.answers[path] = 200, f"<!doctype html><html lang=en><title>{path}</title>{hrefs}"


@contextmanager
def changing() -> Iterator[Changing]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append(self.path)
            status, text = site.answers.get(self.path, (404, "no"))
            tag = f'"{len(text)}-{sum(text.encode())}"'
            if status == 200 and self.headers.get("If-None-Match") == tag:
                status, text = 304, ""
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(text.encode())))
            self.send_header("ETag", tag)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with in_a_thread(Handler) as port:
        site = Changing(port)
        yield site


@pytest.fixture
def site() -> Iterator[Changing]:
    with changing() as made:
        made.page("/", "/two", "/gone")
        made.page("/two", "/")
        yield made


@pytest.fixture
def other() -> Iterator[Changing]:
    with changing() as made:
        yield made


def run(tmp_path: Path, *arguments: object) -> tuple[int, dict[str, Any]]:
    """A command that ends in reports: its exit code, and the report."""
    (tmp_path / "found.json").unlink(missing_ok=True)
    done = crawls.crawl(*arguments, cwd=tmp_path)
    report = tmp_path / "found.json"
    assert report.exists(), done.stderr
    return done.returncode, json.loads(report.read_text())


REPORT = ("--report", "json=found.json")


def stands(report: dict[str, Any]) -> dict[str, Any]:
    """Of each target its path, since when: which crawl, and how many in a row."""
    return {
        "/" + one["target"].split("/", 3)[3]: one["since"] and (one["since"]["crawl"], one["since"]["checks"])
        for one in report["findings"]
    }


def test_over_the_generations_each_finding_says_since_when_it_stands(site: Changing, tmp_path: Path) -> None:
    code, report = run(tmp_path, "check", f"{site.url}/", "-o", "out", "--sink", "jsonl", *REPORT)
    assert (code, stands(report)) == (1, {"/gone": None})
    site.page("/two", "/", "/late")
    code, report = run(tmp_path, "recrawl", "out")
    assert (code, stands(report)) == (1, {"/gone": ("out@1", 2), "/late": ("out@2", 1)})
    site.asked.clear()
    code, report = run(tmp_path, "recrawl", "out", "--failed")
    assert (code, stands(report)) == (1, {"/gone": ("out@1", 3), "/late": ("out@2", 2)})
    assert {"/gone", "/late"} <= set(site.asked), "what failed was asked again"
    assert "/two" not in site.asked
    site.page("/gone")
    code, report = run(tmp_path, "check", f"{site.url}/", "-o", "out", "--again", *REPORT)  # no records
    assert (code, stands(report)) == (1, {"/late": ("out@2", 3)})
    del site.answers["/gone"]
    code, report = run(tmp_path, "recrawl", "out")
    assert (code, stands(report)) == (1, {"/gone": ("out@5", 1), "/late": ("out@2", 4)})
    code, report = run(tmp_path, "report", "out@3", *REPORT)
    assert (code, stands(report)) == (1, {"/gone": ("out@1", 3), "/late": ("out@2", 2)})


def test_a_check_that_was_resumed_is_one_check(site: Changing, tmp_path: Path) -> None:
    run(tmp_path, "check", f"{site.url}/", "-o", "out", *REPORT)
    site.page("/two", "/", "/three", "/late")
    site.page("/three", "/later")
    limited = crawls.crawl("check", f"{site.url}/", "-o", "out", "--again", "--max-pages", 2, cwd=tmp_path)
    assert "beyond scope.max_pages" in limited.stdout, limited.stderr
    resumed = crawls.crawl("resume", "out", "--max-pages", 100, cwd=tmp_path)
    assert resumed.returncode == 1, resumed.stderr
    _, report = run(tmp_path, "report", "out", *REPORT)
    assert stands(report) == {
        "/gone": ("out@1", 2),
        "/late": ("out@2", 1),
        "/later": ("out@2", 1),
    }


def test_a_fault_of_another_site_counts_when_enough_checks_have_seen_it(
    site: Changing, other: Changing, tmp_path: Path
) -> None:
    site.page("/", "/two", f"{other.url}/x")
    options = ("--external", "--flaky", 2, "--retries", 0, "--set", "fetch.busy_max=0")
    start = ("check", f"{site.url}/", "-o", "out", *options, *REPORT)
    code, report = run(tmp_path, *start)
    assert (code, report["findings"]) == (0, [])
    assert [(one["target"], one["checks"]) for one in report["held_back"]] == [(f"{other.url}/x", 1)]
    other.answers["/x"] = 503, "busy"
    code, report = run(tmp_path, *start, "--again", "--fail-on", "warning")
    assert (code, [one["rule"] for one in report["findings"]]) == (1, ["flaky"])
    other.page("/x")
    assert run(tmp_path, "recrawl", "out")[0] == 0
    del other.answers["/x"]
    code, report = run(tmp_path, "recrawl", "out")
    assert (code, len(report["held_back"]), report["held_back"][0]["checks"]) == (0, 1, 1)


def test_a_baseline_of_a_site_holds_on_another_port(site: Changing, other: Changing, tmp_path: Path) -> None:
    known = ("--baseline", "known.json")
    code, report = run(tmp_path, "check", f"{site.url}/", "-o", "a", *known, "--write-baseline", *REPORT)
    assert (code, report["findings"], report["baseline"]["written"]) == (0, [], 1)
    assert str(site.url) not in (tmp_path / "known.json").read_text()
    other.answers = {path: (status, text) for path, (status, text) in site.answers.items()}
    code, report = run(tmp_path, "check", f"{other.url}/", "-o", "b", *known, *REPORT)
    assert (code, report["baseline"]["findings"], report["baseline"]["stale"]) == (0, 1, [])
    other.page("/two", "/", "/gone")
    code, report = run(tmp_path, "check", f"{other.url}/", "-o", "b", *known, *REPORT, "--again")
    assert code == 1
    (finding,) = report["findings"]
    assert [place["page"] for place in finding["places"]] == [f"{other.url}/two"]
    other.page("/", "/two")
    code, report = run(tmp_path, "recrawl", "b")
    assert [one["page"] for one in report["baseline"]["stale"]] == ["/"], "it is kept with the check"


@pytest.fixture
def public(tmp_path: Path) -> Path:
    folder = tmp_path / "public"
    folder.mkdir()
    (folder / "index.html").write_text("<!doctype html><html lang=en><title>a</title><a href=gone.html>x</a>")
    return folder


def test_a_folder_s_files_go_by_their_names_whatever_port_served_them(public: Path, tmp_path: Path) -> None:
    known = ("--baseline", "known.json")
    code, _ = run(tmp_path, "check", "public", "-o", "a", *known, "--write-baseline", *REPORT)
    assert code == 0
    entry = {"rule": "broken-link", "target": "/gone", "page": "/"}
    assert json.loads((tmp_path / "known.json").read_text())["findings"] == [entry]
    (public / "two.html").write_text("<!doctype html><html lang=en><title>b</title><a href=gone.html>x</a>")
    code, report = run(tmp_path, "check", "public", "-o", "b", *known, "--since", "a", *REPORT)
    (finding,) = [one for one in report["findings"] if one["rule"] == "broken-link"]
    assert [place["page"] for place in finding["places"]] == ["two.html"]
    assert (finding["since"]["crawl"], finding["since"]["checks"]) == ("a", 2)
    assert (code, report["baseline"]["findings"], report["baseline"]["file"]) == (1, 1, "known.json")


# What is wrong is said before anything is asked.


def refused(site: Changing, tmp_path: Path, *arguments: object) -> str:
    """The one sentence, of a check that has asked the site nothing."""
    done = crawls.crawl("check", f"{site.url}/", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert site.asked == []
    return line.removeprefix("crawler: ")


def test_bad_input_is_refused_before_the_crawl(site: Changing, tmp_path: Path) -> None:
    known, writing = ("--baseline", "known.json"), "--write-baseline"
    assert refused(site, tmp_path, writing) == "--write-baseline needs --baseline FILE, which says where to"
    assert refused(site, tmp_path, *known) == (
        "--baseline known.json: there is no such file: make it with --write-baseline, or say none"
        " (--set check.baseline=none where a crawl is gone on with)"
    )
    assert refused(site, tmp_path, "--baseline", "no/known.json", writing) == (
        f"--baseline no/known.json: it cannot be written: there is no folder {tmp_path / 'no'}"
    )
    assert refused(site, tmp_path, "-o", "out", "--baseline", "out/crawl.db", writing) == (
        "--baseline out/crawl.db: it cannot be written: that file is the crawl's own"
    )
    for parent in ("new", "new/out"):
        assert refused(site, tmp_path, "-o", "new/out", "--baseline", parent, writing) == (
            f"--baseline {parent}: it cannot be written: the output folder will be there"
        )
        assert "the output folder will be there" in refused(
            site, tmp_path, "-o", "new/out", "--report", f"json={parent}"
        )
    assert refused(site, tmp_path, *known, writing, "--report", "json=./known.json") == (
        "--report json=known.json: that file is the baseline; name another"
    )
    (tmp_path / "known.json").write_text('{"crawler_baseline": 7, "findings": []}')
    for more in ([], [writing]):
        assert "known.json: it is of version 7, and" in refused(site, tmp_path, *known, *more)
    assert refused(site, tmp_path, "--since", "old") == (
        "--since old: there is no folder old (none looks at no older check)"
    )
    (tmp_path / "out").mkdir()
    within = tmp_path / "out" / "known.json"
    within.write_text('{"crawler_baseline": 1, "findings": []}')
    assert refused(site, tmp_path, "-o", "out", "--fresh", "--baseline", "out/known.json") == (
        "--baseline out/known.json: --fresh moves out aside with it: keep it somewhere else"
    )
    assert refused(site, tmp_path, "-o", "out", "--fresh", "--since", "out@2") == (
        "--since out@2: --fresh moves out aside: give the new check another OUT"
    )
    (tmp_path / "old").mkdir()
    assert refused(site, tmp_path, "--since", "old") == (
        "--since old: old is no check that has come to its end"
    )
    assert list(tmp_path.glob("crawls")) == []


def test_an_older_folder_that_is_gone_by_the_time_of_a_report_is_named(
    site: Changing, tmp_path: Path
) -> None:
    run(tmp_path, "check", f"{site.url}/", "-o", "old", *REPORT)
    _, report = run(tmp_path, "check", f"{site.url}/", "-o", "out", "--since", "old", *REPORT)
    assert stands(report) == {"/gone": ("old", 2)}
    assert stands(run(tmp_path, "report", "out", *REPORT)[1]) == stands(report)
    (tmp_path / "old").rename(tmp_path / "away")
    gone = crawls.crawl("report", "out", cwd=tmp_path)
    assert (gone.returncode, gone.stdout) == (2, "")
    old = tmp_path / "old"
    assert gone.stderr == f"crawler: --since {old}: there is no folder {old} (none looks at no older check)\n"
    assert stands(run(tmp_path, "report", "out", "--since", "none", *REPORT)[1]) == {"/gone": None}


def test_a_baseline_that_is_gone_is_done_without_when_the_crawl_is_gone_on_with(
    site: Changing, tmp_path: Path
) -> None:
    known = ("--baseline", "known.json")
    run(tmp_path, "check", f"{site.url}/", "-o", "out", *known, "--write-baseline", *REPORT)
    (tmp_path / "known.json").unlink()
    gone = crawls.crawl("recrawl", "out", cwd=tmp_path)
    assert gone.returncode == 2
    assert "known.json: there is no such file" in gone.stderr
    assert "--set check.baseline=none" in gone.stderr
    code, report = run(tmp_path, "recrawl", "out", "--set", "check.baseline=none")
    assert (code, stands(report)) == (1, {"/gone": ("out@1", 2)})


def test_too_few_pages_write_no_baseline_and_an_unknown_rule_is_said(site: Changing, tmp_path: Path) -> None:
    entry = '{"rule": "brokn-link", "target": "/gone", "page": "/"}'
    text = f'{{"crawler_baseline": 1, "findings": [{entry}]}}'
    (tmp_path / "known.json").write_text(text)
    asked = ("check", f"{site.url}/", "--baseline", "known.json", "--write-baseline")
    few = crawls.crawl(*asked, "--min-pages", 9, cwd=tmp_path)
    assert few.returncode == 1
    assert "known.json: it is not written, since fewer pages than check.min_pages were read" in few.stderr
    assert (tmp_path / "known.json").read_text() == text
    enough = crawls.crawl(*asked, cwd=tmp_path)
    assert enough.returncode == 0
    assert "warning: --baseline: no such rule: brokn-link\n" in enough.stderr
    assert "brokn-link" not in (tmp_path / "known.json").read_text()


def test_a_check_that_reads_nothing_writes_no_baseline(tmp_path: Path) -> None:
    done = crawls.crawl(
        "check", "http://127.0.0.1:9/", "--retries", 0, "--baseline", "known.json", "--write-baseline",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 3
    assert "known.json: it is not written, since this is no verdict" in done.stderr
    assert not (tmp_path / "known.json").exists()


def test_no_report_takes_the_place_of_what_else_is_needed(
    site: Changing, public: Path, tmp_path: Path
) -> None:
    run(tmp_path, "check", f"{site.url}/", "-o", "old", *REPORT)
    (tmp_path / "c.toml").write_text("[check]\nmin_pages = 1\n")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    own = "cannot be written: that file is the crawl's own"
    site.asked.clear()
    for name, *more in (["crawl.db"], ["facts.db", "--since", "old"], ["findings@2.jsonl"]):
        assert own in refused(site, tmp_path, *more, "--report", f"json=old/{name}")
    assert own in refused(site, tmp_path, "--baseline", "old/facts.db", "--write-baseline")
    cached = ("--set", "check.cache_file=cache.json")
    assert refused(site, tmp_path, "-c", "c.toml", "--report", "json=./c.toml") == (
        "--report json=c.toml: that file is the config file; name another"
    )
    assert refused(site, tmp_path, *cached, "--report", "csv=cache.json") == (
        "--report csv=cache.json: that file is check.cache_file; name another"
    )
    assert refused(site, tmp_path, *cached, "--baseline", "cache.json", "--write-baseline") == (
        "cache.json is check.cache_file and the baseline at once: give each a file of its own"
    )
    page = f"{public.name}/index.html"
    done = crawls.crawl("check", public.name, "--report", f"html={page}", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        2,
        f"crawler: --report html={page}: that file is part of the folder that is checked; name another\n",
    )
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert not (tmp_path / "new").exists()


def test_the_output_neither_is_nor_holds_the_folder_that_is_checked(public: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    for out, why in (
        (public.name, "it is the folder that is checked"),
        (".", "it holds the folder that is checked"),
    ):
        for more in ([], ["--fresh"]):
            done = crawls.crawl("check", public.name, "-o", out, *more, cwd=tmp_path)
            assert done.returncode == 2
            assert done.stderr.startswith(f"crawler: -o {out}: {why}, {public.name}")
            assert sorted(tmp_path.rglob("*")) == before
