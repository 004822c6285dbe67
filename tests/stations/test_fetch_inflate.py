"""Content codings: whatever was sent, in whatever pieces, comes out whole or is refused; nothing explodes."""

import gzip
import random
import zlib
from collections.abc import Callable, Iterable

import pytest

from crawler.fetch import inflate
from crawler.fetch.inflate import MAX_FRAMES, PIECE, Undecodable, decoder

TEXT = b"".join(b"<p>%d %s</p>" % (n, random.Random(n).randbytes(9).hex().encode()) for n in range(9_000))
ZEROS = bytes(20_000_000)


def bare_deflate(data: bytes) -> bytes:
    squeeze = zlib.compressobj(wbits=-15)
    return squeeze.compress(data) + squeeze.flush()


def zstd(data: bytes) -> bytes:
    if inflate.zstd is None:
        pytest.skip("no zstd library here")
    return inflate.zstd.compress(data)


def br(data: bytes) -> bytes:
    if inflate.brotli is None:
        pytest.skip("no brotli library here")
    return inflate.brotli.compress(data, quality=5)


CODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("X-GZIP", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "bare deflate": ("deflate", bare_deflate),
    "br": ("br", br),
    "zstd": ("zstd", zstd),
}
each_coding = pytest.mark.parametrize(("name", "squeeze"), CODINGS.values(), ids=CODINGS)


def undo(name: str, parts: Iterable[bytes], most: int = 10**9) -> bytes:
    undoing = decoder([name], most)
    assert undoing is not None
    whole = b"".join(piece for part in parts for piece in undoing.feed(part))
    undoing.end()
    return whole


@each_coding
@pytest.mark.parametrize("step", [1, 2, 999, 10**9])
def test_round_trip_in_any_pieces(name, squeeze, step):
    sent = squeeze(TEXT)
    assert undo(name, (sent[at : at + step] for at in range(0, len(sent), step))) == TEXT


@each_coding
def test_an_empty_body_is_empty_content(name, squeeze):
    assert undo(name, []) == b""
    assert undo(name, [squeeze(b"")]) == b""


@each_coding
def test_a_cut_off_stream_is_refused(name, squeeze):
    sent = squeeze(TEXT)
    for end in (1, 5, len(sent) // 2, len(sent) - 1):
        with pytest.raises(Undecodable, match="cut off"):
            undo(name, [sent[:end]])


@pytest.mark.parametrize("name", ["gzip", "br", "zstd", "deflate"])
def test_what_is_not_of_the_coding_is_refused(name):
    with pytest.raises(Undecodable):
        undo(name, [b"\xff<!doctype html><title>not compressed at all</title>" * 20])


def test_a_damaged_byte_is_noticed_by_the_checksum():
    sent = bytearray(gzip.compress(TEXT, 0))
    sent[5_000] ^= 1
    with pytest.raises(Undecodable, match="not valid gzip"):
        undo("gzip", [bytes(sent)])


@each_coding
def test_a_bomb_comes_in_small_pieces(name, squeeze):
    undoing = decoder([name], 10**9)
    assert undoing is not None
    sizes = [len(piece) for piece in undoing.feed(squeeze(ZEROS))]
    assert sum(sizes) == len(ZEROS)
    assert max(sizes) <= 2 * PIECE


@each_coding
def test_a_bomb_costs_nothing_before_it_is_asked_for(name, squeeze):
    undoing = decoder([name], 10**9)
    assert undoing is not None
    pieces = undoing.feed(squeeze(ZEROS))
    assert 0 < len(next(pieces)) <= 2 * PIECE


@pytest.mark.parametrize(("name", "squeeze"), [CODINGS["gzip"], CODINGS["zstd"]])
@pytest.mark.parametrize("step", [1, 7, 10**9])
def test_several_streams_behind_each_other_are_one_content(name, squeeze, step):
    sent = squeeze(b"one ") + squeeze(b"") + squeeze(b"two ") + squeeze(b"three")
    assert undo(name, (sent[at : at + step] for at in range(0, len(sent), step))) == b"one two three"


@pytest.mark.parametrize("padding", [b"\0", b"\r\n", bytes(700), b"\x1f", b"<!-- served by -->"])
@pytest.mark.parametrize("step", [1, 10**9])
def test_padding_behind_a_gzip_stream_is_ignored(padding, step):
    sent = gzip.compress(TEXT[:999]) + padding
    assert undo("gzip", (sent[at : at + step] for at in range(0, len(sent), step))) == TEXT[:999]


def test_a_second_gzip_stream_that_breaks_off_is_refused():
    with pytest.raises(Undecodable):
        undo("gzip", [gzip.compress(b"one") + gzip.compress(TEXT)[:-5]])


def test_a_myriad_of_tiny_streams_is_refused():
    with pytest.raises(Undecodable, match=str(MAX_FRAMES)):
        undo("gzip", [gzip.compress(b"") * (MAX_FRAMES + 1)])


def test_a_zstd_window_that_would_take_all_memory_is_refused():
    zstandard = inflate.zstd
    if zstandard is None:
        pytest.skip("no zstd library here")
    options = {zstandard.CompressionParameter.window_log: 27}
    squeeze = zstandard.ZstdCompressor(options=options)
    sent = squeeze.compress(TEXT) + squeeze.flush()  # of unknown length, so the window is as asked for
    with pytest.raises(Undecodable):
        undo("zstd", [sent])


def test_stacked_codings_are_undone_in_reverse_order():
    assert undo("gzip, br", [br(gzip.compress(TEXT))]) == TEXT
    assert undo("deflate,gzip, identity", [gzip.compress(zlib.compress(TEXT))]) == TEXT


def test_a_stacked_coding_may_not_grow_behind_an_inner_one_that_has_ended():
    inner = gzip.compress(b"tiny") + ZEROS
    with pytest.raises(Undecodable, match="stacked"):
        undo("gzip, br", [br(inner)], most=1_000_000)


def test_too_many_stacked_codings_are_refused():
    with pytest.raises(Undecodable, match="4 stacked"):
        decoder(["gzip, gzip", "gzip, gzip"], 1)


@pytest.mark.parametrize("name", ["compress", "aes128gcm", "gzip, sdch", "X-BZip2", "none, lz4"])
def test_an_unknown_coding_is_refused(name):
    with pytest.raises(Undecodable, match="not known"):
        decoder([name], 1)


@pytest.mark.parametrize(
    "name", ["", "identity", " , Identity ,", "none", "UTF-8", "binary", "8bit", "text/html", "*", "br\0"]
)
def test_no_coding_at_all(name):
    assert decoder([name], 1) is None


def test_only_what_can_be_undone_is_asked_for():
    for name in inflate.ACCEPT_ENCODING.split(", "):
        assert decoder([name], 1) is not None
    assert "gzip" in inflate.ACCEPT_ENCODING
