"""`crawler check` from the command line to the reports: of a folder, of a site, killed and resumed."""

import json
import os
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests import crawls
from tests.graph_server import graph_site

FILES = {
    "index.html": """<!doctype html><html lang=en><title>start</title>
<a href="about">about</a> <a href=guide/>guide</a> <a href="/docs/guide/index.html#end">end</a>
<a href="nothing.html">dead</a> <a href="guide/#nowhere">lost</a> <a href="/other/x.html">outside</a>
<img src="pixel.png" alt=pixel> <a href="https://example.com/">elsewhere</a> <a href="out.html">out</a>
""",
    "about.html": "<!doctype html><html lang=en><title>about</title><a href=./>start</a>",
    "guide/index.html": "<!doctype html><html lang=en><title>guide</title><p id=end>end",
    "alone.html": "<!doctype html><html lang=en><title>alone</title><a href=gone.html>gone</a>",
    "404.html": "<!doctype html><html lang=en><title>not here</title><a href=also-gone.html>x</a>",
    "robots.txt": "User-agent: *\nDisallow: /\n",
    "pixel.png": "no picture, but there",
}


@pytest.fixture
def public(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "public" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "secret.html").write_text("secret")
    (tmp_path / "public" / "out.html").symlink_to(tmp_path / "secret.html")
    return tmp_path / "public"


