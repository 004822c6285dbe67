"""What all steps share, so that two of them differ in nothing but who waits and who computes.

A page is fetched (here as a thread does it, blocking), parsed into a record, and its links are followed
inside one site. A failure is a record, too: its status is None, and it has no links.
"""

import json
import os
import re
from collections.abc import Iterable
from html.parser import HTMLParser
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import TypedDict
from urllib.parse import quote, urljoin, urlsplit

TIMEOUT = 30
"""Seconds after which a server that says nothing has failed."""
PARSES = int(os.environ.get("LADDER_PARSES", "1"))
"""How often each page is parsed: the pages of the bundled site are small, and this makes them dear."""
ODD = re.compile(
    r"/(?:admin|api|basket|letters|never|search|shop|static|stock|workshop)\b|"
    r"catalogue\.html|\.(?:txt|xml)$|books/everything|[?&]ref="
)
"""What is odd in the bundled site, on purpose: it would measure something else. No step goes there."""


class Record(TypedDict):
    """What becomes of one URL."""

    url: str
    status: int | None
    """None where no whole answer came."""
    title: str | None
    links: list[str]
    """Absolute, without fragments, each once, in their order on the page."""


class _Reader(HTMLParser):
    """Collects the first title and the address of every link."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.title: str | None = None
        self.hrefs: list[str] = []
        self._in_title = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A link, or the beginning of the title."""
        href = dict(attrs).get("href")
        if tag in ("a", "area") and href is not None:
            self.hrefs.append(href)
        if tag == "title" and self.title is None:
            self.title, self._in_title = "", True

    def handle_endtag(self, tag: str) -> None:
        """The end of the title."""
        self._in_title = self._in_title and tag != "title"

    def handle_data(self, data: str) -> None:
        """Text: of interest inside the title only."""
        if self._in_title:
            self.title = (self.title or "") + data


def fetch(url: str) -> tuple[int | None, str]:
    """Status and HTML of ``url``; the thread that calls this waits until all of it is there."""
    parts = urlsplit(url)
    connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = connect(parts.netloc, timeout=TIMEOUT)
    try:
        connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        answer = connection.getresponse()
        return answer.status, html_of(answer.getheader("Content-Type"), answer.read())
    except (OSError, HTTPException):
        return None, ""
    finally:
        connection.close()


def html_of(content_type: str | None, body: bytes) -> str:
    """The body as text; none where it is not HTML."""
    return body.decode(errors="replace") if "html" in (content_type or "") else ""


def parse(url: str, status: int | None, html: str, times: int = PARSES) -> Record:
    """The record of a page. It costs processor time, and that is the point."""
    if status != 200:
        return Record(url=url, status=status, title=None, links=[])
    for _ in range(times):
        page = _Reader(html)
    links = dict.fromkeys(link for href in page.hrefs if (link := _absolute(url, href)))
    title = None if page.title is None else " ".join(page.title.split())
    return Record(url=url, status=status, title=title, links=list(links))


def _absolute(base: str, href: str) -> str | None:
    try:
        parts = urlsplit(quote(urljoin(base, href.strip()), safe="%/:?#[]@!$&'()*+,;=~"))
    except ValueError:  # such as http://[
        return None
    whole = parts._replace(path=parts.path or "/", fragment="")
    return whole.geturl() if parts.scheme in ("http", "https") else None


def inside(record: Record, seed: str) -> list[str]:
    """Those links of a record that stay on the seed's site and lead to nothing odd."""
    site = "{0.scheme}://{0.netloc}/".format(urlsplit(seed))
    return [link for link in record["links"] if link.startswith(site) and not ODD.search(link)]


def save(records: Iterable[Record], out: Path) -> None:
    """Write one line of JSON for each record."""
    with out.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(record) + "\n" for record in records)


def load(out: Path) -> list[Record]:
    """The records that stand whole in the file: a last line that was not written to its end is left out."""
    lines = out.read_text(encoding="utf-8").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]
