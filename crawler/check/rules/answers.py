"""Pages that are slow, large, cut off or in doubt, and certificates that end."""

from datetime import UTC, datetime

from crawler.check.rule import Rule, by_sql
from crawler.check.site import Site
from crawler.model.facts import Odd
from crawler.model.outcomes import Purpose
from crawler.rules.urls import origin

_SLOW = f"""
SELECT url, printf('The last byte came after %.1f s; more than %g s is slow.', elapsed_ms / 1000, :most),
    json_object('seconds', round(elapsed_ms / 1000, 3)), id, NULL, NULL, NULL, ''
FROM answered
WHERE purpose <= {Purpose.STYLESHEET} AND outcome IN ('ok', 'truncated') AND elapsed_ms > :most * 1000
"""
_LARGE = f"""
SELECT url, printf('It has %.1f MB; more than %.1f MB is large.', bytes / 1e6, :most / 1e6),
    json_object('bytes', bytes), id, NULL, NULL, NULL, ''
FROM answered
WHERE purpose = {Purpose.PAGE} AND is_html AND outcome IN ('ok', 'truncated') AND bytes > :most
"""
_TRUNCATED = f"""
SELECT url, 'It was not read to its end: ' || said || '.', json_object('bytes', bytes),
    id, NULL, NULL, NULL, ''
FROM answered WHERE purpose <= {Purpose.STYLESHEET} AND outcome = 'truncated'
"""
_CHARSET = f"""
SELECT detail, 'Its text may be shown with wrong letters.', '{{}}', page, line, col, NULL, ''
FROM marks WHERE what = '{Odd.CHARSET}'
"""
_CERTIFICATES = f"""
SELECT url, fetched_at, detail, id FROM marks JOIN answered ON answered.id = page
WHERE what = '{Odd.CERTIFICATE}' AND purpose <> {Purpose.EXTERNAL} ORDER BY id
"""
_START = f"""
SELECT id FROM answered WHERE purpose = {Purpose.PAGE} AND url >= ? AND url < ?
ORDER BY outcome NOT IN ('ok', 'truncated'), depth, id LIMIT 1
"""
_TOLD = """
INSERT INTO found (rule, target, message, detail, page)
VALUES ('certificate', ?, ?, json_object('ends', ?, 'days', ?), ?)
"""
_DAY = 24 * 60 * 60


def _find_certificates(site: Site) -> None:
    told = set[str]()
    for url, asked, detail, answer in site.db.execute(_CERTIFICATES).fetchall():
        at, ends = origin(url), datetime.fromtimestamp(float(detail), UTC)
        left = (ends - datetime.fromisoformat(asked)).total_seconds()
        if at in told or left >= site.config.check.certificate_days * _DAY:
            continue
        told.add(at)
        days, on = int(left // _DAY), f"{ends:%Y-%m-%d %H:%M} UTC"
        message = f"The certificate ends in {days} {'day' if days == 1 else 'days'}, on {on}."
        if left < 0:
            message = f"The certificate has ended, on {on}."
        # The probe is no page that anybody knows; the start page is.
        start = site.db.execute(_START, (f"{at}/", f"{at}0")).fetchone() or (answer,)
        site.db.execute(_TOLD, (f"{at}/", message, ends.isoformat(), days, *start))


RULES = (
    Rule(
        "slow",
        "warning",
        "Slow page",
        "A page, sitemap or style sheet whose last byte came later than `check.slow` seconds after the "
        "request was sent.",
        "Visitors leave, and search engines read less of a slow site. The check itself asks for several "
        "pages at once: a small server may be slow only then.",
        "See what the server does in that time. To measure without company, check again with "
        "`--concurrency 1`; to allow more, set `check.slow`.",
        by_sql("slow", _SLOW, lambda site: {"most": site.config.check.slow}),
    ),
    Rule(
        "large",
        "note",
        "Large page",
        "A page of HTML that has more than `check.large` bytes, without its pictures, after decompression.",
        "It loads slowly on a telephone, and search engines read only the first part of it.",
        "Divide it, or move what it holds of pictures (`data:` URLs), scripts and styles to files of "
        "their own.",
        by_sql("large", _LARGE, lambda site: {"most": site.config.check.large}),
    ),
    Rule(
        "truncated",
        "warning",
        "Truncated page",
        "A page, sitemap or style sheet that was cut at a limit of the check's own.",
        "What lies behind the cut was not checked: neither its links nor its anchors.",
        "Raise the limit (`--max-body`, `sitemaps.max_bytes`), or divide the page.",
        by_sql("truncated", _TRUNCATED),
    ),
    Rule(
        "charset",
        "warning",
        "Character encoding declared wrong",
        "A page whose header and markup name different encodings, whose bytes are not of the encoding "
        "that it names, or that names none and has more than ASCII.",
        "Browsers guess, each in its own way, and show other letters than were written.",
        "Save the page as UTF-8, and say so once: in the header (`Content-Type: text/html; "
        'charset=utf-8`) or as the first thing in its head (`<meta charset="utf-8">`).',
        by_sql("charset", _CHARSET),
    ),
    Rule(
        "certificate",
        "warning",
        "Certificate that ends soon",
        "The TLS certificate of one of the site's origins ends within `check.certificate_days` days, "
        "counted from the check, or has ended.",
        "From that moment on no browser shows the site.",
        "Renew it; if that goes by itself, see why it did not. A certificate that lives for days only "
        "needs a smaller `check.certificate_days`.",
        _find_certificates,
    ),
)