def found(path: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(path.read_text())
    return report


def places(report: dict[str, Any]) -> dict[tuple[str, str], list[tuple[str, int | None, int | None]]]:
    return {
        (one["rule"], one["target"]): [(at["page"], at["line"], at["column"]) for at in one["places"]]
        for one in report["findings"]
    }


def test_a_folder_is_checked_and_its_files_are_named(public: Path, tmp_path: Path) -> None:
    done = crawls.crawl(
        "check", "public", "--base-path", "/docs/", "-o", "out", "--report", "json=found.json", cwd=tmp_path
    )
    assert done.returncode == 1, done.stderr
    report = found(tmp_path / "found.json")
    errors = {cause: at for cause, at in places(report).items() if "broken" in cause[0]}
    assert errors == {
        ("broken-link", "nothing.html"): [("index.html", 3, 4)],
        ("broken-link", "/other/x.html"): [("index.html", 3, 70)],
        ("broken-link", "gone.html"): [("alone.html", 1, 53)],
        ("broken-fragment", "guide/index.html#nowhere"): [("index.html", 3, 36)],
    }
    assert [target for rule, target in places(report) if rule == "orphan"] == ["alone.html"]
    assert report["seeds"] == ["public"]
    assert "127.0.0.1" not in json.dumps(report["findings"])
    assert [one["reason"] for one in report["unverified"]] == ["other origins"]
    assert "symbolic links lead out of" in done.stdout
    assert "alone.html:1:53" in done.stdout
    again = crawls.crawl("report", "out", "--report", "json=again.json", "--fail-on", "never", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    same = found(tmp_path / "again.json")
    assert same["findings"] == report["findings"], (
        "the folder is not served any more, and its files are named"
    )


def test_a_folder_that_is_well_ends_in_green(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(FILES["guide/index.html"])
    done = crawls.crawl("check", ".", "--fail-on", "note", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "nothing found: exit code 0" in done.stdout
    fewer = crawls.crawl("check", ".", "--min-pages", 5, "-q", cwd=tmp_path)
    assert fewer.returncode == 1
    assert "4 pages fewer" in fewer.stdout
    out = fewer.stdout.splitlines()[-1].removeprefix("output: ")
    again = crawls.crawl("check", ".", "-o", out, cwd=tmp_path)
    assert (again.returncode, again.stdout) == (2, ""), "it is finished"
    assert "--fresh" in again.stderr
    assert f"what it found: crawler report {out}" in again.stderr


def test_a_folder_whose_links_name_its_site_is_no_quiet_green(tmp_path: Path) -> None:
    links = "".join(f"<a href=https://site.example/{page}>x</a>" for page in range(5))
    (tmp_path / "index.html").write_text(f"<!doctype html><html lang=en><title>a</title>{links}")
    done = crawls.crawl("check", ".", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "5 of 6 references lead to https://site.example and are not checked" in done.stdout


def answers(out: Path) -> list[str]:
    with closing(sqlite3.connect(out / "facts.db")) as db:
        return [row[0] for row in db.execute("SELECT url FROM answers WHERE purpose IN (0, 1) ORDER BY url")]


def wait_for_answers(out: Path) -> None:
    deadline = time.monotonic() + 20
    while True:
        assert time.monotonic() < deadline, "nothing was answered"
        try:
            if len(answers(out)) > 3:
                return
        except sqlite3.Error:
            pass
        time.sleep(0.005)


def test_a_check_that_is_killed_goes_on_and_ends_in_the_same_reports(public: Path, tmp_path: Path) -> None:
    for n in range(300):
        (public / f"page-{n}.html").write_text(
            f"<!doctype html><html lang=en><title>{n}</title><a href=page-{n + 1}.html>next</a>"
        )
    out, report = tmp_path / "out", tmp_path / "found.json"
    killed = crawls.start("check", public, "-o", out, "--report", f"json={report}", "--concurrency", 1)
    wait_for_answers(out)
    crawls.kill_group(killed.pid)
    crawls.wait_for_empty_group(killed.pid, 5)
    killed.communicate()
    unfinished = crawls.crawl("report", out)
    assert unfinished.returncode == 3
    assert "no verdict" in unfinished.stdout
    done = crawls.crawl("resume", out)
    assert done.returncode == 1, done.stderr
    named = places(found(report))
    assert named["broken-link", "page-300.html"] == [("page-299.html", 1, 51)]
    assert ("broken-link", "nothing.html") in named
    everything = answers(out)
    assert len(everything) == len(set(everything))
    report.unlink()
    finished = crawls.crawl("resume", out)
    assert finished.returncode == 1, "it is finished, and its reports may have been lost"
    assert places(found(report)) == named
    refused = crawls.crawl("check", public, "-o", out)
    assert refused.returncode == 2
    assert "finished already" in refused.stderr
    fresh = crawls.crawl("check", public, "-o", out, "--fresh", "-q")
    assert fresh.returncode == 1, fresh.stderr


def test_a_site_that_is_stopped_has_no_verdict(tmp_path: Path) -> None:
    with graph_site(pages=200, seed=1, delay=0.02) as site:
        running = crawls.start("check", site.url, "-o", tmp_path / "out", "--concurrency", 1)
        wait_for_answers(tmp_path / "out")
        os.killpg(running.pid, 2)
        said, _ = running.communicate(timeout=30)
        status = crawls.crawl("status", tmp_path / "out").stdout
        again = crawls.crawl("check", site.url, "-o", tmp_path / "out", "--again", "--concurrency", 16)
    assert again.returncode == 1, again.stderr
    assert "generation 1 had been stopped before its end, and was gone on with" in again.stdout
    assert running.returncode == 130
    assert f"crawler resume {tmp_path / 'out'}" in said
    assert "exit code" not in said
    assert f"what the check has found: crawler report {tmp_path / 'out'}" in status


def test_where_nothing_answers_the_system_s_words_are_told_and_nothing_else(tmp_path: Path) -> None:
    done = crawls.crawl(
        "check", "http://127.0.0.1:9/", "--report", "junit=found.xml", "--retries", 0, cwd=tmp_path
    )
    assert done.returncode == 3
    assert "Connection refused" in done.stderr
    assert [line for line in done.stdout.splitlines() if not line.startswith("output: ")] == []
    assert "incomplete" in (tmp_path / "found.xml").read_text()


def test_where_nothing_answers_a_report_for_programs_is_printed_all_the_same(tmp_path: Path) -> None:
    done = crawls.crawl("check", "http://127.0.0.1:9/", "--report", "github", "--retries", 0, cwd=tmp_path)
    assert done.returncode == 3
    assert "Connection refused" in done.stderr
    assert "\n::error title=crawler check::the crawl is incomplete: " in done.stdout


def test_sarif_names_the_sources_that_pages_were_made_from(public: Path, tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "index.md").write_text("# Start\n\nA [dead](nothing.md) link.\n")
    (tmp_path / "blog").mkdir()
    arguments = ("--report", "sarif=check.sarif", "--source-map", "/=content")
    done = crawls.crawl("check", "public", "-o", "out", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    (run,) = found(tmp_path / "check.sarif")["runs"]
    places = [(one, one["locations"][0]["physicalLocation"]) for one in run["results"]]
    at = {
        (one["ruleId"], one["message"]["text"].split(": ")[0], place["artifactLocation"]["uri"]): place[
            "region"
        ]
        for one, place in places
    }
    dead = at["broken-link", "nothing.html", "content/index.md"]
    assert dead == {"startLine": 3, "startColumn": 10, "endLine": 3, "endColumn": 17}
    gone = at["broken-link", "gone.html", "public/alone.html"]
    assert gone == {"startLine": 1, "startColumn": 53, "endLine": 1, "endColumn": 67}, "the whole attribute"
    again = crawls.crawl("report", "out", "-q", "--source-map", "guide/=blog", cwd=tmp_path)
    assert again.stderr == (
        "warning: --source-map guide/=blog: no page has a file in blog (1 page looked for); guide/index.html"
        " may have been blog/index.html, blog/index.md, blog/_index.md, blog/README.md\n"
    )


def test_a_check_that_was_to_write_a_baseline_is_told_how_it_goes_on_and_does(tmp_path: Path) -> None:
    out, known = tmp_path / "out", tmp_path / "known.json"
    with graph_site(pages=200, seed=1, delay=0.02) as site:
        running = crawls.start(
            "check", site.url, "-o", out, "--concurrency", 1, "--baseline", known, "--write-baseline"
        )
        wait_for_answers(out)
        os.killpg(running.pid, 2)
        said, _ = running.communicate(timeout=30)
        assert f"to go on: crawler resume {out} --write-baseline\n" in said
        without = crawls.crawl("resume", out)
        assert (without.returncode, without.stdout) == (2, "")
        assert "there is no such file: make it with --write-baseline" in without.stderr
        site.delay = 0
        done = crawls.crawl("resume", out, "--write-baseline", "--concurrency", 16)
    assert done.returncode in (0, 1), done.stderr
    assert json.loads(known.read_text())["crawler_baseline"] == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("name", ["json", "github", "text"])
def test_a_printed_report_that_cannot_be_written_is_exit_code_3(name: str, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<!doctype html><html lang=en><title>x</title><p>x")
    out = tmp_path.with_name(f"{tmp_path.name}-out")
    assert crawls.crawl("check", tmp_path, "-o", out).returncode == 0
    for command in (["report", out, "--report", name], ["diff", out, out, "--report", "json"]):
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                crawls.command(*command), check=False, stdout=full, stderr=subprocess.PIPE, text=True
            )
        assert done.returncode == 3
        assert done.stderr == "crawler: standard output cannot be written: No space left on device\n"
