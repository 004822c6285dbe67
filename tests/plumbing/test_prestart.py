"""What is begun in the background at a start neither crashes nor holds up the program's end."""

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys
import threading
from crawler.plumbing.fork_server_process import prestart

imported = []


class Finder:
    def find_spec(self, name, *_):
        if threading.current_thread() is not threading.main_thread():
            imported.append(name)


if __name__ == "__main__":
    import subprocess  # as the command line has done long before
    sys.meta_path.insert(0, Finder())
    thread = prestart()
    assert not thread.daemon
    thread.join()
    sys.exit(" ".join(imported) or 2)
"""


def test_the_thread_imports_nothing_and_is_waited_for(tmp_path: Path):
    """When it imported, one refused crawl in forty died of SIGSEGV, and an interrupted one hung for ever."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "")
