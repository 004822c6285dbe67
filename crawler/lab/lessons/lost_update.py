"""The lesson of ``lost-update``: what may happen between reading and writing."""

from crawler.lab.lesson import Figures, Lesson, Number, Place


def _lost(figures: Figures) -> float:
    found = figures["coroutines"]["counter += await one()"]
    return float(100 * found["lost"] / found["added"])


LESSON = Lesson(
    question="You decide when to switch: do coroutines need no lock?",
    guess=Number(
        "Four coroutines run `counter += await one()`, again and again. What share of it is lost?", "%", _lost
    ),
    advice="Between two awaits no lock is needed. Where you read before an await and write after it, hold an "
    "asyncio.Lock, or read again after the await. Threads need a lock wherever two of them write.",
    places=(
        Place("crawler/fetch/fetch_task.py#fetch_task", "counts without a lock: no await is in between"),
        Place("crawler/fetch/robots_cache.py#RobotsCache.find", "reads, awaits, writes: under a lock"),
        Place("crawler/plumbing/inside_child_process.py#Outbox.send", "threads at one pipe: under a lock"),
    ),
    reading="https://docs.python.org/3/library/asyncio-sync.html#lock",
    exercise="Mend `counter += await one()` without a lock, by changing the order of the steps. Predict how "
    "many of 400 are lost then.",
    caption="The share of the updates that is lost, by what threads and coroutines do for each of them.",
)
