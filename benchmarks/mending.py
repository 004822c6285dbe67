"""How often the suggested new place of a dead target is right: on sites whose pages a script has moved.

    python benchmarks/mending.py --seeds 1 --site python3-doc

Copies of Debian's documentation packages are changed by :mod:`moved_site` in several ways, some pages being
deleted each time, and links are left dead. Copies are checked before and after, of every second seed as a URL
in place of a folder; the findings are told with the earlier check and without it, and each suggestion is held
against what the script has done. A suggestion for what was deleted is a wrong one. Results go into
``results/mending.json``; the figures of ``crawler/check/mending/rules_of_thumb.py`` are from there.
"""

import argparse
import contextlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

import report
import sites
from alike_pages import with_pairs
from moved_site import Moved
from moved_ways import WAYS

from crawler.check.finding import Finding
from crawler.check.folder import namer
from crawler.check.mending import rules_of_thumb
from crawler.check.result import open_result
from crawler.config.check_section import CheckConfig
from crawler.engine.resuming import settings_of

FORMS = ("folder", "url")
"""How a copy is checked, by turns: the first seed as a folder."""


class Case(NamedTuple):
    """One suggestion, or that there was none."""

    site: str
    way: str
    known: str
    """``earlier`` where the check was told with an earlier one; else ``alone``."""
    form: str
    """``folder`` or ``url``."""
    rule: str
    """Empty where it was silent."""
    verdict: str
    """``right``, ``wrong``, ``silent`` (of what is elsewhere), ``well silent`` (of what was deleted)."""


