"""What is changed in the pages that the generator has built, since no setting or template of it can."""

import re
from pathlib import Path

from docs.site_languages import in_its_language, twin_of

EMPTY_LINK = re.compile(r'<a id="__codelineno-[^>]* href="[^"]*"></a>')
"""One for each line of an example: who walks a page by the Tab key would stop at every one of them."""


def finish(site: Path) -> None:
    """Finish every page of the built site."""
    for path in site.rglob("*.html"):
        text = EMPTY_LINK.sub("", path.read_text(encoding="utf-8"))
        beside = path.with_name(twin_of(path.name))
        twin = beside.read_text(encoding="utf-8") if beside.exists() else None
        path.write_text(in_its_language(text, path.relative_to(site).as_posix(), twin), encoding="utf-8")
