"""The commands around the faults: what they hand on, and how they exit."""

import sys

import pytest

from crawler.lab.faults.judge import Verdict
from tests.cli.stand_ins import Engine, Run, stand_in


def test_serve_serves_the_faults_when_told_so(
    engine: Engine, crawler: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[int] = []
    name = "crawler.lab.faults.faults_process"
    monkeypatch.setitem(sys.modules, name, stand_in(name, serve_faults_forever=served.append))
    assert crawler("serve", "--faults", "--port", "81") == (0, [], [])
    assert served == [81]


@pytest.mark.parametrize(("recorded", "code", "word"), [("ok", 0, "right"), ("error", 1, "WRONG")])
def test_lab_faults_prints_a_line_for_each_and_exits_by_what_is_wrong(
    engine: Engine, crawler: Run, monkeypatch: pytest.MonkeyPatch, recorded: str, code: int, word: str
) -> None:
    found = [Verdict("odd", "http://h/odd", {"outcome": "ok"}, {"outcome": recorded})]
    asked: list[tuple[float, str]] = []
    monkeypatch.setattr(
        "crawler.lab.faults.report.crawl_faults",
        lambda timeout, backend: asked.append((timeout, backend)) or found,
    )
    crawler("lab", "faults", "--backend", "httpx")
    exit_code, out, err = crawler("lab", "faults", "--timeout", "7")
    assert (exit_code, err, asked) == (code, [], [(10.0, "httpx"), (7.0, "aiohttp")])
    assert out[0].startswith(f"  {word}  odd: ")
    assert out[-1] == f"1 faults, 0 of 0 good pages whole, {code} not as expected."
