"""Extract functions for pages under the glass."""

from crawler.parse.extract_page import ExtractPage


def titled(page: ExtractPage) -> dict[str, str | None]:
    print("a word of its own")
    return {"title": page.title}


def failing(page: ExtractPage) -> None:
    raise LookupError(f"no price on {page.url}")
