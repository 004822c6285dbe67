import base64
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.rules.robots import (
    ALLOW_ALL,
    DISALLOW_ALL,
    MAX_BYTES,
    forbidding,
    parse,
    product_token,
    verdict,
)

SITE = "http://example.com"


def allows(text, path, agent="crawler"):
    body = text if isinstance(text, bytes) else text.encode()
    return parse(body).allows(agent, SITE + path)


def rules(*lines):
    return "\n".join(["user-agent: *", *lines])


def test_google_s_own_cases(shared_cases):
    cases = shared_cases("robots-google.jsonl")
    assert len(cases) > 50
    wrong = [
        case["id"]
        for case in cases
        if parse(base64.b64decode(case["robots_b64"])).allows(case["ua"], case["url"]) != case["allowed"]
    ]
    assert wrong == []


def test_the_standards_simple_example():
    # RFC 9309 §5.1
    text = """
        User-Agent: *
        Disallow: *.gif$
        Disallow: /example/
        Allow: /publications/

        User-Agent: foobot
        Disallow:/
        Allow:/example/page.html
        Allow:/example/allowed.gif

        User-Agent: barbot
        User-Agent: bazbot
        Disallow: /example/page.html

        User-Agent: quxbot
    """
    table = {
        "/a.gif": (False, False, True, True),
        "/a.gif?x": (True, False, True, True),
        "/example/page.html": (False, True, False, True),
        "/example/allowed.gif": (False, True, True, True),
        "/publications/x": (True, False, True, True),
        "/": (True, False, True, True),
    }
    for path, expected in table.items():
        assert tuple(allows(text, path, bot) for bot in ("other", "foobot", "bazbot", "quxbot")) == expected


def test_the_longest_match_wins():
    # RFC 9309 §5.2
    text = "User-Agent: foobot\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif\n"
    assert allows(text, "/example/page/", "foobot")
    assert not allows(text, "/example/page/disallowed.gif", "foobot")


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("lines", "path", "allowed"),
    [
        (("allow: /p", "disallow: /"), "/page", True),
        (("allow: /folder", "disallow: /folder"), "/folder/page", True),
        (("allow: /page", "disallow: /*.htm"), "/page.htm", False),
        (("allow: /page", "disallow: /*.ph"), "/page.php5", True),
        (("allow: /$", "disallow: /"), "/", True),
        (("allow: /$", "disallow: /"), "/page.htm", False),
        (("allow: /*a", "disallow: /*b"), "/ab", True),
        (("allow: /x*", "disallow: /x"), "/xy", True),
    ],
)
def test_which_rule_wins_whatever_their_order(lines, path, allowed, order):
    assert allows(rules(*lines[::order]), path) is allowed


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("/fish", ["/fish", "/fish.html", "/fishheads/x", "/fish?id=1"], ["/Fish", "/catfish", "/"]),
        ("/fish/", ["/fish/", "/fish/?id=1", "/fish/x"], ["/fish", "/fish.html"]),
        ("/*.php", ["/a.php", "/a/b.php?x", "/a.php5", "/.php"], ["/", "/a.PHP"]),
        ("/*.php$", ["/a.php", "/a/b.php"], ["/a.php?x", "/a.php/", "/a.php5"]),
        ("/fish*.php", ["/fish.php", "/fishheads/cat.php?x"], ["/Fish.PHP"]),
        ("/a*a$", ["/aa", "/aba", "/aaa"], ["/a", "/ab"]),
        ("/*a*b*c", ["/abc", "/xaybzc9", "/aabbcc"], ["/acb", "/cba"]),
        ("*", ["/", "/x"], []),
        ("/**//x", ["///x", "/a//x"], ["/x", "//x"]),
        ("/a$b", ["/a$b", "/a%24bc"], ["/a", "/ab"]),
        ("/x$", ["/x"], ["/x/", "/xy"]),
        ("fish", [], ["/fish", "/"]),
        ("/", ["/", "/x", "/?q"], []),
    ],
)
def test_wildcards_and_the_end(pattern, matching, other):
    text = rules(f"disallow: {pattern}")
    assert [path for path in matching if allows(text, path)] == []
    assert [path for path in other if not allows(text, path)] == []


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        # RFC 9309 §2.2.2, the table
        ("/foo/bar?baz=quz", "/foo/bar?baz=quz"),
        ("/foo/bar?baz=http://foo.bar", "/foo/bar?baz=http://foo.bar"),
        ("/foo/bar/\u30c4", "/foo/bar/%E3%83%84"),
        ("/foo/bar/%E3%83%84", "/foo/bar/%E3%83%84"),
        ("/foo/bar/%62%61%7A", "/foo/bar/baz"),
        # and further ones
        ("/foo/bar/%e3%83%84", "/foo/bar/\u30c4"),
        ("/baz", "/%62%61%7a"),
        ("/%7Euser", "/~user"),
        ("/a b", "/a%20b"),
        ('/a"<>b', "/a%22%3C%3Eb"),
        ("/file-with-a-%2A.html", "/file-with-a-*.html"),
        ("/foo-%24", "/foo-$"),
        ("/100%", "/100%"),
    ],
)
def test_paths_are_compared_in_one_encoding(pattern, path):
    assert not allows(rules(f"disallow: {pattern}"), path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [("/a%2Fb", "/a/b"), ("/a/b", "/a%2Fb"), ("/%3Fq", "/?q"), ("/A", "/a"), ("/x%2Ay", "/xzy")],
)
def test_escapes_of_reserved_characters_are_not_the_characters(pattern, path):
    assert allows(rules(f"disallow: {pattern}"), path)


