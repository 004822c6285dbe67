"""``crawler lab internet`` as a shell sees it: what it says, what it prints in the end, what it refuses."""

import re
import signal
import subprocess
import urllib.request

import pytest

from tests import crawls


def stop(running: subprocess.Popen[str], number: int) -> tuple[int, str, str]:
    running.send_signal(number)
    out, err = running.communicate(timeout=20)
    crawls.wait_for_empty_group(running.pid, 5)
    return running.returncode, out, err


def started(*options: object) -> tuple[subprocess.Popen[str], str, str]:
    """The command, what it said at first, and the proxy that it named."""
    running = crawls.start("lab", "internet", "--port", 0, *options)
    assert running.stdout is not None
    said = "".join(running.stdout.readline() for _ in range(6))
    named = re.search(r"behind the proxy (http://127\.0\.0\.1:\d+) until Ctrl-C", said)
    assert named is not None, said
    return running, said, named[1]


def test_it_says_how_to_crawl_it_and_that_command_works(tmp_path):
    running, said, proxy = started(
        "--hosts", 4, "--pages", 40, "--latency", 0, "--delay", 0.02, "--faults", 0
    )
    assert said.startswith("An internet of 4 hosts with 40 pages is ")
    (line,) = re.findall(r"^  crawler (run .*)$", said, re.MULTILINE)
    with urllib.request.urlopen(f"{proxy}/config.toml", timeout=10) as answer:
        (tmp_path / "internet.toml").write_bytes(answer.read())
    done = crawls.crawl(*line.split(), "--delay", 0.1, "--no-progress", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(crawls.records(tmp_path / "out")) == 40
    (one_host,) = re.findall(r"^Or one host: crawler (run .*)$", said, re.MULTILINE)
    done = crawls.crawl(*one_host.split(), "-o", tmp_path / "one", "--delay", 0.1, "--no-progress")
    assert done.returncode == 0, done.stderr
    assert len(crawls.records(tmp_path / "one")) == 10
    code, out, err = stop(running, signal.SIGINT)
    assert (code, err) == (0, "")
    assert re.search(r"violations: robots +│ +0 │ +0 │", out), out
    assert re.search(r"hosts asked +│ +4 │", out), out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_ledger_is_printed_in_the_end_and_a_violation_is_an_exit_code(number):
    running, _, proxy = started("--latency", 0, "--hosts", 1, "--pages", 9)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": proxy}))
    with opener.open("http://h0.test/", timeout=10) as answer:
        assert answer.status == 200
    code, out, err = stop(running, number)
    assert (code, err) == (1, "")
    assert re.search(r"violations: robots +│ +1 │ +0 │", out), out
    assert out.splitlines()[-1] == "robots: h0.test/ was not to be asked for"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            ["--pages", 9, "--hosts", 10],
            "pages = 9 of an internet: allowed is 10 to 100,000,000, one for each host",
        ),
        (["--hosts", 1_000_001], "hosts = 1000001 of an internet: allowed is 1 to 1,000,000"),
        (["--skew", 1], "skew = 1.0 of an internet: allowed is 0 to 0.99"),
        (["--faults", 2], "'--faults'"),
        (["--seed", -1], "seed = -1 of an internet"),
        (["--skew", "nan"], "skew = nan of an internet"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(options, words):
    done = crawls.crawl("lab", "internet", "--port", 0, *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_refused():
    running, _, proxy = started()
    port = proxy.rpartition(":")[2]
    done = crawls.crawl("lab", "internet", "--port", port)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"Port {port} of 127.0.0.1 is already in use" in done.stderr
    assert stop(running, signal.SIGTERM)[0] == 0
