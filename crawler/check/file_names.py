r"""Names of files as reports have them: text, though the system may have names that are no UTF-8.

>>> shown("b\udcff.html")
'b\\xff.html'
>>> meant(shown("b\udcff.html")) == "b\udcff.html"
True
"""

import re

_BYTE = re.compile(r"\\x([89a-f][0-9a-f])")


def shown(name: str) -> str:
    r"""``name``, as :func:`os.fsdecode` gives it, with each byte that is no UTF-8 as ``\xff``.

    No file that is served has a backslash in its name, so that this is the name of no other.
    """
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def meant(name: str) -> str:
    """The name that is :func:`shown` so, by which the system finds the file."""
    return _BYTE.sub(lambda byte: chr(0xDC00 + int(byte[1], 16)), name)
