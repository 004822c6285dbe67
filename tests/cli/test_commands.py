"""Each command: what it hands to the engine, what it prints, how it exits."""

import sys
from pathlib import Path

import pytest

from crawler.config import Config
from crawler.config.settings import value_of
from crawler.engine.resuming import FIXED_KEYS
from crawler.model.errors import AlreadyFinished, OutputBusyError, SinkFailed
from crawler.sinks import told
from tests.cli.stand_ins import FRESH, Engine, Run
from tests.cli.test_options import CASES

FIXED_ON_RESUME = {key for _, _, key, _ in CASES if key.startswith("scope.") or key in FIXED_KEYS} - {
    "scope.max_pages"
}


def test_run_crawls_the_urls_and_prints_the_folder_first_and_last(engine: Engine, crawler: Run) -> None:
    code, out, err = crawler("run", "http://a/", "http://b/")
    assert (code, err) == (0, [])
    assert out == [f"output: {FRESH}", "summary {'ok': 3}", f"output: {FRESH}"]
    assert engine.crawls[0].seeds == ("http://a/", "http://b/")
    assert engine.crawls[0].out == FRESH
    assert engine.prestarted == 1


def test_run_takes_the_folder_it_is_given(engine: Engine, crawler: Run, tmp_path: Path) -> None:
    out = crawler("run", "http://a/", "-o", str(tmp_path))[1]
    assert out == ["summary {'ok': 3}", f"output: {tmp_path}"], "whoever has named it is told it once"
    assert engine.crawls[0].out == tmp_path
    assert engine.crawls[0].origin_of("out") == "command line -o"


