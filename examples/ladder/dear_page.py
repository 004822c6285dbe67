"""Makes a page as dear for this crawler as LADDER_PARSES makes it for the steps: see ninth_this_crawler.py.

An ``extract`` function runs in the parse processes, beside the parser itself.
"""

from crawler.parse.extract_page import ExtractPage
from page import PARSES, html_of, parse


def parse_again(page: ExtractPage) -> None:
    """Parse the page with the steps' own parser, as often as they do after the first time."""
    if PARSES > 1:
        parse(page.url, page.status, html_of("text/html", page.body), PARSES - 1)
