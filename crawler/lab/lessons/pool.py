"""The lesson of ``pool``: which calls wait."""

from crawler.lab.lesson import Choice, Figures, Lesson, Place

TASKS_S = 0.24
"""Seconds that the experiment's tasks sleep in all."""


def _at_once(figures: Figures) -> int:
    return 1 if figures["ways"]["pool.apply"]["all_s"] < 0.75 * TASKS_S else 0


LESSON = Lesson(
    question="Does pool.apply() spread the work over the workers of the pool?",
    guess=Choice(
        "Four tasks are given to a pool of two workers, by pool.apply(), one after the other. How long does "
        "that take?",
        ("as long as all four together", "about half as long"),
        _at_once,
    ),
    advice="Use apply_async, map or imap_unordered, and ask for every result: an exception is told to nobody "
    "else. Leave a pool by close() and join().",
    places=(
        Place("crawler/parse/single_worker_pool.py#ProcessParser.parse", "a pool from a coroutine"),
        Place("crawler/parse/parse_task.py#parse_task", "a coroutine for each worker waits for its results"),
    ),
    reading="https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.apply",
    exercise="Give four tasks that sleep for 0.2 s to two workers, by apply and by apply_async. Predict the "
    "seconds of each.",
)
