"""The program as a shell sees it: help, version, bad usage, imports, signals and pipes."""

import io
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

from crawler.__main__ import _print_whatever_it_is
from crawler.cli.app import main, program
from crawler.cli.common import complain
from crawler.model.version import VERSION
from tests.cli.stand_ins import Engine, Run

COMMANDS = {
    "check", "config", "demo", "diff", "explain", "export", "init", "inspect", "lab", "node",
    "recrawl", "report", "run", "resume", "status", "serve", "timeline", "trace",
}  # fmt: skip


def shell(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "crawler", *arguments], check=False, capture_output=True, text=True, timeout=30
    )


def test_python_m_crawler_is_the_program() -> None:
    done = shell("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"crawler {VERSION}\n", "")


def test_what_standard_output_cannot_encode_is_escaped(tmp_path: Path) -> None:
    environ = os.environ | {"PYTHONIOENCODING": "ascii"}
    command = [
        sys.executable,
        "-m",
        "crawler",
        "lab",
        "cancel",
        "--quick",
        "--language",
        "zh",
        "-o",
        str(tmp_path),
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environ, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert r"\u8bf4\u6cd5" in done.stdout, "what every finding begins with"


def test_bytes_of_a_name_are_printed_as_they_are_where_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    for errors, printed in (("surrogateescape", b"\xff"), ("strict", rb"\udcff")):
        written = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, "utf-8", errors))
        _print_whatever_it_is()
        print("\udcff", end="", flush=True)
        assert written.getvalue() == printed


def test_no_command_shows_the_help_as_bad_usage() -> None:
    done = shell()
    assert done.returncode == 2
    assert "Commands:" in done.stderr
    assert done.stdout == ""


def test_the_commands_that_exist(crawler: Run) -> None:
    code, out, err = crawler("--help")
    assert (code, err) == (0, [])
    listed = out[out.index("Commands:") + 1 :]
    assert {line.split()[0] for line in listed} == COMMANDS
    assert all(line.endswith(".") and not line.endswith("...") for line in listed), "cut off"


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_each_command_has_help(crawler: Run, command: str) -> None:
    code, out, err = crawler(command, "--help")
    assert (code, err) == (0, [])
    assert out[0].startswith(f"Usage: crawler {command}")


@pytest.mark.parametrize(
    ("arguments", "words", "command"),
    [
        (["fly"], "No such command 'fly'", "crawler"),
        (["runn"], "No such command 'runn'. Did you mean 'run'?", "crawler"),
        (["timeline"], "Missing argument 'OUT...'", "crawler timeline"),
        (["inspekt"], "No such command 'inspekt'", "crawler"),
        (["recrawl"], "Missing argument 'OUT'", "crawler recrawl"),
        (["run", "--fly"], "No such option '--fly'", "crawler run"),
        (["resume"], "Missing argument 'OUT'", "crawler resume"),
        (["status", "a", "b"], "Got unexpected extra argument", "crawler status"),
    ],
)
def test_bad_usage_is_one_line_and_exit_2(
    crawler: Run, arguments: list[str], words: str, command: str
) -> None:
    code, out, err = crawler(*arguments)
    assert (code, out, len(err)) == (2, [], 1)
    assert err[0].startswith(f"crawler: {words}")
    assert err[0].endswith(f"(see {command} --help)")


@pytest.mark.parametrize("port", ["99999", "-1", "http"])
def test_a_port_that_is_none(crawler: Run, port: str) -> None:
    code, out, err = crawler("serve", "--port", port)
    assert (code, out, len(err)) == (2, [], 1)
    assert err[0].startswith("crawler: Invalid value for '--port'")


