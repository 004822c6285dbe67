"""The internet of the lab over its wire: a real crawl, clients that break each rule, what is refused."""

import json
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress

import pytest

from crawler.config import Config
from crawler.lab.internet.internet_process import InternetProcess
from crawler.lab.internet.kinds import Trouble
from crawler.lab.internet.report import Limits, Rule
from crawler.lab.internet.truth import judge, reachable
from crawler.lab.internet.world import World
from tests import crawls

SMALL = World(hosts=12, pages=240, faults=0, latency=0, closed=0, without_robots=0, forbidding=1, delaying=0)


@pytest.fixture(scope="module")
def server():
    with InternetProcess(SMALL, Limits(per_host=None, delay=None)) as net:
        yield net


@pytest.fixture
def net(server):
    server.reset()
    return server


class Client:
    """One connection; it waits for nothing that it is not told to wait for."""

    def __init__(self, net: InternetProcess) -> None:
        self._socket = socket.create_connection(("127.0.0.1", int(net.url.rpartition(":")[2])), timeout=20)
        self._file = self._socket.makefile("rb")

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def send(self, text: str) -> None:
        self._socket.sendall(text.encode())

    def ask(self, url: str) -> None:
        self.send(f"GET {url} HTTP/1.1\r\nHost: x\r\n\r\n")

    def read(self) -> tuple[int, bytes]:
        """Status and body of the next answer. Raises EOFError where it ends before."""
        lines = []
        while line := self._file.readline().strip():
            lines.append(line.lower())
        if not lines:
            raise EOFError
        length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
        body = self._file.read(length)
        if len(body) < length:
            raise EOFError
        return int(lines[0].split()[1]), body

    def get(self, url: str) -> tuple[int, bytes]:
        self.ask(url)
        return self.read()


