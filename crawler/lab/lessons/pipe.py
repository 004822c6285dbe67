"""The lesson of ``pipe``: what a Queue adds to a Pipe."""

from crawler.lab.lesson import Figures, Lesson, Number, Place


def _ratio(figures: Figures) -> float:
    return float(figures["pipe_to_queue"]["64"])


LESSON = Lesson(
    question="Is a Pipe faster than a Queue?",
    guess=Number(
        "Messages of 64 bytes: a Pipe carries how many times as many a second as a Queue?", "times", _ratio
    ),
    advice="Between two processes, take a Pipe. Take a Queue where several put or get, or where putting must "
    "not wait. Send few large messages rather than many small ones.",
    places=(
        Place("crawler/parse/single_worker_pool.py#ProcessParser._exchange", "batches and results: pipes"),
        Place("crawler/plumbing/multiprocessing_internals_process.py#new_queue", "to a writer: a queue"),
    ),
    reading="https://docs.python.org/3/library/multiprocessing.html#exchanging-objects-between-processes",
    exercise="A child sends one message and ends. The parent closes its copy of the write end, and receives "
    "twice. Predict what the second call does, and what it would do without that close.",
    caption="Messages and megabytes a second by size of message, for each way from process to process.",
)
