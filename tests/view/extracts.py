"""Extract functions for pages under the glass."""

import os
from typing import Any

from crawler.parse.extract_page import ExtractPage


def titled(page: ExtractPage) -> dict[str, str | None]:
    print("a word of its own")
    return {"title": page.title}


def failing(page: ExtractPage) -> None:
    raise LookupError(f"no price on {page.url}")


def where(_page: ExtractPage) -> dict[str, int]:
    return {"pid": os.getpid()}


def hanging(_page: ExtractPage) -> None:
    while True:
        pass


def leaving(_page: ExtractPage) -> None:
    os._exit(9)


def hungry(_page: ExtractPage) -> dict[str, Any]:
    return {"size": len(bytearray(1 << 40))}
