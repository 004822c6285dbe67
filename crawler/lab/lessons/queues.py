"""The lesson of ``queue``: how consumers learn of the end."""

from crawler.lab.lesson import Figures, Lesson, Number, Place


def _lost(figures: Figures) -> float:
    return float(max(lost for one in figures["ends"] if not one["by_sentinel"] for lost in one["lost"]))


LESSON = Lesson(
    question="When the producer has ended, should the consumers be terminated?",
    guess=Number(
        "The producer of 40 items has ended, and the two consumers are terminated. How many items are lost "
        "in the worst run?",
        "items",
        _lost,
    ),
    advice="Put one sentinel for each consumer behind the last item, and join the consumers. Get everything "
    "out of a queue before you join who has put it there.",
    places=(
        Place("crawler/write/writer_thread.py#WriterThread.close", "puts the sentinel behind all batches"),
        Place("crawler/plumbing/byte_queue.py#ByteQueue.close", "in one process, a queue can be closed"),
    ),
    reading="https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Queue",
    exercise="Let three consumers share 30 items. How many sentinels are needed? Predict what happens with "
    "one too few.",
)
