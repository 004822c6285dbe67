"""Missing pages that are answered as if they were there.

What a server says to a URL that cannot exist is known from one probe for each origin. Where that is a page
with status 200, the pages that say the same are missing too; where it is a redirect, those that redirect to
the same page.
"""

import json
from collections.abc import Iterable, Iterator

import msgspec

from crawler.check.rule import Rule
from crawler.check.site import Site
from crawler.model.facts import decode
from crawler.model.outcomes import Purpose
from crawler.rules.urls import is_login_url, origin, resolve

_MOST_HOPS = 20
_NEARLY = 32
"""Characters by which the lengths of two texts may differ beside a fiftieth, and be the same text: the URL
stands in it, or the time."""
_GOOD = "outcome IN ('ok', 'truncated')"
_HOP = "outcome = 'skipped' AND status BETWEEN 300 AND 399"
_PAGES = f"SELECT id, url FROM answered WHERE purpose = {Purpose.PROBE} AND {_GOOD}"
_SAME = f"""
WITH probe AS (SELECT is_html, title, text_length, text_hash FROM answers WHERE id = :probe)
SELECT page.id, url FROM answered page, probe
WHERE url >= :first AND url < :behind AND purpose = {Purpose.PAGE} AND {_GOOD}
    AND page.is_html IS probe.is_html AND (
        page.text_hash = probe.text_hash AND (page.text_length > 0 OR page.title IS probe.title)
        OR page.title = probe.title AND trim(page.title) <> ''
            AND abs(page.text_length - probe.text_length) <= {_NEARLY} + probe.text_length / 50)
ORDER BY page.id
"""
_NOTED = f"SELECT id, facts FROM answered WHERE purpose <= {Purpose.SITEMAP} AND facts IS NOT NULL"
_TOLD = "INSERT INTO found VALUES ('soft-404', ?, ?, ?, ?, ?, ?, ?, ?)"
_HOPS = f"SELECT id, url, final_url, purpose FROM answered WHERE {_HOP}"
_REDIRECTED = """
INSERT INTO found
SELECT 'soft-404', target, 'It redirects to ' || :end || ', as a URL that cannot exist does.',
    json_object('to', :end), page, line, col, source, text
FROM suspects WHERE answer IN (SELECT value FROM json_each(:pages))
"""


class _Targets(msgspec.Struct, gc=False, array_like=True):
    """As PageFacts, of which no more is wanted at first."""

    targets: list[str] = []


_decode_targets = msgspec.msgpack.Decoder(_Targets).decode


def _find(site: Site) -> None:
    for probe, url in site.db.execute(_PAGES).fetchall():
        if not is_login_url(url):  # who is not logged in is sent there from everywhere
            _find_same(site, probe, url)
    _find_redirected(site)


def _find_same(site: Site, probe: int, url: str) -> None:
    """The pages that say what the probe says."""
    at = origin(url)
    between = {"first": f"{at}/", "behind": f"{at}0"}  # every URL of the origin: "0" comes right after "/"
    same = dict(site.db.execute(_SAME, {"probe": probe, **between}).fetchall())
    starts = _starts(site, at)
    shells = [page for page, url in same.items() if url in starts]
    others = [page for page in same if page not in shells]
    detail = json.dumps({"probe": url, "status": 200})
    if shells:
        message = "A URL that cannot exist is answered with the start page: dead links look like good ones."
        places: Iterable[_Place] = ((f"{at}/", page, *_NOWHERE) for page in others or shells)
    else:
        message = "It says what the server answers, with status 200, to a URL that cannot exist."
        places = _links_to(site, {same[page]: page for page in others})
    site.db.executemany(_TOLD, ((target, message, detail, *place) for target, *place in places))


_Place = tuple[str, int, int | None, int | None, int | None, str]
"""What is at fault, the page, line, column, source and text."""
_NOWHERE = (None, None, None, "")


def _links_to(site: Site, missing: dict[str, int]) -> Iterator[_Place]:
    """Of each URL of ``missing`` all references to it; itself, by its id in answers, where there are none."""
    alone = dict(missing)
    for page, blob in site.db.execute(_NOTED) if missing else ():
        # Few pages lead there, and to see that of the others costs little.
        if missing.keys().isdisjoint(_decode_targets(blob).targets):
            continue
        facts = decode(blob)
        for r in facts.references:
            if (url := facts.targets[r.target]) in missing:
                alone.pop(url, None)
                yield url, page, r.line, r.column, r.source, r.text
    for url, page in alone.items():
        yield url, page, *_NOWHERE


def _find_redirected(site: Site) -> None:
    """The links to what redirects where the probe is redirected to."""
    hops = {url: (answer, further, purpose) for answer, url, further, purpose in site.db.execute(_HOPS)}

    def end_of(url: str) -> str:
        for _ in range(_MOST_HOPS):
            if url not in hops:
                break
            url = hops[url][1]
        return url

    probes = [url for url, (_, _, purpose) in hops.items() if purpose == Purpose.PROBE]
    for at, end in dict.fromkeys((origin(url), end_of(url)) for url in probes):
        is_page = site.db.execute(f"SELECT 1 FROM answered WHERE url = ? AND {_GOOD}", (end,)).fetchone()
        # Who is not logged in is sent to the login from everywhere: that says nothing of the page.
        if is_page is None or is_login_url(end):
            continue
        excused = _starts(site, at) | {f"{end}index.{ending}" for ending in ("html", "htm", "php")}
        pages = [
            answer
            for url, (answer, _, purpose) in hops.items()
            if purpose == Purpose.PAGE and origin(url) == at and url not in excused and end_of(url) == end
        ]
        site.db.execute(_REDIRECTED, {"end": end, "pages": json.dumps(pages)})


def _starts(site: Site, at: str) -> set[str | None]:
    return {f"{at}/", *map(resolve, site.config.seeds)}


RULES = (
    Rule(
        "soft-404",
        "warning",
        "Soft 404",
        "A link to a page that says the same as what the server answers, with status 200, to a URL that "
        "cannot exist; or a link to a URL that redirects to where such a URL is redirected. Where the "
        "start page is answered to everything, as by an application of one page, that is one finding for "
        "the origin.",
        "Visitors find an error, or the start page, in place of what the link promised, and no tool can "
        "tell: search engines keep the page, and checkers call the link good.",
        "Let the server answer missing pages with status 404; the page that it shows may stay. An "
        "application of one page needs a list of its routes at the server, or pages that are rendered "
        "there. Then mend the links.",
        _find,
    ),
)
