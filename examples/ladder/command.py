"""How each step is run: ``python examples/ladder/step1_sequential.py URL [OUT]``."""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from page import load


def main(crawl: Callable[[str, Path], None]) -> None:
    """Crawl the site of the URL that is asked for, and say what was found and how long it took."""
    step = Path(sys.argv[0]).stem
    parser = argparse.ArgumentParser(
        prog=step, description=f"Crawl one site. {sys.modules['__main__'].__doc__}".partition("\n")[0]
    )
    parser.add_argument("url", help="where to begin, such as http://127.0.0.1:8000/")
    default = Path("crawls", "ladder", f"{step}.jsonl")
    parser.add_argument("out", nargs="?", type=Path, default=default, help="default: %(default)s")
    options = parser.parse_args()
    parts = urlsplit(options.url)
    if parts.scheme not in ("http", "https") or not parts.netloc or not parts.path:
        parser.error(f"URL is {options.url!r}; allowed is http://HOST/ or https://HOST/, or a page there")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    crawl(options.url, options.out)
    seconds = time.perf_counter() - started
    records = load(options.out)
    counts = Counter("no answer" if record["status"] is None else record["status"] for record in records)
    told = ", ".join(f"{status}: {count}" for status, count in counts.most_common())
    links = sum(len(record["links"]) for record in records)
    print(f"{step}: {len(records)} pages ({told}), {links} links, in {seconds:.3f} s: {options.out}")
    if not counts[200]:
        sys.exit(f"No page of {options.url} could be had.")
