"""Public cases lie beside the checkout, where they lie at all; they are read there and never copied."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# The same examples in every run, and no failure because the machine was busy.
settings.register_profile("rules", derandomize=True, deadline=None)
settings.load_profile("rules")

CASES = Path(__file__).parents[2] / ".." / "shared" / "cases"


@pytest.fixture
def shared_cases() -> Callable[[str], list[dict[str, Any]]]:
    """Reads one file of public cases, or skips the test saying which file is missing."""

    def read(name: str) -> list[dict[str, Any]]:
        path = CASES / name
        if not path.exists():
            pytest.skip(f"the public cases {name} are not here")
        with path.open(encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]

    return read
