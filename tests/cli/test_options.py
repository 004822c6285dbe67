"""The options of `run`: each sets its key, says so in its help, and refuses in the config's words."""

import re

import pytest

from crawler.cli import options
from crawler.config import Config
from crawler.config.settings import KEYS, value_of
from tests.cli.stand_ins import Engine, Run

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
    ("--include", "/docs/", "scope.include", ("/docs/",)),
    ("--exclude", '["a"]', "scope.exclude", ('["a"]',)),
    ("--sink", "sqlite", "write.sinks", ("sqlite",)),
    ("--fail-on", "errors, http,errors", "run.fail_on", ("errors", "http")),
    ("--fail-on", "never", "run.fail_on", ()),
]


@pytest.mark.parametrize(("option", "text", "key", "value"), CASES)
def test_an_option_sets_its_key(
    engine: Engine, crawler: Run, option: str, text: str, key: str, value: object
) -> None:
    assert crawler("run", "http://a/", option, text)[0] == 0
    assert value_of(engine.crawls[0], key) == value
    assert engine.crawls[0].origin_of(key) == f"command line {option}"


def test_the_flags_switch_off(engine: Engine, crawler: Run) -> None:
    assert crawler("run", "http://a/", "--ignore-robots", "--no-progress")[0] == 0
    assert engine.crawls[0].robots.obey is False
    assert engine.crawls[0].progress.show is False


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
        (["--sink", "csv"], 'write.sinks = "csv" (command line --sink) is refused; allowed:'),
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
    tried = {key for _, _, key, _ in CASES} | {"seeds", "out", "robots.obey", "progress.show"}
    assert set(options.KEYS.values()) == tried


def test_the_help_names_each_key_with_its_true_default(crawler: Run) -> None:
    text = re.sub(r"\s+", " ", " ".join(crawler("run", "--help")[1]))
    for key in options.KEYS.values():
        assert f"[{key}" in text
        default = value_of(Config.load(env=False), key)
        if isinstance(default, tuple) and default:
            default = ", ".join(default)
        if isinstance(default, int | float | str) and not isinstance(default, bool):
            shown = f"{default:g}" if isinstance(default, float) else default
            assert f"[{key}; default: {shown}]" in text
