"""What goes out on the wire and how what comes in is read."""

import pytest

from crawler.fetch.wire import as_head, as_parts, as_received, header_lines, merged
from crawler.model.outcomes import Outcome
from tests.stations.fetch_servers import always, by_target, byte_server, ok, rig


@pytest.mark.parametrize(
    "target",
    ["/", "/?", "/a?", "/a??", "/a%2Fb%41?c=%zz&d=+%20", "//a//b", "/a|b[c]^`?x=|[]^`", "/;a,b=~'()*!$@:"],
)
async def test_not_one_character_of_a_url_changes(tmp_path, target):
    async with byte_server(always(ok())) as served, rig(tmp_path, served.url) as fetching:
        await fetching.page(served.url + target)
        assert served.targets == [target]


async def test_what_is_sent_along(tmp_path, kept):
    async with (
        byte_server(by_target({"/": ok(headers="Set-Cookie: a=b\r\n")})) as served,
        rig(tmp_path, served.url, user_agent="tester/1.0 (+http://me.test/)") as fetching,
    ):
        for _ in range(2):
            await fetching.page(f"{served.url}/")
        for head in served.heads:
            assert head.startswith("GET / HTTP/1.1\r\n")
            assert f"Host: {served.url.removeprefix('http://')}\r\n" in head
            assert "User-Agent: tester/1.0 (+http://me.test/)\r\n" in head
            assert "Accept: text/html" in head
            assert "Cookie" not in head
            assert "Referer" not in head
        assert served.connections == (1 if kept else 2)


async def test_no_page_is_asked_for_on_a_connection_that_has_switched_protocols(tmp_path):
    switched = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"
    site = by_target({"/switch": switched, "/": ok()})
    async with byte_server(site) as served, rig(tmp_path, served.url) as fetching:
        line = await fetching.ended(f"{served.url}/switch")
        assert line.outcome is Outcome.ERROR
        assert line.status in (101, None)  # one library takes it for no answer at all
        assert (await fetching.page(f"{served.url}/")).status == 200
        assert served.connections == 2


@pytest.mark.parametrize("user_info", ["me:secret", "me", "a%40b:c%3Ad"])
async def test_a_url_s_user_and_password_are_not_sent(tmp_path, user_info):
    """Those of seeds are taken out before, and those of links are not for their page to choose."""
    async with byte_server(always(ok())) as served, rig(tmp_path, served.url) as fetching:
        await fetching.page(served.url.replace("//", f"//{user_info}@") + "/a?b@c")
        assert "Authorization" not in served.heads[0]
        assert f"Host: {served.url.removeprefix('http://')}\r\n" in served.heads[0]
        assert served.targets == ["/a?b@c"]


async def test_proxy_settings_of_the_environment_are_not_read(tmp_path, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/")
    async with byte_server(always(ok())) as served, rig(tmp_path, served.url) as fetching:
        # Would catch a session that trusts them: nobody listens at that proxy, so this would be no page.
        await fetching.page(f"{served.url}/")


def test_header_bytes_become_text():
    assert as_received([(b"X-A", "ü".encode()), (b"X-A", b"\xfc")]) == (("x-a", "ü"), ("x-a", "ü"))
    assert as_received([(b"Location", b"/\xfc?\xc3\xbc")]) == (("location", "/%FC?%C3%BC"),)
    assert as_received([(b"Location", "/ü".encode())]) == (("location", "/ü"),)


@pytest.mark.parametrize(
    ("url", "origin", "target"),
    [
        ("http://h", "http://h", b"/"),
        ("http://h?a@b", "http://h", b"/?a@b"),
        ("https://[::1]:8/a?b/c", "https://[::1]:8", b"/a?b/c"),
        ("http://u:p@h:8/@", "http://h:8", b"/@"),
    ],
)
def test_a_url_comes_apart_without_a_change(url, origin, target):
    assert as_parts(url) == (origin, target)


def test_headers_are_one_line_each_and_given_ones_replace_our_own():
    own = {"Host": "h:8", "User-Agent": "me", "Accept": "*/*"}
    assert header_lines(own) == b"Host: h:8\r\nUser-Agent: me\r\nAccept: */*\r\n\r\n"
    assert header_lines(merged(own, {"user-agent": "you", "X-Y": "z"})) == (
        b"Host: h:8\r\nAccept: */*\r\nuser-agent: you\r\nX-Y: z\r\n\r\n"
    )


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "a\rb", "a\0"])
def test_a_header_cannot_begin_another(value):
    with pytest.raises(ValueError, match="line break"):
        header_lines({"Cookie": value})


def test_no_field_of_a_head_ends_its_line():
    """HTTP/2 can say what HTTP/1.1 cannot; an archive's reader would take it for fields, or the body."""
    head = as_head(b"HTTP/1.1 200 ", [(b"a", b"1\r\n\r\n<p>"), (b"b\n", b"2\x00\xff")])
    assert head == b"HTTP/1.1 200 \r\na: 1    <p>\r\nb : 2 \xff\r\n\r\n"
    assert as_head(b"GET / HTTP/1.1", []) == b"GET / HTTP/1.1\r\n\r\n"
