"""The lesson of ``segfault``: what a crash takes along."""

from crawler.lab.lesson import Choice, Figures, Lesson, Place


def _who_ended(figures: Figures) -> int:
    return 0 if figures["thread"]["exit_code"] == 0 else 1


LESSON = Lesson(
    question="When a worker crashes, does the rest of the program go on?",
    guess=Choice(
        "A thread reads memory that is not the program's. What ends?",
        ("that thread", "the whole program"),
        _who_ended,
    ),
    advice="What may crash or hang belongs into a process of its own. Look at its exitcode: no exception "
    "tells you of its end.",
    places=(
        Place(
            "crawler/parse/single_worker_pool.py#ProcessParser", "one page costs one parser, not the crawl"
        ),
        Place(
            "crawler/plumbing/child_process.py#Child", "the one way in which children are held and watched"
        ),
    ),
    reading="https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Process.exitcode",
    exercise="Let a child end itself by SIGKILL, as the kernel does when memory runs out. Predict its "
    "exitcode, and print it.",
)
