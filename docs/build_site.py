"""Build the documentation site.

``python -m docs.build_site`` writes it to ``site/``; with ``--check``, nothing of it is kept.

The pages are those of ``docs/`` as they stand, the README as the first of them, and one page for
each source file, so that a link to ``../crawler/fetch/fetch_task.py#fetch_task`` leads to that function
on the site as it leads to that file in the repository. Everything works without a network, opened
from a folder. A warning of the generator, what ``crawler check`` calls an error or a warning, and a file that
would be loaded from elsewhere are errors (exit code 1). ``python -m docs`` makes the generated pages before.
"""

import shutil
import subprocess
import sys
import tempfile
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from docs import DOCS, ROOT
from docs.site_finish import finish
from docs.site_pages import put_together
from docs.site_search import prose_first

LOADING = {"script": "src", "img": "src", "iframe": "src", "source": "srcset"}
"""Elements that load something, beside ``link``, and the attribute that says what."""
STYLING = {"stylesheet", "preload", "preconnect", "icon", "manifest", "modulepreload"}
"""What a ``link`` element loads."""


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
    shutil.copytree(DOCS / "theme", folder / "theme")
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    built = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    if built.returncode == 0:
        finish(folder / "site")
        prose_first(folder / "site")
    return built


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
