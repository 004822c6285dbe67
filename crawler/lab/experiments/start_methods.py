"""fork, spawn and forkserver side by side: what a start takes, what a child is given, and which one you get.

What is said: a new process is a clone of its parent. Of ``fork`` that is so: it copies the memory as it is,
with all globals, imported modules and open files, at once and cheaply. But of all threads it copies only
the one that forks. A lock that another thread holds at that moment is held in the copy by nobody, and
whoever waits for it there waits for ever. This is why programs that have threads should not fork, and why
it is no longer what Python does by itself.

``spawn`` starts a new interpreter, which imports what it needs, so a child begins with the values that
globals have after an import; only the environment is handed down. ``forkserver`` starts one such
interpreter, when the first child is wanted, and forks every child from that: the first start is slow, all
others are not, and the environment is the one of the moment at which the server was started.

In this program: ``forkserver``, or ``spawn`` where there is none, never ``fork``
(``crawler/plumbing/fork_server_process.py``); the server is started while the main process still imports.

How the children are started is in ``start_methods_start.py`` beside this file.
"""

import multiprocessing
from functools import partial

from crawler.lab.experiments.limits import start_methods
from crawler.lab.experiments.start_methods_start import LOOKS, start_by
from crawler.lab.finding import Finding, Scale, Verdict
from crawler.lab.sandbox_process import measured
from crawler.lab.tables.start_methods import default_table, draw, in_words, table

DEFAULTS = (
    ("Linux and other systems with fork", "up to 3.13", "fork"),
    ("Linux and other systems with fork", "from 3.14 on", "forkserver"),
    ("macOS", "up to 3.7", "fork"),
    ("macOS", "from 3.8 on", "spawn"),
    ("Windows", "every", "spawn"),
)
"""What multiprocessing takes unless it is told, as its reference says ("Contexts and start methods")."""


def run(scale: Scale) -> Finding:
    """QUICK starts fewer children."""
    methods, default = start_methods(), multiprocessing.get_all_start_methods()[0]
    found = {method: measured(start_by, method, 3 if scale is Scale.QUICK else 8) for method in methods}
    return Finding(
        claim="A new process is a clone of its parent.",
        done="By each start method some children are started that do nothing, then one that looks around, "
        "while the parent has changed a global, opened a file, and has a thread that holds a lock.",
        tables=[table(found, LOOKS), default_table(DEFAULTS, default)],
        verdict=Verdict.of(start["global"] for start in found.values()),
        because=in_words(found, LOOKS),
        figures={"methods": found, "default": default},
        draw=partial(draw, found),
        notes=[] if "fork" in methods else ["This platform has no fork, so it could not be tried."],
    )
