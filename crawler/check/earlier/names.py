"""Names that hold from one check to the next, wherever the site lies: on a laptop, in a CI, in production."""

from collections.abc import Callable

from crawler.check.file_names import in_url
from crawler.check.folder import is_of_folder, namer
from crawler.config import Config
from crawler.rules.urls import origin, resolve


def kept_names(config: Config) -> Callable[[str], str]:
    """How a target or a page goes by in a baseline.

    With a folder, by the file's path in it. What is on the origin on which the crawl began, by its path with
    query and fragment; everything else, by itself: URLs of other origins, ids, titles.
    """
    if is_of_folder(config) or not config.seeds:
        return namer(config)
    first = config.seeds[0]
    own = origin(resolve(first) or first)

    def name(text: str) -> str:
        if not text.startswith(own):
            return text
        rest = text[len(own) :]
        if not rest or rest[0] in "?#":
            return f"/{rest}"
        return rest if rest[0] == "/" else text

    return name


def url_of(config: Config, name: str) -> str | None:
    """The URL on the crawl's own origin that goes by ``name``; None where it is elsewhere."""
    if "://" in name:
        return None
    inside = config.check.base_path if is_of_folder(config) and not name.startswith("/") else ""
    return resolve(f"{inside}{in_url(name)}", config.seeds[0])
