"""The search of the site: what is written for readers comes before source code."""

import json
import re
from pathlib import Path

SORTING = re.compile(r"(?P<found>\w+)\.items\.sort\((?P<by>\w+)\(\.\.\.(?P<orders>\w+)\)\)")
"""Where the theme's search sorts: by several orders, each for what the ones before leave equal."""


def prose_first(site: Path) -> None:
    """Let the search of the built site find pages of prose before pages of code. Raises LookupError.

    The search ranks by how often a page has a word, and has no weights for pages: nine tenths of all
    sections are code, so prose was seldom among the first. Prose goes first into its index, and what is
    found is sorted by that before all else.
    """
    index = json.loads((site / "search.json").read_text(encoding="utf-8"))
    index["items"].sort(key=lambda item: item["location"].startswith("code/"))
    prose = sum(not item["location"].startswith("code/") for item in index["items"])
    text = json.dumps(index, ensure_ascii=False, separators=(",", ":"))
    (site / "search.json").write_text(text, encoding="utf-8")
    (site / "search.js").write_text(f"var __index = {text}", encoding="utf-8")

    changed = 0
    for path in site.glob("assets/javascripts/workers/search.*.js"):
        order = f"(a,b)=>(a.id>={prose})-(b.id>={prose})"
        script, times = SORTING.subn(
            rf"\g<found>.items.sort(\g<by>({order},...\g<orders>))", path.read_text(encoding="utf-8")
        )
        path.write_text(script, encoding="utf-8")
        changed += times
    if changed != 1:
        raise LookupError(f"the theme's search sorts in {changed} places, and in one was expected")
