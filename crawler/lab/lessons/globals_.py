"""The lesson of ``globals``: memory that is shared, and memory that is copied."""

from crawler.lab.lesson import Choice, Figures, Lesson, Place


def _who_was_seen(figures: Figures) -> int:
    seen = {worker for worker, saw in figures.items() if worker != "thread" and saw["seen_global"]}
    if not seen:
        return 0
    return 1 if seen == {"process (fork)"} else 2


LESSON = Lesson(
    question="Is a global that a child process changes changed for its parent, too?",
    guess=Choice(
        "Children are started by fork, spawn and forkserver, where these are there, and each changes a "
        "global. Whose change does the parent see?",
        ("nobody's", "only that of the child by fork", "that of others, too"),
        _who_was_seen,
    ),
    advice="Give a child what it needs as an argument, and get its answer by a Queue, a Pipe or a Value. "
    "Never by a global.",
    places=(
        Place(
            "crawler/parse/parser_process.py#start", "a child's globals are its own: its parser, its pipes"
        ),
        Place("crawler/parse/parser_process.py#Progress", "shared memory, handed over at the start"),
    ),
    reading="https://docs.python.org/3/library/multiprocessing.html#sharing-state-between-processes",
    exercise="A child adds 5 to a global, and to a Value that it is given. Predict what its parent then "
    "reads from both.",
)
