"""The lesson of ``cancel``: what can be stopped."""

from crawler.lab.lesson import Choice, Figures, Lesson, Place


def _goes_on(figures: Figures) -> int:
    return 0 if figures["cancelled"]["await of a thread"]["stopped"] else 1


LESSON = Lesson(
    question="Does cancel() stop the work?",
    guess=Choice(
        "A coroutine awaits work in a thread, and is cancelled. What becomes of the work?",
        ("it stops", "it goes on to its end"),
        _goes_on,
    ),
    advice="Give work in a thread an Event to look at, and kill the process of work in a process. After a "
    "timeout, do not start the same work again while the first may still run.",
    places=(
        Place(
            "crawler/plumbing/starter_thread.py#off_loop", "waits for the thread, then lets cancel through"
        ),
        Place("crawler/parse/single_worker_pool.py#ProcessParser.parse", "kills the process"),
    ),
    reading="https://docs.python.org/3/library/asyncio-task.html#task-cancellation",
    exercise="A hundred steps of 10 ms run in a thread. Stop them after about three, by an Event. Predict "
    "how many would be done if you only cancelled the await.",
)
