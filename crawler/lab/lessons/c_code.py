"""The lesson of ``c-code``: some C code lets go of the lock."""

from crawler.lab.lesson import Choice, Figures, Lesson, Place


def _hashes_at_once(figures: Figures) -> int:
    return 1 if figures["C: hashlib.sha256, 4 MB at a time"]["lets_go"] else 0


LESSON = Lesson(
    question="Is it so that threads never compute in parallel?",
    guess=Choice(
        "A thread computes the SHA-256 of 4 MB with hashlib. Can another thread run Python meanwhile?",
        ("no: one thread at a time", "yes: hashlib lets go of the lock"),
        _hashes_at_once,
    ),
    advice="Before you start processes, see whether your library lets go of the lock. If it does, and each "
    "call is long, threads are enough.",
    places=(
        Place("crawler/parse/parse_pool.py#ParsePool", "turbohtml keeps the lock, so pages go to processes"),
        Place("crawler/frontier/state_thread.py#CrawlState", "SQLite lets go of it, so a thread is enough"),
    ),
    reading="https://docs.python.org/3/c-api/init.html#thread-state-and-the-global-interpreter-lock",
    exercise="Ask `lets_go` of crawler/lab/experiments/c_code_lock.py about hashlib again, with 1,000 bytes "
    "and with 1,000,000. Predict both answers.",
    caption="How many cores two threads kept busy with each kind of work; what is blue lets go of the lock.",
)
