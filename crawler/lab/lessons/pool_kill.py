"""The lesson of ``pool-kill``: what workers share."""

from crawler.lab.lesson import Figures, Lesson, Number, Place


def _harmed(figures: Figures) -> float:
    executor = figures["executor"]
    several = sum(broken > 1 for broken in executor["broken"])
    return float(100 * (executor["hung"] + several) / executor["kills"])


LESSON = Lesson(
    question="When one worker is killed, is only its own task lost?",
    guess=Number(
        "One of two workers of a ProcessPoolExecutor is killed. In what share of the kills is more lost than "
        "its own task?",
        "%",
        _harmed,
    ),
    advice="If workers may die, let them share nothing: a pool, a queue or pipes for each of them. And give "
    "the work of the dead one to its successor.",
    places=(
        Place("crawler/parse/single_worker_pool.py#ProcessParser", "a pool with one worker, and its pipes"),
        Place("crawler/parse/parse_pool.py#ParsePool.replace", "a successor for a dead parser"),
    ),
    reading="https://docs.python.org/3/library/concurrent.futures.html"
    "#concurrent.futures.process.BrokenProcessPool",
    exercise="Make two executors with one worker each, kill the worker of the first, and ask both for "
    "results. Predict which of them fails.",
)
