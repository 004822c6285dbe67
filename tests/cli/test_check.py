"""`crawler check` and `report`: what they crawl, what they refuse before, and how they end."""

import socket
import sys
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from crawler.check.reports import FORMATS
from crawler.config import Config
from crawler.model.errors import AlreadyFinished
from tests.cli.stand_ins import FRESH, Engine, Run, Written

pytestmark = pytest.mark.usefixtures("written")


@pytest.fixture
def public(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "public"
    (folder / "guide").mkdir(parents=True)
    (folder / "index.html").write_text("<a href=guide/>")
    (folder / "guide" / "index.html").write_text("the guide")
    return folder


def test_a_check_is_a_crawl_with_the_sink_facts_that_ends_in_reports(
    engine: Engine, crawler: Run, written: Written
) -> None:
    code, out, err = crawler("check", "http://a/")
    assert (code, err) == (0, [])
    assert out == [f"output: {FRESH}", "the findings", f"output: {FRESH}"]
    config = engine.crawls[0]
    assert config.seeds == ("http://a/",)
    assert config.write.sinks == ("facts",)
    assert config.check.enabled
    assert config.robots.obey
    assert config.sitemaps.follow
    assert [(each.out, each.quiet, each.verbose) for each in written] == [(FRESH, False, False)]


def test_records_are_written_beside_the_facts_when_they_are_asked_for(engine: Engine, crawler: Run) -> None:
    crawler("check", "http://a/", "--sink", "jsonl", "--sink", "sqlite")
    assert engine.crawls[0].write.sinks == ("facts", "jsonl", "sqlite")


def test_the_sitemaps_of_a_site_are_read_unless_somebody_says_otherwise(engine: Engine, crawler: Run) -> None:
    crawler("check", "http://a/", "--set", "sitemaps.follow=false")
    assert not engine.crawls[0].sitemaps.follow
    crawler("run", "http://a/")
    assert not engine.crawls[1].sitemaps.follow


def test_what_makes_a_plain_crawl_fail_is_nothing_to_a_check(
    engine: Engine, crawler: Run, tmp_path: Path
) -> None:
    file = tmp_path / "both.toml"
    file.write_text('[run]\nfail_on = ["http"]\n[check]\nfail_on = "note"\nreports = ["json=x.json"]\n')
    crawler("check", "http://a/", "-c", str(file), "--external")
    config = engine.crawls[0]
    assert (config.run.fail_on, config.check.fail_on, config.check.external) == ((), "note", True)
    crawler("run", "http://a/", "-c", str(file))
    assert not engine.crawls[1].check.enabled, "it is a plain crawl, whatever its file says of checks"


@pytest.mark.parametrize(("crawled", "found", "code"), [(0, 0, 0), (0, 1, 1), (3, 0, 3), (3, 1, 3)], ids=str)
def test_an_incomplete_crawl_beats_a_finding(
    engine: Engine, crawler: Run, written: Written, crawled: int, found: int, code: int
) -> None:
    engine.exit_code, written.code = crawled, found
    engine.message = "the disk is full" if crawled else None
    ended, out, err = crawler("check", "http://a/")
    assert ended == code
    assert ("the findings" in out) == (crawled != 3), "where no page was read, there is nothing to tell"
    assert err == (["crawler: the disk is full"] if crawled else [])


def test_what_was_stopped_is_no_verdict(engine: Engine, crawler: Run, written: Written) -> None:
    engine.exit_code, engine.message = 130, "stopped; to go on: crawler resume X"
    code, out, _ = crawler("check", "http://a/")
    assert (code, written) == (130, [])
    assert out == [f"output: {FRESH}", "stopped; to go on: crawler resume X", f"output: {FRESH}"]


def test_quiet_and_verbose_are_for_the_reports(engine: Engine, crawler: Run, written: Written) -> None:
    out = crawler("check", "http://a/", "-q")[1]
    assert out == ["the findings", f"output: {FRESH}"]
    assert engine.crawls[0].log.level == "ERROR"
    crawler("check", "http://a/", "-v")
    assert [(each.quiet, each.verbose) for each in written] == [(True, False), (False, True)]
    assert engine.crawls[1].log.level == "INFO"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--report", "pdf=x.pdf"], "there is no format 'pdf'; allowed: text, json, csv, "),
        (["--report", "json=nowhere/x.json"], "nowhere/x.json cannot be written"),
        (["--report", "json=x", "--report", "csv=./x"], "two reports"),
        (["--set", "check.rules.missing-al=off"], "did you mean missing-alt?"),
        (["--fail-on", "http"], "one of error, warning, note, never"),
        (["--min-pages", "0"], "check.min_pages"),
        (["--base-path", "/docs/"], "--base-path is for a folder"),
        (["--source-map", "http://a/"], "URLPREFIX=DIR, such as https://example.com/docs/=docs"),
        (["--source-map", "http://a/=docs"], "--source-map http://a/=docs: there is no folder docs"),
        (
            ["--source-map", "http://b/=public"],
            "nothing that is checked begins with http://b/; it is http://a",
        ),
    ],
)
def test_what_cannot_be_is_refused_before_the_crawl(
    engine: Engine, crawler: Run, public: Path, arguments: list[str], words: str
) -> None:
    code, out, err = crawler("check", "http://a/", "--fresh", *arguments)
    assert (code, out, len(err), engine.crawls) == (2, [], 1, [])
    assert words in err[0]


