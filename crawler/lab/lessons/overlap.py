"""The lesson of ``overlap``: concurrent is not parallel."""

from crawler.lab.lesson import Figures, Lesson, Number, Place


def _at_once(figures: Figures) -> float:
    return float(100 * figures["parallel_share"]["threads on two cores"])


LESSON = Lesson(
    question="Do concurrent workers run at the same time?",
    guess=Number(
        "Threads compute in Python, on two cores. For what share of the time do two of them run at once?",
        "%",
        _at_once,
    ),
    advice="Ask whether the work waits or computes. Concurrency is enough to wait for many things; to "
    "compute faster, it has to be parallel: processes, and cores for them.",
    places=(
        Place("crawler/engine/street.py#walk", "all coroutines of a crawl, concurrent in one thread"),
        Place("crawler/parse/parse_pool.py#ParsePool", "the parsers, parallel"),
    ),
    reading="https://docs.python.org/3/library/asyncio-dev.html#concurrency-and-multithreading",
    exercise="Coroutines A and B each write their letter three times, and a second time with "
    "`await asyncio.sleep(0)` after each letter. Predict both orders.",
    caption="Which of three workers ran when, on one core and on two: each bar is a time in which one ran.",
)
