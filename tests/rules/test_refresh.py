import time

import pytest

from crawler.rules.refresh import target


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("0;url=/real", "/real"),
        ("0; URL = '/a b' x", "/a b"),
        ('0.5;url="a\'b"c', "a'b"),
        ("0 /x", "/x"),
        ("0,/x", "/x"),
        ("..;x", "x"),
        ("0;ur=x", "ur=x"),
        ("0; url x", "url x"),
        ("0;;url=x", ";url=x"),
        ("0  ;  '/x", "/x"),
        ("0\t;\nurl\n=\n/x", "/x"),
        ("3600;url=url=x", "url=x"),
        ("5;url=", ""),
        ("5", None),
        ("5; ", None),
        ("", None),
        ("; url=x", None),
        ("x;url=y", None),
        ("1x;url=y", None),
        ("0/x", None),
    ],
)
def test_target(text, href):
    assert target(text) == href


def test_a_long_number_takes_no_longer_than_it_is():
    begun = time.process_time()
    assert target("1" * 1_000_000 + "x") is None
    assert time.process_time() - begun < 1
