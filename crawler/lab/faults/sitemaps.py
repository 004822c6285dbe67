"""Sitemaps that robots.txt names: damaged, hostile, endless, or something else."""

import gzip
import zlib

from crawler.lab.faults.manifest import (
    MAX_BODY,
    Answer,
    Fault,
    Here,
    Kept,
    Wanted,
    answer,
    lost,
    ok,
    page,
    skipped,
)
from crawler.model.outcomes import Kind, Outcome

LEVELS = 3
"""Of indexes within each other; what a deeper one names is not asked for."""
_LAUGHS = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10 if n else 'ha'}'>" for n in range(10))


def faults(here: Here) -> list[Fault]:
    """The group; the fault server's robots.txt names each of them."""
    neighbour = f"http://127.0.0.1:{here.other}"
    good = _urlset("/sitemap-page", f"{neighbour}/from-a-sitemap", "http://10.0.0.9/", "file:///etc/passwd")
    index = _index("/sitemap-pages.xml.gz", f"{neighbour}/sitemap.xml", "/sitemap-index")
    cut = gzip.compress(_urlset("/cut-when-packed"))[:-9]
    damaged = lost(Kind.ENCODING, 200, attempts=1)
    bomb = Wanted(Outcome.TRUNCATED, Kind.TOO_LARGE)
    return [
        Fault("sitemap-index", _xml(index), ok(depth=0, links=3), _of_index(good)),
        Fault(
            "sitemap-in-utf-16",
            _xml(f"\ufeff{_urlset().decode()}".encode("utf-16-le")),
            ok(charset="UTF-16LE"),
        ),
        Fault("sitemap-billion-laughs", _xml(_with_type(_LAUGHS, "&l9;")), damaged),
        Fault("sitemap-of-a-file", _xml(_with_type("<!ENTITY x SYSTEM '/etc/passwd'>", "/&x;")), damaged),
        Fault("sitemap-elsewhere", _xml(_with_type(_neighbours_entity(here), "/&x;")), damaged),
        Fault("sitemap-nested-deep", _xml(b"<urlset>" + b"<a>" * 1_000_000), damaged),
        Fault("sitemap-cut-off", _xml(_urlset("/before-the-cut")[:-9]), damaged, _one("/before-the-cut")),
        Fault(
            "sitemap-with-a-raw-ampersand",
            _xml(_urlset("/?a&b", "/behind-the-ampersand")),
            ok(links=2),
            {**_one("/?a&b"), **_one("/behind-the-ampersand")},
        ),
        Fault(
            "sitemap-with-a-strange-prefix",
            _xml(_urlset("/behind-the-prefix").replace(b"<url>", b"<url><x:y/>")),
            ok(links=1),
            _one("/behind-the-prefix"),
        ),
        Fault("sitemap-bomb", _packed(_bomb()), bomb),
        Fault("sitemap-packed-twice", _packed(gzip.compress(gzip.compress(_urlset("/never")))), damaged),
        Fault("sitemap-packed-and-cut", _packed(cut), damaged, _one("/cut-when-packed")),
        Fault("sitemap-is-a-page", page("No map", "<a href=/never>x</a>"), skipped(Kind.CONTENT_TYPE, 200)),
        Fault("sitemap-is-a-picture", answer(b"x", media="image/png"), skipped(Kind.CONTENT_TYPE, 200)),
        Fault("sitemap-of-sitemaps-1", _xml(_index("/sitemap-of-sitemaps-2")), ok(), _levels()),
    ]


def _of_index(good: bytes) -> dict[str, tuple[Answer | None, Wanted]]:
    return {
        "/sitemap-pages.xml.gz": (_packed(gzip.compress(good)), ok(depth=0, links=3)),
        "/sitemap-page": (page("From a map"), ok(title="From a map", depth=1)),
    }


def _levels() -> dict[str, tuple[Answer | None, Wanted]]:
    names = {level: f"/sitemap-of-sitemaps-{level}" for level in range(2, LEVELS + 2)}
    return {names[level]: (_xml(_index(names[level + 1])), ok(links=1)) for level in range(2, LEVELS + 1)}


def _one(path: str) -> dict[str, tuple[Answer | None, Wanted]]:
    return {path: (page("From a map"), ok(title="From a map"))}


def _urlset(*locs: str) -> bytes:
    return ("<urlset>" + "".join(f"<url><loc>{loc}</loc></url>" for loc in locs) + "</urlset>").encode()


def _index(*locs: str) -> bytes:
    sitemaps = "".join(f"<sitemap><loc>{loc}</loc></sitemap>" for loc in locs)
    return f"<sitemapindex>{sitemaps}</sitemapindex>".encode()


def _with_type(entities: str, loc: str) -> bytes:
    return f"<!DOCTYPE urlset [{entities}]>".encode() + _urlset(loc)


def _neighbours_entity(here: Here) -> str:
    return f"<!ENTITY % x SYSTEM 'http://127.0.0.1:{here.other}/x.dtd'> %x;"


def _bomb() -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return packer.compress(b"<urlset>") + packer.compress(b" " * 4 * MAX_BODY) + packer.flush()


def _xml(body: bytes) -> Kept:
    return answer(body, media="application/xml")


def _packed(body: bytes) -> Kept:
    return answer(body, media="application/gzip")
