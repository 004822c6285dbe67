"""Long heads, heads that leave in doubt where the body ends, and names that not everybody takes for one."""

import asyncio
import gzip
import importlib.util
import ssl

import pytest

from crawler.model.outcomes import Kind, Outcome
from tests.stations.fetch_servers import always, byte_server, ok, rig, robots_site

if importlib.util.find_spec("trustme") is None:
    pytest.skip("not installed: trustme", allow_module_level=True)

import trustme

BODY = b"<p>hello"
ZIPPED = gzip.compress(BODY)
LOOPBACK = {"allow_addresses": ["127.0.0.0/8"], "timeout": 20}


def chunked(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


def sized(lines: str, body: bytes = BODY) -> bytes:
    """An answer with these header lines, and a length among them."""
    return ok(body, lines)


def unsized(lines: str, body: bytes = BODY) -> bytes:
    """An answer that these header lines alone say the length of, if anything does."""
    return f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{lines}\r\n".encode() + body


LONG = {
    "a line of 8,200 bytes": f"X-Long: {'x' * 8_200}\r\n",
    "a line of 65,000 bytes": f"X-Long: {'x' * 65_000}\r\n",
    "a name of 8,200 bytes": f"{'X' * 8_200}: 1\r\n",
    "five lines of 65,000 bytes": f"X-Long: {'x' * 65_000}\r\n" * 5,
    "131 lines": "X-Many: 1\r\n" * 131,
    "990 lines": "X-Many: 1\r\n" * 990,
    "a cookie of 60,000 bytes": f"Set-Cookie: a={'x' * 60_000}; Path=/\r\n",
}


@pytest.mark.parametrize("lines", LONG.values(), ids=LONG)
async def test_long_heads_are_read(tmp_path, lines):
    async with byte_server(always(sized(lines))) as served, rig(tmp_path, served.url, timeout=20) as fetching:
        page = await fetching.page(f"{served.url}/")
        assert page.body == BODY
        assert len(page.headers) == 2 + lines.count("\r\n")
        name, _, value = lines.partition("\r\n")[0].partition(": ")
        assert (name.lower(), value) in page.headers


@pytest.mark.parametrize("lines", LONG.values(), ids=LONG)
async def test_long_heads_of_robots_txt_are_read(tmp_path, lines):
    robots = ok(b"User-agent: *\nDisallow: /private\n", lines)
    async with robots_site(tmp_path, robots) as (served, fetching):
        await fetching.page(f"{served.url}/")
        assert (await fetching.ended(f"{served.url}/private")).kind is Kind.ROBOTS


TOO_LONG = {
    "a longer line": (f"X-Long: {'x' * 66_000}\r\n", "'X-Long: xxx"),
    "more lines": ("X-Many: 1\r\n" * 1_001, "it has more than 1000 header lines"),
    "a longer head": (f"X-Long: {'x' * 65_000}\r\n" * 9, "longer than 524288 bytes"),
    "a longer status line": ("", "has more than 65536 bytes"),
}


@pytest.mark.parametrize("name", TOO_LONG)
async def test_longer_ones_are_refused_in_words(tmp_path, name):
    lines, words = TOO_LONG[name]
    answer = sized(lines)
    if name == "a longer status line":
        answer = answer.replace(b"OK", b"x" * 66_000, 1)
    async with byte_server(answer) as served, rig(tmp_path, served.url, timeout=20, retries=1) as fetching:
        line = await fetching.ended(f"{served.url}/")
        assert (line.outcome, line.kind) == (Outcome.ERROR, Kind.FRAMING)
        assert words in str(line.message)


IN_DOUBT = {
    "Transfer-Encoding: gzip, chunked": unsized("Transfer-Encoding: gzip, chunked\r\n", chunked(ZIPPED)),
    "Transfer-Encoding: gzip": unsized("Transfer-Encoding: gzip\r\n", ZIPPED),
    "Transfer-Encoding: Deflate": unsized(
        "Transfer-Encoding: Deflate\r\nTransfer-Encoding: chunked\r\n", chunked(ZIPPED)
    ),
    "Transfer-Encoding: identity": unsized("Transfer-Encoding: identity\r\n"),
    "Transfer-Encoding: x-gzip": sized("Transfer-Encoding: x-gzip\r\n", ZIPPED),
    "Transfer-Encoding: chunked, chunked": unsized("Transfer-Encoding: chunked, chunked\r\n", chunked(BODY)),
    "Transfer-Encoding: chunked": unsized("Transfer-Encoding: chunked\r\n" * 2, chunked(BODY)),
    "Transfer-Encoding: chunked, gzip": unsized("Transfer-Encoding: chunked, gzip\r\n", chunked(ZIPPED)),
    "Transfer-Encoding: chunked;q=1": unsized("Transfer-Encoding: chunked;q=1\r\n", chunked(BODY)),
    "Transfer-Encoding: none": unsized("Transfer-Encoding: none\r\n"),
    "Content-Length: 8": sized("Content-Length: 8\r\n"),
    "Content-Length: 9": sized("Content-Length: 9\r\n"),
    "Content-Length: 8, 8": unsized("Content-Length: 8, 8\r\n"),
    "Content-Length: 8, 9": unsized("Content-Length: 8, 9\r\n"),
    "Content-Length: +8": unsized("Content-Length: +8\r\n"),
    "Content-Length: 0x8": unsized("Content-Length: 0x8\r\n"),
    f"Content-Length: {'9' * 30}": unsized(f"Content-Length: {'9' * 30}\r\n"),
    "content-length: 10": unsized("content-length: 10\r\nTransfer-Encoding: chunked\r\n", chunked(BODY)),
    "P3P : x": sized("P3P : x\r\n"),
    "X Frame: 1": sized("X Frame: 1\r\n"),
    "this is no header": sized("this is no header\r\n"),
    "<html>": sized("<html>\r\n"),
    ": nameless": sized(": nameless\r\n"),
    "HTTP/1.1 200 OK": sized("HTTP/1.1 200 OK\r\n"),
    "Content(Type): x": sized("Content(Type): x\r\n"),
    "Schlüssel: 1": sized("Schlüssel: 1\r\n"),
}
"""By the line that must be named."""


@pytest.mark.parametrize("split", [False, True], ids=["whole", "split"])
@pytest.mark.parametrize("named", IN_DOUBT)
async def test_what_leaves_the_end_in_doubt_is_refused_with_its_line(tmp_path, named, split):
    answer = IN_DOUBT[named]

    async def send(_served, _head, writer):
        # In two pieces, of which the first ends at the end of the line, or all at once.
        place = answer.index(named.encode()) + len(named.encode()) + 2
        if split:
            writer.write(answer[:place])
            await writer.drain()
            await asyncio.sleep(0.02)
            writer.write(answer[place:])
        else:
            writer.write(answer)
        writer.close()

    async with byte_server(send) as served, rig(tmp_path, served.url, timeout=20, retries=1) as fetching:
        line = await fetching.ended(f"{served.url}/")
        assert (line.outcome, line.kind, line.attempts) == (Outcome.ERROR, Kind.FRAMING, 1)
        assert f"'{named}'" in str(line.message)
        assert "The answer is not valid HTTP: " in str(line.message)


async def test_chunks_that_a_parser_does_not_see_are_no_text(tmp_path):
    answer = unsized("Transfer-Encoding: chunked\t\r\n", chunked(BODY))
    async with byte_server(answer) as served, rig(tmp_path, served.url, timeout=20) as fetching:
        line = await fetching.ended(f"{served.url}/")
        assert line.kind is Kind.FRAMING
        assert "transfer coding" in str(line.message)


@pytest.mark.parametrize(
    "answer",
    [
        unsized("Transfer-Encoding: \t CHUNKED  \r\n", chunked(BODY)),
        unsized("Transfer-Encoding:\r\n chunked\r\n", chunked(BODY)),
        unsized("Content-Length: 008 \r\n"),
        unsized("Content-Length:\r\n\t8\r\n"),
        sized("X-A: folded\r\n  once\r\n\tand again\r\n"),
        sized("X-A:\r\nX-B: \x01\x7f\r\n"),
    ],
)
async def test_what_is_odd_and_beyond_doubt_is_read(tmp_path, answer):
    async with byte_server(answer) as served, rig(tmp_path, served.url, timeout=20) as fetching:
        assert (await fetching.page(f"{served.url}/")).body == BODY


# -- names -----------------------------------------------------------------------------------

NAMES = [
    "xn--i-7iq.test",  # i❤, which IDNA 2008 has no room for
    "xn--ls8h.test",
    "xn--i-7iq.xn--ls8h.test",
    "xn--a.test",  # no valid punycode
    "xn--.test",
    "xn--zca.test",
    "xn--i-7iq.test.",
    "a_b.test",
    "_dmarc.test",
    "-a-.test",
    "a--b.test",
    "a.test.",
]


async def here(_host: str, _port: int) -> list[str]:
    return ["127.0.0.1"]


@pytest.mark.parametrize("host", NAMES)
async def test_a_name_is_asked_as_it_is(tmp_path, host):
    async with byte_server(always(ok())) as served, rig(tmp_path, look_up=here, **LOOPBACK) as fetching:
        port = served.url.rpartition(":")[2]
        await fetching.page(f"http://{host}:{port}/")
        assert f"\r\nHost: {host}:{port}\r\n" in served.heads[0]


@pytest.fixture(scope="module")
def paper(tmp_path_factory):
    """A certificate for ``*.wild.test`` and a few names, and the file that says whom to trust."""
    authority = trustme.CA()
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("*.wild.test", "a.test").configure_cert(context)
    return path, context


@pytest.mark.parametrize(
    "host", ["a.test", "a.test.", "b.wild.test", "xn--ls8h.wild.test", "xn--i-7iq.wild.test."]
)
async def test_a_name_is_that_of_its_certificate(tmp_path, paper, host):
    ca_file, context = paper
    async with (
        byte_server(always(ok()), ssl=context) as served,
        rig(tmp_path, look_up=here, ca_file=ca_file, **LOOPBACK) as fetching,
    ):
        await fetching.page(f"https://{host}:{served.url.rpartition(':')[2]}/")


@pytest.mark.parametrize("host", ["a_b.wild.test", "_a.wild.test"])
async def test_an_underscore_that_a_wildcard_does_not_cover_is_said_so(tmp_path, paper, host):
    ca_file, context = paper
    async with (
        byte_server(always(ok()), ssl=context) as served,
        rig(tmp_path, look_up=here, ca_file=ca_file, **LOOPBACK) as fetching,
    ):
        line = await fetching.ended(f"https://{host}:{served.url.rpartition(':')[2]}/")
        assert line.kind is Kind.TLS
        assert f"not valid for '{host}'" in str(line.message)
        assert "a wildcard covers no name with an underscore" in str(line.message)
        line = await fetching.ended(f"https://c.d.wild.test:{served.url.rpartition(':')[2]}/")
        assert line.kind is Kind.TLS
        assert "underscore" not in str(line.message)
