"""What is refused, and in which words: key, value, origin, what is allowed; one sentence each."""

from pathlib import Path

import pytest

from crawler.config import Config
from crawler.config.layers import Text, assignment
from crawler.model.errors import ConfigError


def refusal(overrides: dict[str, object]) -> str:
    with pytest.raises(ConfigError) as caught:
        Config.load(None, overrides)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_a_refusal_names_key_value_origin_and_what_is_allowed() -> None:
    with pytest.raises(ConfigError) as caught:
        Config.load(
            None, {"fetch.concurrency": 0}, origins={"fetch.concurrency": "command line --concurrency"}
        )
    assert str(caught.value) == (
        "fetch.concurrency = 0 (command line --concurrency) is refused; "
        "allowed: a whole number from 1 to 10_000"
    )


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("fetch.concurrency", 10_001, "whole number from 1 to 10_000"),
        ("fetch.concurrency", True, "whole number"),
        ("fetch.concurrency", "8", "whole number"),
        ("fetch.concurrency", 1.5, "whole number"),
        ("fetch.concurrency", None, "whole number"),
        ("fetch.timeout", 0, "a number above 0, at most 3_600"),
        ("fetch.timeout", float("nan"), "a number"),
        ("fetch.timeout", float("inf"), "a number"),
        ("fetch.timeout", False, "a number"),
        ("politeness.delay", -1, "a number from 0 to 3_600, or none"),
        ("robots.obey", "perhaps", "true or false"),
        ("parse.executor", "fiber", "one of process, thread, inline"),
        ("write.sinks", ["jsonl", "xlsx"], "one of jsonl, sqlite"),
        ("log.level", "LOUD", "one of DEBUG, INFO"),
        ("seeds", ["example.com"], "it has no scheme (https://example.com ?)"),
        ("seeds", ["localhost:8000/x"], "it has no scheme (http://localhost:8000/x ?)"),
        ("seeds", ["localhost"], "it has no scheme (http://localhost ?)"),
        ("seeds", ["app.LOCALHOST:3000"], "it has no scheme (http://app.LOCALHOST:3000 ?)"),
        ("seeds", ["127.0.0.1:80"], "it has no scheme (http://127.0.0.1:80 ?)"),
        ("seeds", ["[::1]:80/x"], "it has no scheme (http://[::1]:80/x ?)"),
        ("seeds", ["localhost.example:80"], "it has no scheme (https://localhost.example:80 ?)"),
        ("seeds", ["//example.com/"], "it has no scheme (https://example.com/ ?)"),
        ("seeds", ["/index.html"], "it has no scheme: it is the path of a file, not a URL; allowed:"),
        ("seeds", ["./index.html"], "it has no scheme: it is the path of a file, not a URL; allowed:"),
        ("seeds", ["index.html"], "it has no scheme: it is the path of a file, not a URL; allowed:"),
        ("seeds", ["C:\\site\\a"], "it has no scheme: it is the path of a file, not a URL; allowed:"),
        ("seeds", ["two words"], "it has no scheme, and with one: it names no valid host"),
        ("seeds", [""], "it has no scheme: it is empty"),
        ("seeds", ["mailto:a@b"], "its scheme is mailto"),
        ("seeds", ["http://./"], "it names no valid host"),
        ("seeds", ["ftp://example.com/"], "its scheme is ftp"),
        ("seeds", ["http:///x"], "it names no valid host"),
        ("seeds", ["http://a b/"], "it names no valid host"),
        ("seeds", ["http://a:99999/"], "Port out of range"),
        ("seeds", ["http://[::1/"], "absolute http"),
        ("seeds", 3, "absolute http"),
        ("scope.origins", ["http://a/b"], "it goes on after the host and port"),
        ("run.fail_on", "warnings", "one of never, errors, http, extract"),
        ("run.fail_on", "errors,never", "never goes with nothing else"),
        ("scope.include", ["("], "position 0"),
        ("scope.exclude", ["a{2,1}"], "regular expression"),
        ("parse.extract", "module", "MODULE:FUNCTION"),
        ("parse.extract", "module:", "MODULE:FUNCTION"),
        ("parse.extract", "my-file.py:extract", "MODULE:FUNCTION"),
        ("fetch.allow_addresses", ["10.0.0.1/8"], "has host bits set"),
        ("fetch.allow_addresses", ["intranet"], "CIDR"),
        ("fetch.content_types", ["html"], "a media type"),
        ("fetch.user_agent", "two\r\nlines: x", "printable ASCII"),
        ("fetch.user_agent", "", "printable ASCII"),
        ("out", "", "it names no folder"),
        ("out", "\udcff", "surrogates not allowed"),
        ("seeds", ["http://a/\udcff"], "surrogates not allowed"),
        ("seeds", ["\udcff"], "it has no scheme"),
        ("scope.include", ["\udcff"], "surrogates not allowed"),
        ("seeds", [b"http://a/"], "absolute http"),
    ],
)
def test_a_value_out_of_range_is_refused_in_one_line(key: str, value: object, reason: str) -> None:
    sentence = refusal({key: value})
    assert sentence.startswith(f"{key} = ")
    assert "(command line)" in sentence
    assert "allowed: " in sentence
    assert reason in sentence
    assert "\n" not in sentence


