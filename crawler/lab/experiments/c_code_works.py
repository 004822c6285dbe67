"""What the threads of ``c-code`` compute: Python, C that keeps the interpreter's lock, C that lets it go."""

import hashlib
import json
import re
import zlib
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from crawler.lab.work import rounds_for, spin

TEXT = b"".join(b'<p>Line %d, <a href="/p/%d">a link</a></p>\n' % (n, n) for n in range(100_000))
SMALL = TEXT[:1024]


def all_works() -> dict[str, Callable[[], Any]]:
    """What is done, some milliseconds of each."""
    numbers = json.dumps([{"number": n, "text": "x" * 20} for n in range(10_000)])
    found: dict[str, Callable[[], Any]] = {
        "Python: a loop": partial(spin, rounds_for(0.005)),
        "C: json.loads": lambda: json.loads(numbers),
        "C: re.findall": lambda: re.findall(rb"\d+", TEXT[:200_000]),
        "C: turbohtml.parse": partial(html_parser().parse, TEXT[:200_000].decode()),
        "C: hashlib.sha256, 1 kB at a time": lambda: [hashlib.sha256(SMALL) for _ in range(2_000)],
        "C: hashlib.sha256, 4 MB at a time": lambda: hashlib.sha256(TEXT),
        "C: zlib.compress, 4 MB at a time": lambda: zlib.compress(TEXT, 1),
    }
    if find_spec("numpy"):
        numpy: Any = import_module("numpy")
        numbered = numpy.arange(500_000) * 7919 % 500_009
        found["C: numpy.sort, 4 MB at a time"] = partial(numpy.sort, numbered)
    return found


def html_parser() -> Any:
    """The one of this program. Imported here so that the process that only draws needs it not."""
    return import_module("turbohtml")
