"""Values: defaults, precedence, origins, and the ways a Config travels."""

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.config import Config, packaged_config
from crawler.config.layers import Text, assignment
from crawler.config.sections import FetchConfig
from crawler.config.settings import KEYS, value_of
from crawler.model.errors import ConfigError


def file_with(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "some.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_are_those_promised() -> None:
    config = Config()
    assert config.fetch.concurrency == 32
    assert config.fetch.timeout == 30
    assert config.fetch.max_body == 10 * 1024 * 1024
    assert config.fetch.max_redirects == 10
    assert config.fetch.retries == 3
    assert config.robots.obey is True
    assert config.write.sinks == ("jsonl",)
    assert config.seeds == ()
    assert config.out is None
    assert config.origin_of("fetch.concurrency") == "default"


def test_command_line_wins_over_environment_over_file_over_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = file_with(tmp_path, "[fetch]\nconcurrency = 2\nretries = 2\ntimeout = 2\n")
    monkeypatch.setenv("CRAWLER_FETCH__CONCURRENCY", "3")
    monkeypatch.setenv("CRAWLER_FETCH__RETRIES", "3")
    config = Config.load(path, {"fetch.concurrency": 4})
    assert (config.fetch.concurrency, config.fetch.retries, config.fetch.timeout) == (4, 3, 2)
    assert config.fetch.max_redirects == 10
    assert config.origin_of("fetch.concurrency") == "command line"
    assert config.origin_of("fetch.retries") == "environment CRAWLER_FETCH__RETRIES"
    assert config.origin_of("fetch.timeout") == str(path)
    assert config.origin_of("fetch.max_redirects") == "default"


def test_each_override_may_name_its_option() -> None:
    config = Config.load(None, {"out": "x"}, origins={"out": "command line -o"})
    assert config.origin_of("out") == "command line -o"


def test_the_environment_can_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRAWLER_FETCH__CONCURRENCY", "3")
    assert Config().fetch.concurrency == 3
    assert Config.load(env=False).fetch.concurrency == 32
    assert Config.from_json(Config.load(env=False).to_json()).fetch.concurrency == 32
    assert Config.load(env=False).replace({"fetch.retries": 1}).fetch.concurrency == 32


def test_the_variable_of_the_crash_tests_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRAWLER_FAULT", "writer:after_sync:1:kill")
    assert Config().fetch.concurrency == 32


def test_a_key_overrides_only_itself(tmp_path: Path) -> None:
    path = file_with(tmp_path, "[fetch]\nconcurrency = 2\nretries = 2\n")
    assert Config.load(path, {"fetch.retries": 5}).fetch.concurrency == 2


@pytest.mark.parametrize(
    ("assigned", "value"),
    [
        ("fetch.concurrency=8", 8),
        ("fetch.concurrency = 1_000", 1000),
        ("fetch.timeout=5", 5.0),
        ("fetch.timeout=0.25", 0.25),
        ("robots.obey=false", False),
        ("seeds=http://127.0.0.1/?a=b", ("http://127.0.0.1/?a=b",)),
        ('seeds=["http://a/", "http://b/"]', ("http://a/", "http://b/")),
        ('write.sinks=["sqlite", "jsonl", "sqlite"]', ("sqlite", "jsonl")),
        (r"scope.include=[0-9]+\.html", (r"[0-9]+\.html",)),
        ("scope.include=2026", ("2026",)),
        ("scope.max_pages=none", None),
        ("fetch.user_agent=1.5", "1.5"),
        ('fetch.user_agent="quoted/1"', "quoted/1"),
        ("parse.extract=my.module:function", "my.module:function"),
        ("log.level=debug", "DEBUG"),
        ("out=a/folder", Path("a/folder")),
        ("fetch.allow_addresses=10.0.0.0/8", ("10.0.0.0/8",)),
    ],
)
def test_text_is_read_as_toml_or_else_as_it_is(assigned: str, value: object) -> None:
    key, text = assignment(assigned)
    assert value_of(Config.load(None, {key: text}), key) == value


def test_text_cannot_smuggle_in_a_second_key() -> None:
    with pytest.raises(ConfigError, match=r"fetch\.concurrency"):
        Config.load(None, {"fetch.concurrency": Text("1\nvalue2 = 3")})


def test_none_on_the_command_line_takes_back_what_the_file_says(tmp_path: Path) -> None:
    path = file_with(tmp_path, "[scope]\nmax_pages = 5\n")
    assert Config.load(path, {"scope.max_pages": Text("none")}).scope.max_pages is None


def test_sections_can_be_given_as_mappings_models_or_dotted_keys() -> None:
    fetch = Config(fetch={"concurrency": 8}).fetch
    assert Config(fetch=fetch).fetch == fetch == Config(**{"fetch.concurrency": 8}).fetch


def test_a_section_model_says_only_what_is_not_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRAWLER_FETCH__RETRIES", "5")
    config = Config(fetch=FetchConfig(concurrency=8))
    assert (config.fetch.concurrency, config.fetch.retries) == (8, 5)
    assert config.origin_of("fetch.timeout") == "default"
    with pytest.raises(ConfigError, match=r"fetch\.concurrency = 0 \(Config\(\)\) is refused"):
        Config(fetch=FetchConfig(concurrency=0))


@pytest.mark.parametrize(
    ("word", "value"), [("yes", True), ("ON", True), ("1", True), ("n", False), ("off", False), ("0", False)]
)
def test_true_and_false_have_other_names(word: str, value: bool) -> None:
    assert Config.load(None, {"robots.obey": Text(word)}).robots.obey is value


def test_a_whole_number_will_do_for_one_with_a_fraction() -> None:
    timeout = Config(fetch={"timeout": 5}).fetch.timeout
    assert (timeout, type(timeout)) == (5.0, float)


def test_json_round_trip_keeps_every_value() -> None:
    changed = Config(
        seeds=["http://a/"],
        out="x",
        scope={"max_pages": 5, "include": ["a|b"]},
        write={"sinks": ["jsonl", "sqlite"]},
        politeness={"delay": 0.25},
    )
    assert Config.from_json(changed.to_json()) == changed
    assert Config.from_json(Config().to_json()) == Config()


def test_settings_that_were_saved_by_the_first_release_are_read() -> None:
    saved = (
        '{"seeds":["http://a/"],"out":"x","scope":{"max_pages":null,"max_depth":0,"include":["a|b"],"exclude":[],'
        '"origins":[]},"fetch":{"timeout":30.0,"proxy":null},"log":{"level":"INFO"}}'
    )
    config = Config.from_json(saved)
    assert config == Config(seeds=["http://a/"], out="x", scope={"max_depth": 0, "include": ["a|b"]})


def test_pickle_keeps_values_and_origins(monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config.load(None, {"fetch.concurrency": 8})
    monkeypatch.setenv("CRAWLER_FETCH__CONCURRENCY", "3")
    copy = pickle.loads(pickle.dumps(config))
    assert copy == config
    assert copy.fetch.concurrency == 8
    assert copy.origin_of("fetch.concurrency") == "command line"


def test_replace_changes_one_key_and_keeps_the_origins_of_the_others() -> None:
    config = Config.load(None, {"fetch.concurrency": 8, "out": "x"})
    other = config.replace({"seeds": ["http://b/"]}, origin="the demo")
    assert (other.seeds, other.fetch.concurrency, other.out) == (("http://b/",), 8, Path("x"))
    assert other.origin_of("seeds") == "the demo"
    assert other.origin_of("out") == "command line"
    assert config.seeds == ()


def test_equal_values_are_equal_and_hash_the_same_whatever_their_origin() -> None:
    one, two = Config(out="x"), Config.load(None, {"out": "x"})
    assert one == two
    assert hash(one) == hash(two)
    assert one != Config(out="y")


def test_it_is_frozen_to_its_leaves() -> None:
    config = Config()
    with pytest.raises(AttributeError, match="frozen"):
        config.out = Path("x")
    with pytest.raises(AttributeError, match="frozen"):
        del config.out
    with pytest.raises(AttributeError, match="immutable"):
        config.fetch.concurrency = 1  # type: ignore[misc]


def test_the_top_level_file_is_found_and_is_for_the_fixture_site() -> None:
    config = Config.load(packaged_config(), env=False)
    assert config.seeds == ("http://127.0.0.1:8000/",)
    assert all(KEYS[key] and origin.endswith("config.toml") for key, origin in config._origins.items())


def test_importing_the_room_is_light_until_config_is_asked_for() -> None:
    script = (
        "import sys, crawler.config; crawler.config.packaged_config(); sys.exit('msgspec' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_config_pulls_in_nothing_heavy_of_the_other_floors() -> None:
    script = (
        "import sys; from crawler.config import Config; Config();"
        "sys.exit(','.join({'rich', 'click', 'aiohttp', 'sqlite3'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
    assert done.stderr.strip() == ""


async def test_a_config_can_be_made_in_the_event_loop() -> None:
    # BlockBuster watches: the version in the User-Agent must not be read from a file each time.
    assert Config(fetch={"concurrency": 8}).fetch.user_agent.startswith("crawler/")
