"""The garbage collector does not walk all known URLs of a crawl that has its process to itself."""

import os
import subprocess
import sys

from tests.crawls import ROOT
from tests.graph_server import graph_site

CRAWL = """
import gc, sys
from crawler import Config
from crawler.engine import crawl

walk = crawl.walk

async def looked(stations):
    known = stations.frontier._known._known
    print("walked" if any(one is known for one in gc.get_objects()) else "not walked")
    await walk(stations)

crawl.walk = looked
if __name__ == "__main__":
    crawl.crawl_to_end(Config(seeds=[sys.argv[1]], out=sys.argv[2], progress={"show": False}))
    print(gc.get_freeze_count())
"""


def test_known_urls_are_not_walked_and_nothing_stays_frozen(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(CRAWL)
    with graph_site(5) as site:
        done = subprocess.run(
            [sys.executable, str(program), site.url, str(tmp_path / "out")],
            capture_output=True, text=True, timeout=50, cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    assert done.stdout.split("\n")[:2] == ["not walked", "0"], done.stderr
