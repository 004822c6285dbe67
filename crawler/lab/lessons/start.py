"""The lesson of ``start``: what a coroutine, a thread and a process cost."""

from crawler.lab.lesson import Figures, Lesson, Number, Place


def _in_one_process(figures: Figures) -> float:
    each = figures["each"]
    return float(each["processes"]["memory_bytes"] / max(each["coroutines"]["memory_bytes"], 1))


LESSON = Lesson(
    question="Is a coroutine cheaper than a thread, and a thread cheaper than a process?",
    guess=Number(
        "How many waiting coroutines take as much memory as one process that waits?",
        "coroutines",
        _in_one_process,
    ),
    advice="Have a coroutine for each thing that is waited for, even thousands. Start threads and processes "
    "once, a few of each, and use them again.",
    places=(
        Place("crawler/fetch/fetch_task.py#fetch_task", "a coroutine for each request under way"),
        Place("crawler/parse/parse_pool.py#ParsePool", "a process for each core, started once"),
    ),
    reading="https://docs.python.org/3/library/asyncio-task.html#creating-tasks",
    exercise="Have 10,000 coroutines sleep for 0.1 s each, all at once. Predict the seconds: 0.1, 1 or "
    "1,000?",
    caption="The time to start so many coroutines, threads or processes, and the memory that they hold then.",
)