def test_a_report_for_programs_has_standard_output_for_itself(engine: Engine, crawler: Run) -> None:
    code, out, err = crawler("check", "http://a/", "--report", "json=-")
    assert (code, out) == (0, ["the findings"])
    assert err == [f"output: {FRESH}", f"output: {FRESH}"]


def fetched(url: str) -> str:
    with urlopen(url) as answer:
        text: str = answer.read().decode()
    return text


def test_a_folder_is_served_while_it_is_crawled(
    engine: Engine, crawler: Run, public: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def crawl_to_end(config: Config, **_: Any) -> Any:
        seen.extend(fetched(url) for url in (*config.seeds, *config.sitemaps.urls))
        return Engine.crawl_to_end(engine, config)

    monkeypatch.setattr(sys.modules["crawler.engine.crawl"], "crawl_to_end", crawl_to_end)
    code, _, err = crawler("check", "public", "--base-path", "docs", "-o", "out")
    assert (code, err) == (0, [])
    config = engine.crawls[0]
    (seed,) = config.seeds
    assert seed.endswith("/docs/")
    assert seen == ["<a href=guide/>", f"{seed}guide/\n{seed}\n"]
    assert (config.check.folder, config.check.base_path) == (public, "/docs/")
    assert config.robots.obey is False, "all of one's own files are looked at"
    with pytest.raises(OSError):
        fetched(seed)


def test_a_file_may_name_the_folder(engine: Engine, crawler: Run, public: Path, tmp_path: Path) -> None:
    file = tmp_path / "check.toml"
    file.write_text('[check]\nfolder = "public"\nbase_path = "/docs"\n')
    assert crawler("check", "-c", str(file))[0] == 0
    config = engine.crawls[0]
    assert (config.check.folder, config.check.base_path) == (public, "/docs/"), (
        "it is found from elsewhere too"
    )
    assert config.origin_of("check.base_path") == str(file)
    assert crawler("check", "http://a/", "-c", str(file))[0] == 0
    assert (engine.crawls[1].check.folder, engine.crawls[1].seeds) == (None, ("http://a/",))


def test_a_new_output_folder_is_named_after_the_folder(engine: Engine, crawler: Run, public: Path) -> None:
    out = crawler("check", "./public/")[1]
    assert out[0] == "output: crawls/public-NOW"
    assert out[-1] == out[0]


def test_robots_are_obeyed_in_a_folder_when_somebody_says_so(
    engine: Engine, crawler: Run, public: Path
) -> None:
    crawler("check", "public", "--set", "robots.obey=true")
    assert engine.crawls[0].robots.obey is True


def test_a_check_of_the_same_folder_goes_on_at_the_same_port(
    engine: Engine, crawler: Run, public: Path, tmp_path: Path
) -> None:
    crawler("check", "public", "-o", "out")
    first = engine.saved = engine.crawls[0]
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "crawl.db").touch()
    crawler("check", "public", "-o", "out")
    crawler("resume", "out")
    for again in engine.crawls[1:]:
        assert (again.seeds, again.sitemaps.urls) == (first.seeds, first.sitemaps.urls)
    assert len(engine.crawls) == 3
    port = int(first.seeds[0].rpartition(":")[2].strip("/"))
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        code, _, err = crawler("resume", "out")
    assert (code, len(err), len(engine.crawls)) == (2, 1, 3)
    assert f"port {port} of 127.0.0.1, which something else uses now" in err[0]


def test_links_that_lead_out_of_the_folder_are_named(engine: Engine, crawler: Run, public: Path) -> None:
    (public / "etc").symlink_to("/etc")
    out = crawler("check", "public")[1]
    assert f"symbolic links lead out of {public} and are followed: 1, such as etc" in out


