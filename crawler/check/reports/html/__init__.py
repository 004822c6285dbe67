"""The report for browsers: one page with all that was found, which loads nothing and can be passed on.

What stands without a script (the verdict, what was read, what was left out) is markup of ``standing.py``, and
where none runs the first findings are that of ``plain.py``. All of them are data of ``data.py``, which the
scripts beside it filter, sort, group and draw. Nothing that a site has written is ever markup, and a content
security policy lets the page's own style and script alone run.
"""

from html import escape
from pathlib import Path
from typing import TextIO

from crawler.check.finding import Result
from crawler.check.reports.html.data import data
from crawler.check.reports.html.plain import plain_list
from crawler.check.reports.html.standing import left_out, looked_at, name, notes, verdict_line
from crawler.check.reports.words import totals
from crawler.check.verdict import Verdict
from crawler.model.version import VERSION
from crawler.watch.one_file_page import in_script, pieces, policy, text_of

SCRIPTS = ("data.js", "filter.js", "elements.js", "causes.js", "pages.js", "state.js", "page.js")
"""In this order one script: what is run at once, and not called, stands below what it uses."""
HERE = Path(__file__).parent


def write(result: Result, verdict: Verdict, stream: TextIO) -> None:
    """Write the page, as its findings are read: a large one takes little memory."""
    style, script = text_of(HERE, "page.css"), text_of(HERE, *SCRIPTS)
    values = {
        "title": escape(f"{totals(result)}: {name(result)}"),
        "policy": policy(style, script),
        "style": style,
        "name": escape(name(result)),
        "verdict": verdict_line(result, verdict),
        "notes": notes(result, verdict),
        "looked_at": looked_at(result),
        "plain": plain_list(result),
        "leftout": left_out(result),
        "version": VERSION,
        "data": map(in_script, data(result)),
        "script": script,
    }
    for piece in pieces(text_of(HERE, "page.html"), values):
        stream.write(piece)