def test_only_the_wrong_item_of_a_list_is_shown() -> None:
    sentence = refusal({"seeds": ["http://good/", "bad"]})
    assert sentence.startswith('seeds = "bad" ')


def test_each_wrong_item_of_a_list_is_a_line() -> None:
    lines = refusal({"scope.include": ["(", "good", "["]}).splitlines()
    assert [line.split(" (")[0] for line in lines] == ['scope.include = "("', 'scope.include = "["']


def test_several_problems_are_told_at_once_one_line_each() -> None:
    lines = refusal({"fetch.concurrency": 0, "fetch.timeout": -1}).splitlines()
    assert [line.split(" ")[0] for line in lines] == ["fetch.concurrency", "fetch.timeout"]


def test_a_long_value_is_cut() -> None:
    assert len(refusal({"parse.extract": "x" * 10_000})) < 400


@pytest.mark.parametrize(
    ("stranger", "meant"),
    [
        ("fetch.concurency", "fetch.concurrency"),
        ("concurrency", "fetch.concurrency"),
        ("fetcher.max_body", "fetch.max_body"),
        ("politeness.perhost", "politeness.per_host"),
        ("maxpages", "scope.max_pages"),
        ("seed", "seeds"),
        ("fetch.concurrency.most", "fetch.concurrency"),
    ],
)
def test_an_unknown_key_is_answered_with_the_nearest_one(stranger: str, meant: str) -> None:
    assert refusal({stranger: 1}).endswith(f"is an unknown key; did you mean {meant}?")


def test_an_unknown_key_like_no_other_points_to_the_list() -> None:
    assert "docs/configuration.md" in refusal({"zzzzz": 1})


def test_a_section_is_not_a_key() -> None:
    assert refusal({"robots": 1}) == (
        "robots (command line) is a section, not a key; allowed: robots.obey, robots.max_bytes"
    )


def test_the_environment_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRAWLER_FETCH__CONCURRENCY", "many")
    assert refusal({}).startswith(
        'fetch.concurrency = "many" (environment CRAWLER_FETCH__CONCURRENCY) is refused'
    )
    with pytest.raises(ConfigError, match="environment CRAWLER_FETCH__CONCURRENCY"):
        Config()


def test_an_unknown_variable_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRAWLER_FETCH__CONCURENCY", "8")
    assert "environment CRAWLER_FETCH__CONCURENCY" in refusal({})


def test_a_wrong_value_that_is_overruled_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRAWLER_FETCH__CONCURRENCY", "many")
    assert Config.load(None, {"fetch.concurrency": 8}).fetch.concurrency == 8


def test_the_file_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[fetch]\nretries = 21\n")
    with pytest.raises(ConfigError, match=r"retries = 21 \(.*mine\.toml\) is refused"):
        Config.load(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[fetch]\nretries = \n", "is not valid TOML: .*line 2"),
        (b"\xff\xfe", "is not UTF-8"),
        (None, "cannot be read: No such file"),
    ],
)
def test_a_file_that_is_no_toml(tmp_path: Path, content: bytes | None, reason: str) -> None:
    path = tmp_path / "mine.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=rf"mine\.toml {reason}") as caught:
        Config.load(path)
    assert "\n" not in str(caught.value)


def test_a_folder_is_no_config_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        Config.load(tmp_path)


@pytest.mark.parametrize("text", ["no_equals_sign", "=8", " = 8"])
def test_an_assignment_needs_a_key_and_an_equals_sign(text: str) -> None:
    with pytest.raises(ConfigError, match=r"allowed: key\.path=value"):
        assignment(text)


@pytest.mark.parametrize(("text", "reason"), [("{", "not valid JSON"), ("[]", "not a JSON object")])
def test_saved_settings_that_are_damaged(text: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        Config.from_json(text)


def test_a_key_that_is_gone_says_why() -> None:
    assert refusal({"fetch.loops": 2}).startswith(
        "fetch.loops (command line) is a key no more: one event loop"
    )


def test_saved_settings_with_a_key_that_is_gone_are_read_without_it() -> None:
    assert Config.from_json('{"fetch": {"loops": 1, "retries": 7}}').fetch.retries == 7


def test_saved_settings_of_another_version_name_the_key() -> None:
    with pytest.raises(ConfigError, match=r"fetch\.warp = 9 \(saved settings\) is an unknown key"):
        Config.from_json('{"fetch": {"warp": 9}}')


def test_a_stranger_has_no_origin() -> None:
    with pytest.raises(ConfigError, match=r"did you mean fetch\.retries"):
        Config().origin_of("fetch.retry")


def test_text_for_a_number_is_shown_as_it_was_typed() -> None:
    assert refusal({"fetch.retries": Text("many")}).startswith('fetch.retries = "many" ')


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://crawl:sesame@db/crawls",
        "postgresql://db/crawls?password=sesame",
        "mysql://crawl:sesame@db/crawls",
        "postgresql://crawl:sesame@db:notaport/crawls",
    ],
)
def test_a_database_s_password_is_not_repeated(url):
    with pytest.raises(ConfigError, match=r"cluster\.frontier") as refused:
        Config(cluster={"frontier": url})
    assert "sesame" not in str(refused.value)
