"""``crawler config`` and ``crawler init``: what holds and why, and a file to begin with."""

import json
import re
from pathlib import Path

import pytest

from crawler.cli.app import main
from crawler.config import Config
from crawler.config.settings import KEYS
from tests.cli.stand_ins import Engine, Run


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: Engine) -> None:
    monkeypatch.chdir(tmp_path)


def test_every_key_is_shown_with_its_origin(crawler: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("mine.toml").write_text("[fetch]\nretries = 1\ntimeout = 4\n")
    monkeypatch.setenv("CRAWLER_FETCH__CONCURRENCY", "8")
    code, out, err = crawler(
        "config", "http://a/", "-c", "mine.toml", "--timeout", "5", "--set", "fetch.backoff=1"
    )
    assert (code, err) == (0, [])
    found = {line.partition(" = ")[0]: line for line in out if " = " in line}
    for key, value, origin in (
        ("seeds", '["http://a/"]', "command line URL"),
        ("concurrency", "8", "environment CRAWLER_FETCH__CONCURRENCY"),
        ("retries", "1", "mine.toml"),
        ("backoff", "1.0", "command line --set"),
        ("max_redirects", "10", "default"),
    ):
        assert re.fullmatch(rf"{key} = {re.escape(value)} +# {origin}", found[key])
    assert sum(" = " in line for line in out) == sum(not key.is_entry for key in KEYS.values())
    _, out, _ = crawler("config", "-c", "mine.toml", "--timeout", "5", "--json")
    known = json.loads("\n".join(out))
    assert list(known) == list(KEYS)
    assert known["fetch.timeout"] == {"value": 5.0, "origin": "command line --timeout"}
    assert known["scope.max_pages"] == {"value": None, "origin": "default"}


def test_what_is_shown_is_a_file_that_says_the_same(crawler: Run) -> None:
    arguments = [
        "http://a/",
        "--include",
        r"/\d+\"'x",
        "--exclude",
        "é" * 300,
        "--max-pages",
        "9",
        "-o",
        "a b",
    ]
    Path("mine.toml").write_text("\n".join(crawler("config", *arguments, "--sink", "sqlite")[1]))
    found = Config.load(Path("mine.toml"), env=False)
    assert found.scope.include == (r"/\d+\"'x",)
    assert found.scope.exclude == ("é" * 300,)
    assert (found.scope.max_pages, found.out, found.write.sinks) == (9, Path("a b"), ("sqlite",))
    assert found.scope.max_depth is None


@pytest.mark.parametrize("how", [[], ["--json"]])
def test_no_secret_is_shown(crawler: Run, monkeypatch: pytest.MonkeyPatch, how: list[str]) -> None:
    for name in ("COOKIE_SID", "HEADER_X_API_KEY", "HUSH"):
        monkeypatch.setenv(name, "hush-variable")
    Path("mine.toml").write_text(
        "[session]\n"
        'headers = ["X-Plain: hush", "X-Half: hush${HUSH}", "X-Key: ${HUSH}"]\n'
        'send_cookies = ["http://a one=hush", "two=hush=hush", "three=${HUSH}"]\n'
        'auth = ["http://a basic HUSH_LOGIN"]\n'
    )
    urls = [
        "http://me:hush@a/",
        "--set",
        'scope.origins=["http://me:hush@b/"]',
        "--sitemap",
        "http://hush@a/",
    ]
    code, out, err = crawler("config", *urls, "-c", "mine.toml", *how)
    assert (code, err) == (0, [])
    text = "\n".join(out)
    assert "hush" not in text
    for shown in (
        "http://***@a/",
        "X-Plain: ***",
        "X-Half: ***",
        "X-Key: ${HUSH}",
        "three=${HUSH}",
        "HUSH_LOGIN",
    ):
        assert shown in text
    for shown in ("http://a one=***", "two=***", "http://***@b/"):
        assert shown in text
    text = "\n".join(crawler("config", "--cookie", "sid=hush", "--header", "X-Api-Key: hush", *how)[1])
    assert "hush" not in text
    assert "sid=${COOKIE_SID}" in text


def test_wrong_settings_are_refused_as_run_refuses_them(crawler: Run, engine: Engine) -> None:
    code, out, err = crawler("config", "--retries", "many")
    assert (code, out, len(err)) == (2, [], 1)
    assert err[0].startswith('crawler: fetch.retries = "many" (command line --retries) is refused')
    assert engine.crawls == []


def test_the_starter_has_every_key_with_its_default(crawler: Run) -> None:
    code, out, err = crawler("init")
    assert (code, err) == (0, [])
    assert out == ["written: config.toml; to crawl with it: crawler run URL -c config.toml"]
    text = Path("config.toml").read_text()
    assert Config.load(Path("config.toml"), env=False) == Config.load(env=False)
    keys, comments = re.subn(r"(?m)^# ([\w-]+ = )", r"\1", text)
    assert comments == len(KEYS)
    Path("all.toml").write_text(keys)
    found = Config.load(Path("all.toml"), env=False)
    assert found.seeds == ("https://example.com/",)
    assert found.check.ignore[0].rule == "missing-alt"
    assert found.replace({"seeds": [], "check.ignore": []}) == Config.load(env=False)
    assert all(key.about.description.split()[0] in text for key in KEYS.values())
    assert max(map(len, text.splitlines())) <= 140


def test_the_starter_takes_a_name_and_overwrites_nothing(crawler: Run) -> None:
    Path("mine.toml").write_text("mine")
    assert crawler("init", "mine.toml") == (
        2, [], ["crawler: mine.toml is there already, and left as it is: name another file"],
    )  # fmt: skip
    assert Path("mine.toml").read_text() == "mine"
    assert crawler("init", "other.toml")[0] == 0
    Path("link.toml").symlink_to("nowhere.toml")
    assert crawler("init", "link.toml")[0] == 2
    assert not Path("nowhere.toml").exists()


@pytest.mark.parametrize("name", ["no/such/folder/x.toml", "", "a\0b", "."])
def test_where_it_cannot_be_written_that_is_said_in_one_line(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", name]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
