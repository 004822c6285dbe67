"""The lesson of ``backpressure``: what a bound is for."""

from crawler.lab.lesson import Figures, Lesson, Number, Place


def _speed(figures: Figures) -> float:
    return float(figures["speed"])


LESSON = Lesson(
    question="Does a queue without a bound make a pipeline faster?",
    guess=Number(
        "Pages are made faster than they are taken. Without a bound, the pipeline is how many times as fast "
        "as with one?",
        "times",
        _speed,
    ),
    advice="Give every queue a bound, in what it uses up: bytes rather than items where these differ in "
    "size.",
    places=(
        Place("crawler/plumbing/byte_queue.py#ByteQueue", "a queue that is bounded in bytes"),
        Place("crawler/fetch/fetch_task.py#fetch_task", "waits for room before it takes the next ticket"),
    ),
    reading="https://docs.python.org/3/library/asyncio-queue.html#asyncio.Queue",
    exercise="A producer puts ten items at once, a consumer takes 1 ms for each. Predict the longest that "
    "the queue gets without a bound, and with maxsize=3.",
    caption="Memory over time, of the same pipeline with a bounded queue and with one that has no bound.",
)
