"""The truth about a site: which URLs a crawl from a seed must reach. Slow, simple, one page at a time.

It shares no code with the crawler, nor any of its parts (``http.client``, ``urllib`` and selectolax here;
aiohttp, ada and turbohtml there), so that the two can check each other. Every contender's set of URLs is
compared with this one before its time counts.

    python benchmarks/reference.py http://127.0.0.1:8000/          prints the URLs, one a line

From tests: ``reachable(url)``.
"""

import argparse
import codecs
import contextlib
import gzip
import http.client
import re
import zlib
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import quote, urldefrag, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

TIMEOUT = 30.0
"""Seconds that one answer may take before its URL counts as not reachable."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})
HTML = frozenset({"text/html", "application/xhtml+xml"})
CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)


@dataclass
class Site:
    """What answered 200, split by content type."""

    html: set[str] = field(default_factory=set)
    other: set[str] = field(default_factory=set)
    """Pictures, text, archives: a crawler may take them or leave them."""

    def difference(self, found: Iterable[str]) -> str | None:
        """In words, how a crawl's set of URLs differs from what it must be; None when it is right.

        Right is: every HTML page is in it, and nothing that did not answer 200.
        """
        urls = {canonical(url) for url in found}
        missing, wrong = self.html - urls, urls - self.html - self.other
        if not missing and not wrong:
            return None
        example = min(missing or wrong)
        shortfall = f"{len(missing)} of {len(self.html)} pages missing"
        return f"{shortfall}, {len(wrong)} URLs that should not be there, e.g. {example}"


@dataclass(frozen=True)
class Answer:
    """A complete answer."""

    status: int
    content_type: str
    location: str | None
    body: bytes


def canonical(url: str) -> str:
    """One spelling of a URL: no fragment, no empty path, everything unusual percent-encoded.

    It goes further than the WHATWG URL standard, which leaves ``|`` or ``[`` alone in a path, so that its
    spelling and the one of ``urljoin``, which encodes nothing, become the same.
    """
    parts = urlsplit(urldefrag(url.strip()).url)
    path = quote(parts.path, safe="%/:=&~+!$,;'@()*") or "/"
    query = "?" + quote(parts.query, safe="%/:=&?~+!$,;@()*") if parts.query else ""
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}{path}{query}"


def join(base: str, href: str) -> list[str]:
    """The canonical URL of a reference, or nothing when it is none (a broken IPv6 address, say)."""
    try:
        return [canonical(urljoin(base, href.strip()))]
    except ValueError:
        return []


def charset_of(content_type: str, body: bytes) -> str:
    """The name of a codec: the byte order mark's, the header's, the meta element's, or Windows'."""
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for text in (content_type.encode(), body[:1024]):
        if found := CHARSET.search(text):
            with contextlib.suppress(LookupError):
                return codecs.lookup(found[1].decode()).name
    return "windows-1252"


def links_of(answer: Answer, url: str) -> list[str]:
    """Where an HTML page's ``a`` and ``area`` elements lead, and the pages within it (frames)."""
    tree = LexborHTMLParser(
        answer.body.decode(charset_of(answer.content_type, answer.body), errors="replace")
    )
    base_element = tree.css_first("base[href]")
    base = urljoin(url, base_element.attributes["href"] or "") if base_element else url
    hrefs = [node.attributes["href"] or "" for node in tree.css("a[href], area[href]")]
    hrefs += [node.attributes["src"] or "" for node in tree.css("iframe[src], frame[src]")]
    return [link for href in hrefs for link in join(base, href)]


class Client:
    """One keep-alive connection to one origin."""

    def __init__(self, origin: str) -> None:
        parts = urlsplit(origin)
        kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
        self.connection = kinds[parts.scheme](parts.netloc, timeout=TIMEOUT)

    def get(self, url: str) -> Answer | None:
        """The answer, or None when there was none that could be read, at the second attempt either."""
        target = url.split("/", 3)[3]
        for _attempt in (1, 2):
            try:
                self.connection.request("GET", "/" + target, headers={"Accept-Encoding": "gzip"})
                response = self.connection.getresponse()
                body = response.read()
                if response.getheader("Content-Encoding") in ("gzip", "x-gzip"):
                    body = gzip.decompress(body)
                content_type, location = (
                    response.getheader("Content-Type", ""),
                    response.getheader("Location"),
                )
                return Answer(response.status, content_type, location, body)
            except (OSError, EOFError, zlib.error, http.client.HTTPException):
                self.connection.close()
        return None


def survey(seed: str) -> Site:
    """Everything of the seed's own origin that its links and redirects lead to and that answers 200."""
    seed = canonical(seed)
    origin = "/".join(seed.split("/", 3)[:3])
    client, site = Client(origin), Site()
    waiting, seen = deque([seed]), {seed}
    while waiting:
        url = waiting.popleft()
        answer = client.get(url)
        if answer is None:
            continue
        is_html = answer.content_type.partition(";")[0].strip().lower() in HTML
        links: list[str] = []
        if answer.status in REDIRECTS and answer.location:
            links = join(url, answer.location)
        elif answer.status == 200:
            (site.html if is_html else site.other).add(url)
            links = links_of(answer, url) if is_html else []
        for link in links:
            if link not in seen and link.startswith(origin + "/"):
                seen.add(link)
                waiting.append(link)
    return site


def reachable(url: str) -> set[str]:
    """The HTML pages of the URL's own origin that a crawl from it must find.

    Those that answered 200, without fragments; links and redirects are followed, robots.txt is not asked.
    """
    return survey(url).html


def main() -> None:
    """Print the set, sorted."""
    parser = argparse.ArgumentParser(description="Print every HTML page that can be reached from a URL.")
    parser.add_argument("url")
    print(*sorted(reachable(parser.parse_args().url)), sep="\n")


if __name__ == "__main__":
    main()
