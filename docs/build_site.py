"""Build the documentation site.

``python -m docs.build_site`` writes it to ``site/``; with ``--check``, nothing of it is kept.

The pages are those of ``docs/`` as they stand, the README as the first of them, and one page for
each source file, so that a link to ``../crawler/fetch/fetch_task.py#fetch_task`` leads to that function
on the site as it leads to that file in the repository. Everything works without a network, opened
from a folder. A warning of the generator, what ``crawler check`` calls an error or a warning, and a file that
would be loaded from elsewhere are errors (exit code 1). ``python -m docs`` makes the generated pages before.
"""

import ast
import functools
import posixpath
import re
import shutil
import subprocess
import sys
import tempfile
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from docs.parsed import parsed

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
LINK = re.compile(r"(?<=\]\()(?P<target>[^)\s#]+)(?P<anchor>#[^)\s]*)?(?=\))")
SHOWN = re.compile(
    r'^(?P<before><(?:img|source)\b[^>\n]*? (?:src|srcset)=")(?P<target>[^"]+)(?=")', re.MULTILINE
)
"""A picture in HTML, at the beginning of its line: so one is chosen by the width of the page."""
LOADING = {"script": "src", "img": "src", "iframe": "src", "source": "srcset"}
"""Elements that load something, beside ``link``, and the attribute that says what."""
STYLING = {"stylesheet", "preload", "preconnect", "icon", "manifest", "modulepreload"}
"""What a ``link`` element loads."""


# -- pages ---------------------------------------------------------------------------------------


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


class Block(NamedTuple):
    """A stretch of a source file: its head, or one function or class."""

    begin: int
    """Number of its first line."""
    lines: list[str]
    heading: str = ""
    name: str = ""
    members: dict[str, int] = {}
    """The line at which each of a class's own begins."""


@functools.cache
def blocks(name: str) -> list[Block]:
    """A source file, cut before each function and class."""
    text = (ROOT / name).read_text(encoding="utf-8")
    lines = text.splitlines()
    found = [Block(1, [])]
    for node in parsed(text).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            begin = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            kind = "class" if isinstance(node, ast.ClassDef) else "function"
            members = {below.name: below.lineno for below in node.body if hasattr(below, "name")}
            found.append(Block(begin, [], f"{kind} {node.name}", node.name, members))
    ends = [block.begin for block in found[1:]] + [len(lines) + 1]
    for block, end in zip(found, ends, strict=True):
        block.lines.extend(lines[block.begin - 1 : end - 1])
        while block.lines and not block.lines[-1].strip():
            block.lines.pop()
    return [block for block in found if block.lines]


def anchor_of(name: str, wanted: str) -> str:
    """The anchor, on the page of a source file, of ``function`` or ``Class.method``. Raises LookupError."""
    owner, _, member = wanted.partition(".")
    for number, block in enumerate(blocks(name)):
        if block.name == owner and not member:
            return owner
        if block.name == owner and member in block.members:
            return f"__codelineno-{number}-{block.members[member]}"
    raise LookupError(f"there is no {wanted} in {name}")


def code_page(name: str) -> str:
    """A source file as a page: a heading for each function and class, so that links find them."""
    title = name.replace("_", r"\_")  # or __init__ is bold, and reads as another file's name
    parts = [f"# {title}", ""]
    for block in blocks(name):
        if block.heading:
            parts += [f"## {block.heading} {{ #{block.name} }}", ""]
        parts += [f'````python linenums="{block.begin}"', *block.lines, "````", ""]
    return "\n".join(parts)


def code_index(names: list[str]) -> str:
    """The list of all source files, room by room, each with its first sentence."""
    parts = ["# The code", "", "Every file, with the first sentence that it says of itself.", ""]
    folder = ""
    for name in names:
        if posixpath.dirname(name) != folder:
            folder = posixpath.dirname(name)
            parts += ["", f"## {folder}/", ""]
        said = ast.get_docstring(parsed((ROOT / name).read_text(encoding="utf-8"))) or ""
        sentence = re.split(r"(?<=[.:])\s", " ".join(said.split()), maxsplit=1)[0].replace("*", r"\*")
        parts += [f"- [{posixpath.basename(name)}]({name}.md) {sentence}"]
    return "\n".join(parts) + "\n"


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
        path.write_text(text, encoding="utf-8")
    shown = (path for kind in ("svg", "png", "js") for path in DOCS.rglob(f"*.{kind}"))
    targets = {path: folder / path.relative_to(DOCS) for path in shown}
    targets |= {ROOT / name: folder / "files" / name for name in copied}
    for path, copy in targets.items():
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)


# -- what the generator does not look at -----------------------------------------------------------


class _Page(HTMLParser):
    """What one built page loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one element."""
        given = dict(attrs)
        loads = given.get(LOADING[tag]) if tag in LOADING else None
        if tag == "link" and STYLING & set((given.get("rel") or "").split()):
            loads = given.get("href")
        if loads:
            self.loaded.append(loads)


def loaded_from_elsewhere(site: Path) -> list[str]:
    """What the built pages would load from other hosts, a sentence for each."""
    found = []
    for path in sorted(site.rglob("*.html")):
        remote = [url for url in _Page(path.read_text(encoding="utf-8")).loaded if urlsplit(url).netloc]
        found += [f"{path.relative_to(site).as_posix()} would load {url}" for url in remote]
    return found


def check(site: Path, out: Path, pages: int) -> int:
    """Check the built site, of so many pages at least, and print what makes that fail; the exit code.

    It is served below a path, so that a link which begins with ``/`` is dead, as it is in a folder.
    """
    options = ["--base-path", "/docs/", "--min-pages", str(pages), "--fail-on", "warning", "--quiet"]
    patient = ["--set", "check.slow=60"]  # the machine may do much else meanwhile
    command = [sys.executable, "-m", "crawler", "check", str(site), "--out", str(out), *options, *patient]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def generate(folder: Path) -> "subprocess.CompletedProcess[str]":
    """Make the site in ``folder / "site"``, unchecked; returns how the generator ended."""
    put_together(folder / "pages")
    shutil.copy(ROOT / "zensical.toml", folder)
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    return subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)


def build(out: Path | None) -> int:
    """Build the site in the folder ``out``, which is replaced; None: only to see whether it can be built."""
    with tempfile.TemporaryDirectory(prefix="crawler-docs-") as temporary:
        folder = Path(temporary)
        built = generate(folder)
        if built.returncode != 0:
            sys.stderr.write(built.stdout + built.stderr)
            return 1
        found = loaded_from_elsewhere(folder / "site")
        sys.stderr.writelines(f"{problem}\n" for problem in found)
        pages = len(list((folder / "pages").rglob("*.md")))
        if check(folder / "site", folder / "check", pages) or found:
            return 1
        if out is not None:
            shutil.rmtree(out, ignore_errors=True)
            shutil.copytree(folder / "site", out)
            print(f"open {out / 'index.html'}")
    return 0


if __name__ == "__main__":
    if find_spec("zensical") is None:
        sys.exit("the site is built by zensical, which is not installed: pip install -e '.[docs]'")
    sys.exit(build(None if "--check" in sys.argv else ROOT / "site"))
