"""The section of the configuration that says what is asked for again when a site is crawled again."""

import re
from typing import Annotated

from crawler.config.values import Allowed, Before
from crawler.model.settings import About, Section

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_AGE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([smhdw])\s*", re.ASCII | re.IGNORECASE)


def _seconds(value: object) -> object:
    found = _AGE.fullmatch(value) if isinstance(value, str) else None
    return value if found is None else float(found[1]) * _UNITS[found[2].lower()]


Age = Annotated[float, Before(_seconds), Allowed("seconds, or a number with s, m, h, d or w such as 7d")]


class RecrawlConfig(Section, frozen=True, kw_only=True):
    """What is asked for again in a further generation; by default everything that is reached.

    Pages that are left out are taken over as they were, and lead on as they did.
    """

    older_than: Annotated[
        Age | None,
        About(
            "Only pages that were fetched longer ago than this, in seconds or as 7d.", ge=0, le=315_360_000
        ),
    ] = None
    failed: Annotated[bool, About("Only URLs that ended as errors.")] = False
