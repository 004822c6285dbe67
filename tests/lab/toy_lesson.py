"""What there is to be learned from the toy."""

from crawler.lab.lesson import Lesson, Number, Place

LESSON = Lesson(
    question="Are toys & games fast?",
    guess=Number("How fast is a <ball>?", "km/h", lambda figures: figures["ball_s"]),
    advice="Have a `ball`.",
    places=(Place("tests/lab/toy_experiment.py#run", "plays"),),
    reading="https://docs.python.org/3/library/random.html",
    exercise="Throw it.",
    caption="Toys & how fast they are.",
)
