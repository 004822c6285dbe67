"""The lesson of ``interpreters``: Python code at the same moment in one process."""

from crawler.lab.lesson import Choice, Figures, Lesson, Place

FASTER = 1.3


def _which(figures: Figures) -> int:
    ways = [way for way, pace in figures.items() if way != "processes" and pace["gain"] >= FASTER]
    if not ways:
        return 0
    return 2 if "threads without a lock" in ways else 1


LESSON = Lesson(
    question="In one process, does only one thread at a time run Python?",
    guess=Choice(
        "In this Python, what lets two threads of one process compute at once?",
        ("nothing", "an interpreter for each of them", "nothing is needed: there is no lock"),
        _which,
    ),
    advice="Where your Python is 3.14 or newer, try InterpreterPoolExecutor beside ProcessPoolExecutor: "
    "the code is the same. Stay with processes for what may crash or hang.",
    places=(
        Place(
            "crawler/parse/single_worker_pool.py#ProcessParser", "processes, since only they can be killed"
        ),
        Place("crawler/lab/experiments/race/coroutines_interpreters.py", "the same crawl with interpreters"),
    ),
    reading="https://docs.python.org/3/howto/free-threading-python.html",
    exercise="Write a program that says which of the two its Python has: interpreters for threads, and no "
    "lock. Predict what it says here.",
)
