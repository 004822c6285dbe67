"""No page makes the crawler talk to an address that only this machine can reach, however it is written."""

import pytest

from crawler.fetch.address_guard import AddressGuard
from crawler.fetch.backend import FetchFailed
from crawler.model.messages import Finished, Page
from crawler.model.outcomes import Kind, Outcome
from crawler.rules.scope import Scope
from crawler.rules.urls import resolve
from tests.stations.fetch_servers import always, by_target, byte_server, ok, rig

METADATA = "http://169.254.169.254/latest/meta-data/"


class Names:
    """Looks up the names given, and counts what it is asked."""

    def __init__(self, **addresses: list[str]) -> None:
        self.addresses = addresses
        self.asked: list[str] = []

    async def __call__(self, host: str, _port: int) -> list[str]:
        self.asked.append(host)
        return self.addresses[host.removesuffix(".test")]


def port_of(url: str) -> str:
    return url.rpartition(":")[2]


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "127.0.0.1.",
        "%31%32%37.0.0.1",
        "0",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[0:0:0:0:0:ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "0xa9fea9fe",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "224.0.0.1",
        "255.255.255.255",
    ],
)
async def test_an_address_in_a_url_is_judged_however_it_is_written(tmp_path, host):
    async with (
        byte_server(always(ok())) as served,
        rig(tmp_path, "http://seed.test/", timeout=20) as fetching,
    ):
        url = resolve(f"http://{host}:{port_of(served.url)}/")
        assert url is not None
        line = await fetching.ended(url)
        assert (line.outcome, line.kind) == (Outcome.SKIPPED, Kind.FORBIDDEN_ADDRESS)
        assert "Pages may not send the crawler to" in str(line.message)
        assert (served.connections, fetching.counters.requests) == (0, 0)


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1", "localhost"])
async def test_not_even_a_url_that_nobody_serialised_gets_through(tmp_path, host):
    async with byte_server(always(ok())) as served, rig(tmp_path, timeout=20) as fetching:
        result = (await fetching.fetch(f"http://{host}:{port_of(served.url)}/")).result
        assert isinstance(result, Finished)
        assert served.connections == 0


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.1.2.3", "169.254.169.254"])
async def test_a_name_that_leads_inside_is_not_followed(tmp_path, address):
    names = Names(evil=[address])
    async with byte_server(always(ok())) as served, rig(tmp_path, look_up=names, timeout=20) as fetching:
        line = await fetching.ended(f"http://evil.test:{port_of(served.url)}/")
        assert (line.outcome, line.kind) == (Outcome.SKIPPED, Kind.FORBIDDEN_ADDRESS)
        assert "where evil.test is" in str(line.message)
        assert names.asked == ["evil.test"]
        assert served.connections == 0


async def test_of_several_addresses_only_the_permitted_are_connected_to(tmp_path):
    names = Names(mixed=["10.255.255.1", "127.0.0.1", "169.254.169.254"])
    settings = {"allow_addresses": ["127.0.0.0/8"], "timeout": 20}
    async with byte_server(always(ok())) as served, rig(tmp_path, look_up=names, **settings) as fetching:
        page = await fetching.page(f"http://mixed.test:{port_of(served.url)}/")
        assert page.status == 200
        assert page.elapsed < 10


async def test_of_several_addresses_one_that_answers_is_found(tmp_path):
    names = Names(two=["127.0.0.2", "127.0.0.1"])  # nobody listens at the first
    settings = {"allow_addresses": ["127.0.0.0/8"], "timeout": 20}
    async with byte_server(always(ok())) as served, rig(tmp_path, look_up=names, **settings) as fetching:
        assert (await fetching.page(f"http://two.test:{port_of(served.url)}/")).status == 200
        assert names.asked == ["two.test"]


