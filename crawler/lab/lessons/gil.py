"""The lesson of ``gil``: threads wait, processes compute."""

from crawler.lab.lesson import Figures, Lesson, Number, Place


def _gain(figures: Figures) -> float:
    computing = figures["seconds_and_cores"]["1"]
    return float(computing["1 threads"][0] / computing["2 threads"][0])


LESSON = Lesson(
    question="Do threads suit CPU-bound work?",
    guess=Number(
        "How many times as fast as one thread are two, for CPU-bound work in Python?", "times", _gain
    ),
    advice="Use threads, or coroutines, for what waits. Use processes for what computes in Python, as many "
    "as there are cores.",
    places=(
        Place("crawler/parse/parse_pool.py#ParsePool", "pages are parsed in processes"),
        Place(
            "crawler/frontier/state_thread.py#CrawlState", "SQLite, which waits for the disk, has a thread"
        ),
    ),
    reading="https://docs.python.org/3/glossary.html#term-global-interpreter-lock",
    exercise="Let the tasks sleep instead of computing: eight of 0.1 s on eight threads. Predict the "
    "seconds.",
    caption="The time for the same tasks on four threads and on four processes, by how much they compute.",
)
