import pickle

import pytest

from crawler.model.errors import ConfigError
from crawler.rules.scope import Scope

SEEDS = ["http://Example.com:80/start"]


def test_the_scope_is_the_seeds_own_origin():
    scope = Scope.of(SEEDS)
    assert scope.origins == {"http://example.com"}
    assert scope.allows("http://example.com/anything?x")
    assert scope.allows("http://user:pass@example.com/")
    assert not scope.allows("https://example.com/")
    assert not scope.allows("http://example.com:8080/")
    assert not scope.allows("http://www.example.com/")
    assert not scope.allows("http://example.com.evil.test/")
    assert not scope.allows("http://example.com@evil.test/")


def test_further_origins():
    scope = Scope.of(SEEDS, ["https://cdn.example/with/a/path"])
    assert scope.allows("https://cdn.example/other")


def test_includes_and_excludes_are_searched_in_the_url():
    scope = Scope.of(SEEDS, include=(r"/docs/", r"/blog/"), exclude=(r"\.pdf$",))
    assert scope.allows("http://example.com/docs/a")
    assert scope.allows("http://example.com/x/blog/")
    assert not scope.allows("http://example.com/other")
    assert not scope.allows("http://example.com/docs/a.pdf")
    assert not scope.allows("http://other.example/docs/a")


@pytest.mark.parametrize("more", [[], ["http://b.example/"], [f"http://{n}.example/" for n in range(20)]])
@pytest.mark.parametrize("exclude", [(), ("no",)])
def test_split_agrees_with_allows(more, exclude):
    scope = Scope.of(SEEDS + more, exclude=exclude)
    found = [
        "http://example.com/1",
        "http://b.example/2",
        "http://7.example/3",
        "mailto:x",
        "http://u@example.com/no",
        "http://example.com:8080/5",
        "http://example.com/6",
    ]
    inside, outside = scope.split(found)
    assert inside == [url for url in found if scope.allows(url)]
    assert inside
    assert outside == len(found) - len(inside)


def test_it_travels_to_a_child_process():
    scope = Scope.of(SEEDS, include=("x",), max_depth=3)
    scope.allows("http://example.com/x")
    copy = pickle.loads(pickle.dumps(scope))
    assert copy == scope
    assert copy.allows("http://example.com/x")
    assert copy.max_depth == 3


def test_a_seed_that_is_no_url_is_refused_by_name():
    with pytest.raises(ConfigError, match=r"seeds: 'example\.com'"):
        Scope.of(["example.com"])
    with pytest.raises(ConfigError, match=r"scope\.origins: 'ftp://x'"):
        Scope.of(SEEDS, ["ftp://x"])
