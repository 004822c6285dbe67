"""``python -m crawler`` and the ``crawler`` script; light, since child processes import it too."""

import io
import os
import sys


def main() -> int:
    """Run the program with the arguments of this process; returns its exit code."""
    import atexit
    import signal

    _open_standard_files()
    _print_whatever_it_is()
    # Registered before multiprocessing is imported, so it runs after all that this registers.
    atexit.register(_sweep)

    # Until the event loop takes them over, these are like Ctrl-C.
    ends = [signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        ends.append(signal.SIGHUP)  # with nohup, which has it ignored, the terminal may go
    for number in ends:
        signal.signal(number, _interrupt)
    try:
        from crawler.cli.app import main as program

        code = program()
    except KeyboardInterrupt:
        code = 130
    # All is said and saved. While the interpreter takes itself down, a late Ctrl-C would still kill it
    # and turn the exit code into that of a crash.
    for number in (signal.SIGINT, *ends):
        signal.signal(number, signal.SIG_IGN)
    return code


def _open_standard_files() -> None:
    """Have standard input, output and error, be it to nowhere, where we are started without (``>&-``).

    The next file that is opened, such as ``crawl.db``, would else be taken for one of them.
    """
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != descriptor:
                os.dup2(opened, descriptor)
                os.close(opened)
            os.set_inheritable(descriptor, True)
            setattr(sys, name, os.fdopen(descriptor, "r" if name == "stdin" else "w"))


def _print_whatever_it_is() -> None:
    """Have standard output print escapes for what its encoding lacks, as standard error does.

    A line, or a box in it, that cannot be encoded would else end the program. (Where bytes of a file's name
    that are no UTF-8 are printed as they are, that stays so.)
    """
    out = sys.stdout
    if isinstance(out, io.TextIOWrapper) and (out.encoding, out.errors) != ("utf-8", "surrogateescape"):
        out.reconfigure(errors="backslashreplace")


def _sweep() -> None:
    starter = sys.modules.get("crawler.plumbing.fork_server_process")
    if starter is not None:
        starter.remove_semaphores()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