def test_a_crawl_records_the_truth_and_no_host_is_asked_too_hard(tmp_path):
    world = World(
        hosts=60, pages=300, faults=0.08, broken=0.01, closed=0.1, latency=0.2, spread=1, crawl_delay=0.6,
        slow=0.3, filling=20,
    )  # fmt: skip
    faults = [world.fault(host, page) for host in range(60) for page in range(5)]
    assert {fault.trouble for fault in faults if fault} == set(Trouble)
    # Under load requests arrive late, and the next one then seems early.
    with InternetProcess(world, Limits(per_host=2, delay=0.3, tolerance=0.2, notice=0.5)) as net:
        config = tmp_path / "internet.toml"
        config.write_text(net.config())
        done = crawls.crawl(
            "run", "-c", config, "-o", tmp_path / "out", "--delay", 0.3, "--per-host", 2, "--no-progress",
            "--set", "fetch.backoff=0.05",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        report, truth = net.ledger(), net.truth()
    records = crawls.records(tmp_path / "out")
    verdict = judge(world, records)
    assert verdict.is_right, verdict
    assert truth["urls"] == verdict.urls == len(records)
    assert report.violations == []
    assert report.peak == 2
    answered = Counter(end.status for _, end in reachable(world))
    assert report.pages == answered[200] + answered[302] + answered[404]
    assert (report.again, report.strange, report.under_way) == (0, 0, 0)
    assert report.failures >= truth["faulty"] / 2


def test_too_many_at_once_are_seen():
    with InternetProcess(World(hosts=1, pages=9, faults=0, latency=0.3), Limits(1, None)) as net:
        clients = [Client(net) for _ in range(3)]
        for client in clients:
            client.ask("http://h0.test/robots.txt")
        for client in clients:
            client.read()
            client.close()
        report = net.ledger()
        assert (report.counts[Rule.PER_HOST], report.peak, report.under_way) == (2, 3, 0)


def test_a_request_ends_when_its_connection_is_lost():
    with InternetProcess(World(hosts=1, pages=9, faults=0, latency=5), Limits(1, None)) as net:
        for _ in range(3):
            with Client(net) as client:
                client.ask("http://h0.test/robots.txt")
                until(lambda: net.ledger().under_way == 1)
            until(lambda: net.ledger().under_way == 0)
        assert net.ledger().counts[Rule.PER_HOST] == 0
        assert net.ledger().requests == 3


def until(holds) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize(
    ("world", "limits", "rule"),
    [
        (SMALL, Limits(None, 30.0), Rule.DELAY),
        (World(hosts=1, pages=9, faults=0, latency=0, without_robots=0, delaying=1, crawl_delay=30),
         Limits(None, None), Rule.CRAWL_DELAY),
    ],
    ids=["delay", "crawl-delay"],
)  # fmt: skip
def test_a_client_that_does_not_wait_is_seen(world, limits, rule):
    with InternetProcess(world, limits) as net, Client(net) as client:
        client.get("http://h0.test/robots.txt")
        before = time.time()
        client.get("http://h0.test/")
        (violation,) = net.ledger().violations
    assert (violation.rule, violation.host, violation.path) == (rule, "h0.test", "/")
    assert 0 < violation.by <= 30
    assert before - 1 < violation.at < time.time() + 1


def test_a_client_that_does_not_obey_is_seen(net):
    with Client(net) as client:
        assert client.get("http://h0.test/robots.txt") == (200, b"User-agent: *\nDisallow: /private/\n")
        client.get("http://h0.test/p6")
        assert net.ledger().counts[Rule.ROBOTS] == 0
        client.get("http://h0.test/private/p7")
        client.get("http://h1.test/p1")
    assert [violation.host for violation in net.ledger().violations] == ["h0.test", "h1.test"]
    assert net.host(0).violations == net.host(1).violations == 1
    assert net.host(2).requests == 0


FAULTY = World(hosts=20, pages=400, faults=1, latency=0, slow=0.2, retry_after=7, without_robots=0)


def faulty(trouble: Trouble) -> tuple[str, int]:
    """The URL of a page that has it, and how often."""
    for host in range(FAULTY.hosts):
        for page in range(FAULTY.size(host)):
            fault = FAULTY.fault(host, page)
            if fault is not None and fault.trouble is trouble and FAULTY.role(host, page).name == "PAGE":
                return FAULTY.url(host, page), fault.times
    raise LookupError(trouble)


@pytest.fixture(scope="module")
def faulty_net():
    with InternetProcess(FAULTY, Limits(None, None, robots=False)) as net:
        yield net


@pytest.mark.parametrize("trouble", list(Trouble))
def test_a_fault_heals_after_its_times(faulty_net, trouble):
    faulty_net.reset()
    url, times = faulty(trouble)
    for _ in range(times):
        with Client(faulty_net) as client:
            began = time.monotonic()
            if trouble in (Trouble.RESET, Trouble.CUT):
                with pytest.raises(ConnectionResetError if trouble is Trouble.RESET else EOFError):
                    client.get(url)
            elif trouble is Trouble.SLOW:
                assert client.get(url)[0] == 200
                assert time.monotonic() - began >= 0.2
            else:
                statuses = {Trouble.SERVER_ERROR: 500, Trouble.UNAVAILABLE: 503, Trouble.TOO_MANY: 429}
                assert client.get(url)[0] == statuses[trouble]
    with Client(faulty_net) as client:
        assert client.get(url)[0] == 200
        report = faulty_net.ledger()
        assert report.failures == (0 if trouble is Trouble.SLOW else times)
        assert report.pages == 1
        # Whoever was told to come later has come at once.
        rests = trouble in (Trouble.UNAVAILABLE, Trouble.TOO_MANY)
        if not rests:
            assert report.violations == []


@pytest.mark.parametrize("trouble", [Trouble.UNAVAILABLE, Trouble.TOO_MANY])
def test_a_client_that_does_not_rest_is_seen(faulty_net, trouble):
    faulty_net.reset()
    url, _ = faulty(trouble)
    with Client(faulty_net) as client:
        client.get(url)
        client.get(url)
    (violation,) = faulty_net.ledger().violations
    assert violation.rule is Rule.RETRY_AFTER
    assert 6 < violation.by <= 7


def test_pages_answered_again_are_counted_until_the_reset(net):
    with Client(net) as client:
        for _ in range(3):
            client.get("http://h0.test/p1")
        report = net.ledger()
        assert (report.pages, report.again, report.asked_again) == (1, 2, ["http://h0.test/p1"] * 2)
        net.reset()
        assert net.ledger().requests == net.ledger().pages == 0
        client.get("http://h0.test/p1")
        assert net.ledger().again == 0


def test_what_is_not_there_is_said_and_counted_apart(net):
    with Client(net) as client:
        assert client.get("http://h0.test/nothing")[0] == 404
        assert client.get("http://h99.test/")[0] == 502
        assert client.get("http://example.com/")[0] == 502
    report = net.ledger()
    assert (report.strange, report.requests, report.violations) == (3, 0, [])


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        ("CONNECT h0.test:443 HTTP/1.1", 501),
        ("GET https://h0.test/ HTTP/1.1", 501),
        ("POST http://h0.test/ HTTP/1.1", 501),
        ("DELETE /ledger HTTP/1.1", 501),
        ("nonsense", 400),
    ],
)
def test_what_it_does_not_serve_is_refused_and_the_connection_closed(net, request_line, status):
    with Client(net) as client:
        client.send(f"{request_line}\r\n\r\n")
        assert client.read()[0] == status
        with pytest.raises(EOFError):
            client.read()


