"""One more section of the configuration: how a crawl that has ended is judged."""

from typing import Annotated, Literal

from crawler.config.sections import About, Section
from crawler.config.values import COMMAS, NEVER_ALONE


class RunConfig(Section, frozen=True, kw_only=True):
    """What else makes a crawl fail that has ended; see the exit codes."""

    fail_on: Annotated[
        tuple[Literal["never", "errors", "http", "extract"], ...],
        COMMAS,
        NEVER_ALONE,
        About(
            "Exit code 1 where a URL ended as an error, with an HTTP error, or the extract function failed."
        ),
    ] = ()
