"""With this folder on PYTHONPATH, every process writes down which functions of the program it enters.

``WALK_OUT`` names the file, one line for each function: its file, its qualified name, its first line.
``STARTS_OUT`` names the one for :mod:`started`.
"""

import inspect
import os
import sys
import threading
from pathlib import Path
from types import CodeType, FrameType

PACKAGE = str(Path(__file__).parents[2] / "crawler") + os.sep

if out := os.environ.get("WALK_OUT"):
    # Children are killed at any moment: each line is one write, to a file that all of them append to.
    descriptor = os.open(out, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    seen: set[CodeType] = set()

    def profile(frame: FrameType, event: str, _arg: object) -> None:
        code = frame.f_code
        if event != "call" or code in seen:
            return
        seen.add(code)
        # The body of a class or of a module is no function.
        if code.co_filename.startswith(PACKAGE) and code.co_flags & inspect.CO_OPTIMIZED:
            words = code.co_filename.removeprefix(PACKAGE), code.co_qualname, str(code.co_firstlineno)
            os.write(descriptor, ("\t".join(words) + "\n").encode())

    threading.setprofile(profile)
    sys.setprofile(profile)

if "STARTS_OUT" in os.environ:
    import started  # noqa: F401 - it writes down what is started

if "JOINS_OUT" in os.environ:
    import joined  # noqa: F401 - it writes down what joins them
