"""What a Content-Encoding header names (RFC 9110 section 8.4): codings, and what is none.

Some servers name the page's charset there, how an e-mail would be transferred, or that there is no coding.
Browsers take no notice of any such word. A coding that exists and is not known here is another matter: its
page cannot be read.
"""

from collections.abc import Iterable

_CODINGS = frozenset({
    "aes128gcm", "br", "brotli", "bz2", "bzip2", "compress", "dcb", "dcz", "deflate", "exi", "gz", "gzip",
    "lz4", "lzip", "lzma", "pack200-gzip", "sdch", "snappy", "x-br", "x-bz2", "x-bzip2", "x-compress",
    "x-deflate", "x-gzip", "x-lzma", "x-snappy", "x-snappy-framed", "x-xz", "x-zip", "x-zstd", "xz", "zip",
    "zlib", "zstandard", "zstd",
})  # fmt: skip
"""IANA's registry, and what is or was in use beside it."""


def codings(values: Iterable[str]) -> list[str]:
    """The codings that the headers name, known here or not, in lower case, as they were applied."""
    return [name for name in _names(values) if name in _CODINGS]


def notes(headers: Iterable[tuple[str, str]]) -> list[str]:
    """What is to be told of an answer with these headers, whose names are in lower case."""
    values = [value for name, value in headers if name == "content-encoding"]
    strange = [name for name in _names(values) if name not in _CODINGS and name != "identity"]
    return [f"its Content-Encoding, {', '.join(strange)[:80]!r}, is none: read as it came"] if strange else []


def _names(values: Iterable[str]) -> list[str]:
    return [name for value in values for part in value.split(",") if (name := part.strip().lower())]
