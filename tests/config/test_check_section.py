"""The keys of a check that are of a kind of their own: a table of rules, and a list of what is ignored."""

import pickle
import tomllib
from pathlib import Path

import pytest

from crawler.config import Config
from crawler.config.check_values import Ignore, Table
from crawler.config.layers import Text, assignment
from crawler.config.settings import value_of
from crawler.config.written import as_json, effective, starter
from crawler.model.errors import ConfigError
from crawler.model.findings import RULE_IDS

IGNORE = {"rule": "missing-alt", "url": "/old/", "reason": "nobody reads it"}


def refusal(overrides: dict[str, object]) -> str:
    with pytest.raises(ConfigError) as caught:
        Config.load(None, overrides, env=False)
    return str(caught.value)


def test_a_file_sets_the_levels_of_rules_and_names_what_is_ignored(tmp_path: Path) -> None:
    path = tmp_path / "check.toml"
    path.write_text(
        '[check]\nfail_on = "warning"\n'
        '[check.rules]\nmissing-alt = "off"\norphan = "error"\n'
        '[[check.ignore]]\nrule = "*"\nurl = "/a|/b"\nreason = "not ours"\n'
        '[[check.ignore]]\nrule = "slow"\nurl = "."\nreason = "a slow machine"\n'
    )
    config = Config.load(path, env=False)
    assert config.check.fail_on == "warning"
    assert dict(config.check.rules) == {"missing-alt": "off", "orphan": "error"}
    assert config.check.rules.get("slow") is None
    assert config.check.ignore == (
        Ignore("*", "/a|/b", "not ours"),
        Ignore("slow", ".", "a slow machine"),
    )
    assert config.origin_of("check.rules.orphan") == str(path)
    assert config.origin_of("check.rules.slow") == "default"


def test_each_rule_has_its_own_precedence_and_origin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "check.toml"
    path.write_text('[check.rules]\nmissing-alt = "off"\norphan = "off"\nslow = "off"\n')
    monkeypatch.setenv("CRAWLER_CHECK__RULES__MISSING_ALT", "note")
    monkeypatch.setenv("CRAWLER_CHECK__RULES__ORPHAN", "note")
    key, text = assignment("check.rules.orphan=error")
    config = Config.load(path, {key: text}, origins={key: "command line --set"})
    assert dict(config.check.rules) == {"missing-alt": "note", "orphan": "error", "slow": "off"}
    assert config.origin_of("check.rules.missing-alt") == "environment CRAWLER_CHECK__RULES__MISSING_ALT"
    assert config.origin_of("check.rules.orphan") == "command line --set"
    again = config.replace({"check.rules.slow": Text("none")}, origin="later")
    assert dict(again.check.rules) == {"missing-alt": "note", "orphan": "error"}
    assert again.origin_of("check.rules.missing-alt") == "environment CRAWLER_CHECK__RULES__MISSING_ALT"


def test_python_may_spell_a_rule_with_underscores() -> None:
    config = Config(check={"rules": {"missing_alt": "off"}})
    assert dict(config.check.rules) == {"missing-alt": "off"}
    assert Config(check=config.check).check == config.check


def test_they_travel_as_every_other_setting() -> None:
    config = Config(check={"rules": {"orphan": "off", "slow": "note"}, "ignore": [IGNORE]})
    assert Config.from_json(config.to_json()) == config
    copy = pickle.loads(pickle.dumps(config))
    assert (copy, hash(copy)) == (config, hash(config))
    assert copy.check.ignore[0].reason == "nobody reads it"
    assert config != Config(check={"rules": {"orphan": "off"}, "ignore": [IGNORE]})


def test_a_table_cannot_be_changed() -> None:
    rules = Config(check={"rules": {"orphan": "off"}}).check.rules
    with pytest.raises(TypeError):
        rules["orphan"] = "error"  # type: ignore[index]
    assert rules == {"orphan": "off"} == Table({"orphan": "off"})


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("check.rules.mising-alt", "off", ["check.rules.mising-alt", "did you mean missing-alt?", *RULE_IDS]),
        ("check.rules.xyz", "off", ["check.rules.xyz (command line) is unknown; allowed: broken-link"]),
        ("check.rules.slow", "bad", ['check.rules.slow = "bad"', "one of error, warning, note, off"]),
        ("check.rules", Text("off"), ["check.rules (command line) is a section, not a key"]),
        ("check.ignore", Text("x"), ['check.ignore = "x"', "it is no table", "rule", "url", "reason"]),
        ("check.ignore", [{**IGNORE, "rule": "missing-al"}], ["did you mean missing-alt?", "orphan"]),
        ("check.ignore", [{**IGNORE, "url": "("}], ["url is no regular expression"]),
        ("check.ignore", [{**IGNORE, "reason": " "}], ["it has no reason"]),
        ("check.ignore", [{"rule": "*", "reason": "x"}], ["it has no url"]),
        ("check.ignore", [{**IGNORE, "path": "x"}], ["it has path"]),
        ("check.ignore.rule", "*", ["check.ignore.rule", "unknown key"]),
        ("check.fail_on", "errors", ["check.fail_on", "one of error, warning, note, never"]),
        ("check.base_path", "/a b/", ["check.base_path", "a path such as /docs/"]),
        ("check.base_path", "/../x", ["check.base_path"]),
    ],
)
def test_what_is_refused_and_in_which_words(key: str, value: object, words: list[str]) -> None:
    sentence = refusal({key: value})
    assert [word for word in words if word not in sentence] == []


def test_each_item_that_is_refused_has_its_sentence() -> None:
    assert len(refusal({"check.ignore": [IGNORE, {}, 4]}).splitlines()) == 2


@pytest.mark.parametrize(
    ("typed", "path"), [("docs", "/docs/"), ("/docs", "/docs/"), ("/a/b/", "/a/b/"), ("/", "/"), ("", "/")]
)
def test_a_base_path_has_a_slash_at_both_ends(typed: str, path: str) -> None:
    assert Config(check={"base_path": typed}).check.base_path == path


def test_the_command_line_reads_a_list_of_tables_as_toml() -> None:
    key, text = assignment('check.ignore=[{rule = "*", url = "/x", reason = "old"}]')
    assert value_of(Config.load(None, {key: text}), key) == (Ignore("*", "/x", "old"),)


def test_what_is_shown_is_a_file_that_can_be_read(tmp_path: Path) -> None:
    config = Config(check={"rules": {"orphan": "off"}, "ignore": [IGNORE], "min_pages": 3})
    path = tmp_path / "shown.toml"
    path.write_text("\n".join(effective(config)))
    assert Config.load(path, env=False) == config
    text = path.read_text()
    assert "orphan" in text
    assert "missing-lang" not in text, "a rule that nobody has set is not shown"
    shown = as_json(config)
    assert shown["check.rules.orphan"] == {"value": "off", "origin": "Config()"}
    assert shown["check.rules.slow"] == {"value": None, "origin": "default"}
    assert shown["check.ignore"]["value"] == [IGNORE]


def test_the_starter_file_explains_rules_once_and_means_the_defaults_when_uncommented() -> None:
    lines = list(starter())
    assert sum("How bad it is" in line for line in lines) == 1
    uncommented = "\n".join(
        line.removeprefix("# ")
        for line in lines
        if not line.startswith("# ") or " = " in line.partition(".")[0]
    )
    tree = tomllib.loads(uncommented)
    assert set(tree["check"]["rules"]) == set(RULE_IDS)
    assert tree["check"]["ignore"][0]["rule"] == "missing-alt"
