from array import array

from crawler.rules.dedup import fingerprint, fingerprints

URLS = ["http://example.com/", "http://example.com/%C3%A9", "http://example.com/a"]


def test_the_flat_form_holds_the_same_numbers():
    flat = array("Q")
    flat.frombytes(fingerprints(URLS, 7))
    assert list(flat) == [fingerprint(url, 7) for url in URLS]
    assert fingerprints([], 7) == b""


def test_the_seed_changes_every_fingerprint():
    assert not {fingerprint(url, 1) for url in URLS} & {fingerprint(url, 2) for url in URLS}


def test_fingerprints_outlive_the_process():
    # They are stored beside the URLs of a crawl: a changed function would make known URLs new.
    assert fingerprint("http://example.com/", 2**64 - 1) == 4176128008846095430
