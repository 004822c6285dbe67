"""A second, tiny crawler: one request after the other, with the standard library and selectolax.

It shares no line with the crawler and says what a correct crawl of the fixture site records.
``python -m tests.lab.reference_crawl`` writes that to ``fixtures/manifest.json``; whoever changes the
site runs it and reads the difference. It waits for nothing: a Retry-After is for real crawlers.
"""

import json
import re
from collections import Counter, deque
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from tests.lab.reference_rules import charset, decode, resolve, robots

MANIFEST = Path(__file__).parents[2] / "fixtures" / "manifest.json"
SEED = "/"
RETRIES = 3
RETRIED = {408, 425, 429, 500, 502, 503, 504}
REDIRECTS = {301, 302, 303, 307, 308}
PARSED = {"text/html", "application/xhtml+xml"}
READ = re.compile(r"text/.*|application/(.*\+)?(xml|json)")


@dataclass
class Crawl:
    """What the crawl found; addresses are paths with their query, as in the manifest."""

    urls: dict[str, dict[str, Any]] = field(default_factory=dict)
    links: dict[str, list[str]] = field(default_factory=dict)
    """Of each page, absolute, without repeats."""
    fragments: dict[str, list[str]] = field(default_factory=dict)
    """Of each page: its links within the site that have a fragment."""
    ids: dict[str, set[str]] = field(default_factory=dict)
    edges: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    """What each address makes a crawler discover, and how many links that is further away (1, or 0)."""


def crawl(base: str) -> Crawl:
    """Crawl the site whose start page is ``base``."""
    found = Crawl()
    connection = HTTPConnection(urlsplit(base).netloc, timeout=30)
    allowed = robots(get(connection, "/robots.txt")[2].decode())
    queue: deque[tuple[str, int, list[dict[str, Any]]]] = deque([(SEED, 0, [])])
    known = {SEED}
    while queue:
        path, depth, hops = queue.popleft()
        record: dict[str, Any] = {
            "outcome": "skipped",
            "kind": "robots",
            "status": None,
            "depth": depth,
            "attempts": 1,
        }
        record |= {"final_url": path, "redirects": hops, "title": None, "charset": None, "links": 0}
        found.urls[path] = record
        found.edges[path] = []
        if not allowed(path):
            continue
        status, headers, body = get(connection, path)
        while status in RETRIED and record["attempts"] <= RETRIES:
            record["attempts"] += 1
            status, headers, body = get(connection, path)
        if headers.get("location") == path and "set-cookie" in headers:
            status, headers, body = get(connection, path, headers["set-cookie"])
        record["status"] = status
        content_type = headers.get("content-type", "")
        essence = content_type.partition(";")[0].strip()
        if status in REDIRECTS:
            target = follow(found, base, record, path, headers.get("location"))
            if target is not None:
                found.edges[path].append((target, 0))
                if target not in known:
                    known.add(target)
                    hop = {"url": path, "status": status, "location": headers["location"]}
                    queue.appendleft((target, depth, [*hops, hop]))
        elif status != 200:
            record |= {"outcome": "error", "kind": "http_status"}
        elif not READ.fullmatch(essence):
            record |= {"kind": "content_type", "content_type": essence}
        else:
            record |= {
                "outcome": "ok",
                "kind": None,
                "content_type": essence,
                "charset": charset(body, content_type),
            }
            if essence in PARSED:
                followed = read(found, base, path, body, headers)
                found.edges[path] += [(target, 1) for target in followed]
                queue.extend((target, depth + 1, []) for target in followed if target not in known)
                known.update(followed)
    connection.close()
    return found


def get(connection: HTTPConnection, path: str, cookie: str = "") -> tuple[int, dict[str, str], bytes]:
    """Status, headers with lower-case names, body."""
    connection.request("GET", path, headers={"User-Agent": "reference", "Cookie": cookie})
    response = connection.getresponse()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()


def follow(found: Crawl, base: str, record: dict[str, Any], path: str, location: str | None) -> str | None:
    """Say in the record what becomes of a redirect; its target, if it is to be followed."""
    target = resolve(urljoin(base, path), location) if location else None
    inside = None if target is None or not target.startswith(base) else target[len(base) - 1 :]
    if inside is not None and inside not in (path, *(hop["url"] for hop in record["redirects"])):
        record |= {"kind": "redirected", "final_url": inside}
        return inside
    del record["final_url"]  # where such a one ends is not agreed on
    if target is None:
        record |= {"outcome": "error", "kind": "bad_redirect"}
    elif inside is None:
        record |= {"kind": "out_of_scope"}
    else:
        record |= {"outcome": "error", "kind": "redirect_loop"}
    return None


def read(found: Crawl, base: str, path: str, body: bytes, headers: dict[str, str]) -> list[str]:
    """Note what a page holds; the addresses within the site that it lets robots follow."""
    record = found.urls[path]
    text = decode(body, record["charset"])
    if not text:
        return []
    tree = LexborHTMLParser(text)
    title = tree.css_first("title")
    record["title"] = " ".join(title.text().split()) if title else None
    base_tag = tree.css_first("base[href]")
    here = urljoin(base, path)
    start = (resolve(here, base_tag.attributes["href"] or "") if base_tag else None) or here
    robots_tags = [meta.attributes.get("content") or "" for meta in tree.css('meta[name="robots" i]')]
    closed = "nofollow" in " ".join([*robots_tags, headers.get("x-robots-tag", "")]).lower()
    links: dict[str, bool] = {}
    found.fragments[path] = []
    found.ids[path] = {element.attributes["id"] or "" for element in tree.css("[id]")}
    for link in tree.css("a[href], area[href]"):
        url = resolve(start, link.attributes["href"] or "", fragment=True)
        if url is None:
            continue
        url, fragment = urldefrag(url)
        if fragment and url.startswith(base):
            found.fragments[path].append(f"{url[len(base) - 1 :]}#{fragment}")
        closed_link = closed or "nofollow" in (link.attributes.get("rel") or "").lower().split()
        links[url] = links.get(url, False) or not closed_link
    found.links[path] = list(links)
    record["links"] = len(links)
    return [url[len(base) - 1 :] for url, open_ in links.items() if open_ and url.startswith(base)]


def manifest(found: Crawl, never: dict[str, list[str]]) -> str:
    """The manifest as text, one line for each URL."""
    urls = found.urls.values()
    head = {
        "about": "What a correct crawl of the fixture site records. See README.md beside this file.",
        "seed": SEED,
        "assumes": {
            "fetch.retries": RETRIES,
            "robots.obey": True,
            "scope": "the seed's origin, nothing else set",
        },
        "counts": {"discovered": len(urls)} | Counter(sorted(record["outcome"] for record in urls)),
        "kinds": Counter(sorted(record["kind"] for record in urls if record["kind"])),
        "never_requested": never,
    }
    lines = [
        f"  {json.dumps(path)}: {json.dumps(record, ensure_ascii=False)}"
        for path, record in found.urls.items()
    ]
    return json.dumps(head, indent=1)[:-2] + ',\n "urls": {\n' + ",\n".join(lines) + "\n }\n}\n"


def main() -> None:
    """Write the manifest."""
    from crawler.lab.site.app import fixture_root
    from crawler.lab.site.pages import read_site
    from crawler.lab.site.site_process import SiteProcess

    with SiteProcess() as site:
        found = crawl(site.url)
    never = {reason: list(paths) for reason, paths in read_site(fixture_root()).never.items()}
    MANIFEST.write_text(manifest(found, never), "utf-8")


if __name__ == "__main__":
    main()