def test_it_goes_on_after_requests_in_pieces_in_pairs_and_by_old_clients(net):
    with Client(net) as client:
        for piece in ("GET http://h0", ".test/p1 HTTP/1.1\r\nHost: x\r", "\n\r\n"):
            client.send(piece)
            time.sleep(0.02)
        assert client.read()[0] == 200
        client.send("GET http://h0.test/p2 HTTP/1.1\r\n\r\nGET http://h0.test/p3 HTTP/1.1\r\n\r\n")
        assert [client.read()[0] for _ in range(2)] == [200, 200]
        client.send("GET http://h0.test/p4 HTTP/1.1\r\nConnection: close\r\n\r\n")
        assert client.read()[0] == 200
        with pytest.raises(EOFError):
            client.read()
    with Client(net) as client:
        client.send("GET http://h0.test/p5 HTTP/1.0\r\n\r\n")
        assert client.read()[0] == 200
        with pytest.raises(EOFError):
            client.read()


def test_a_request_without_an_end_is_broken_off(net):
    with Client(net) as client:
        with suppress(OSError):
            client.send("GET http://h0.test/ HTTP/1.1\r\nX: " + "x" * 200_000)
        with pytest.raises((EOFError, ConnectionResetError)):
            client.read()
    assert net.ledger().under_way == 0


def test_a_large_answer_is_under_way_until_it_has_been_written():
    world = World(hosts=1, pages=9, faults=0, latency=0, filling=16_000_000, links=0)
    with InternetProcess(world, Limits(1, None)) as net, Client(net) as client:
        client.ask("http://h0.test/")
        until(lambda: net.ledger().requests == 1)
        time.sleep(0.1)
        assert (net.ledger().under_way, net.ledger().pages) == (1, 0)
        assert len(client.read()[1]) > 16_000_000
        assert (net.ledger().under_way, net.ledger().pages) == (0, 1)


def test_its_own_pages_tell_what_there_is(net):
    with Client(net) as client:
        status, body = client.get("/world")
        told = json.loads(body)
        assert (status, told["settings"]["pages"], told["truth"]["urls"]) == (200, 240, 240)
        assert json.loads(client.get("/ledger")[1])["requests"] == 0
        assert json.loads(client.get("/ledger/h1.test")[1])["requests"] == 0
        assert client.get("/nothing")[0] == 404
        assert client.get("/ledger/h99.test")[0] == 404
    assert net.truth() == told["truth"]


def test_the_settings_it_gives_are_those_of_a_crawl_of_all_hosts(net, tmp_path):
    (tmp_path / "c.toml").write_text(net.config())
    config = Config.load(tmp_path / "c.toml")
    assert config.seeds == ("http://h0.test/",) == (net.seed,)
    assert config.fetch.proxy == net.url
    assert len(config.scope.origins) == 12


RATE = """
import asyncio, sys, time

class Client(asyncio.Protocol):
    def __init__(self, requests, done):
        self.requests, self.done, self.found = requests, done, b""

    def connection_made(self, transport):
        self.transport = transport
        self.ask()

    def ask(self):
        request = next(self.requests, None)
        if request is None:
            self.transport.close()
            self.done.set_result(None)
        else:
            self.transport.write(request)

    def data_received(self, data):
        self.found += data
        head, end, body = self.found.partition(b"\\r\\n\\r\\n")
        if end and len(body) >= int(head.rpartition(b"Content-Length: ")[2]):
            self.found = b""
            self.ask()

async def main(port, hosts, requests):
    loop = asyncio.get_running_loop()
    urls = [f"http://h{number % hosts}.test/p1" for number in range(requests)]
    heads = iter([f"GET {url} HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n".encode() for url in urls])
    ends = [loop.create_future() for _ in range(32)]
    began = time.perf_counter()
    for end in ends:
        await loop.create_connection(lambda end=end: Client(heads, end), "127.0.0.1", port)
    await asyncio.gather(*ends)
    print(requests / (time.perf_counter() - began))

asyncio.run(main(*map(int, sys.argv[1:])))
"""


def test_it_answers_thousands_in_a_second():
    with InternetProcess(World(hosts=1_000, pages=20_000, faults=0, latency=0)) as net:
        port = net.url.rpartition(":")[2]
        rates = []
        for _ in range(3):  # the machine may be busy with others
            done = subprocess.run(
                [sys.executable, "-c", RATE, port, "1000", "5000"], capture_output=True, text=True, timeout=50
            )
            assert done.returncode == 0, done.stderr
            rates.append(float(done.stdout))
            if rates[-1] >= 2_000:
                break
        assert max(rates) >= 2_000


def test_the_hosts_asked_of_late_are_told_to_whoever_asks_the_proxy(net):
    before = time.time()
    with Client(net) as client:
        client.get("http://h3.test/robots.txt")
    found = net.since(before)
    assert list(found) == [3]
    assert before <= found[3] <= time.time()
    assert net.since(time.time()) == {}
