"""One page under the glass, from servers that are well and from some that are not."""

import asyncio
import gzip
import importlib.util
import io
import json
import ssl
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from rich.console import Console

from crawler.cli.app import main
from crawler.config import Config
from crawler.engine.stations import parse_job
from crawler.model.errors import ExtractError, UsageError
from crawler.model.messages import Page, Ticket
from crawler.model.outcomes import Kind, Outcome
from crawler.parse.work import Parser
from crawler.rules.scope import Scopes
from crawler.view.inspect.inspecting import inspect
from crawler.view.inspect.inspection import Inspection
from crawler.view.inspect.page_words import SHOWN
from crawler.view.inspect.words import show
from tests.stations.fetch_servers import Answer, Served, by_target, byte_server, ok

ROBOTS = b"User-agent: other\nDisallow: /\n\nUser-agent: *\nDisallow: /private\nAllow: /private/open\n"


async def looked_at(url: str, depth: int = 0, **keys: Any) -> Inspection:
    """In a thread, since the servers of these tests have this loop."""
    keys.setdefault("fetch", {}).setdefault("timeout", 10)
    return await asyncio.to_thread(inspect, url, Config(**keys), depth)


def told(seen: Inspection, width: int = 200, **how: Any) -> str:
    """All that is printed of it."""
    console = Console(file=io.StringIO(), width=width)
    show(seen, console, **how)
    return cast("io.StringIO", console.file).getvalue()


def to(location: str, more: str = "") -> bytes:
    return ok(b"", f"Location: {location}\r\n{more}", "301 Moved Permanently")


PAGE = b"""<!doctype html><title>A  page</title>
<base href="/deep/"><a href=one>One</a> <a href="http://elsewhere.example/">far</a>
<a href="mailto:me@x.example">mail</a> <a rel=nofollow href=/no>no</a> <a href="http://[">bad</a>
<img src=/a.png> <img src="http://elsewhere.example/b.png"><a href="/skip/me">skipped</a>"""


@pytest.mark.parametrize("backend", ["aiohttp", "httpx"])
async def test_each_decision_about_a_page_is_told(backend: str):
    if backend == "httpx":
        pytest.importorskip("httpx", reason="not installed: httpx")
    pages = {"/robots.txt": ok(ROBOTS, "Content-Type: text/plain\r\n"), "/p": ok(PAGE)}
    async with byte_server(by_target(pages)) as served:
        seen = await looked_at(f"{served.url}/p#x", scope={"exclude": ["/skip/"]}, fetch={"backend": backend})
    assert served.targets == ["/robots.txt", "/p"]
    assert seen.is_ok
    assert seen.page is not None
    assert seen.record is not None
    (one,) = seen.way
    assert one.scope.is_seed
    assert one.scope.in_scope
    assert one.robots is not None
    assert (one.robots.agent, one.robots.allowed) == ("*", True)
    assert [(address.address, address.allowed) for address in one.addresses] == [("127.0.0.1", True)]
    asked = one.requests[-1]
    assert (asked.status, asked.peer, asked.bytes_received) == (200, "127.0.0.1", len(PAGE))
    assert ("User-Agent", seen.user_agent) in asked.request_headers
    assert seen.changes == ["the fragment #x is left out: it is never sent"]
    page = seen.page
    assert (page.title, page.charset, page.charset_by) == ("A page", "windows-1252", "default")
    assert page.base == f"{served.url}/deep/"
    assert [(link.href, link.verdict, link.line, link.column) for link in page.links] == [
        ("one", "follow", 2, 24),
        ("http://elsewhere.example/", "out of scope", 2, 44),
        ("mailto:me@x.example", "not http", 3, 4),
        ("/no", "nofollow", 3, 56),
        ("http://[", "malformed", 3, 75),
        ("/a.png", "asset", 4, 6),
        ("http://elsewhere.example/b.png", "external", 4, 23),
        ("/skip/me", "out of scope", 4, 63),
    ]
    assert page.links[-1].reason == "the exclude pattern /skip/ is found in it"
    assert {step.name for step in seen.steps} >= {"serialise the URL", "ask for robots.txt", "parse"}
    words = told(seen)
    for line in ("User-agent: * is meant for us", "allowed: no rule matches", "1 asset", "2:24  follow"):
        assert line in words
    narrow = told(seen, width=60)
    assert f"{served.url}/a.png" in narrow, "the source of a link leaves no room for its URL"
    assert "img src" in narrow


