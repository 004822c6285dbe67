"""The scripts of the pages: short enough to be read, and those of the live page modules without a circle."""

import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import crawler
from tests.view.feeder import PAGE

SCRIPTS = sorted(Path(crawler.__file__).parent.rglob("*.js"))
IMPORT = re.compile(r'^import \{ (.+?) \} from "\./(.+?)";$', re.MULTILINE)
EXPORT = re.compile(r"^export (?:async )?(?:function|class|const) ([\w$]+)", re.MULTILINE)


def text(script: Path) -> str:
    return script.read_text(encoding="utf-8")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: f"{script.parent.name}/{script.name}")
def test_a_script_says_what_it_is_for_and_is_short(script):
    lines = text(script).splitlines()
    assert lines[lines[0] == '"use strict";'].startswith(("// ", "/* "))
    assert len(lines) <= 220


def test_no_module_needs_itself_and_each_is_needed():
    needs = {file.name: {name for _, name in IMPORT.findall(text(file))} for file in PAGE.glob("*.js")}
    assert list(TopologicalSorter(needs).static_order())[-1] == "live.js", "the page loads that one"
    assert set().union(*needs.values()) | {"live.js"} == set(needs)


def test_what_a_module_takes_from_another_is_offered_and_used():
    for file in PAGE.glob("*.js"):
        script = text(file)
        for names, other in IMPORT.findall(script):
            for name in names.split(", "):
                assert name in EXPORT.findall(text(PAGE / other)), (file.name, name)
                used = re.findall(rf"(?<![\w$.]){re.escape(name)}(?![\w$])", script)
                assert len(used) > 1, (file.name, name)
