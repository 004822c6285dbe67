"""Heads of answers that must not be believed, and the line that each is refused for."""

import pytest

from crawler.rules.head import MAX_FIELD, MAX_FIELDS, fault_of, lines_of

STATUS = b"HTTP/1.1 200 OK\r\n"

REFUSED = {
    b"P3P : x": "'P3P : x' is no header",
    b"P3P\t: x": r"'P3P\t: x' is no header",
    b"X Frame: 1": "'X Frame: 1' is no header",
    b"this is none": "'this is none' is no header",
    b"HTTP/1.1 200 OK": "'HTTP/1.1 200 OK' is no header",
    b": nameless": "': nameless' is no header",
    b"X\xfc: 1": r"'X\\xfc: 1' is no header",
    b"X: a\0b": r"'X: a\x00b' is no header",
    b"X: a\rb": r"'X: a\rb' is no header",
    b"Transfer-Encoding: gzip, chunked": "'Transfer-Encoding: gzip, chunked' is not known",
    b"transfer-encoding: chunked, chunked": "'transfer-encoding: chunked, chunked' is not known",
    b"Transfer-Encoding: gzip": "'Transfer-Encoding: gzip' is not known",
    b"Transfer-Encoding: identity": "'Transfer-Encoding: identity' is not known",
    b"Transfer-Encoding: chunked;q=1": "'Transfer-Encoding: chunked;q=1' is not known",
    b"Transfer-Encoding: chunked\t": r"'Transfer-Encoding: chunked\t' is not known",
    b"Transfer-Encoding:": "'Transfer-Encoding:' is not known",
    b"Transfer-Encoding: gzip,\r\n chunked": "'Transfer-Encoding: gzip, chunked' is not known",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked": "stated more than once",
    b"Content-Length: 8\r\nContent-Length: 8": "by 'Content-Length: 8' and 'Content-Length: 8'",
    b"Content-Length: 8\r\ncontent-length: 9": "by 'Content-Length: 8' and 'content-length: 9'",
    b"Content-Length: 8\r\nTransfer-Encoding: chunked": "chunked' and 'Content-Length: 8'",
    b"Content-Length: 8, 8": "'Content-Length: 8, 8' states no length",
    b"Content-Length: +8": "'Content-Length: +8' states no length",
    b"Content-Length: " + b"9" * 20: "9' states no length",
    b"Content-Length:": "'Content-Length:' states no length",
    b"X: " + b"a" * MAX_FIELD: "aaa...' has more than 65536 bytes",
    b"\r\n".join([b"X: 1"] * (MAX_FIELDS + 1)): "more than 1000 header lines",
}


@pytest.mark.parametrize("lines", REFUSED, ids=lambda lines: lines[:40])
@pytest.mark.parametrize("end", [b"\r\n\r\n<p>a: b", b"\n\n"])
def test_what_is_refused_names_its_line(lines, end):
    received = STATUS + b"Server: x\r\n" + lines + end
    assert REFUSED[lines] in str(fault_of(lines_of(received)))


@pytest.mark.parametrize(
    "lines",
    [
        b"",
        b"X: 1\r\nX: 2",
        b"X:",
        b"X-A.b_c~: \x01 \xff",
        b"Transfer-Encoding: \tCHUNKED  ",
        b"Content-Length: " + b"0" * 30 + b"8 ",
        b"Content-Length:\r\n 8",
        b"X: folded\r\n\tas it was\r\n once",
        b"X: " + b"a" * (MAX_FIELD - 1),
        b"\r\n".join([b"X: 1"] * MAX_FIELDS),
    ],
    ids=lambda lines: lines[:40],
)
def test_what_is_odd_but_beyond_doubt(lines):
    assert fault_of(lines_of(STATUS + lines + b"\r\n\r\nno header")) is None


def test_interim_answers_are_passed_over():
    hints = b"HTTP/1.1 103 Early Hints\r\nContent-Length: 1\r\n\r\n"
    assert lines_of(hints * 3 + STATUS + b"X: 1\r\n\r\n") == [b"X: 1"]
    assert lines_of(hints + b"HTTP/1.1 101 Switching\r\nX: 1\r\n\r\n") == [b"X: 1"]


def test_a_line_that_has_not_come_whole_is_not_judged():
    assert lines_of(STATUS + b"X: 1\r\nContent-Le") == [b"X: 1"]
    assert lines_of(b"") == lines_of(b"HTTP/1.1 2") == []
    long = STATUS + b"X: " + b"a" * MAX_FIELD
    assert "more than 65536 bytes" in str(fault_of(lines_of(long)))
    assert "more than 65536 bytes" in str(fault_of(lines_of(b"HTTP/1.1 200 " + b"a" * MAX_FIELD)))