def test_bytes_that_are_not_utf8_match_as_octets():
    assert not allows(b"user-agent: *\ndisallow: /caf\xe9", "/caf%E9")


def test_all_sections_that_name_us_apply_together_and_the_general_one_does_not():
    text = """
        user-agent: crawler
        disallow: /a
        user-agent: *
        disallow: /b
        user-agent: other
        user-agent: Crawler
        disallow: /c
        crawl-delay: 2
    """
    assert [allows(text, path) for path in ("/a", "/b", "/c")] == [False, True, False]
    assert [allows(text, path, "unknown") for path in ("/a", "/b", "/c")] == [True, False, True]
    assert [allows(text, path, "other") for path in ("/a", "/b", "/c")] == [True, True, False]


def test_sections_of_everybody_apply_together_too():
    text = "user-agent: *\ndisallow: /a\n\nuser-agent: x\nallow: /\n\nuser-agent: *\ndisallow: /b\n"
    assert not allows(text, "/a")
    assert not allows(text, "/b")


def test_other_lines_and_empty_ones_do_not_end_a_section():
    text = "user-agent: a\n\nsitemap: http://x/\nhost: x\ncrawl-delay: 3\n# x\n\nuser-agent: b\ndisallow: /\n"
    assert not allows(text, "/", "a")
    assert not allows(text, "/", "b")
    assert parse(text.encode()).crawl_delay("a") == 3


def test_rules_before_any_user_agent_count_for_nobody():
    assert allows("disallow: /\nuser-agent: x\ndisallow: /x\n", "/")


@pytest.mark.parametrize("line", ["user-agent:", "user-agent: ***", "user-agent: \u00fc"])
def test_a_user_agent_that_is_none_is_nobody_s_section(line):
    text = f"user-agent: crawler\ndisallow: /a\n{line}\ndisallow: /b\n"
    assert allows(text, "/b")
    assert allows(text, "/b", "")
    assert not allows(text, "/a")


@pytest.mark.parametrize(
    "agent",
    [
        "crawler",
        "CRAWLER/1.0",
        "Crawler/0.1 (+http://example.com/bot)",
        "crawler bot",
        "Mozilla/5.0 (compatible; Crawler/1.0; +http://example.com/)",
    ],
)
@pytest.mark.parametrize("named", ["crawler", "CrawLer", "crawler/2.0", "crawler*", "crawler bot"])
def test_the_product_token_is_compared_without_case_or_version(agent, named):
    assert not allows(f"user-agent: {named}\ndisallow: /", "/", agent)


@pytest.mark.parametrize("named", ["crawl", "crawlers", "crawler-images", "mycrawler", "crawler2"])
def test_a_similar_name_is_another_crawler(named):
    assert allows(f"user-agent: {named}\ndisallow: /", "/", "crawler/1.0")


