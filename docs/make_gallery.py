"""Make ``docs/learn/gallery.md`` and its Chinese twin: what the lab found in one run that is kept.

``python -m docs`` writes them from ``docs/assets/lab/``; a test compares them with the run, the lessons and
the translations as they are now. ``python -m docs.make_gallery FOLDER`` takes over another run first: that of
``crawler lab -o FOLDER``, on a machine with nothing else to do.
"""

import json
import re
import shutil
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from crawler.lab.finding import Finding, Scale, Table, Verdict
from crawler.lab.language import CHINESE, ENGLISH, Language
from crawler.lab.lessons import shown, solution_of, source_of
from crawler.lab.machine import Machine
from crawler.lab.registry import EXPERIMENTS
from crawler.lab.report.page import MARKS
from crawler.lab.report.pictures import NARROW_BELOW
from crawler.lab.report.prose import html
from crawler.lab.report.words import describe, is_numeric, verdict_of
from docs import DOCS
from docs.gallery_words import WORDS, Words
from docs.markdown import plain, table, written
from docs.site_languages import link_to_twin

KEPT = DOCS / "assets" / "lab"
PAGES = {"learn/gallery.md": ENGLISH, "learn/gallery.zh.md": CHINESE}
"""Below docs/, with the language of each."""
_OF_A_FINDING = ("claim", "done", "tables", "verdict", "because", "figures", "notes", "pictures")
_ONLY_DRAWN = ("latencies_s", "spans_s")
"""Figures, by the thousand, which the pictures show and no text needs."""
_MOST_ROWS, _MOST_COLUMNS = 10, 6
"""A table that is larger is in the report only."""
_UP = "../../"


def make(kept: Path = KEPT) -> dict[str, str]:
    """The text of both pages, by their path below docs/."""
    run = json.loads((kept / "report.json").read_text("utf-8"))
    return {
        page: "\n".join(_page(page, run, language, WORDS[language.code])) for page, language in PAGES.items()
    }


def _page(page: str, run: dict[str, Any], language: Language, words: Words) -> Iterator[str]:
    findings = {name: language.finding(name, finding_of(found)) for name, found in run["experiments"].items()}
    machine = describe(Machine(**run["machine"]), Scale(run["scale"]), language.labels)
    yield f"# {words.heading}\n\n{link_to_twin(page)}"
    yield f"{words.intro}\n"
    yield f"{words.made}\n"
    yield from (f"{plain(line)}\n" for line in machine)
    rows = [
        (f"[{plain(language.lesson(name).question)}](#{name})", _verdict(findings.get(name), language, words))
        for name in EXPERIMENTS
    ]
    yield table((words.question, words.verdict), rows)
    for name in EXPERIMENTS:
        # No id: what a heading gets by itself may be the same, and an id is to be the only one.
        yield f'<a name="{name}"></a>\n\n## {plain(language.lesson(name).question)}\n'
        if name in findings:
            yield from _found(name, findings[name], run["experiments"][name]["pictures"], language, words)
        else:
            reason = plain(language.reason(name, run["not_possible"][name]))
            yield f"`crawler lab {name}` · **{words.not_possible}{words.stop}** {reason}\n"
        yield from _learned(name, language, words)


def finding_of(kept: dict[str, Any]) -> Finding:
    """One finding of the kept run."""
    tables = [
        Table(tuple(one["columns"]), tuple(map(tuple, one["rows"])), one["title"]) for one in kept["tables"]
    ]
    kept = {key: value for key, value in kept.items() if key != "pictures"}
    return Finding(**kept | {"tables": tables, "verdict": Verdict(kept["verdict"])})


def _verdict(finding: Finding | None, language: Language, words: Words) -> str:
    if finding is None:
        return f"– {words.not_possible}"
    return f"{MARKS[finding.verdict]} {language.labels.verdicts[finding.verdict]}"


def _found(
    name: str, finding: Finding, pictures: list[str], language: Language, words: Words
) -> Iterator[str]:
    labels = language.labels
    yield f"`crawler lab {name}` · {plain(labels.said.format(claim=finding.claim))}\n"
    yield f"{plain(finding.done)}\n"
    if pictures:
        caption, path = language.lesson(name).caption, f"../assets/lab/{name}"
        yield (
            f'<picture><source media="(max-width: {NARROW_BELOW}px)" srcset="{path}-narrow.svg">'
            f'<img src="{path}.svg" alt="{escape(caption)}" width="100%"></picture>\n'
        )
        yield f"{words.picture}{labels.colon}{plain(caption)}\n"
    verdict = labels.on_this_machine.format(verdict=verdict_of(finding, labels))
    yield f"**{MARKS[finding.verdict]} {verdict}{words.stop}** {plain(finding.because)}\n"
    small = [one for one in finding.tables if _is_small(one)]
    for one in small[:1]:
        if one.title:
            yield f"{plain(one.title)}{labels.colon.strip()}\n"
        yield table(
            tuple(map(plain, one.columns)),
            [tuple(map(plain, row)) for row in one.rows],
            {column for column in range(len(one.columns)) if is_numeric(one, column)},
        )
    yield from (f"{plain(note)}\n" for note in finding.notes)


