"""The pieces of code in docs/testing.md, by the file that each is: a test runs what the page shows."""

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "testing.md"
SETTINGS = """asyncio_default_fixture_loop_scope = function
filterwarnings = error
addopts = -p no:cacheprovider --strict-markers
"""
"""What is more strict than what the page shows."""


def part(heading: str) -> str:
    """What stands under a heading, as far as the next one."""
    (found,) = re.findall(
        rf"^#+ {heading}\n(.*?)(?=^##|\Z)", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    return str(found)


def files(heading: str) -> dict[str, str]:
    """The Python files that stand under a heading."""
    blocks = re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```", part(heading), re.DOTALL | re.MULTILINE)
    assert blocks, heading
    return dict(blocks)


def written(folder: Path, *headings: str) -> Path:
    """``folder``, with the files that stand under these headings, and the settings for pytest there."""
    shown = ""
    for heading in headings:
        for name, text in files(heading).items():
            (folder / name).write_text(f"# {name}\n{text}", encoding="utf-8")
        found = re.search(
            r"^```ini\n# pytest.ini\n\[pytest\]\n(.*?)^```", part(heading), re.DOTALL | re.MULTILINE
        )
        shown += found[1] if found else ""
    (folder / "pytest.ini").write_text(f"[pytest]\n{shown}{SETTINGS}")
    return folder


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """``python -m`` that command in the folder."""
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False, timeout=50
    )