def test_help_imports_nothing_heavy() -> None:
    heavy = {
        "rich",
        "crawler.cli.lab",
        "crawler.config.settings",
        "aiohttp",
        "asyncio",
        "sqlite3",
        "turbohtml",
        "multiprocessing",
    }
    script = (
        "import sys; from crawler.__main__ import main\n"
        "sys.argv = ['crawler', 'run', '--help']\n"
        "main()\n"
        f"sys.exit(', '.join({heavy!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
    assert done.stderr.strip() == ""


def test_the_help_of_run_has_groups_and_examples(crawler: Run) -> None:
    text = "\n".join(crawler("run", "--help")[1])
    groups = [line for line in text.splitlines() if re.fullmatch(r"[A-Z][a-z ]+:", line)]
    assert len(groups) >= 6
    assert re.search(r"What is crawled:\n  --max-pages N", text)
    assert re.search(r"Examples:\n    crawler run https://example.com/ -o out  ", text)


@pytest.mark.parametrize("command", ["run", "resume", "config"])
def test_the_examples_in_the_help_are_command_lines_that_exist(crawler: Run, command: str) -> None:
    lines = crawler(command, "--help")[1]
    found = [line for line in lines if line.startswith("    crawler ")]
    assert found
    for line in found:
        words = shlex.split(re.split(r"  +", line.strip())[0])[1:]
        parsed = program.get_command(click.Context(program), words[0])
        parsed.make_context(words[0], words[1:])  # raises UsageError


def test_a_shell_completes_commands_and_options() -> None:
    environment = os.environ | {"COMP_WORDS": "crawler re", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "crawler"],
        env=environment | {"_CRAWLER_COMPLETE": "bash_complete"},
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("plain,resume\nplain,recrawl\nplain,report\n", "")


def test_what_children_import_is_light() -> None:
    script = "import sys, crawler.__main__; sys.exit('click' in sys.modules or 'crawler.cli' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_an_interrupt_while_the_program_starts_or_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    import crawler.__main__ as script
    import crawler.cli.app as program

    def interrupted() -> int:
        raise KeyboardInterrupt

    at_exit: list[object] = []
    monkeypatch.setattr(program, "main", interrupted)
    monkeypatch.setattr(signal, "signal", lambda *handler: at_exit.append(handler))
    assert script.main() == 130
    assert at_exit == [
        (signal.SIGTERM, script._interrupt),
        (signal.SIGHUP, script._interrupt),
        (signal.SIGINT, signal.SIG_IGN),
        (signal.SIGTERM, signal.SIG_IGN),
        (signal.SIGHUP, signal.SIG_IGN),
    ]


def test_an_interrupt_in_a_command_is_no_traceback(engine: Engine, crawler: Run) -> None:
    engine.error = KeyboardInterrupt()
    code, _, err = crawler("run", "http://a/")
    assert (code, err) == (130, [])


def test_a_bug_is_not_hidden(engine: Engine) -> None:
    engine.error = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        main(["run", "http://a/"])


def test_a_closed_pipe_changes_neither_the_crawl_nor_its_exit_code() -> None:
    script = (
        "import sys\n"
        "from crawler.cli.common import say, unread_is_no_error\n"
        "for number in range(3): say('x' * 100_000)\n"
        "with unread_is_no_error(): sys.exit(1)\n"  # what rich does when its pipe is closed
        "print('more')\n"
        "sys.exit(7)"
    )
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [sys.executable, "-c", script], check=False, stdout=write, stderr=subprocess.PIPE
        )
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (7, b"")


def test_an_error_that_nobody_reads_keeps_its_exit_code() -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "crawler", "run"], check=False, stdout=write, stderr=write
        )
    finally:
        os.close(write)
    assert done.returncode == 2


END = """
import atexit, os, sys
import crawler.cli.app, crawler.__main__

def command():
    atexit.register(print, "what was registered meanwhile runs")
    print("x" * 100_000)
    {ending}

class Late:
    def __del__(self):
        print("taken down")

late = Late()
crawler.cli.app.main = command
sys.exit(crawler.__main__.main())
"""


@pytest.mark.parametrize(("ending", "code"), [("return 3", 3), ("sys.exit(4)", 4), ("1 / 0", 1)])
def test_the_end_is_whole(ending: str, code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", END.format(ending=ending)], check=False, capture_output=True, text=True
    )
    assert done.returncode == code
    lines = done.stdout.splitlines()
    assert lines == ["x" * 100_000, "what was registered meanwhile runs", "taken down"]
    assert ("ZeroDivisionError" in done.stderr) == ("0" in ending)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize(("words", "code"), [(["--help"], 3), (["--version"], 3), (["run", "http://a/"], 7)])
def test_a_full_disk_under_standard_output_is_one_line(words: list[str], code: int) -> None:
    script = (
        "import sys\n"
        "import crawler.__main__, crawler.cli.common, crawler.cli.run\n"
        "say = crawler.cli.common.say\n"
        "crawler.cli.run.crawl = lambda config, quiet: [say('output: x') for _ in range(3)] and 7\n"
        f"sys.argv = ['crawler', *{words}]\n"
        "sys.exit(crawler.__main__.main())"
    )
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", script], check=False, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.stderr == "crawler: standard output cannot be written: No space left on device\n"
    assert done.returncode == code


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_without_standard_files_what_is_opened_is_not_taken_for_them(closed: str, tmp_path: Path) -> None:
    script = (
        "import os, sys\n"
        "import crawler.cli.app, crawler.__main__\n"
        "def main():\n"
        "    print('out'); print('err', file=sys.stderr); sys.stdin.read(0)\n"
        "    os.write(1, b'raw'); os.write(2, b'raw')\n"
        f"    open({str(tmp_path / 'file')!r}, 'w').write(str(os.open('.', os.O_RDONLY) > 2))\n"
        "    return 5\n"
        "crawler.cli.app.main = main\n"
        "sys.exit(crawler.__main__.main())"
    )
    shell = f"exec {shlex.quote(sys.executable)} -c {shlex.quote(script)} {closed}"
    done = subprocess.run(["sh", "-c", shell], check=False, capture_output=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 5
    assert (tmp_path / "file").read_text() == "True"
    assert done.stdout == (b"" if ">&- 2" in closed or closed == ">&-" else b"out\nraw")


@pytest.mark.parametrize(
    ("variable", "printed"), [("true", "Disallow: / ## [error]x"), ("", "Disallow: / ##[error]x")]
)
def test_what_an_error_quotes_of_a_site_is_no_command_for_a_runner(
    variable: str, printed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", variable)
    complain("line 2 `Disallow: / ##[error]x`")
    assert capsys.readouterr().err == f"crawler: line 2 `{printed}`\n"
