"""A heavy extract function, for ``--extract extractors:article``; parse processes import this."""

import hashlib
from typing import Any

import trafilatura


def summary_of(html: bytes) -> dict[str, Any]:
    """The main text's length, and a digest by which two runs are compared."""
    text = trafilatura.extract(html) or ""
    return {"characters": len(text), "sha256": hashlib.sha256(text.encode()).hexdigest()}


def article(page: Any) -> dict[str, Any]:
    """The same of a page of the crawl."""
    return summary_of(page.body)
