"""The lesson of ``pool-size``: how many workers."""

from crawler.lab.lesson import Figures, Lesson, Number, Place


def _knee(figures: Figures) -> float:
    return float(figures["io_knee"])


LESSON = Lesson(
    question="Is the number of cores the best size of a pool?",
    guess=Number(
        "A site answers after 20 ms. With how many requests in flight does one event loop get the most "
        "answers a second?",
        "requests in flight",
        _knee,
    ),
    advice="To compute: as many processes as cores. To wait: many more, until your core, the other side or "
    "good manners are the limit. Measure where that is.",
    places=(
        Place("crawler/parse/parse_pool.py#ParsePool", "as many parsers as cores"),
        Place("crawler/fetch/fetch_task.py#fetch_task", "as many fetchers as fetch.concurrency says"),
    ),
    reading="https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.ThreadPoolExecutor",
    exercise="Eight tasks that sleep for 0.1 s are given to 1, 4 and 8 threads. Predict the seconds of each.",
    caption="Throughput by size: of processes that compute, and of requests that wait for their answers.",
)