def _is_small(one: Table) -> bool:
    return len(one.rows) <= _MOST_ROWS and len(one.columns) <= _MOST_COLUMNS


def _learned(name: str, language: Language, words: Words) -> Iterator[str]:
    lesson, labels = language.lesson(name), language.labels
    folded = html(language.why(name)).replace(" tabindex=0", "")
    yield f"<details><summary>{labels.why}</summary>{folded}</details>\n"
    reading = f"[{labels.reference}]({lesson.reading})"
    yield f"**{labels.advice}{labels.colon.strip()}** {written(lesson.advice)} {reading}\n"
    places = words.separator.join(
        f"{_place(place.where)}{words.before_what}{written(place.what)}{words.after_what}"
        for place in lesson.places
    )
    yield f"- {labels.places}{labels.colon}{places}"
    source, solution = shown(source_of(name)), solution_of(name)
    yield f"- {words.source}{labels.colon}[`{source}`]({_UP}{source})"
    answer = f"[`{solution}`]({_UP}{solution})"
    yield f"- {labels.exercise}{labels.colon}{written(lesson.exercise)} {labels.solution.format(path=answer)}"
    if rows := rows_of_the_tutorial(name, language):
        yield f"- {words.tutorial}{labels.colon}{words.separator.join(rows)}"
    yield ""


def _place(where: str) -> str:
    path, _, function = where.partition("#")
    return f"[`{function or path.rpartition('/')[2]}`]({_UP}{where})"


def rows_of_the_tutorial(name: str, language: Language) -> list[str]:
    """The statements of the tutorial's page that this experiment puts to the test, as links."""
    page = "tutorial.md" if language is ENGLISH else f"tutorial.{language.code}.md"
    text = (DOCS / "learn" / page).read_text("utf-8")
    heads = dict(re.findall(r"^### (\d+)\. (.+)$", text, re.MULTILINE))
    found = []
    for number, said, tried in re.findall(r"^\| (\d+)\. (.+?) \| .+? \| (.+?) \|", text, re.MULTILINE):
        if f"`crawler lab {name}`" in tried:
            slug = f"{number} {heads[number]}".lower() if language is ENGLISH else ""
            anchor = re.sub(r" +", "-", re.sub(r"[^\w -]", "", slug))
            found.append(f"[{number}. {said}]({page}{anchor and f'#{anchor}'})")
    return found


def take_over(folder: Path, kept: Path = KEPT) -> None:
    """Keep what the gallery needs of a finished run. Raises ValueError where the run is not whole."""
    run = json.loads((folder / "report.json").read_text("utf-8"))
    missing = set(EXPERIMENTS) - set(run["experiments"]) - set(run["not_possible"])
    if missing or run["language"] != ENGLISH.code:
        raise ValueError(f"the run is not in English, or lacks: {', '.join(sorted(missing)) or 'nothing'}")
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    experiments = {
        name: {key: found[key] for key in _OF_A_FINDING} for name, found in run["experiments"].items()
    }
    for found in experiments.values():
        found["figures"] = _without_those_only_drawn(found["figures"])
        found["pictures"] = [name for name in found["pictures"] if name.endswith(".svg")]
        for name in found["pictures"]:
            shutil.copy(folder / name, kept)
    told = {key: run[key] for key in ("language", "machine", "scale", "not_possible")}
    # An experiment in a line: what has changed between two runs can be seen.
    lines = ",\n".join(f"{json.dumps(name)}:{_compact(found)}" for name, found in experiments.items())
    (kept / "report.json").write_text(f'{_compact(told)[:-1]},"experiments":{{\n{lines}\n}}}}\n', "utf-8")


def _without_those_only_drawn(figures: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _without_those_only_drawn(value) if isinstance(value, dict) else value
        for key, value in figures.items()
        if key not in _ONLY_DRAWN
    }


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m docs.make_gallery FOLDER, that of a finished `crawler lab -o FOLDER`")
    take_over(Path(sys.argv[1]))
    for name, text in make().items():
        (DOCS / name).write_text(text, "utf-8")
