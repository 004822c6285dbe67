"""The lesson of ``start-methods``: what a child begins with."""

from crawler.lab.lesson import Choice, Figures, Lesson, Place


def _who_has_it(figures: Figures) -> int:
    having = {method for method, start in figures["methods"].items() if start["global"]}
    if having == {"fork"}:
        return 0
    return 1 if having else 2


LESSON = Lesson(
    question="Is a new process a clone of its parent?",
    guess=Choice(
        "A parent changes a global, then starts a child by each method. Which child has the new value?",
        ("only the one by fork", "others, too", "none"),
        _who_has_it,
    ),
    advice="Name the start method (multiprocessing.get_context), so that the program does the same on every "
    "system and Python. Do not fork where there are threads.",
    places=(
        Place("crawler/plumbing/fork_server_process.py#child_context", "forkserver, or spawn; never fork"),
        Place("crawler/plumbing/fork_server_process.py#prestart", "starts the server during the imports"),
    ),
    reading="https://docs.python.org/3/library/multiprocessing.html#contexts-and-start-methods",
    exercise="A program appends 1 to a list of its module, under the main guard, and starts a child by each "
    "method. Predict what each child finds in the list.",
    caption="How long a child takes from start to end, the first one and a later one, by start method.",
)