async def test_the_links_followed_are_those_that_a_crawl_follows():
    async with byte_server(by_target({"/p": ok(PAGE)})) as served:
        seen = await looked_at(f"{served.url}/p", scope={"exclude": ["/skip/"]})
    config = Config(seeds=[f"{served.url}/p"], scope={"exclude": ["/skip/"]})
    page = Page(Ticket(1, f"{served.url}/p", 1, 0), 200, (), (PAGE,), None, len(PAGE), "text/html", 0.0, 0.1)
    finished = Parser(parse_job(config, Scopes.of_crawl(config), 0)).parse(page)
    followed = finished.links[0].urls.decode().splitlines()
    assert seen.page is not None
    assert [link.url for link in seen.page.links if link.verdict == "follow"] == followed


@pytest.mark.parametrize(
    ("target", "allowed", "line", "text"),
    [
        ("/private/x", False, 5, "Disallow: /private"),
        ("/private/open", True, 6, "Allow: /private/open"),
        ("/else", True, None, None),
    ],
)
async def test_the_line_of_robots_that_decides(
    target: str, allowed: bool, line: int | None, text: str | None
):
    pages = {"/robots.txt": ok(ROBOTS), target: ok()}
    async with byte_server(by_target(pages)) as served:
        seen = await looked_at(served.url + target)
    robots = seen.way[0].robots
    assert robots is not None
    assert (robots.allowed, robots.line, robots.text) == (allowed, line, text)
    assert served.targets == ["/robots.txt", *[target] * allowed]
    if not allowed:
        assert (seen.outcome, seen.kind) == (Outcome.SKIPPED, Kind.ROBOTS)
        assert f"forbidden by line 5: {text}" in told(seen)
        assert any("--ignore-robots" in line for line in seen.advice)


async def test_robots_are_not_asked_for_where_they_are_not_obeyed():
    async with byte_server(by_target({"/private": ok()})) as served:
        seen = await looked_at(f"{served.url}/private", robots={"obey": False})
    assert seen.is_ok
    assert served.targets == ["/private"]
    assert "not obeyed (robots.obey = false)" in told(seen)


async def test_redirects_are_followed_to_their_end():
    pages = {"/a": to("/b"), "/b": to("/c#part"), "/c": ok(b"<title>End</title>")}
    async with byte_server(by_target(pages)) as served:
        seen = await looked_at(f"{served.url}/a")
    assert [one.url for one in seen.way] == [f"{served.url}{path}" for path in ("/a", "/b", "/c")]
    assert seen.is_ok
    assert seen.record is not None
    assert [hop.location for hop in seen.record.redirects] == ["/b", "/c#part"]
    words = told(seen)
    assert f"redirect    to {served.url}/b" in words
    assert "a URL of its own to a crawl" in words


async def test_redirects_end_where_a_crawl_would_end_them():
    pages = {
        "/a": to("/b"),
        "/b": to("/a"),
        "/out": to("http://elsewhere.example/"),
        "/1": to("/2"),
        "/2": to("/3"),
    }
    async with byte_server(by_target(pages)) as served:
        loop = await looked_at(f"{served.url}/a")
        out = await looked_at(f"{served.url}/out")
        many = await looked_at(f"{served.url}/1", fetch={"max_redirects": 1})
    assert [seen.kind for seen in (loop, out, many)] == [
        Kind.REDIRECT_LOOP, Kind.OUT_OF_SCOPE, Kind.TOO_MANY_REDIRECTS,
    ]  # fmt: skip
    assert not any(seen.is_ok for seen in (loop, out, many))
    assert any("session.cookies" in line for line in loop.advice)
    assert any("scope.origins" in line for line in out.advice)
    assert many.advice == ["--max-redirects is 1"]


async def test_nobody_is_asked_what_is_out_of_scope():
    async with byte_server(by_target({})) as served:
        seen = await looked_at(f"{served.url}/x", seeds=["http://elsewhere.example/"])
    assert served.targets == []
    assert (seen.outcome, seen.is_ok) == (None, False)
    assert f"scope.origins={served.url} takes" in seen.advice[0]
    assert "out of it" in told(seen)


async def test_a_seed_is_asked_for_although_a_link_to_it_is_not_followed():
    async with byte_server(by_target({"/x": ok()})) as served:
        seen = await looked_at(f"{served.url}/x", scope={"include": ["/blog/"]})
    assert seen.is_ok
    assert "a seed, so it is asked for; a link to it would not be followed" in told(seen)


