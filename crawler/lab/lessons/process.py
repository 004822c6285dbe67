"""The lesson of ``process``: how a child ends."""

from crawler.lab.lesson import Choice, Figures, Lesson, Place


def _lives(figures: Figures) -> int:
    return 1 if figures["children"]["terminate(), SIGTERM ignored"]["alive_after"] else 0


LESSON = Lesson(
    question="Does terminate() end a child process?",
    guess=Choice(
        "A child ignores SIGTERM, and its parent calls terminate(). What does the child do?",
        ("it ends", "it lives on"),
        _lives,
    ),
    advice="Ask a child to end, by a message. Then join() with a timeout, then kill(), then join() again. "
    "What must be tidied up has to be safe without `finally`.",
    places=(
        Place("crawler/plumbing/child_process.py#Child.stop", "waits, kills, waits again"),
        Place("crawler/plumbing/inside_child_process.py#begin_child", "a child ends when its parent is gone"),
    ),
    reading="https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Process.terminate",
    exercise="A child sleeps inside `try … finally`, and is terminated. Does `finally` run? Add a handler "
    "for SIGTERM that makes it run.",
)
