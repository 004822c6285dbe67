"""The lesson of ``semaphore``: what is bounded, the work or the tasks."""

from crawler.lab.lesson import Figures, Lesson, Number, Place


def _times(figures: Figures) -> float:
    return float(figures["Semaphore"]["memory_bytes"] / max(figures["workers"]["memory_bytes"], 1))


LESSON = Lesson(
    question="Does a Semaphore bound many coroutines as well as a few workers do?",
    guess=Number(
        "Thousands of jobs, a hundred at once. A task for each job, behind a Semaphore, takes how many times "
        "the memory of a hundred workers?",
        "times",
        _times,
    ),
    advice="Where jobs are many, or come from jobs, start N workers that take them from a queue. A Semaphore "
    "is right where few ask, now and then.",
    places=(
        Place("crawler/engine/street.py#walk", "starts the workers"),
        Place("crawler/fetch/fetch_task.py#fetch_task", "one of them"),
        Place("crawler/fetch/lookup_thread.py#LookUps", "a semaphore, for looking names up"),
    ),
    reading="https://docs.python.org/3/library/asyncio-queue.html#examples",
    exercise="Six jobs behind Semaphore(2). Predict how many tasks there are after the first switch, and how "
    "many jobs are under way at most.",
    caption="The same jobs, as many at once: memory, the time to start all, the time to cancel all.",
)
