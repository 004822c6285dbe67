"""The lesson of ``pool-pipe``: an end that nobody sees."""

from crawler.lab.lesson import Choice, Figures, Lesson, Place


def _came(figures: Figures) -> int:
    one = figures["Pipe, the parent keeps its write end"]
    if one["error"] is not None:
        return 0
    return 1 if one["items"] is None else 2


LESSON = Lesson(
    question="Can two workers of a Pool talk through a Pipe?",
    guess=Choice(
        "Both get their end as an argument; one sends, closes its end and returns, the other reads until "
        "EOFError. What comes of it?",
        ("the call fails", "the reader gets all, then waits for ever", "the reader gets all and ends"),
        _came,
    ),
    advice="Say that nothing more will come by a last item. Close every end that you do not use, in the "
    "parent, too. Two workers that talk are better two Processes than two tasks of a Pool.",
    places=(
        Place(
            "crawler/parse/single_worker_pool.py#ProcessParser._launch", "each parser has pipes of its own"
        ),
        Place("crawler/parse/parser_process.py#start", "and closes the ends that it does not use"),
    ),
    reading="https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Pipe",
    exercise="Two Processes talk through a Pipe, and the parent keeps its ends open. Let the reader end by a "
    "last item. Predict what it would do without.",
)
