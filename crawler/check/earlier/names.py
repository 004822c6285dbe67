"""Names that hold from one check to the next, wherever the site lies: on a laptop, in a CI, in production."""

from collections.abc import Callable
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes, urlsplit

from crawler.check.folder import is_of_folder
from crawler.config import Config
from crawler.rules.urls import origin, resolve

FAULTS = frozenset({"broken-external", "unreachable", "flaky"})
"""Rules that say in which way a target did not answer as it should."""
_AS_IT_IS = "/!$&'()*+,;=:@~"
"""What may stand in a path, beside letters, digits and ``-._`` (RFC 3986, section 3.3)."""
_ABOVE = "/../"
"""Begins the name of what lies on the own origin and not below where the site lies: no URL has that."""


def kept_names(config: Config) -> Callable[[str], str]:
    """How a target or a page goes by in a baseline, and in ``findings.jsonl``.

    What is on the origin on which the crawl began, by its path below the folder of the first start page, or
    below ``check.base_path``, with query and fragment; without ``index.html`` and ``.html``, as some hosts
    serve a file with them and others without. Everything else, by itself: URLs of other origins, ids, titles.
    """
    if not config.seeds:
        return str
    first = resolve(config.seeds[0]) or config.seeds[0]
    own, base = origin(first), _base(config, first)

    @lru_cache(maxsize=65_536)
    def name(text: str) -> str:
        if not text.startswith(own):
            return text
        rest = text[len(own) :]
        if rest and rest[0] not in "/?#":
            return text
        end = min((at for at in (rest.find("?"), rest.find("#")) if at >= 0), default=len(rest))
        path = quote(unquote_to_bytes(rest[:end] or "/"), _AS_IT_IS)
        inside = path.startswith(base)
        folders, slash, last = path[len(base) if inside else 1 :].rpartition("/")
        last = "" if last == "index.html" else last.removesuffix(".html")
        return f"{'/' if inside else _ABOVE}{folders}{slash}{last}{rest[end:]}"

    return name


def kept_rule(rule: str, name: str) -> str:
    """What the rule of a finding goes by, whose target goes by ``name``.

    A URL of another site that is at fault fails in one way today and in another one tomorrow.
    """
    return "broken-external" if rule in FAULTS and "://" in name else rule


def url_of(config: Config, name: str) -> str | None:
    """A URL on the crawl's own origin that goes by ``name``; None where it is elsewhere."""
    if not name.startswith("/"):
        return None
    first = resolve(config.seeds[0]) or config.seeds[0]
    return resolve(name if name.startswith(_ABOVE) else f"{_base(config, first)}{name[1:]}", first)


def _base(config: Config, first: str) -> str:
    """The path at which the site lies, with a slash at both ends, as names have it."""
    path = config.check.base_path if is_of_folder(config) else urlsplit(first).path
    return quote(unquote_to_bytes(path[: path.rfind("/") + 1] or "/"), _AS_IT_IS)
