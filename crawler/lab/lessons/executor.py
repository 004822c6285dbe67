"""The lesson of ``executor``: keep the event loop free."""

from crawler.lab.lesson import Choice, Figures, Lesson, Place

WHERE = ("inline", "thread", "process")


def _best(figures: Figures) -> int:
    return min(range(len(WHERE)), key=lambda n: figures["p95_s"][WHERE[n]])


LESSON = Lesson(
    question="Does a heavy parse no longer hold up the event loop when it runs in a thread?",
    guess=Choice(
        "Where does a heavy parse delay all other requests least?",
        ("in the loop itself", "in a thread", "in a process"),
        _best,
    ),
    advice="What waits may go to a thread (asyncio.to_thread), what computes to a process (run_in_executor). "
    "Nothing that takes longer than some milliseconds stays in the loop.",
    places=(
        Place("crawler/parse/single_worker_pool.py#ProcessParser.parse", "pages go to processes"),
        Place("crawler/plumbing/starter_thread.py#off_loop", "a blocking call now and then goes to a thread"),
    ),
    reading="https://docs.python.org/3/library/asyncio-eventloop.html"
    "#executing-code-in-thread-or-process-pools",
    exercise="A coroutine counts every 10 ms. Beside it, call time.sleep(0.3) in the loop, then by "
    "asyncio.to_thread. Predict how far it counts meanwhile.",
    caption="Latencies of small requests, by where pages are parsed; 95 % are left of the dotted line.",
)