def test_product_tokens():
    assert product_token("MJ12bot/v1.4") == "mj12bot"
    assert product_token("Mozilla/5.0 (X11)") == "mozilla"
    assert product_token("") == product_token("*") == ""


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf", b"\xef\xbb", b"\xef"])
def test_marks_and_line_ends(end, mark):
    text = end.join(["User-agent: *", " Disallow :  /a # why", "DISALLOW:/b", "disallow\t/c", ""])
    assert [allows(mark + text.encode(), path) for path in ("/a", "/b", "/c", "/d")] == [0, 0, 0, 1]


def test_an_empty_disallow_forbids_nothing_and_ends_the_user_agents():
    text = "user-agent: a\ndisallow:\nuser-agent: b\ndisallow: /\n"
    assert allows(text, "/", "a")
    assert not allows(text, "/", "b")


def test_misspelt_keys_still_forbid():
    assert not allows("useragent: *\ndissallow: /a\n", "/a")


def test_robots_txt_itself_is_always_allowed():
    assert DISALLOW_ALL.allows("crawler", f"{SITE}/robots.txt")
    assert not DISALLOW_ALL.allows("crawler", f"{SITE}/robots.txt?x")


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://example.com", True),
        ("http://example.com?x", False),
        ("http://example.com#?x", True),
        ("http://user:pass@example.com:8080/?x#y", False),
        ("/?x", False),
        ("//example.com/?x", False),
        ("http://example.com/x?y", True),
    ],
)
def test_path_and_query_are_what_counts_of_a_url(url, allowed):
    assert parse(b"user-agent: *\ndisallow: /?").allows("crawler", url) is allowed


def test_sitemaps_are_everybody_s():
    text = "sitemap: http://a/1\nuser-agent: x\nSITEMAP:http://a/2\ndisallow: /\nSitemap:  /3 # x\n"
    robots = parse(text.encode())
    assert robots.sitemaps == ["http://a/1", "http://a/2", "/3"]
    robots.sitemaps.clear()
    assert len(robots.sitemaps) == 3


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("5", 5),
        ("0.5", 0.5),
        ("0", 0),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
    ],
)
def test_crawl_delay(value, expected):
    assert parse(f"user-agent: *\ncrawl-delay: {value}\n".encode()).crawl_delay("crawler") == expected


@pytest.mark.parametrize(
    ("text", "ours", "other"),
    [
        ("user-agent: other\ncrawl-delay: 3\n\nuser-agent: *\ncrawl-delay: 0.2", 0.2, 3),
        ("user-agent: *\ncrawl-delay: 0.2\n\nuser-agent: other\ncrawl-delay: 3", 0.2, 3),
        ("user-agent: other\ncrawl-delay: 3\nuser-agent: *\ndisallow: /x", None, 3),
        ("user-agent: *\nuser-agent: other\ncrawl-delay: 3\ndisallow: /x", 3, 3),
        ("user-agent: *\nuser-agent: other\ndisallow: /x\ncrawl-delay: 3", 3, 3),
        ("user-agent: other\ncrawl-delay: 3\nuser-agent: crawler\ncrawl-delay: 1\ncrawl-delay: 2", 2, 3),
        ("user-agent: crawler\ncrawl-delay: 1\nuser-agent: other\nuser-agent: *\ncrawl-delay: 5", 1, 5),
        ("user-agent: crawler\nallow: /\nuser-agent: *\ncrawl-delay: 5", None, 5),
        ("crawl-delay: 5\nuser-agent: *\nallow: /", None, None),
    ],
)
def test_a_crawl_delay_is_for_the_agents_named_right_before_it(text, ours, other):
    robots = parse(text.encode())
    assert (robots.crawl_delay("crawler"), robots.crawl_delay("other")) == (ours, other)


def test_a_crawl_delay_still_ends_no_group_of_rules():
    robots = parse(b"user-agent: other\ncrawl-delay: 3\nuser-agent: *\ndisallow: /x")
    assert not robots.allows("other", f"{SITE}/x")


