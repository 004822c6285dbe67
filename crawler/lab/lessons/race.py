"""The lesson of ``race``: each model for what it is good at."""

from crawler.lab.lesson import Choice, Figures, Lesson, Place

MODELS = ("sequential", "threads", "asyncio", "processes")


def _fastest(figures: Figures) -> int:
    _, computing, *_ = figures["runs"].values()
    paces = [computing[model]["pages_per_second"] if model in computing else 0.0 for model in MODELS]
    return paces.index(max(paces))


LESSON = Lesson(
    question="Does a crawler need both: coroutines or threads to wait, and processes to compute?",
    guess=Choice(
        "Answers come at once, and parsing is dear. Who crawls the most pages a second?",
        ("one thread", "32 threads", "32 coroutines", "a process for each core"),
        _fastest,
    ),
    advice="Ask of each step whether it waits or computes. Give the first to coroutines, the second to "
    "processes, and put a bounded queue between them.",
    places=(
        Place("crawler/engine/street.py#walk", "both, in one task group"),
        Place("crawler/fetch/fetch_task.py#fetch_task", "waits"),
        Place("crawler/parse/parse_pool.py#ParsePool", "computes"),
    ),
    reading="https://docs.python.org/3/library/concurrency.html",
    exercise="Forty answers take 20 ms each. Predict the seconds with 1, 8 and 40 coroutines.",
    caption="Pages per second under each model: work that waits, work that computes, work that does both.",
)
