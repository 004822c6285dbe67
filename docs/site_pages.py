"""The pages of the site, in Markdown: the README, those of ``docs/``, and one for each source file."""

import posixpath
import re
import shutil
from pathlib import Path
from urllib.parse import urlsplit

from docs import DOCS, ROOT
from docs.site_code import anchor_of, code_index, code_page
from docs.site_languages import with_language

LINK = re.compile(r"(?<=\]\()(?P<target>[^)\s#]+)(?P<anchor>#[^)\s]*)?(?=\))")
SHOWN = re.compile(
    r'^(?P<before><(?:img|source)\b[^>\n]*? (?:src|srcset)=")(?P<target>[^"]+)(?=")', re.MULTILINE
)
"""A picture in HTML, at the beginning of its line: so one is chosen by the width of the page."""
ASSETS = ("svg", "png", "js", "css")
"""Files beside the pages that go with them."""


def sources() -> list[str]:
    """Every source file that has a page, relative to the repository."""
    found = [path for folder in ("crawler", "examples") for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path.relative_to(ROOT).as_posix() for path in found]


def rewritten(text: str, page: str, where: str, coded: set[str], copied: set[str]) -> str:
    """The page ``page`` (relative to the repository) with links that hold on the site, at ``where``.

    ``coded`` are the source files that have a page; other files that it links to are added to ``copied``.
    """

    def replace(match: re.Match[str]) -> str:
        target, anchor = match["target"], match["anchor"] or ""
        if urlsplit(target).scheme:
            return target + anchor
        path = posixpath.normpath(posixpath.join(posixpath.dirname(page), target))
        if path in coded:
            anchor = anchor and f"#{anchor_of(path, anchor[1:])}"
            path = f"code/{path}.md"
        elif path.startswith("docs/"):
            path = path.removeprefix("docs/")
        elif (ROOT / path).is_dir():
            path = "code/index.md"
        elif (ROOT / path).exists():
            copied.add(path)
            path = f"files/{path}"
        return posixpath.relpath(path, posixpath.dirname(where) or ".") + anchor

    def show(match: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(page), match["target"]))
        shown = posixpath.relpath(path.removeprefix("docs/"), posixpath.dirname(where) or ".")
        return match["before"] + shown

    return SHOWN.sub(show, LINK.sub(replace, text))


def put_together(folder: Path) -> None:
    """Write all pages of the site, in Markdown, below ``folder``."""
    names = sources()
    coded, copied = set(names), set[str]()
    pages = {"README.md": "index.md", "CHANGELOG.md": "changes.md"}
    pages |= {
        path.relative_to(ROOT).as_posix(): path.relative_to(DOCS).as_posix()
        for path in sorted(DOCS.rglob("*.md"))
    }
    written = {
        where: rewritten((ROOT / page).read_text(encoding="utf-8"), page, where, coded, copied)
        for page, where in pages.items()
    }
    written |= {f"code/{name}.md": code_page(name) for name in names}
    written["code/index.md"] = code_index(names)
    for where, text in written.items():
        path = folder / where
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(with_language(text, where, written), encoding="utf-8")
    assets = (path for kind in ASSETS for path in DOCS.rglob(f"*.{kind}"))
    targets = {path: folder / path.relative_to(DOCS) for path in assets}
    targets |= {ROOT / name: folder / "files" / name for name in copied}
    for path, copy in targets.items():
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
