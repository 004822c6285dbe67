"""The simulated street, held against what can be worked out by hand."""

from typing import Any

import pytest

from crawler.view.why.machine import Machine
from crawler.view.why.simulation import seconds_for
from crawler.view.why.street_times import Host, Street, Visit


def street(**changed: Any) -> Street:
    """Everything costs nothing, and there is room for all."""
    settings: dict[str, Any] = {
        "cores": 4, "at_once": 8, "parsers": 2, "hosts": (Host(10_000, 0.0),), "loop": 0.0, "server": 0.0,
        "write": 0.0, "sync": 0.0, "commit": 0.0, "page_room": 10_000, "batch_pages": 1,
        "write_batch": 0.0, "commit_batch": 0.0, "record_room": 10_000,
    }  # fmt: skip
    return Street(**settings | changed)


def site(count: int, network: float = 0.0, parse: float | None = 0.0, hosts: int = 1) -> list[Visit]:
    """A seed, and pages that it names."""
    return [Visit(number % hosts, network, parse, -1 if number == 0 else 0) for number in range(count)]


@pytest.mark.parametrize(
    ("visits", "changed", "expected"),
    [
        (site(801, network=0.1), {}, 0.1 + 800 / 8 * 0.1),
        (site(801, parse=0.1), {}, 0.1 + 800 / 2 * 0.1),
        (site(801, parse=0.1), {"cores": 1}, 0.1 + 800 * 0.1),
        (site(801, parse=0.1), {"parsers": 8}, 0.1 + 800 / 4 * 0.1),
        (site(801, parse=0.1), {"parses_in_main": True}, 801 * 0.1),
        (site(100), {"loop": 0.01}, 100 * 0.01),
        (site(101, network=0.001), {"hosts": (Host(8, 0.5),)}, 100 * 0.5 + 0.001),
        (site(101, network=0.1), {"hosts": (Host(2, 0.0),)}, 0.1 + 100 / 2 * 0.1),
        (site(101, parse=None, network=0.1), {"parsers": 1}, 0.1 + 13 * 0.1),
        (site(1), {"write": 0.1, "sync": 0.2, "commit": 0.3}, 0.6),
        (site(80, network=0.1), {"network_factor": 0.5}, 0.05 + 10 * 0.05),
        (site(401), {"server": 0.1}, 0.1 + 400 / 4 * 0.1),
    ],
)  # fmt: skip
def test_as_worked_out(visits: list[Visit], changed: dict[str, Any], expected: float) -> None:
    assert seconds_for(visits, street(**changed)) == pytest.approx(expected, rel=0.001)


def test_a_chain_gains_nothing_from_more_at_once() -> None:
    chain = [Visit(0, 0.1, 0.05, number - 1) for number in range(100)]
    for at_once in (1, 8, 64):
        assert seconds_for(chain, street(at_once=at_once, parsers=8)) == pytest.approx(100 * 0.15)


def test_hosts_are_asked_beside_each_other() -> None:
    delays = street(hosts=tuple(Host(1, 1.0) for _ in range(8)), at_once=64)
    assert seconds_for(site(80, hosts=8, network=0.01), delays) == pytest.approx(9.02, abs=0.1)


def test_a_host_is_asked_once_at_a_time_until_it_has_answered() -> None:
    seeds = [Visit(0, 0.1, None, -1) for _ in range(8)]
    assert seconds_for(seeds, street()) == pytest.approx(0.2)


def test_full_queues_hold_back_what_is_before_them() -> None:
    """Nothing is lost, and a slow writer is what it takes, wherever the others wait."""
    slow = street(write=0.1, page_room=2, record_room=2)
    assert seconds_for(site(100, network=0.01, parse=0.01), slow) == pytest.approx(100 * 0.1, rel=0.05)


def test_jobs_share_the_cores_evenly() -> None:
    machine, ended = Machine(cores=2), {}

    def job(name: str, seconds: float) -> None:
        machine.compute(seconds, lambda: ended.update({name: machine.now}))

    for name, seconds in {"a": 1.0, "b": 1.0, "c": 2.0}.items():
        job(name, seconds)
    for _ in range(3):
        machine.step()
    # Three on two cores: each gets two thirds. Then the third is alone, with a second's work left.
    assert ended == pytest.approx({"a": 1.5, "b": 1.5, "c": 2.5})


def test_the_same_again_is_the_same() -> None:
    visits = [Visit(0, 0.01 * (number % 7), 0.001 * (number % 3), number // 5 - 1) for number in range(500)]
    busy = street(loop=0.001, write=0.0001, sync=0.01, page_room=3)
    assert seconds_for(visits, busy) == seconds_for(visits, busy)
