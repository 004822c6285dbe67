"""Content codings (RFC 9110 section 8.4.1): from the bytes that were sent to the bytes that were meant.

A coding is untrusted input that may grow a thousandfold, so everything here is lazy: ``feed``
gives the result in pieces of about :data:`PIECE` bytes, and whoever has read enough just stops
asking. A stream that ends before its own end mark is refused: aiohttp and browsers differ in what
they do with it, and half a page taken for a whole one is a page lost.
"""

import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from crawler.rules.content_coding import codings

try:
    import brotli  # type: ignore[import-untyped]
except ImportError:
    brotli = None
try:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
except ImportError:
    zstd = None  # type: ignore[assignment]

PIECE = 131_072
"""Bytes that one step puts out, about: a small part of a millisecond's work."""
SLICE = 65_536
"""Bytes that one step takes in, at most."""
MAX_FRAMES = 1_024
"""Gzip members or zstd frames in one body; honest ones have a few."""
MAX_CODINGS = 3
"""Codings that may be stacked on one body."""


class Undecodable(Exception):
    """The body is not what its Content-Encoding says; ``str()`` says how, for people."""


class Decoder(Protocol):
    """Undoes one coding, or several that were stacked."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What ``data`` makes known of the content, lazily, in pieces. Raises Undecodable."""

    def end(self) -> None:
        """The body is over. Raises Undecodable where it was cut off."""


class _Frames:
    """gzip, deflate and zstd: frames with an end mark, some of which may follow each other."""

    def __init__(self, name: str, new_frame: Callable[[], Any], error: type[Exception], repeat: bool) -> None:
        self._name = name
        self._new_frame = new_frame
        self._error = error
        self._repeat = repeat
        self._frame = new_frame()
        self._frames = 1
        self._begun = False  # something was fed
        self._padding = False  # what comes now follows the last frame and is no frame
        self._empty = True  # the current frame gave nothing yet

    def feed(self, data: bytes) -> Iterator[bytes]:
        more = bool(data)
        self._begun = self._begun or more
        while more and not self._padding:
            if self._frame.eof and not self._next_frame():
                return
            try:
                piece = self._frame.decompress(data, PIECE)
            except self._error as error:
                if self._frames == 1 or not self._empty:
                    raise Undecodable(f"not valid {self._name} ({error})") from error
                # Zeros or a line end behind the last frame are common, and everybody ignores them.
                self._padding = True
                return
            if self._frame.eof:
                data = self._frame.unused_data
                more = bool(data)
            else:
                # zlib hands back what it did not get to, zstd keeps it; both may hold output back.
                data = getattr(self._frame, "unconsumed_tail", b"")
                more = bool(data) or len(piece) >= PIECE
            if piece:
                self._empty = False
                yield piece

    def _next_frame(self) -> bool:
        if not self._repeat:
            self._padding = True
            return False
        self._frames += 1
        if self._frames > MAX_FRAMES:
            raise Undecodable(f"more than {MAX_FRAMES} {self._name} streams in one body")
        self._frame = self._new_frame()
        self._empty = True
        return True

    def end(self) -> None:
        cut_off = self._begun and not self._frame.eof
        if cut_off and not (self._frames > 1 and self._empty):
            raise Undecodable(f"the {self._name} stream was cut off")


class _Deflate:
    """``deflate`` means zlib's format (RFC 9110 section 8.4.1.2), but some servers send it bare."""

    def __init__(self) -> None:
        self._head = b""
        self._frames: _Frames | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._frames is None:
            self._head += data
            if len(self._head) < 2:
                return
            # RFC 1950 section 2.2: method 8, a window of at most 32 KiB, and a multiple of 31.
            first, second = self._head[:2]
            wrapped = first & 0x8F == 0x08 and (first << 8 | second) % 31 == 0
            window = zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS
            self._frames = _Frames("deflate", lambda: zlib.decompressobj(window), zlib.error, repeat=False)
            data = self._head
        yield from self._frames.feed(data)

    def end(self) -> None:
        if self._frames is not None:
            self._frames.end()
        elif self._head:
            raise Undecodable("the deflate stream was cut off")


class _Brotli:
    def __init__(self) -> None:
        self._stream = brotli.Decompressor()
        self._begun = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._begun = self._begun or bool(data)
        # It may say that it takes more input while it still holds output back: an empty piece is
        # the only sign that there is no more.
        piece = self._step(data)
        while piece:
            yield piece
            piece = self._step(b"")

    def _step(self, data: bytes) -> bytes:
        if not data and self._stream.is_finished():
            return b""
        try:
            piece: bytes = self._stream.process(data, output_buffer_limit=PIECE)
        except brotli.error as error:
            raise Undecodable(f"not valid br ({error})") from error
        return piece

    def end(self) -> None:
        if self._begun and not self._stream.is_finished():
            raise Undecodable("the br stream was cut off")


class _Stack:
    """Two codings on top of each other; the outer one was applied last and is undone first."""

    def __init__(self, outer: Decoder, inner: Decoder, most: int) -> None:
        self._outer = outer
        self._inner = inner
        self._left = most

    def feed(self, data: bytes) -> Iterator[bytes]:
        for piece in self._outer.feed(data):
            self._left -= len(piece)
            if self._left < 0:
                raise Undecodable("the inner of its stacked codings is far longer than the content may be")
            # A step even where nothing comes of it, so that the reader can look at the clock.
            yield b""
            yield from self._inner.feed(piece)

    def end(self) -> None:
        self._outer.end()
        self._inner.end()


def _gzip() -> Decoder:
    return _Frames("gzip", lambda: zlib.decompressobj(zlib.MAX_WBITS | 16), zlib.error, repeat=True)


def _zstd() -> Decoder:
    # RFC 9659: a window above 8 MiB has no place in HTTP; the library would grant 128 MiB.
    options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: 23}
    return _Frames("zstd", lambda: zstd.ZstdDecompressor(options=options), zstd.ZstdError, repeat=True)


_CODINGS: dict[str, Callable[[], Decoder]] = {"gzip": _gzip, "x-gzip": _gzip, "deflate": _Deflate}
# Brotli before 1.2 cannot be told to stop, so a bomb could not be survived.
if brotli is not None and hasattr(brotli.Decompressor, "can_accept_more_data"):
    _CODINGS["br"] = _Brotli
if zstd is not None:
    _CODINGS["zstd"] = _zstd

ACCEPT_ENCODING = ", ".join(name for name in _CODINGS if name != "x-gzip")
"""What every backend sends as Accept-Encoding: what can be undone here and nothing else."""


def decoder(content_encodings: Iterable[str], most: int) -> Decoder | None:
    """What undoes the codings that the Content-Encoding headers name, or None where there are none.

    ``most`` bounds in bytes what one below the top may hold. Raises Undecodable for one that is not known.
    """
    names = codings(content_encodings)
    if len(names) > MAX_CODINGS:
        raise Undecodable(f"{len(names)} stacked codings")
    whole: Decoder | None = None
    for name in names:
        if name not in _CODINGS:
            raise Undecodable(f"the content coding {name[:40]!r} is not known here")
        outer = _CODINGS[name]()
        whole = outer if whole is None else _Stack(outer, whole, most)
    return whole
