"""The lab's servers are no limit of their own: connections that come at once all find somebody."""

import os
import select
import signal
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from crawler.lab.experiments.race.measured_process import family
from crawler.lab.faults.faults_process import FaultProcess
from crawler.lab.graph_site import graph_site
from crawler.lab.internet.internet_process import InternetProcess
from crawler.lab.internet.world import World
from crawler.lab.site.site_process import SiteProcess

AT_ONCE = 400
SOMAXCONN = Path("/proc/sys/net/core/somaxconn")


@contextmanager
def graph() -> Iterator[list[int]]:
    with graph_site(pages=3) as site:
        yield [urlsplit(site.url).port or 0]


@contextmanager
def shop() -> Iterator[list[int]]:
    with SiteProcess() as site:
        yield [urlsplit(site.url).port or 0]


@contextmanager
def faults() -> Iterator[list[int]]:
    with FaultProcess() as server:
        yield [server.here.port, server.here.other]


@contextmanager
def internet() -> Iterator[list[int]]:
    with InternetProcess(World()) as net:
        yield [urlsplit(net.url).port or 0]


@pytest.mark.skipif(
    not SOMAXCONN.exists() or int(SOMAXCONN.read_text()) < AT_ONCE,
    reason="this system lets no server have so many connections waiting",
)
@pytest.mark.parametrize("server", [graph, shop, faults, internet])
def test_many_connections_at_once_are_let_in(server):
    """Also while the server is busy, here stopped: else each of the others would come a second late."""
    before = set(family(os.getpid()))
    with server() as ports:
        started = set(family(os.getpid())) - before
        for pid in started:
            os.kill(pid, signal.SIGSTOP)
        try:
            for port in ports:
                assert connected_at_once(port) == AT_ONCE, port
        finally:
            for pid in started:
                os.kill(pid, signal.SIGCONT)


def connected_at_once(port: int) -> int:
    """Of so many connections, how many are there within half a second."""
    with ExitStack() as clients:
        waiting = set()
        for _ in range(AT_ONCE):
            client = clients.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
            waiting.add(client)
        poll = select.poll()
        for client in waiting:
            poll.register(client, select.POLLOUT)
        there: set[int] = set()
        while len(there) < AT_ONCE and (ready := poll.poll(500)):
            for descriptor, _ in ready:
                there.add(descriptor)
                poll.unregister(descriptor)
        return len(there)


def test_what_the_graph_site_tells_of_itself_is_not_counted():
    with graph_site(pages=3) as site:
        assert 0 < site.cpu() <= site.cpu() < 30
        assert not site.asked()


def test_of_the_graph_site_two_thirds_stay_and_half_of_these_can_say_so():
    def ask(url: str, **headers: str) -> tuple[int, bytes, str | None]:
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
                return answer.status, answer.read(), answer.headers["ETag"]
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read(), error.headers["ETag"]

    with graph_site(pages=6) as site:
        answers = {url: (ask(url), ask(url, **{"If-None-Match": '"1"'})) for url in site.urls}
    assert {url for url, (one, other) in answers.items() if other[0] == 304 or one == other} == site.staying
    assert site.staying == {f"{site.url}p/{number}" for number in (1, 2, 4, 5)}
    told = {url for url, (_, other) in answers.items() if other == (304, b"", '"1"')}
    assert (
        told == {url for url, (one, _) in answers.items() if one[2]} == {f"{site.url}p/{n}" for n in (1, 4)}
    )
