"""The options of `run`: each sets its key, says so in its help, and refuses in the config's words."""

import os
import re
import socket
from contextlib import nullcontext
from pathlib import Path

import pytest

import crawler.cli.check_options  # noqa: F401 - it adds its own to the table of all options
from crawler.check.earlier import asked
from crawler.cli import options
from crawler.config import Config
from crawler.config.settings import KEYS, value_of
from crawler.view.live.live_thread import LivePage
from tests.cli.stand_ins import FRESH, Engine, Run

CASES = [
    ("--concurrency", "8", "fetch.concurrency", 8),
    ("--per-host", "3", "politeness.per_host", 3),
    ("--delay", "0.25", "politeness.delay", 0.25),
    ("--max-pages", "10", "scope.max_pages", 10),
    ("--max-depth", "0", "scope.max_depth", 0),
    ("--timeout", "5", "fetch.timeout", 5.0),
    ("--max-body", "1000", "fetch.max_body", 1000),
    ("--retries", "0", "fetch.retries", 0),
    ("--max-redirects", "0", "fetch.max_redirects", 0),
    ("--workers", "2", "parse.workers", 2),
    ("--executor", "inline", "parse.executor", "inline"),
    ("--extract", "module:function", "parse.extract", "module:function"),
    ("--log-level", "debug", "log.level", "DEBUG"),
    ("--dashboard", "none", "dashboard.port", None),
    ("--include", "/docs/", "scope.include", ("/docs/",)),
    ("--exclude", '["a"]', "scope.exclude", ('["a"]',)),
    ("--sink", "sqlite", "write.sinks", ("sqlite",)),
    ("--fail-on", "errors, http,errors", "run.fail_on", ("errors", "http")),
    ("--fail-on", "never", "run.fail_on", ()),
    ("--sitemap", "http://a/map.xml", "sitemaps.urls", ("http://a/map.xml",)),
    ("--user-agent", "mine/1.0", "fetch.user_agent", "mine/1.0"),
    ("--header", "X-Env: test", "session.headers", ("X-Env: test",)),
    ("--header", "X-Key: ${API_KEY}", "session.headers", ("X-Key: ${API_KEY}",)),
    ("--cookie", "sid=${SID}", "session.send_cookies", ("sid=${SID}",)),
    ("--cookie", "http://a sid=${SID}", "session.send_cookies", ("http://a sid=${SID}",)),
]
OF_A_CHECK = [
    ("--fail-on", "note", "check.fail_on", "note"),
    ("--min-pages", "3", "check.min_pages", 3),
    ("--flaky", "3", "check.flaky", 3),
    ("--source-map", "http://a/=docs", "check.source_map", ("http://a/=docs",)),
    ("--report", "json=a.json", "check.reports", ("json=a.json",)),
    ("--set", "check.base_path=/", "check.base_path", "/"),
]
IN_BOTH = [case for case in CASES if case[0] not in ("--fail-on", "--extract", "--sink")]


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize(("option", "text", "key", "value"), OF_A_CHECK + IN_BOTH)
def test_an_option_of_a_check_sets_its_key(
    engine: Engine, crawler: Run, option: str, text: str, key: str, value: object
) -> None:
    assert crawler("check", "http://a/", option, text)[0] == 0
    assert value_of(engine.crawls[0], key) == value
    assert engine.crawls[0].origin_of(key) == f"command line {option}"


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize(("option", "key"), [("--baseline", "check.baseline"), ("--since", "check.since")])
def test_what_a_check_looks_at_is_kept_with_its_whole_path(
    engine: Engine,
    crawler: Run,
    option: str,
    key: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    looked_at: list[object] = []
    monkeypatch.setattr(
        asked, "look_at", lambda check, *_, **__: looked_at.append(getattr(check, key.removeprefix("check.")))
    )
    assert crawler("check", "http://a/", option, "old")[0] == 0
    assert looked_at == [Path("old")], "before the crawl, as it was typed"
    assert value_of(engine.crawls[0], key) == tmp_path / "old"
    assert engine.crawls[0].origin_of(key) == f"command line {option}"


@pytest.mark.parametrize(("option", "text", "key", "value"), CASES)
def test_an_option_sets_its_key(
    engine: Engine, crawler: Run, option: str, text: str, key: str, value: object
) -> None:
    assert crawler("run", "http://a/", option, text)[0] == 0
    assert value_of(engine.crawls[0], key) == value
    assert engine.crawls[0].origin_of(key) == f"command line {option}"


@pytest.mark.parametrize("command", [["run", "http://a/", "--again"], ["recrawl", "some/out"]])
def test_what_is_asked_for_again(engine: Engine, crawler: Run, command: list[str]) -> None:
    """With recrawl nothing of that is left from the time before."""
    engine.saved = engine.saved.replace(
        {"seeds": ["http://a/"], "recrawl.older_than": 9, "recrawl.failed": True}
    )
    assert crawler(*command, "-o" if command[0] == "run" else "--retries", "1")[0] == 0
    assert (
        crawler(*command, "--older-than", "2d", "--failed", *(["-o", "x"] if command[0] == "run" else []))[0]
        == 0
    )
    assert [config.again for config in engine.crawls] == [True, True]
    assert [config.recrawl.older_than for config in engine.crawls] == [None, 172_800]
    assert [config.recrawl.failed for config in engine.crawls] == [False, True]


@pytest.mark.parametrize("option", [["--failed"], ["--older-than", "7d"]])
def test_what_is_asked_for_again_belongs_to_a_crawl_that_is_done_again(
    crawler: Run, option: list[str]
) -> None:
    words = f"crawler: {option[0]} is for a crawl that is done again: add --again, or crawler recrawl OUT"
    assert crawler("run", "http://a/", *option) == (2, [], [words])


def test_again_and_fresh_exclude_each_other(engine: Engine, crawler: Run) -> None:
    code, _, (line,) = crawler("run", "http://a/", "-o", "x", "--again", "--fresh")
    assert (code, engine.crawls) == (2, [])
    assert "--fresh and --again exclude each other" in line


def test_the_flags_switch_off(engine: Engine, crawler: Run) -> None:
    assert crawler("run", "http://a/", "--ignore-robots", "--no-progress", "--insecure")[0] == 0
    assert engine.crawls[0].robots.obey is False
    assert engine.crawls[0].progress.show is False
    assert engine.crawls[0].fetch.verify_tls is False


@pytest.mark.parametrize(("flag", "level"), [("-q", "ERROR"), ("--verbose", "DEBUG")])
def test_flags_for_what_is_logged(engine: Engine, crawler: Run, flag: str, level: str) -> None:
    assert crawler("run", "http://a/", flag, "--no-progress")[0] == 0
    assert engine.crawls[0].log.level == level


@pytest.mark.parametrize("other", [["-v"], ["--log-level", "INFO"], ["--set", "log.level=INFO"]])
def test_options_that_contradict_each_other(crawler: Run, other: list[str]) -> None:
    code, _, err = crawler("run", "http://a/", "-q", *other)
    assert (code, err) == (2, [f"crawler: log.level is given twice, with -q and with {other[0]}"])


@pytest.mark.parametrize(
    ("arguments", "key", "saved", "variable", "value"),
    [
        (["--cookie", "sid=a=b/1"], "session.send_cookies", "sid=${COOKIE_SID}", "COOKIE_SID", "a=b/1"),
        (
            ["--cookie", "http://a:80 my-sid=1"],
            "session.send_cookies",
            "http://a:80 my-sid=${COOKIE_HTTP_A_80_MY_SID}",
            "COOKIE_HTTP_A_80_MY_SID",
            "1",
        ),
        (
            ["--header", "X-Api-Key: hush: hush"],
            "session.headers",
            "X-Api-Key: ${HEADER_X_API_KEY}",
            "HEADER_X_API_KEY",
            "hush: hush",
        ),
    ],
)
def test_a_secret_that_is_typed_is_not_in_the_settings(
    engine: Engine,
    crawler: Run,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    key: str,
    saved: str,
    variable: str,
    value: str,
) -> None:
    monkeypatch.setenv(variable, "earlier")  # so that it is put back
    assert crawler("run", "http://a/", *arguments)[0] == 0
    assert value_of(engine.crawls[0], key) == (saved,)
    assert os.environ[variable] == value


def test_cookies_of_like_names_have_variables_of_their_own(
    engine: Engine, crawler: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("COOKIE_A", "COOKIE_A_B", "COOKIE_A_B_2", "COOKIE_HTTP_X_A", "COOKIE_HTTP_Y_A"):
        monkeypatch.setenv(name, "earlier")
    typed = ["a=1; a-b=2; a_b=3;", "http://x a=4", "http://y a=5"]
    assert crawler("run", "http://a/", *(word for one in typed for word in ("--cookie", one)))[0] == 0
    saved = engine.crawls[0].session.send_cookies
    assert [re.sub(r"\$\{(\w+)\}", lambda found: os.environ[found[1]], line) for line in saved] == [
        "a=1", "a-b=2", "a_b=3", "http://x a=4", "http://y a=5",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--header", "Authorization: Bearer hush"], "logins belong into session.auth"),
        (["--header", "Cookie: sid=hush"], "cookies belong into session.send_cookies (--cookie)"),
        (["--header", "hush"], "it does not begin with a header's name and a colon"),
        (["--cookie", "hush"], "it is not an origin and NAME=VALUE, nor NAME=VALUE alone"),
        (["--cookie", "ftp://a hush=1"], "its scheme is ftp"),
    ],
)
def test_a_refused_secret_is_not_shown(
    crawler: Run, arguments: list[str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COOKIE_HUSH", "")
    code, out, err = crawler("run", "http://a/", *arguments)
    assert (code, out, len(err)) == (2, [], 1)
    assert words in err[0]
    assert f"(command line {arguments[0]})" in err[0]
    assert "hush" not in err[0]


def test_lists_are_given_by_repetition(engine: Engine, crawler: Run) -> None:
    crawler("run", "http://a/", "--sink", "sqlite", "--sink", "jsonl", "--include", "x", "--include", "[0-9]")
    assert engine.crawls[0].write.sinks == ("sqlite", "jsonl")
    assert engine.crawls[0].scope.include == ("x", "[0-9]")


def test_what_is_not_given_is_left_to_lower_places(
    engine: Engine, crawler: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRAWLER_FETCH__CONCURRENCY", "6")
    monkeypatch.setenv("CRAWLER_ROBOTS__OBEY", "false")
    crawler("run", "http://a/")
    assert engine.crawls[0].fetch.concurrency == 6
    assert engine.crawls[0].robots.obey is False
    crawler("run", "http://a/", "--concurrency", "7")
    assert engine.crawls[1].fetch.concurrency == 7


def test_set_reaches_every_key_and_the_last_one_counts(engine: Engine, crawler: Run) -> None:
    crawler("run", "--set", 'seeds=["http://a/"]', "--set", "fetch.backoff=1", "--set", "fetch.backoff=2")
    assert engine.crawls[0].seeds == ("http://a/",)
    assert engine.crawls[0].fetch.backoff == 2


def test_an_option_and_set_cannot_both_give_a_key(crawler: Run) -> None:
    code, _, err = crawler("run", "http://a/", "--retries", "1", "--set", "fetch.retries=2")
    assert (code, err) == (2, ["crawler: fetch.retries is given twice, with --retries and with --set"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["--concurrency", "many"],
            'fetch.concurrency = "many" (command line --concurrency) is refused; allowed:',
        ),
        (["--delay", "-1"], "politeness.delay = -1 (command line --delay) is refused; allowed:"),
        (["--sink", "xlsx"], 'write.sinks = "xlsx" (command line --sink) is refused; allowed:'),
        (["-o", ""], 'out = "" (command line -o) is refused'),
        (["--max-pages", ""], 'scope.max_pages = "" (command line --max-pages) is refused; allowed:'),
        (["--set", "fetch.concurency=1"], "is an unknown key; did you mean fetch.concurrency?"),
        (["--set", "fetch.retries"], "--set fetch.retries (command line) is not understood"),
        (["-c", "no/such/file"], "the config file no/such/file cannot be read"),
    ],
)
def test_a_wrong_value_is_refused_in_one_line(
    engine: Engine, crawler: Run, arguments: list[str], words: str
) -> None:
    code, out, err = crawler("run", "http://a/", *arguments)
    assert (code, out, len(err)) == (2, [], 1)
    assert words in err[0]
    assert engine.crawls == []


def test_every_option_in_the_table_has_a_key_and_is_tried_above() -> None:
    assert set(options.KEYS.values()) <= set(KEYS)
    tried = {key for _, _, key, _ in [*CASES, *OF_A_CHECK]}
    tried |= {"check.baseline", "check.since"}  # which have to be there
    of_nodes = {"cluster.frontier", "cluster.name", "cluster.node"}  # in test_node
    assert set(options.KEYS.values()) == tried | of_nodes | {"seeds", "out", "recrawl.older_than"}
    assert {key for meant in options.FLAGS.values() for key in meant} <= set(KEYS)


def test_the_help_names_each_key_with_its_true_default(crawler: Run) -> None:
    told = {
        command: re.sub(r"\s+", " ", " ".join(crawler(command, "--help")[1])) for command in ("run", "check")
    }
    for key in options.KEYS.values():
        text = told["check" if key.startswith("check.") else "run"]
        assert f"[{key}" in text
        default = value_of(Config.load(env=False), key)
        if isinstance(default, tuple) and default:
            default = ", ".join(default)
        if isinstance(default, int | float | str) and not isinstance(default, bool):
            shown = f"{default:g}" if isinstance(default, float) else default
            assert f"[{key}; default: {shown}]" in text


def test_the_live_page_needs_no_port_and_takes_no_url_for_one(
    engine: Engine, crawler: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LivePage, "_serve", no_page)
    for words in (["--dashboard", "http://a/"], ["http://a/", "--dashboard"], ["http://a/", "--dashboard=0"]):
        code, out, err = crawler("run", *words)
        assert (code, err) == (0, [])
        assert re.fullmatch(r"live page: http://127\.0\.0\.1:\d+/", out[1])
    assert {(config.seeds, config.dashboard.port) for config in engine.crawls} == {(("http://a/",), 0)}
    assert [beside is nullcontext for beside in engine.beside] == [False] * 3
    code, out, (line,) = crawler("run", "http://a/", "--dashboard", "--quiet")
    assert (code, out) == (0, [f"output: {FRESH}"])
    assert re.fullmatch(r"live page: http://127\.0\.0\.1:\d+/", line)
    assert crawler("run", "http://a/")[0] == 0
    assert engine.beside[-1] is nullcontext


def test_a_crawl_that_goes_on_has_the_page_that_is_asked_for_now(
    engine: Engine, crawler: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(LivePage, "_serve", no_page)
    secret, anew = "a-token-that-nobody-guesses", "another-one-of-that-length"
    monkeypatch.setenv("CRAWLER_DASHBOARD__TOKEN", secret)
    for command in ("resume", "recrawl"):
        code, out, _ = crawler(command, str(tmp_path), "--dashboard")
        assert code == 0
        assert re.fullmatch(rf"live page: http://127\.0\.0\.1:\d+/\?token={secret}", out[0])
        out = crawler(command, str(tmp_path), "--dashboard", "--set", f"dashboard.token={anew}")[1]
        assert out[0].endswith(f"?token={anew}")
        assert not crawler(command, str(tmp_path))[1][0].startswith("live page")
    assert engine.crawls[0].origin_of("dashboard.token") == "environment CRAWLER_DASHBOARD__TOKEN"


async def no_page(*_: object) -> None: ...


def test_a_port_that_is_taken_is_said_before_anything_is_made(engine: Engine, crawler: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, out, (line,) = crawler("run", "http://a/", "--dashboard", str(port))
    assert (code, out, engine.crawls) == (2, [], [])
    assert line.startswith(f"crawler: port {port} of 127.0.0.1 is in use")


@pytest.mark.parametrize("port", ["65536", "1.5", "much"])
def test_a_port_that_cannot_be_is_refused(crawler: Run, port: str) -> None:
    code, _, (line,) = crawler("run", "http://a/", f"--dashboard={port}")
    assert code == 2
    assert "dashboard.port" in line


def test_nodes_that_are_begun_here_have_no_page(engine: Engine, crawler: Run) -> None:
    code, _, (line,) = crawler("run", "http://a/", "--nodes", "2", "--dashboard")
    assert (code, engine.crawls) == (2, [])
    assert "one process" in line
    assert crawler("demo", "--nodes", "2", "--dashboard") == (2, [], [line])
