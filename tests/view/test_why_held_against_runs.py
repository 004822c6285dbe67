"""What a replay predicts, held against real crawls with the other settings: 1 → 2 parsers, 8 → 32 at once.

Each is run three times, in turn, and the medians are compared. They need the machine to themselves: where
parsers are the matter, a run in which they had to share the cores with another program says nothing, and is
made again.
"""

import json
import os
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from tests import crawls
from tests.graph_server import graph_site

pytestmark = [pytest.mark.alone, pytest.mark.timeout(120)]

TIMES, TRIES = 3, 6
UNDISTURBED = 0.8
"""Of their time at a page, parsers computed for so much."""
WITHIN = 0.25
"""Of what was measured."""
BURNS = """\
import time


def extract(page):
    until = time.thread_time() + 0.012
    while time.thread_time() < until:
        pass
"""


def judged(folder: Path, out: str, url: str, *options: object) -> dict[str, Any]:
    """Run a crawl and ask what limited it."""
    done = crawls.crawl("run", url, "-o", out, "--no-progress", "--trace", *options, cwd=folder)
    assert done.returncode == 0, done.stderr
    told = crawls.crawl("trace", out, "--why", "--json", cwd=folder)
    assert told.returncode == 0, told.stderr
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def predicted_and_measured(
    folder: Path,
    url: str,
    change: str,
    before: tuple[object, ...],
    after: tuple[object, ...],
    undisturbed: float = 0.0,
) -> tuple[float, float, set[str]]:
    """How many times as fast the change makes the crawl, twice; and what limited it before."""
    pairs = []
    for attempt in range(TRIES):
        pair = (
            judged(folder, f"before-{attempt}", url, *before),
            judged(folder, f"after-{attempt}", url, *after),
        )
        if min(found["parsers_computing"] for found in pair) >= undisturbed:
            pairs.append(pair)
        if len(pairs) == TIMES:
            break
    else:
        pytest.skip(f"other programs use the cores: of {TRIES} pairs of runs only {len(pairs)} had them")
    predicted = [each["speed"] for found, _ in pairs for each in found["changes"] if each["name"] == change]
    measured = median(found["seconds"] for found, _ in pairs) / median(other["seconds"] for _, other in pairs)
    return median(predicted), measured, {found["limit"] for found, _ in pairs}


def test_a_second_parser_is_worth_what_was_predicted(tmp_path: Path) -> None:
    if (os.cpu_count() or 1) < 2:
        pytest.skip("two parsers need two cores")
    (tmp_path / "burning.py").write_text(BURNS)
    options = ("--extract", "burning:extract", "--workers")
    with graph_site(120) as site:
        predicted, measured, limits = predicted_and_measured(
            tmp_path, site.url, "2 parsers", (*options, 1), (*options, 2), UNDISTURBED
        )
    assert limits == {"parsers"}
    assert predicted == pytest.approx(measured, rel=WITHIN)
    assert 1.3 < predicted <= 2.1


def test_more_at_once_are_worth_what_was_predicted(tmp_path: Path) -> None:
    options = ("--workers", 1, "--concurrency")
    with graph_site(240, delay=0.05) as site:
        predicted, measured, limits = predicted_and_measured(
            tmp_path, site.url, "32 at once", (*options, 8), (*options, 32)
        )
    assert limits == {"network"}
    assert predicted == pytest.approx(measured, rel=WITHIN)
    assert predicted > 1.8