def test_run_without_urls_takes_the_seeds_of_the_file(engine: Engine, crawler: Run, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('seeds = ["http://file/"]\n[fetch]\nretries = 1\n')
    assert crawler("run", "-c", str(file), "--retries", "2")[0] == 0
    assert engine.crawls[0].seeds == ("http://file/",)
    assert engine.crawls[0].fetch.retries == 2
    assert crawler("run", "http://line/", "-c", str(file))[0] == 0
    assert engine.crawls[1].seeds == ("http://line/",)


def test_no_config_file_is_read_unasked(
    engine: Engine, crawler: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.toml").write_text("not even toml")
    monkeypatch.chdir(tmp_path)
    assert crawler("run", "http://a/")[0] == 0


def test_run_says_how_to_go_on_before_the_last_line(engine: Engine, crawler: Run) -> None:
    engine.message, engine.exit_code = "stopped; to go on: crawler resume X", 130
    code, out, _ = crawler("run", "http://a/")
    assert code == 130
    assert out[-2:] == ["stopped; to go on: crawler resume X", f"output: {FRESH}"]


def test_an_incomplete_crawl_says_why_on_stderr(engine: Engine, crawler: Run) -> None:
    engine.message, engine.exit_code = "no seed could be reached", 3
    code, out, err = crawler("run", "http://a/")
    assert (code, out[-1], err) == (3, f"output: {FRESH}", ["crawler: no seed could be reached"])


@pytest.mark.parametrize(
    ("error", "code"), [(OutputBusyError("in use by pid 4"), 2), (SinkFailed("disk full"), 3)]
)
def test_an_error_is_one_line_and_its_own_exit_code(
    engine: Engine, crawler: Run, error: Exception, code: int
) -> None:
    engine.error = error
    assert crawler("run", "http://a/")[::2] == (code, [f"crawler: {error}"])


def test_several_refusals_are_a_line_each(crawler: Run) -> None:
    code, out, err = crawler("run", "nowhere", "--concurrency", "0")
    assert (code, out) == (2, [])
    assert [line.split(" = ")[0] for line in err] == ["crawler: seeds", "crawler: fetch.concurrency"]


def test_a_crawl_without_sinks_is_refused(engine: Engine, crawler: Run) -> None:
    code, _, err = crawler("run", "http://a/", "--set", "write.sinks=[]")
    assert (code, err) == (
        2,
        [f"crawler: write.sinks is empty; allowed: at least one of {told()}"],
    )
    assert engine.crawls == []


def test_the_extract_function_is_looked_for_where_the_user_is(
    engine: Engine, crawler: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert crawler("run", "http://a/", "--extract", "mine:extract")[0] == 0
    assert sys.path[0] == str(tmp_path)


def test_resume_goes_on_with_the_saved_settings(engine: Engine, crawler: Run, tmp_path: Path) -> None:
    code, out, _ = crawler("resume", str(tmp_path))
    assert (code, out.count(f"output: {tmp_path}"), out[-1]) == (0, 1, f"output: {tmp_path}")
    assert engine.crawls == [engine.saved.replace({"out": tmp_path})]


@pytest.mark.parametrize(
    ("option", "text", "key", "value"),
    [case for case in CASES if case[2] not in FIXED_ON_RESUME],
)
def test_resume_changes_what_its_options_say(
    engine: Engine, crawler: Run, tmp_path: Path, option: str, text: str, key: str, value: object
) -> None:
    assert crawler("resume", str(tmp_path), option, text)[0] == 0
    assert value_of(engine.crawls[0], key) == value
    assert engine.crawls[0].origin_of(key) == f"command line {option}"
    assert engine.crawls[0].seeds == ("http://saved/",)


def test_resume_takes_any_key_and_no_environment(
    engine: Engine, crawler: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRAWLER_FETCH__CONCURRENCY", "6")
    assert crawler("resume", str(tmp_path), "--set", "fetch.backoff=1")[0] == 0
    assert (engine.crawls[0].fetch.concurrency, engine.crawls[0].fetch.backoff) == (7, 1)


def test_resume_refuses_a_wrong_value_as_run_does(crawler: Run, tmp_path: Path) -> None:
    code, out, err = crawler("resume", str(tmp_path), "--max-pages", "many")
    assert (code, out, len(err)) == (2, [], 1)
    assert err[0].startswith('crawler: scope.max_pages = "many" (command line --max-pages) is refused')


def test_the_help_of_resume_shows_what_may_change_and_nothing_else(crawler: Run) -> None:
    text = "\n".join(crawler("resume", "--help")[1])
    assert "--max-pages" in text
    assert "--delay" in text
    assert not [name for name in ("--max-depth", "--include", "--sink", "--extract") if name in text]


@pytest.mark.parametrize("folder", [[], ["-o", "somewhere"]])
def test_quiet_prints_the_last_line_alone(engine: Engine, crawler: Run, folder: list[str]) -> None:
    code, out, err = crawler("run", "http://a/", "-q", *folder)
    assert (code, err) == (0, [])
    assert out == [f"output: {folder[-1] if folder else FRESH}"]
    assert (engine.crawls[0].progress.show, engine.crawls[0].log.level) == (False, "ERROR")


def test_quiet_hides_no_failure(engine: Engine, crawler: Run) -> None:
    engine.message, engine.exit_code = "no seed could be reached", 3
    assert crawler("run", "http://a/", "-q") == (
        3, [f"output: {FRESH}"], ["crawler: no seed could be reached"],
    )  # fmt: skip
    engine.message, engine.exit_code = "stopped; to go on: crawler resume X", 130
    assert crawler("run", "http://a/", "-q")[1] == [engine.message, f"output: {FRESH}"]


def test_demo_crawls_the_site_with_the_bundled_settings(engine: Engine, crawler: Run) -> None:
    code, out, _ = crawler("demo", "--no-progress", "--set", "fetch.concurrency=5")
    assert (code, out[0]) == (0, f"output: {FRESH}")
    config, site_ended = engine.crawls
    assert isinstance(config, Config)
    assert config.seeds == ("http://127.0.0.1:40404/",)
    assert (config.progress.show, config.fetch.concurrency) == (False, 5)
    assert config.origin_of("fetch.timeout").endswith("config.toml")
    assert site_ended is None


def test_status_prints_the_view(crawler: Run) -> None:
    for options, how in (
        ([], {"json": False, "hosts": False}),
        (["--json"], {"json": True, "hosts": False}),
        (["--hosts"], {"json": False, "hosts": True}),
    ):
        assert crawler("status", "some/out", *options) == (0, [f"view of some/out, {how}"], [])


def test_resume_of_a_finished_crawl_says_so_and_is_no_failure(
    engine: Engine, crawler: Run, tmp_path: Path
) -> None:
    engine.error = AlreadyFinished("finished already, at noon")
    assert crawler("resume", str(tmp_path)) == (
        0,
        ["finished already, at noon", f"output: {tmp_path}"],
        [],
    )
    assert crawler("run", "http://a/", "-o", str(tmp_path))[::2] == (
        2,
        ["crawler: finished already, at noon"],
    )


def test_a_crawl_that_failed_though_it_ended_says_why_on_stderr(engine: Engine, crawler: Run) -> None:
    engine.message, engine.exit_code = "there is what --fail-on names: http 1", 1
    code, out, err = crawler("run", "http://a/", "--fail-on", "http")
    assert (code, out[-1], err) == (1, f"output: {FRESH}", ["crawler: there is what --fail-on names: http 1"])


@pytest.mark.parametrize(
    ("arguments", "served"), [([], "8000"), (["--port", "0"], "0"), (["--annex"], "the annex at 8000")]
)
def test_serve_ends_well_at_an_interrupt(crawler: Run, arguments: list[str], served: str) -> None:
    assert crawler("serve", *arguments) == (0, [f"serving {served}"], [])


def test_serve_serves_one_site(crawler: Run) -> None:
    refused = "crawler: --faults and --annex are two sites: serve each on a port of its own"
    assert crawler("serve", "--faults", "--annex") == (2, [], [refused])
    refused = "crawler: --annex and --changing are two sites: serve each on a port of its own"
    assert crawler("serve", "--changing", "--annex") == (2, [], [refused])
