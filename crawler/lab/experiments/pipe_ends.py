"""The end of a pipe, and who may see it.

A pipe ends (``EOFError``) when *nobody* holds its write end any more. A parent that gives the write end
to a child and keeps its own copy open waits for ever for the end of a child that is dead.
"""

from crawler.lab.experiments.limits import fork_server


def sees_end(close_own_copy: bool) -> bool:
    """Whether the end of a child, which alone was to write, is seen on the pipe within 0.2 s."""
    context = fork_server(__name__)
    reader, writer = context.Pipe(duplex=False)
    child = context.Process(target=writer.send, args=("one message",))
    child.start()
    if close_own_copy:
        writer.close()
    reader.recv()
    child.join()
    try:
        if reader.poll(0.2):
            reader.recv()
        return False
    except EOFError:
        return True
