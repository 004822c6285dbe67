"""What is said of the models, each with the comparison that decides it.

Compared are the models as a textbook has them. This crawler's own row decides nothing: it is far more than
a model.
"""

from dataclasses import dataclass

WAITING, COMPUTING, MIXED = range(3)
"""The workloads, by their place among the results."""
TEXTBOOK = ("sequential", "threads", "processes", "asyncio", "asyncio + threads", "asyncio + processes")


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that is said of a model, and the figure that decides it."""

    text: str
    workload: int
    model: str
    others: tuple[str, ...] = ("sequential",)
    """Those that it is compared with: the fastest of them counts."""
    at_least: float = 0.0
    at_most: float = float("inf")
    """What it does in a second ÷ what they do."""


CLAIMS = (
    Claim("Threads wait for many answers at once.", WAITING, "threads", at_least=2),
    Claim("Coroutines wait for many answers at once.", WAITING, "asyncio", at_least=2),
    Claim("Threads compute no faster than one.", COMPUTING, "threads", at_most=1.1),
    Claim("Coroutines compute no faster than one.", COMPUTING, "asyncio", at_most=1.1),
    Claim("Processes compute faster than one.", COMPUTING, "processes", at_least=1.15),
    Claim(
        "Beside coroutines, too, processes compute faster.",
        COMPUTING,
        "asyncio + processes",
        ("asyncio", "asyncio + threads"),
        at_least=1.15,
    ),
    Claim(
        "Work of both kinds needs both: coroutines that wait, processes that compute.",
        MIXED,
        "asyncio + processes",
        tuple(model for model in TEXTBOOK if model != "asyncio + processes"),
        at_least=1.1,
    ),
)
