"""The lesson of ``siblings``: who is needed for two children to talk."""

from crawler.lab.lesson import Choice, Figures, Lesson, Place


def _goes_on(figures: Figures) -> int:
    return 1 if figures["Pipe"]["went_on"] else 0


LESSON = Lesson(
    question="Do siblings need an intermediary to talk?",
    guess=Choice(
        "Two children talk through a Pipe that their parent made, and the parent is killed. Do they go on?",
        ("no", "yes"),
        _goes_on,
    ),
    advice="Give both children their end when they start, and let them talk. Send through the parent only "
    "what the parent has to know.",
    places=(
        Place("crawler/write/commit_task.py#Committer", "has to know: it commits what every writer has"),
        Place(
            "crawler/plumbing/inside_child_process.py#begin_child", "a child that notices the parent's end"
        ),
    ),
    reading="https://docs.python.org/3/library/multiprocessing.html#pipes-and-queues",
    exercise="One child sends 1, 2 and 3 to its sibling, which adds them up and tells the sum. Predict how "
    "many of the three numbers the parent sees.",
)
