"""A Pipe, or a Queue, handed to the workers of a Pool: what arrives, and what never ends.

What is said: two workers of a Pool talk through a Pipe, one end for each. The ends do arrive: sent as an
argument, a connection is opened a second time in the worker. But a reader that reads until ``EOFError``
then waits for ever, since a pipe ends when *nobody* holds its write end any more, and the parent, which
made it, still does. If it closes its copies once they have arrived, the end is seen. Where workers are
forked, even that does not help: each of them has a copy of every pipe that was there before the pool, as of
all open files.

A ``Queue`` cannot be handed over like that: the call fails, and says so to who asks for its result, and to
nobody else. It has to go through the pool's ``initializer``, so that the workers get it when they start. A
manager's queue may go anywhere, at the price of a process in the middle.

What always works is to say that nothing more will come: a last item that means just that.

In this program: no pool has several workers that talk. Each parser has pipes of its own, made before it
starts, and each side closes the ends that it does not use (``crawler/parse/single_worker_pool.py``).
"""

import multiprocessing
import warnings

from crawler.lab.experiments.limits import fork_server, need_fork_server, start_methods
from crawler.lab.experiments.pool_pipe_workers import ITEMS, TIMEOUT, pool_of_two, talk
from crawler.lab.finding import Finding, Scale, Verdict, needs
from crawler.lab.sandbox_process import measured
from crawler.lab.tables.pool_pipe import Talk, in_words, table


def by_pipe() -> dict[str, Talk]:
    """A Pipe as an argument: left open, closed in time, and with a last item."""
    context, found = fork_server(talk.__module__), dict[str, Talk]()
    with pool_of_two(context) as pool:
        reader, writer = context.Pipe(duplex=False)
        found["Pipe, the parent keeps its write end"] = talk(pool, reader, writer)
        writer.close()  # so the worker that waited has its end at last
        reader, writer = context.Pipe(duplex=False)
        found["Pipe, the parent closes its write end in time"] = talk(pool, reader, writer, then=writer.close)
        reader, writer = context.Pipe(duplex=False)
        found["Pipe, with a last item"] = talk(pool, reader, writer, with_end=True)
    return found


def by_pipe_and_fork() -> dict[str, Talk]:
    """The order of most tutorials: first the Pipe, then a Pool, whose workers are copies of the parent."""
    # Python 3.12 and later warn of forking beside threads; here there is one, which holds no lock.
    warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
    context = multiprocessing.get_context("fork")
    reader, writer = context.Pipe(duplex=False)
    with pool_of_two(context) as pool:
        return {
            "Pipe, the same, the workers forked after it was made": talk(
                pool, reader, writer, then=writer.close
            )
        }


def by_queue() -> dict[str, Talk]:
    """A Queue as an argument, through the initializer, and a manager's."""
    context, found = fork_server(talk.__module__), dict[str, Talk]()
    queue = context.Queue()
    with pool_of_two(context, queue) as pool, context.Manager() as manager:
        found["Queue as an argument"] = talk(pool, queue, queue)
        found["Queue by the initializer, with a last item"] = talk(pool, None, None, with_end=True)
        managed = manager.Queue()
        found["a manager's queue, with a last item"] = talk(pool, managed, managed, with_end=True)
    return found


@needs(need_fork_server)
def run(_scale: Scale) -> Finding:
    """Both scales do the same. Raises NotPossible where there is no fork server."""
    pipes: dict[str, Talk] = measured(by_pipe)
    if "fork" in start_methods():
        pipes |= measured(by_pipe_and_fork)
    found = pipes | measured(by_queue)
    return Finding(
        claim="Two workers of a Pool can talk through a Pipe.",
        done=f"One worker sends {ITEMS} items, another one receives until the end, for which it has "
        f"{TIMEOUT:g} s after all was sent; both got what they talk through in every way there is.",
        tables=[table(found, TIMEOUT)],
        verdict=Verdict.of(one["items"] == ITEMS for one in pipes.values()),
        because=in_words(pipes),
        figures=found,
        notes=[] if "fork" in start_methods() else ["This platform has no fork, so it could not be tried."],
    )
