from collections import Counter

import pytest

from crawler.rules.shares import shares


@pytest.mark.parametrize("nodes", [1, 2, 3, 4, 7, 100])
@pytest.mark.parametrize("partitions", [1, 256, 1000])
def test_nobody_has_more_than_a_fair_share(partitions, nodes):
    held = Counter(shares(partitions, range(1, nodes + 1)))
    assert sum(held.values()) == partitions
    assert max(held.values()) <= -(-partitions // nodes)


def test_everybody_finds_the_same_whatever_the_order():
    assert shares(256, [3, 1, 9]) == shares(256, {9, 1, 3}) == shares(256, frozenset((1, 3, 9)))


@pytest.mark.parametrize("gone", [1, 2, 3, 4])
def test_few_partitions_move_when_a_node_goes(gone):
    before, after = shares(256, range(1, 5)), shares(256, set(range(1, 5)) - {gone})
    moved = sum(was != now for was, now in zip(before, after, strict=True) if was != gone)
    assert before.count(gone) == 64
    assert moved < 256 / 8  # to hash modulo the nodes would move three in four


def test_a_node_that_comes_takes_its_share_from_all():
    before, after = shares(256, [1, 2, 3]), shares(256, [1, 2, 3, 4])
    taken = Counter(was for was, now in zip(before, after, strict=True) if now == 4)
    assert sum(taken.values()) == 64
    assert min(taken[node] for node in (1, 2, 3)) > 10
