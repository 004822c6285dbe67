import pytest

from crawler.rules.meta_robots import directives

US = "crawler/1.0 (+http://example.com/bot)"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], set()),
        (["noindex, NoFollow"], {"noindex", "nofollow"}),
        (["none"], {"noindex", "nofollow"}),
        (["noindex", "nofollow"], {"noindex", "nofollow"}),
        ([" , noarchive ,"], {"noarchive"}),
        (["crawler: nofollow"], {"nofollow"}),
        (["CRAWLER : nofollow, noarchive"], {"nofollow", "noarchive"}),
        (["otherbot: nofollow, noindex"], set()),
        (["noarchive, otherbot: nofollow, noindex, crawler: noindex"], {"noarchive", "noindex"}),
        (["otherbot: nofollow", "noindex"], {"noindex"}),
        (["crawlers: nofollow"], set()),
        (["max-snippet: 20, nofollow"], {"max-snippet: 20", "nofollow"}),
        (["unavailable_after: 25 Jun 2030 15:00:00 GMT"], {"unavailable_after: 25 jun 2030 15:00:00 gmt"}),
        (["unavailable_after: Tue, 25 Jun 2030 15:00:00 GMT, nofollow"], None),
    ],
)
def test_directives(values, expected):
    found = directives(values, US)
    if expected is None:
        assert "nofollow" in found
    else:
        assert found == expected
