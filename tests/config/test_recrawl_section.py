"""What may be said of a further generation."""

import pytest

from crawler.config import Config
from crawler.model.errors import ConfigError


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7d", 604_800),
        ("36h", 129_600),
        ("90 m", 5_400),
        ("1.5h", 5_400),
        ("2W", 1_209_600),
        ("10s", 10),
        (60, 60),
        (0, 0),
    ],
)
def test_an_age_may_have_a_unit(said, seconds):
    given = Config.load(overrides={"recrawl.older_than": said}, env=False) if isinstance(said, str) else None
    config = given or Config().replace({"recrawl.older_than": said})
    assert config.recrawl.older_than == seconds


@pytest.mark.parametrize("said", ["7y", "d", "-7d", "7d 3h", "soon", -1, True])
def test_any_other_age_is_refused_with_what_is_allowed(said):
    with pytest.raises(ConfigError, match=r"recrawl\.older_than = .* allowed: .*7d"):
        Config().replace({"recrawl.older_than": said})


def test_the_environment_knows_units_too(monkeypatch):
    monkeypatch.setenv("CRAWLER_RECRAWL__OLDER_THAN", "7d")
    assert Config().recrawl.older_than == 604_800
