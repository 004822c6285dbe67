"""A solution of the exercise of ``crawler lab process``.

Have a child's ``finally`` run when it is terminated. SIGTERM ends a process on the spot, without
``finally``. A handler that calls ``sys.exit`` makes an exception of it.
"""

import multiprocessing
import signal
import sys
import time
from multiprocessing.connection import Connection


def wait(answer: Connection, handled: bool) -> None:
    """In the child: sleep, and tell when ``finally`` runs."""
    if handled:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        answer.send("asleep")
        time.sleep(60)
    finally:
        answer.send("finally")


def main() -> None:
    """Terminate a child without the handler, then one with it."""
    context = multiprocessing.get_context("spawn")
    for handled in (False, True):
        reader, writer = context.Pipe(duplex=False)
        child = context.Process(target=wait, args=(writer, handled))
        child.start()
        writer.close()
        reader.recv()
        child.terminate()
        child.join()
        try:
            ran = reader.recv() == "finally"
        except EOFError:
            ran = False
        print(f"{'with' if handled else 'without'} a handler, finally ran: {ran}")


if __name__ == "__main__":
    main()