PLAIN = "User-agent: *\nDisallow: /zoë\nCrawl-delay: 2\nSitemap: http://example.com/map\n"
MEANT = {
    "utf-16 with a mark": PLAIN.encode("utf-16"),
    "utf-16, big end first": b"\xfe\xff" + PLAIN.encode("utf-16-be"),
    "utf-16 with half a character": PLAIN.encode("utf-16") + b"#",
    "utf-8 marked twice": b"\xef\xbb\xbf" * 2 + PLAIN.encode(),
    "cr alone": PLAIN.replace("\n", "\r").encode(),
    "tabs": PLAIN.replace(": ", "\t:\t").replace("\n", "\t\n\t").encode(),
    "no-break spaces": PLAIN.replace(": ", "\xa0:\xa0").replace("\n", "\xa0\n\xa0").encode(),
    "a no-break space in latin-1": PLAIN.encode().replace(b": ", b":\xa0"),
    "ideographic spaces": PLAIN.replace(": ", ":\u3000").encode(),
    "no width": PLAIN.replace(": ", ":\u200b").replace("\n", "\ufeff\n").encode(),
    "nul bytes": PLAIN.replace("\n", "\0\n").replace(":", ":\0").encode(),
    "full-width colons": PLAIN.replace(": ", "：").encode(),
}  # fmt: skip


@pytest.mark.parametrize("name", MEANT)
def test_what_an_editor_leaves_in_it_is_read_as_it_was_meant(name):
    robots = parse(MEANT[name])
    assert not robots.allows("crawler", f"{SITE}/zoë/x")
    assert robots.allows("crawler", f"{SITE}/other")
    assert robots.crawl_delay("crawler") == 2
    assert robots.sitemaps == ["http://example.com/map"]
    found = forbidding(MEANT[name], "crawler", f"{SITE}/zoë")
    assert found is not None
    assert found.line == 2
    assert found.text.startswith("Disallow")
    assert found.text.endswith("/zoë")


def test_ascii_in_utf_16_without_a_mark_is_read_too():
    assert not allows("user-agent: *\ndisallow: /a\n".encode("utf-16-le"), "/a")


def test_a_path_whose_last_byte_is_that_of_a_blank_stays_whole():
    assert "à".encode().endswith(b"\xa0")
    body = "user-agent: *\ndisallow: /voilà\n".encode()
    assert not allows(body, "/voilà")
    assert allows(body, "/voil")


def test_utf_16_is_cut_at_its_limit_without_half_a_line():
    body = "user-agent: *\ndisallow: /a\ndisallow: /bcd\n".encode("utf-16")
    robots = parse(body, len(body) - 6)
    assert not robots.allows("crawler", f"{SITE}/a")
    assert robots.allows("crawler", f"{SITE}/bcd")
    assert robots.allows("crawler", f"{SITE}/b")


def test_crawl_delay_is_that_of_our_sections_and_the_longest():
    robots = parse(b"user-agent: a\ncrawl-delay: 2\nallow: /\nuser-agent: a\ncrawl-delay: 9\nuser-agent: *\n")
    assert robots.crawl_delay("a") == 9
    robots = parse(b"user-agent: *\ncrawl-delay: 2\nallow: /\nuser-agent: a\nallow: /\n")
    assert robots.crawl_delay("a") is None
    assert robots.crawl_delay("b") == 2


def test_only_whole_lines_of_the_first_500_kib_count():
    start = b"user-agent: *\ndisallow: /a\n"
    filler = b"#" * (MAX_BYTES - len(start) - 1 - len(b"disallow: /b\n")) + b"\n"
    whole = start + filler + b"disallow: /b\n"
    assert len(whole) == MAX_BYTES
    for body in (whole, whole + b"disallow: /c\n", whole[:-1] + b"c\n", whole[:-1] + b"\r\nx"):
        assert not allows(body, "/a")
        assert allows(body, "/c")
    assert not allows(whole + b"disallow: /c\n", "/b")
    assert allows(whole[:-1] + b"c\n", "/b")
    assert allows(b"disallow: /a" * MAX_BYTES, "/a")
    assert not parse(whole + b"disallow: /c\n", 2 * MAX_BYTES).allows("crawler", f"{SITE}/c")


@pytest.mark.parametrize("status", [200, 204, 301, 401, 404, 410])
def test_an_answer_without_rules_allows_everything(status):
    assert verdict(status, b"").allows("crawler", f"{SITE}/x")


@pytest.mark.parametrize("status", [429, 500, 503, 599, 100, None])
def test_a_server_in_trouble_forbids_everything(status):
    assert not verdict(status, b"user-agent: *\nallow: /").allows("crawler", f"{SITE}/x")


def test_a_body_counts_only_with_success():
    forbid = b"user-agent: *\ndisallow: /\n"
    assert not verdict(200, forbid).allows("crawler", SITE)
    assert verdict(404, forbid).allows("crawler", SITE)
    assert ALLOW_ALL.allows("crawler", SITE)
    assert ALLOW_ALL.sitemaps == []
    assert ALLOW_ALL.crawl_delay("crawler") is None


