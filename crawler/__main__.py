"""``python -m crawler`` and the ``crawler`` script; light, since child processes import it too."""

import os
import sys


def script() -> int:
    """Run the program, and end the process without taking the interpreter down; returns the exit code."""
    import atexit

    _open_standard_files()
    # Registered first of all, so it runs last of all.
    codes: list[int] = []
    atexit.register(_leave, codes)
    codes.append(main())
    return codes[0]


def main() -> int:
    """Run the program with the arguments of this process; returns its exit code."""
    import atexit
    import gc
    import signal

    # Registered before multiprocessing is imported, so it runs after all that this registers.
    atexit.register(_sweep)

    # Imports make objects by the hundred thousand that live to the end: let nobody look for garbage there.
    gc.set_threshold(200_000, 50, 100)

    # Until the event loop takes both signals over, SIGTERM is like Ctrl-C.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        from crawler.cli.app import main as program

        code = program()
    except KeyboardInterrupt:
        code = 130
    # All is said and saved. While the interpreter takes itself down, a late Ctrl-C would still kill it
    # and turn the exit code into that of a crash.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # Searching all modules for garbage, just before they go, would take a tenth of a second.
    gc.freeze()
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


def _sweep() -> None:
    starter = sys.modules.get("crawler.plumbing.fork_server_process")
    if starter is not None:
        starter.remove_semaphores()


def _leave(codes: list[int]) -> None:
    # All is said, saved and joined by now. To free every module and object one by one would take some
    # 20 ms more, only for the system to take back the memory anyway. A program that failed has no code here.
    if codes:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except OSError:
            return  # the interpreter says that, and in its own way
        os._exit(codes[0])


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(script())
