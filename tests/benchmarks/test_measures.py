"""The arithmetic of the other benchmarks, and the site on many hosts."""

import asyncio
import ipaddress

import pytest

pytest.importorskip("selectolax", reason="the benchmarks' reference needs selectolax")

import fetching
import generated_site
import latency
import main_loop
import sites

RAW = """\
main.py;run (asyncio/runners.py);walk (crawler/engine/street.py);fetch_task (crawler/fetch/fetch_task.py) 3
main.py;run (asyncio/runners.py);hand_on (crawler/parse/parse_task.py);add (crawler/rules/dedup.py) 2
main.py;run (asyncio/runners.py) 4
main.py;run (asyncio/runners.py);x (<frozen importlib._bootstrap>);y (aiohttp/client.py) 5
thread;worker (crawler/parse/single_worker_pool.py) 7
"""


def test_start_and_end_are_not_in_the_rate():
    steady = [second / 100 for second in range(1_000)]
    slow_ends = [-50.0, *steady[1:-1], 500.0]
    assert latency.steady_rate(slow_ends) == pytest.approx(100.0)


def test_each_way_of_fetching_asks_for_every_page(tmp_path):
    times = tmp_path / "times"
    with sites.generated(pages=20, links=5, times=times) as first:
        urls = [f"{first.rpartition('/')[0]}/{number}" for number in range(20)]
        seconds = [asyncio.run(way(urls)) for way in fetching.WAYS.values()]
    assert all(each > 0 for each in seconds)
    assert len(times.read_text().split()) == 20 * len(seconds)


def test_a_sample_belongs_to_its_innermost_part():
    assert main_loop.shares_of(RAW) == {"fetch": 3, "frontier": 2, main_loop.ELSE: 4}


def test_the_limit_is_the_loops_core_or_all_cores():
    cost = {"main loop": 250.0, "main, other threads": 50.0, "parsers": 1_100.0, "writer": 100.0}
    heading, two, four, eight, sixteen = main_loop.limits(cost)
    assert heading[3] == "so pages/s"
    assert two[3] == "1,333"  # two cores for 1,500 µs a page
    assert four[3] == "2,667"
    assert eight[3] == sixteen[3] == "4,000"  # one loop at 250 µs a page


def test_every_host_has_an_address_of_its_own_on_loopback():
    addresses = {generated_site.address_of(page, 10_000) for page in range(10_000)}
    assert len(addresses) == 10_000
    assert all(ipaddress.ip_address(address).is_loopback for address in addresses)
    assert generated_site.address_of(10_003, 10_000) == generated_site.address_of(3, 10_000)


def test_links_name_the_host_that_the_page_lies_on():
    html = generated_site.page_of(0, 100, 10, 2_000, 0, hosts=50, port=8000).decode()
    others = generated_site.links_of(0, 100, 10, 0)
    assert [f'href="{generated_site.url_of(other, 50, 8000)}"' in html for other in others] == [True] * 10