async def test_what_is_coded_and_in_which_charset():
    body = "<meta charset=iso-8859-5><p>ж".encode("iso-8859-5")
    coded = gzip.compress(body)
    late = b"<!--" + b" " * 2_000 + b"--><meta charset=koi8-r>"
    pages = {
        "/gz": ok(coded, "Content-Encoding: gzip\r\n"),
        "/late": ok(late),
        "/mark": ok(b"\xef\xbb\xbf<p>x"),
        "/guess": ok("<p>é".encode()),
    }
    async with byte_server(by_target(pages)) as served:
        seen = [await looked_at(served.url + target) for target in pages]
    assert [(one.page.charset, one.page.charset_by) for one in seen if one.page] == [
        ("ISO-8859-5", "declaration in the page"),
        ("KOI8-R", "declaration in the page"),
        ("UTF-8", "byte-order mark"),
        ("UTF-8", "its bytes are UTF-8"),
    ]
    assert seen[0].page is not None
    assert seen[0].page.content_encoding == ["gzip"]
    assert (seen[0].page.bytes, seen[0].way[0].requests[-1].bytes_received) == (len(body), len(coded))


async def test_a_body_that_is_cut_is_a_page_all_the_same():
    async with byte_server(by_target({"/": ok(b"<p>" + b"x" * 10_000)})) as served:
        seen = await looked_at(f"{served.url}/", fetch={"max_body": 1_000})
    assert seen.is_ok
    assert (seen.outcome, seen.kind) == (Outcome.TRUNCATED, Kind.TOO_LARGE)
    assert seen.page is not None
    assert seen.page.bytes == 1_000
    assert "--max-body is 1,000 bytes" in seen.advice


async def hang(_served: Served, _head: str, _writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (ok(b"", status="404 Not Found"), Kind.HTTP_STATUS, "404 (Not Found)"),
        (ok(b"", status="503 Busy"), Kind.HTTP_STATUS, "up to 3 times more"),
        (ok(b"", status="429 Too Many"), Kind.HTTP_STATUS, "up to 3 times more"),
        (ok(b"x", "Content-Type: image/png\r\n"), Kind.CONTENT_TYPE, "fetch.content_types"),
        (ok(b"not gzip", "Content-Encoding: gzip\r\n"), Kind.ENCODING, "cannot be decoded"),
        (b"nonsense\r\n\r\n", Kind.FRAMING, "not valid HTTP"),
        (hang, Kind.TIMEOUT, "--timeout is 0.2 s"),
    ],
)
async def test_failures_are_decisions_too(answer: Answer | bytes, kind: Kind, words: str):
    async with byte_server(answer) as served:
        seen = await looked_at(f"{served.url}/", robots={"obey": False}, fetch={"timeout": 0.2})
    assert seen.kind is kind
    assert not seen.is_ok
    assert words in told(seen)
    assert "Traceback" not in told(seen)


async def test_names_and_addresses_that_lead_nowhere():
    nowhere = await looked_at("http://no-such-name.invalid/")
    assert nowhere.kind is Kind.DNS
    assert nowhere.way[0].addresses_failed is not None
    assert any("spelt right" in line for line in nowhere.advice)
    closed = await looked_at("http://127.0.0.1:1/")
    assert closed.kind is Kind.CONNECT
    assert closed.way[0].is_retried
    pages = {"/": to("http://127.0.0.1:1/x")}
    async with byte_server(by_target(pages)) as served:
        # A redirect may lead to this machine's other servers only where the user's settings name them.
        seen = await looked_at(f"{served.url}/", scope={"origins": ["http://127.0.0.1:1"]})
    assert [one.url for one in seen.way][1:] == ["http://127.0.0.1:1/x"]


async def test_robots_that_lead_to_a_forbidden_address_forbid_everything():
    pages = {"/robots.txt": to("http://127.0.0.1:1/robots.txt"), "/": ok()}
    async with byte_server(by_target(pages)) as served:
        seen = await looked_at(f"{served.url}/")
    assert seen.kind is Kind.FORBIDDEN_ADDRESS
    assert [(asked.purpose, asked.status) for asked in seen.way[0].requests] == [
        ("robots.txt", 301),
        ("robots.txt", None),
    ]
    assert seen.advice[0].startswith("--set fetch.allow_addresses=127.0.0.1 lets")
    assert "loopback: your settings name it" in told(seen)


async def test_what_is_no_seed_of_the_settings_is_not_connected_to():
    seen = await looked_at("http://127.0.0.1:1/x", seeds=["http://localhost:1/"], scope={"origins": []})
    assert seen.outcome is None  # it is another origin
    async with byte_server(by_target({"/": ok()})) as served:
        url = served.url.replace("127.0.0.1", "localhost")
        seen = await looked_at(f"{url}/", seeds=["http://example.invalid/"])
    assert seen.outcome is None
    assert served.connections == 0