@pytest.mark.parametrize(
    ("targets", "words"),
    [
        (["publik"], "publik is neither a folder nor a URL"),
        (["./publik/"], "publik is neither a folder nor a URL"),
        (["public/index.html"], "public/index.html is a file, not a folder"),
        (["public/empty"], "public/empty holds no HTML file"),
        (["public", "http://a/"], "public is a folder, which is checked alone"),
        (["example.com"], "it has no scheme (https://example.com ?)"),
        (["localhost:8000"], "it has no scheme (http://localhost:8000 ?)"),
        (["ftp://a/"], "its scheme is ftp"),
        (["a" * 5000], "cannot be read: File name too long"),
        ([""], "it has no scheme: it is empty"),
        ([], "no seed: name a URL or a folder to check"),
    ],
)
def test_what_is_no_site_and_no_folder_is_refused_in_one_sentence(
    engine: Engine, crawler: Run, public: Path, targets: list[str], words: str
) -> None:
    (public / "empty").mkdir()
    engine.refuses_no_seed = True
    code, _, err = crawler("check", *targets)
    assert (code, len(err), engine.crawls) == (2, 1, [])
    assert words in err[0]


def test_a_check_that_is_resumed_ends_in_its_reports(
    engine: Engine, crawler: Run, written: Written, tmp_path: Path
) -> None:
    engine.saved = Config(
        seeds=["http://a/"], write={"sinks": ["facts"]}, check={"enabled": True, "fail_on": "warning"}
    )
    written.code = 1
    code, out, _ = crawler("resume", str(tmp_path))
    assert (code, out) == (1, ["the findings", f"output: {tmp_path}"])
    assert written[0].config.check.fail_on == "warning"
    engine.error = AlreadyFinished("it is over")
    code, out, _ = crawler("resume", str(tmp_path))
    assert (code, out) == (1, ["the findings", f"output: {tmp_path}"]), "it was killed before its reports"


def test_a_source_map_is_refused_where_it_is_given_and_not_where_it_was_kept(
    engine: Engine, crawler: Run, written: Written, public: Path, tmp_path: Path
) -> None:
    engine.saved = Config(seeds=["http://a/"], check={"enabled": True, "source_map": ["http://a/=gone"]})
    assert crawler("report", str(tmp_path))[0] == 0
    code, _, err = crawler("report", str(tmp_path), "--source-map", "http://a/=gone")
    assert (code, err) == (2, ["crawler: --source-map http://a/=gone: there is no folder gone"])
    assert crawler("report", str(tmp_path), "--source-map", "http://a/=public")[0] == 0
    assert [each.config.check.source_map for each in written] == [("http://a/=gone",), ("http://a/=public",)]


def test_a_report_is_made_again_with_the_words_of_this_time(
    engine: Engine, crawler: Run, written: Written, tmp_path: Path
) -> None:
    engine.saved = Config(seeds=["http://a/"], check={"fail_on": "warning", "reports": ["csv=old.csv"]})
    written.code = 1
    code, out, _ = crawler("report", str(tmp_path), "-q", "--report", "json=new.json")
    assert (code, out, engine.crawls) == (1, ["the findings"], [])
    asked = written[0].config.check
    assert (asked.fail_on, asked.reports) == ("warning", ("json=new.json",))
    crawler("report", str(tmp_path), "--fail-on", "never")
    assert (written[1].config.check.fail_on, written[1].config.check.reports) == ("never", ())
    code, _, err = crawler("report", str(tmp_path), "--fail-on", "x")
    assert (code, len(written)) == (2, 2)
    assert "one of error, warning, note, never" in err[0]


def test_a_crawl_cannot_be_made_a_check_without_its_sink(engine: Engine, crawler: Run) -> None:
    code, _, err = crawler("run", "http://a/", "--set", "check.enabled=true")
    assert (code, engine.crawls) == (2, [])
    assert err == ["crawler: check.enabled needs the sink facts: crawler check sets both"]


def test_the_help_names_every_format_and_says_what_may_be_checked(crawler: Run) -> None:
    for command in ("check", "report"):
        text = " ".join(" ".join(crawler(command, "--help")[1]).split())
        assert f"{', '.join(list(FORMATS)[:-1])} or {list(FORMATS)[-1]};" in text
    assert "[URL|FOLDER]..." in crawler("check", "--help")[1][0]
    assert "[check.external = true]" in " ".join(" ".join(crawler("check", "--help")[1]).split())
