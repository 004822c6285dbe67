"""The site in its own process: it starts, says why it cannot, and leaves nothing behind."""

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from crawler.lab.site import site_process
from crawler.lab.site.site_process import SiteProcess, serve_forever
from crawler.model.errors import ChildFailed, UsageError

SERVE = """
from crawler.lab.site.site_process import serve_forever
if __name__ == '__main__': serve_forever({port})
"""


def get(url: str, path: str) -> int:
    with closing(HTTPConnection(urlsplit(url).netloc, timeout=10)) as connection:
        connection.request("GET", path, headers={"User-Agent": "test/1"})
        return connection.getresponse().status


def port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port


def refuses(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) != 0


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def test_it_serves_while_the_block_lasts_and_leaves_nothing_behind() -> None:
    with SiteProcess() as site:
        assert get(site.url, "/about") == 200
        assert get(site.url, "/stock/today") == 503
        assert site.requests() == [("GET", "/about", "test/1"), ("GET", "/stock/today", "test/1")]
        site.start_anew()
        assert get(site.url, "/stock/today") == 503
        assert site.pages >= 80
        assert site.pid != os.getpid()
    assert site.pid is None
    assert refuses(port_of(site.url))
    assert not multiprocessing.active_children()


def test_it_answers_as_slowly_and_with_the_headers_that_are_asked_for() -> None:
    with (
        SiteProcess(latency=0.2, headers={"Parse-Again": "3"}) as site,
        closing(HTTPConnection(urlsplit(site.url).netloc, timeout=10)) as connection,
    ):
        started = time.monotonic()
        connection.request("GET", "/about")
        answer = connection.getresponse()
        assert time.monotonic() - started >= 0.2
        assert answer.headers["Parse-Again"] == "3"
        answer.read()


def test_a_port_that_is_taken_is_refused_in_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"^Port {port} of 127.0.0.1 is already in use; [^.\n]*[.]$"):
            SiteProcess(port).__enter__()
    assert not multiprocessing.active_children()


def test_a_process_that_dies_is_noticed_while_serving() -> None:
    said: list[str] = []

    def kill_it(line: str) -> None:
        said.append(line)
        for child in multiprocessing.active_children():
            child.kill()

    with pytest.raises(ChildFailed, match="exit code -9"):
        serve_forever(0, kill_it)
    assert "http://127.0.0.1:" in said[0]


def end_at_once(*_: object) -> None:
    os._exit(3)


def test_a_process_that_never_answers_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_process, "_listen", end_at_once)
    with pytest.raises(ChildFailed, match="ended before it served anything"):
        SiteProcess().__enter__()
    assert not multiprocessing.active_children()


def test_a_script_without_a_main_guard_is_told_so(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from crawler.lab.site.site_process import SiteProcess\nwith SiteProcess() as site: pass\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert done.stderr.count("MainGuardError") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_serving_for_ever_ends_on_a_signal_to_the_whole_group(number: signal.Signals) -> None:
    port = free_port()
    command = [sys.executable, "-c", SERVE.format(port=port)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as server:
        assert server.stdout is not None
        assert server.stderr is not None
        assert f"http://127.0.0.1:{port}/" in server.stdout.readline()
        assert f"crawler run http://127.0.0.1:{port}/" in server.stdout.readline()
        os.killpg(server.pid, number)
        assert server.wait(20) == 0
        assert server.stderr.read() == ""
    assert refuses(port)


def test_it_ends_by_itself_when_its_parent_is_gone() -> None:
    port = free_port()
    with subprocess.Popen([sys.executable, "-c", SERVE.format(port=port)], stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        server.stdout.readline()
        with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
            connection.request("GET", "/about")
            connection.getresponse().read()
            server.kill()
            assert connection.sock.recv(1) == b""  # closed by the system as the process ends