lines = st.lists(
    st.one_of(
        st.sampled_from(
            [b"user-agent: *", b"allow: /", b"disallow: /*a*b$", b"crawl-delay: 1e9", b"\xef\xbb"]
        ),
        st.binary(max_size=24),
    ),
    max_size=12,
)


@given(lines, st.sampled_from([b"\n", b"\r", b"\r\n"]), st.text(max_size=12), st.text(max_size=20))
def test_no_bytes_make_it_raise(parts, end, agent, path):
    robots = parse(end.join(parts))
    assert robots.allows(agent, SITE + path) in (True, False)
    robots.crawl_delay(agent)
    assert isinstance(robots.sitemaps, list)


@given(
    st.text(alphabet="ab*$/", max_size=10).map("/".__add__),
    st.text(alphabet="ab$/", max_size=12).map("/".__add__),
)
def test_wildcards_mean_what_a_regular_expression_would(pattern, path):
    anchored = pattern.endswith("$")
    middle = pattern.removesuffix("$").split("*")
    expression = ".*".join(re.escape(part) for part in middle) + (r"\Z" if anchored else "")
    matches = re.match(expression, path) is not None
    assert allows(rules(f"disallow: {pattern}"), path) is not matches


@pytest.mark.parametrize(
    "body",
    [
        b"user-agent: *\ndisallow: /" + b"*a" * 200_000 + b"b\n",
        b"user-agent: *\ndisallow: /" + b"*" * 400_000 + b"b$\n",
        b"user-agent: crawler\n" * 12_000 + b"disallow: /x\n" * 18_000,
        b"user-agent: crawler\ndisallow: /x\n" * 14_000,
        rules("disallow: /x").encode() + b"\nsitemap: /" * 40_000,
    ],
)
def test_hostile_files_cost_no_more_than_a_moment(body):
    before = time.process_time()
    robots = parse(body)
    for _ in range(3):
        assert robots.allows("crawler", f"{SITE}/{'a' * 5000}")
    # About 50 ms; what explodes would take minutes.
    assert time.process_time() - before < 5


# -- which rule it was -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "path", "rule"),
    [
        (rules("Disallow: /"), "/", (2, "Disallow: /", True)),
        ("\ufeffuser-agent: *\r\n\r\n# x\r\ndisallow:/*  # go", "/x", (4, "disallow:/*  # go", True)),
        (rules("Disallow: /", "Allow: /open"), "/", (2, "Disallow: /", False)),
        (rules("Disallow: /", "Allow: /open"), "/open/x", None),
        (
            rules("Disallow: /a", "Disallow: /a/b*c", "Disallow: /a/b"),
            "/a/bxc",
            (3, "Disallow: /a/b*c", False),
        ),
        (rules("Disallow: /a$", "Disallow: /a"), "/a", (2, "Disallow: /a$", False)),
        (rules("Disallow: /", "", "User-agent: crawler", "Disallow: /x"), "/x/y", (5, "Disallow: /x", False)),
        (rules("User-agent: crawler", "Allow: /", "Disallow: /%7Ea"), "/~a", (4, "Disallow: /%7Ea", False)),
        (rules("Disallow:"), "/", None),
    ],
)
def test_the_rule_that_forbids_is_named_with_its_line(text, path, rule):
    assert forbidding(text.encode(), "crawler/1.0", SITE + path) == rule


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Allow", "Disallow", "User-agent", "Crawl-delay", "#", ""]),
            st.sampled_from(["/", "/a", "/a*", "/*b$", "*", "/ab", "crawler", "1", ""]),
        ),
        max_size=12,
    ),
    st.sampled_from(["/", "/a", "/ab", "/xb", "/b/a"]),
)
def test_a_rule_is_named_exactly_where_a_url_is_forbidden_and_alone_it_forbids_too(lines, path):
    body = "\n".join(["user-agent: *", *(f"{key}: {value}" for key, value in lines)]).encode()
    found = forbidding(body, "crawler", SITE + path)
    assert (found is None) == parse(body).allows("crawler", SITE + path)
    if found is not None:
        assert body.splitlines()[found.line - 1].decode().strip() == found.text
        assert not allows(rules(found.text), path)
