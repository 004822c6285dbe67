"""The lesson of ``pool-join``: who waits for the work."""

from crawler.lab.lesson import Figures, Lesson, Number, Place


def _done(figures: Figures) -> float:
    return float(figures["programs"]["Pool, left alone"]["done"])


LESSON = Lesson(
    question="Must the main process close() and join() its Pool?",
    guess=Number(
        "A program gives 8 tasks to a Pool by apply_async, and ends. How many of them are done?",
        "tasks",
        _done,
    ),
    advice="Call close() and join() before the end, or use ProcessPoolExecutor in a `with` block, which "
    "waits. And do not take exit code 0 for a proof that the work was done.",
    places=(
        Place("crawler/plumbing/child_process.py#Child.stop", "who starts a child waits for its end"),
        Place("crawler/parse/parse_pool.py#ParsePool.close", "and the parsers are ended before the program"),
    ),
    reading="https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.join",
    exercise="Give four tasks to a Pool by apply_async in a `with` block, and have the block wait for them. "
    "Predict what is done without the two lines that you add.",
)
