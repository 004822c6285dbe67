"""The lesson of ``slow-callback``: what debug mode hears."""

from crawler.lab.lesson import Choice, Figures, Lesson, Place


def _named(figures: Figures) -> int:
    return 0 if figures["heard"]["many short steps"]["named"] else 1


LESSON = Lesson(
    question="Does asyncio's debug mode name whatever blocks the event loop?",
    guess=Choice(
        "The loop is blocked by many short steps, one right after the other. Does debug mode name them?",
        ("yes", "no"),
        _named,
    ),
    advice="Run your tests in debug mode. In the running program, measure how late the loop is: that hears "
    "short steps, too.",
    places=(Place("crawler/watch/stall_task.py#stall_task", "measures in every crawl how late the loop is"),),
    reading="https://docs.python.org/3/library/asyncio-dev.html#debug-mode",
    exercise="Block the loop for 50 ms in a task named `sleeper`. With the limit of 0.1 s nobody hears of "
    "it: set `loop.slow_callback_duration` so that it is named.",
)