async def gate(_served: Served, head: str, writer: asyncio.StreamWriter) -> None:
    """A page that is there for whoever has been at the gate, which sets a cookie."""
    if " /gate " in head:
        writer.write(to("/page", "Set-Cookie: seen=1\r\n"))
    elif " /page " in head and "seen=1" not in head:
        writer.write(to("/gate"))
    else:
        writer.write(ok(b"<title>Behind</title>"))
    await writer.drain()


async def test_a_page_behind_a_gate_is_seen_as_a_crawl_sees_it():
    async with byte_server(gate) as served:
        without = await looked_at(f"{served.url}/page")
        seen = await looked_at(f"{served.url}/page", session={"cookies": True})
    assert without.kind is Kind.REDIRECT_LOOP
    assert seen.is_ok
    assert seen.page is not None
    assert seen.page.title == "Behind"
    assert [asked.status for asked in seen.way[-1].requests] == [301, 200]
    assert "by redirects that set a cookie" in told(seen)


async def test_a_proxy_looks_hosts_up():
    page = ok(b"<title>By proxy</title>")
    async with byte_server(by_target({"http://far.example/": page})) as served:
        seen = await looked_at("http://far.example/", robots={"obey": False}, fetch={"proxy": served.url})
    assert seen.is_ok
    assert seen.way[0].addresses == []
    assert f"{served.url} is asked instead" in told(seen)


@pytest.mark.skipif(importlib.util.find_spec("trustme") is None, reason="not installed: trustme")
@pytest.mark.parametrize("backend", ["aiohttp", "httpx"])
async def test_certificates_are_told(tmp_path: Path, backend: str):
    import trustme

    if backend == "httpx":
        pytest.importorskip("httpx", reason="not installed: httpx")

    authority = trustme.CA(organization_name="Our own")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    async with byte_server(by_target({"/": ok()}), ssl=context) as served:
        wrong = await looked_at(f"{served.url}/", fetch={"backend": backend})
        trusted = {"ca_file": str(tmp_path / "ca.pem"), "backend": backend}
        right = await looked_at(f"{served.url}/", fetch=trusted)
        anyway = await looked_at(f"{served.url}/", fetch={"verify_tls": False, "backend": backend})
    assert wrong.kind is Kind.TLS
    assert any("fetch.ca_file" in line for line in wrong.advice)
    tls = right.way[0].requests[-1].tls
    assert tls is not None
    assert tls.verified
    assert tls.version in ("TLSv1.2", "TLSv1.3")
    assert tls.certificate_ends is not None
    assert tls.issuer == "Our own"
    assert "any certificate is trusted" in told(anyway)


async def test_what_the_extract_function_returns_or_where_it_fails():
    async with byte_server(by_target({"/": ok(b"<title>T</title>")})) as served:
        well = await looked_at(f"{served.url}/", parse={"extract": "tests.view.extracts:titled"})
        ill = await looked_at(f"{served.url}/", parse={"extract": "tests.view.extracts:failing"})
        with pytest.raises(ExtractError, match="there is no module"):
            await looked_at(f"{served.url}/", parse={"extract": "no.such:thing"})
    assert well.page is not None
    assert well.page.extract is not None
    assert ill.page is not None
    assert json.loads(bytes(well.page.extract.returned or b"")) == {"title": "T"}
    assert well.steps[-1].name == "parse and extract"
    assert ill.is_ok
    assert ill.page.extract is not None
    error = ill.page.extract.error or ""
    assert error.endswith(f"LookupError: no price on {served.url}/")
    assert 'tests/view/extracts.py", line 15, in failing' in error
    assert "page_seen.py" not in error
    assert "LookupError" in told(ill)


