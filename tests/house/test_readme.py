"""What the README shows of tables works as it stands there."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from tests import crawls
from tests.graph_server import graph_site

README = Path(__file__).parents[2] / "README.md"
HEADING = "### From crawl to spreadsheet, DuckDB, pandas"


def blocks() -> list[tuple[str, str]]:
    """Language and text of each piece of code in that part."""
    part = README.read_text(encoding="utf-8").split(HEADING)[1].split("\n### ")[0]
    return re.findall(r"```(\w+)\n(.*?)```", part, re.DOTALL)


def test_from_crawl_to_table(tmp_path: Path):
    ran = 0
    with graph_site(12) as site:
        for language, text in blocks():
            assert len(list(filter(None, text.splitlines()))) <= 3
            if language == "sh":
                for line in text.splitlines():
                    program, *arguments = shlex.split(line.replace("URL", site.url))
                    if program == "crawler":
                        done = crawls.crawl(*arguments, cwd=tmp_path)
                        assert done.returncode == 0, done.stderr
                    else:
                        assert program == "libreoffice", "a test runs what the README shows"
                        assert shutil.which(program) is None or Path(tmp_path / arguments[-1]).exists()
                    ran += 1
            else:
                done = subprocess.run(
                    [sys.executable, "-c", text], cwd=tmp_path, capture_output=True, text=True, check=False
                )
                assert done.returncode == 0, done.stderr
                assert re.search(r"200\D+12\b", done.stdout), done.stdout
                ran += 1
    assert ran >= 4
    assert (tmp_path / "out" / "records.csv").read_bytes().startswith(b"\xef\xbb\xbf")