def checked(start: str, out: Path) -> None:
    """A check, with all it notes."""
    options = ["-q", "--report", f"json={out}.json", "--concurrency", "8"]
    command = [sys.executable, "-m", "crawler", "check", start, "-o", str(out), *options]
    done = subprocess.run(command, cwd=out.parent, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        sys.exit(done.stdout + done.stderr)


def findings(out: Path, since: Path | None) -> tuple[list[Finding], Callable[[str], str]]:
    """Those of a check, and how its URLs are called."""
    config = settings_of(out)
    name = namer(config)
    if config.check.folder is None:
        name = lambda url: unquote(url.split("/", 3)[3])  # noqa: E731
    with open_result(out, asked=CheckConfig(since=since)) as result:
        return [*result.findings], name


def judged(site: Moved, out: Path, since: Path | None) -> Iterator[tuple[str, str]]:
    """Rule and verdict for each finding that the script is to blame for."""
    found, name = findings(out, since)
    for one in found:
        page, _, fragment = one.target.partition("#")
        if one.rule == "broken-link":
            right = site.truth.get(path := name(page))
            told = {f"{path}index.html"} if path.endswith("/") else {path}
            right = site.truth.get(*told) if right is None else right
            said = one.mend and _file(name(one.mend.target))
            is_right = right is not None and said in right
        elif one.rule == "broken-fragment":
            places = site.ids.get((_file(name(page)), fragment))
            right = None if places is None else {f"{path}#{anchor}" for path, anchor in places}
            target, _, anchor = one.mend.target.partition("#") if one.mend else ("", "", "")
            is_right = right is not None and f"{_file(name(target))}#{anchor}" in right if one.mend else False
        else:
            continue
        if right is None:
            continue
        if one.mend is None:
            yield "", "silent" if right else "well silent"
        else:
            if not is_right:
                where = sorted(right) or ["nowhere"]
                print(f"{one.mend.rule}: {name(one.target)} → {name(one.mend.target)}, and it is {where[0]}")
            yield one.mend.rule, "right" if is_right else "wrong"


def _file(path: str) -> str:
    return f"{path}index.html" if path.endswith("/") or not path else path


def cases(name: str, seed: int, folder: Path) -> Iterator[Case]:
    """All of one site and seed."""
    root = sites.root_of(name)
    files = {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8", errors="surrogateescape")
        for path in sorted(root.rglob("*.html"))
    }
    lists = ("index.html", "contents.html", "genindex.html", "genindex-all.html", "module-summary.html")
    files, pairs = with_pairs(files, seed)
    before = folder / f"before-{seed}"
    shutil.copytree(root, before)
    for path, text in files.items():
        (before / path).parent.mkdir(parents=True, exist_ok=True)
        (before / path).write_text(text, encoding="utf-8", errors="surrogateescape")
    for way in WAYS:
        site = Moved(files, seed, lists, pairs)
        way(site)
        after = folder / "after"
        shutil.copytree(root, after, ignore=lambda _, names: [n for n in names if n.endswith(".html")])
        site.write(after)
        for form in FORMS[seed % 2 :][:1]:
            old = folder / f"old-{form}-{seed}"
            if not old.exists():
                with started(before, name, form) as start:
                    checked(start, old)
            new = folder / f"new-{form}"
            with started(after, name, form) as start:
                checked(start, new)
            for known, since in (("earlier", old), ("alone", None)):
                for rule, verdict in judged(site, new, since):
                    yield Case(name, way.__name__, known, form, rule, verdict)
            shutil.rmtree(new)
        shutil.rmtree(after)


@contextlib.contextmanager
def started(root: Path, name: str, form: str) -> Iterator[str]:
    """What a check is given."""
    if form == "folder":
        yield str(root)
    else:
        with sites.serve_folder(root) as url:
            yield f"{url}{sites.DOCS[name].index}"


def figures(found: Counter[Case]) -> dict[str, dict[str, dict[str, dict[str, int]]]]:
    """By rule of thumb, and by way, with the earlier check and without."""
    by_rule: dict[str, dict[str, dict[str, int]]] = {}
    by_way: dict[str, dict[str, dict[str, int]]] = {}
    for case, count in sorted(found.items()):
        for table, key in ((by_rule, case.rule), (by_way, case.way)):
            if key:
                row = table.setdefault(key, {}).setdefault(case.known, {})
                row[case.verdict] = row.get(case.verdict, 0) + count
    return {"by_rule": by_rule, "by_way": by_way}


def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(
        description="Suggested new places, held against what a script has moved."
    )
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument(
        "--site", choices=sites.DOCS, action="append", help="default: python3-doc, openjdk-base"
    )
    parser.add_argument(
        "--all-rules", action="store_true", help="those that are not sure enough speak as well"
    )
    parser.add_argument("--no-save", action="store_true", help="leave the results file as it is")
    options = parser.parse_args()
    if options.all_rules:
        rules_of_thumb.LEAST = -1.0
    for name in options.site or ["python3-doc", "openjdk-base"]:
        measure(name, options.seeds, save=not options.no_save)


def measure(name: str, seeds: int, *, save: bool) -> None:
    """One site: print, and keep."""
    machine, began = report.machine(), time.monotonic()
    found: Counter[Case] = Counter()
    with tempfile.TemporaryDirectory(prefix="mending-") as folder:
        Path(folder).chmod(0o755)  # nginx reads it as another user
        for seed in range(seeds):
            found.update(cases(name, seed, Path(folder)))
    entry = figures(found)
    for key, table in entry.items():
        rows = [[key, "told", "right", "wrong", "silent", "deleted, silent", "sure"]]
        for label, kinds in table.items():
            rows += [row_of(label, known, counts) for known, counts in kinds.items()]
        report.print_table(f"{name}: {key}, {seeds} seeds", rows)
    print(f"{time.monotonic() - began:.0f} s")
    if save:
        report.save("mending.json", name, {"machine": machine, "seeds": seeds, **entry})


def row_of(label: str, known: str, counts: dict[str, int]) -> list[str]:
    """Of a table that is printed."""
    right, wrong = counts.get("right", 0), counts.get("wrong", 0)
    sure = f"{right / (right + wrong):.3f}" if right + wrong else "-"
    silent = (str(counts.get(verdict, 0)) for verdict in ("silent", "well silent"))
    return [label, known, str(right), str(wrong), *silent, sure]


if __name__ == "__main__":
    main()