async def test_secrets_are_sent_and_not_shown(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SECRET_COOKIE", "hush")
    answer = ok(headers="Set-Cookie: id=whisper; Path=/\r\n")
    async with byte_server(by_target({"/": answer})) as served:
        seen = await looked_at(
            f"{served.url.replace('//', '//user:mumble@')}/",
            session={"send_cookies": ["id=${SECRET_COOKIE}"], "headers": ["X-Key: hiss"]},
        )
    assert "Cookie: id=hush" in served.heads[-1]
    assert "X-Key: hiss" in served.heads[-1]
    assert "Authorization: Basic" in served.heads[-1]
    written = msgspec.json.encode(seen).decode() + told(seen)
    for secret in ("hush", "hiss", "whisper", "mumble", "Basic"):
        assert secret not in written
    assert seen.given == f"{served.url.replace('//', '//***@')}/"


async def test_it_is_as_polite_as_a_crawl():
    robots = ok(b"User-agent: *\nCrawl-delay: 0.2\n")
    async with byte_server(by_target({"/robots.txt": robots, "/": to("/b"), "/b": ok()})) as served:
        slow = await looked_at(f"{served.url}/")
        soon = await looked_at(f"{served.url}/", politeness={"max_crawl_delay": 0})
    assert slow.way[0].robots is not None
    assert slow.way[0].robots.crawl_delay == 0.2
    assert min(one.waited_us for one in slow.way) > 150_000
    assert max(one.waited_us for one in soon.way) < 100_000
    assert "Crawl-delay: 0.2 s between two requests" in told(slow)
    assert "waited 0.2 s for its turn" in told(slow)


async def test_depth_and_directives_decide_about_links():
    body = b"<meta name=robots content=nofollow><a href=/x>x</a>"
    tagged = ok(b"<a href=/x>x</a>", "X-Robots-Tag: nofollow\r\n")
    async with byte_server(
        by_target({"/deep": ok(b"<a href=/x>x</a>"), "/meta": ok(body), "/tag": tagged})
    ) as served:
        deep = await looked_at(f"{served.url}/deep", 2, scope={"max_depth": 2})
        meta = await looked_at(f"{served.url}/meta")
        tag = await looked_at(f"{served.url}/tag")
    links = [seen.page.links[0] for seen in (deep, meta, tag) if seen.page]
    assert [(link.verdict, link.reason) for link in links] == [
        ("too deep", "the page is at depth 2 of 2"),
        ("nofollow", "meta robots says so of the whole page"),
        ("nofollow", "X-Robots-Tag says so of the whole page"),
    ]


async def test_a_page_beyond_the_depth_limit_is_not_asked_for(capsys: pytest.CaptureFixture[str]):
    async with byte_server(by_target({"/p": ok()})) as served:
        url = f"{served.url}/p"
        # It is deep, and so no seed, whoever names it.
        seen = await looked_at(url, 3, scope={"max_depth": 2})
        at_the_limit = await looked_at(url, 2, scope={"max_depth": 2})
        code = await asyncio.to_thread(main, ["inspect", url, "--depth", "3", "--max-depth", "2"])
    assert served.targets == ["/robots.txt", "/p"]
    assert (seen.outcome, seen.is_ok, seen.way[0].scope.key) == (None, False, "scope.max_depth")
    assert seen.advice == ["a higher --max-depth takes it in"]
    assert "too deep: it is 3 links away from a seed, and the crawl goes no further than 2" in told(seen)
    assert "a seed; and" not in told(at_the_limit)
    assert at_the_limit.is_ok
    assert code == 3
    assert "it is too deep" in capsys.readouterr().out


async def test_long_lists_are_cut_unless_all_is_asked_for():
    body = b"".join(b"<a href=/%d>x</a>" % number for number in range(SHOWN + 5))
    async with byte_server(by_target({"/": ok(body)})) as served:
        seen = await looked_at(f"{served.url}/")
    assert "and 5 more: --all" in told(seen)
    assert f"{served.url}/{SHOWN + 4}" in told(seen, most_links=None)
    assert f"{served.url}/{SHOWN + 4}" in msgspec.json.encode(seen).decode()


async def test_control_characters_of_a_server_do_not_reach_the_terminal():
    async with byte_server(
        by_target({"/": ok(b"<title>a\x1b[31mb</title>", "X-Odd: \x1b[2J\r\n")})
    ) as served:
        seen = await looked_at(f"{served.url}/")
    assert "\x1b" not in told(seen)


def test_what_is_no_url_is_refused(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(UsageError, match="is not an absolute"):
        inspect("mailto:x", Config())
    assert main(["inspect", "example.com"]) == 2
    assert main(["inspect", "http://me:secret@[/"]) == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert "secret" not in said


async def test_the_command_tells_it_in_json(capsys: pytest.CaptureFixture[str]):
    async with byte_server(by_target({"/": ok(b"<a href=/x>x</a>")})) as served:
        code = await asyncio.to_thread(main, ["inspect", f"{served.url}/", "--json"])
        found = json.loads(capsys.readouterr().out)
        missing = await asyncio.to_thread(main, ["inspect", f"{served.url}/none"])
    assert (code, missing) == (0, 3)
    assert found["outcome"] == "ok"
    assert found["page"]["links"][0]["verdict"] == "follow"
    assert found["record"]["url"] == f"{served.url}/"
