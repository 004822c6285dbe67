"""What is begun in the background at a start comes to its end before the interpreter does."""

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys
from crawler.plumbing.fork_server_process import prestart

if __name__ == "__main__":
    prestart("slow_module", "no_such_module")
    sys.exit(2)
"""


def test_an_exit_waits_for_an_import_that_is_under_way(tmp_path: Path):
    """A daemon thread in the middle of an import brought one interpreter in forty down with SIGSEGV."""
    (tmp_path / "slow_module.py").write_text("import time\ntime.sleep(0.5)\nprint('imported', flush=True)\n")
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (2, "imported\n", "")
