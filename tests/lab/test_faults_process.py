"""The fault server in its own process: it starts, says why it cannot, notes everything, and is gone again."""

import multiprocessing
import socket
from contextlib import suppress

import pytest

from crawler.lab.faults.faults_process import FaultProcess, serve_faults_forever
from crawler.model.errors import ChildFailed, UsageError


@pytest.fixture(scope="module")
def server():
    with FaultProcess() as server:
        yield server


def ask(port: int, *paths: str) -> bytes:
    """All that comes back on one connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        for path in paths:
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: here\r\n\r\n".encode())
        with suppress(OSError):  # it may have hung up already
            client.shutdown(socket.SHUT_WR)
        found = b""
        while data := client.recv(65_536):
            found += data
    return found


def test_a_good_page_comes_whole_and_the_connection_stays(server):
    found = ask(server.here.port, "/good/7", "/good/8")
    assert found.count(b"HTTP/1.1 200 OK\r\n") == 2
    assert b"<title>Good page 7</title>" in found
    assert b"<title>Good page 8</title>" in found


def test_faults_misbehave(server):
    assert ask(server.here.port, "/close-before-the-status") == b""
    assert ask(server.here.port, "/close-in-the-status-line") == b"HTTP/1.1 20"
    with pytest.raises(ConnectionResetError):
        ask(server.here.port, "/reset-before-the-status")
    assert ask(server.here.port, "/flap-500").startswith(b"HTTP/1.1 500 ")
    assert ask(server.here.port, "/flap-500").startswith(b"HTTP/1.1 200 ")
    assert ask(server.here.port, "/nowhere").startswith(b"HTTP/1.1 404 ")


def test_a_race_meets_one_good_page_once(server):
    found = ask(server.here.port, "/keep-alive-then-close-1", "/status-404", "/good/20")
    assert found.count(b"HTTP/1.1 ") == 2
    assert b"Good page 20" in ask(server.here.port, "/keep-alive-then-close-1", "/good/20")
    assert server.log().raced == ["/good/20"]


def test_it_notes_what_was_asked_for_and_who_came_to_the_neighbour(server):
    before = server.log()
    ask(server.here.port, "/good/30?x")
    socket.create_connection(("127.0.0.1", server.here.other), timeout=20).close()
    after = server.log()
    ((_, path),) = after.requests[len(before.requests) :]
    assert (path, before.neighbour, after.neighbour) == ("/good/30?x", 0, 1)


def test_a_port_that_is_taken_is_refused(server):
    with pytest.raises(UsageError, match=f"Port {server.here.port} of 127.0.0.1 is already in use"):
        FaultProcess(server.here.port).__enter__()


def test_serving_for_ever_says_where_and_ends_with_its_process(capsys):
    said = []

    def kill_it(line: str) -> None:
        said.append(line)
        for child in multiprocessing.active_children():
            if child.name == "fault server" and len(said) == 2:
                child.kill()

    with pytest.raises(ChildFailed, match="ended by itself"):
        serve_faults_forever(0, kill_it)
    assert said[0].startswith("A site full of faults is at http://127.0.0.1:")
    assert "--max-depth 12 --exclude" in said[1]