async def test_a_seed_may_be_wherever_its_name_leads_but_its_pages_may_not(tmp_path):
    names = Names(seed=["127.0.0.1"], other=["127.0.0.1"])
    async with byte_server(always(ok())) as served, byte_server(always(ok())) as neighbour:
        port = port_of(served.url)
        async with rig(tmp_path, f"http://seed.test:{port}/", look_up=names) as fetching:
            assert isinstance((await fetching.fetch(f"http://seed.test:{port}/")).result, Page)
            for url in (
                f"http://seed.test:{port_of(neighbour.url)}/",  # another service of the same machine
                f"http://other.test:{port}/",  # the same service by a name nobody vouched for
            ):
                assert (await fetching.ended(url)).kind is Kind.FORBIDDEN_ADDRESS
            assert (served.connections, neighbour.connections) == (1, 0)


async def test_a_redirect_to_the_cloud_s_metadata_is_not_followed(tmp_path):
    site = by_target({"/": ok(b"", f"Location: {METADATA}\r\n", "302 Found")})
    async with byte_server(site) as served:
        scope = Scope(frozenset({served.url, "http://169.254.169.254"}))
        async with rig(tmp_path, served.url, scope=scope) as fetching:
            first = (await fetching.fetch(f"{served.url}/")).result
            assert isinstance(first, Finished)
            assert first.redirect is not None
            line = await fetching.ended(first.redirect.url, redirects=first.redirect.hops)
            assert (line.kind, line.url) == (Kind.FORBIDDEN_ADDRESS, METADATA)
            assert fetching.counters.requests == 1


async def test_a_redirected_robots_txt_is_no_way_in(tmp_path):
    moved = ok(b"", "Location: http://127.0.0.1:1/\r\n", "301 Moved")
    site = by_target({"/robots.txt": moved, "/": ok()})
    async with byte_server(site) as served, rig(tmp_path, served.url, obey=True) as fetching:
        line = await fetching.ended(f"{served.url}/")
        assert line.kind is Kind.FORBIDDEN_ADDRESS
        assert "robots.txt could not be fetched" in str(line.message)
        assert served.targets == ["/robots.txt"]


@pytest.mark.parametrize("host", ["localhost", "localhost.", "any.localhost", "LOCALHOST"])
async def test_names_of_localhost_are_not_even_looked_up(tmp_path, host):
    names = Names()
    async with rig(tmp_path, look_up=names) as fetching:
        line = await fetching.ended(resolve(f"http://{host}:1/"))
        assert line.kind is Kind.FORBIDDEN_ADDRESS
        assert names.asked == []


# -- the guard alone -------------------------------------------------------------------------


def test_the_last_check_is_on_the_address_of_the_socket():
    guard = AddressGuard(["10.0.0.0/8"], ["http://127.0.0.1:8000"])
    guard.check_connection("93.184.215.14", 80)
    guard.check_connection("10.1.1.1", 80)
    guard.check_connection("127.0.0.1", 8000)
    for address, port in (("127.0.0.1", 8001), ("127.0.0.2", 8000), ("::1", 8000), ("192.168.1.1", 80)):
        with pytest.raises(FetchFailed) as caught:
            guard.check_connection(address, port)
        assert caught.value.kind is Kind.FORBIDDEN_ADDRESS


def test_a_seed_s_name_vouches_for_its_addresses_on_its_port_alone():
    guard = AddressGuard([], ["http://Seed.test:8000"])
    assert guard.permitted("seed.test.", 8000, ["127.0.0.1", "::1"]) == ["127.0.0.1", "::1"]
    guard.check_connection("127.0.0.1", 8000)
    with pytest.raises(FetchFailed):
        guard.check_connection("127.0.0.1", 8001)
    with pytest.raises(FetchFailed):
        guard.permitted("seed.test", 8001, ["127.0.0.1"])


def test_an_ipv6_seed_is_trusted_with_or_without_brackets():
    guard = AddressGuard([], ["http://[::1]:8000"])
    guard.check_connection("::1", 8000)
    with pytest.raises(FetchFailed):
        guard.check_connection("::1", 80)


def test_of_several_addresses_the_permitted_are_left():
    guard = AddressGuard([], [])
    assert guard.permitted("h.test", 80, ["10.0.0.1", "93.184.215.14", "::1"]) == ["93.184.215.14"]
