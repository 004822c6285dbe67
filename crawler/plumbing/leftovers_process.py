"""What multiprocessing leaves in the system when every process dies at once, and its removal.

Its queues' semaphores have names (``/dev/shm/sem.*`` on Linux), and the fork server's socket lies in
a folder in the temporary directory. When a process is killed, its resource tracker removes them; a
``kill -9`` of the whole group takes the tracker as well, and nobody is left who knows the names. So
each process gives its semaphores a prefix of its own, notes that in ``crawl.db`` before it makes
any, and the next start in the same output folder removes what carries the noted name.
"""

import json
import multiprocessing
import multiprocessing.util
import os
import re
import secrets
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from crawler.plumbing.multiprocessing_internals_process import process_settings

SEMAPHORES = Path("/dev/shm")  # noqa: S108 - where Linux keeps them; elsewhere they cannot be listed
_PREFIX = re.compile(r"/crawler-[0-9a-f]{8}")


def settle_temporary_folder() -> None:
    """Have multiprocessing choose the folder for its sockets now, before two threads do so at once."""
    if "forkserver" in multiprocessing.get_all_start_methods():
        multiprocessing.util.get_temp_dir()


def note() -> str:
    """What this process would leave behind, as JSON. From now on its semaphores carry its own prefix."""
    settle_temporary_folder()
    settings = process_settings()
    if not _PREFIX.fullmatch(settings.get("semprefix", "")):
        settings["semprefix"] = f"/crawler-{secrets.token_hex(4)}"
    return json.dumps(
        {"pid": os.getpid(), "semaphores": settings["semprefix"], "folder": settings.get("tempdir")}
    )


def remove(noted: str) -> None:
    """Remove what the process that made this note has left, if it is dead. Blocks; never raises OSError."""
    found: dict[str, Any] = json.loads(noted)
    if os.name != "posix" or _lives(int(found["pid"])):
        return
    prefix, folder = str(found["semaphores"]), Path(found["folder"] or "")
    with suppress(OSError):
        _remove_semaphores(prefix)
    # The note comes from a file that others may have written: it must not name just any folder.
    if folder.parent == Path(tempfile.gettempdir()) and folder.name.startswith("pymp-"):
        shutil.rmtree(folder, ignore_errors=True)


def sweep() -> None:
    """Remove the semaphores that this very process has made and lost, once nothing of it uses any.

    One is lost when the resource tracker is killed in the moment in which it is to be told of it: it is made
    then, and nobody knows that it has to be removed.
    """
    settings = process_settings()
    with suppress(OSError):
        _remove_semaphores(settings.get("semprefix", ""))


def _remove_semaphores(prefix: str) -> None:
    # What is no prefix of ours may be anybody's.
    if _PREFIX.fullmatch(prefix):
        for path in SEMAPHORES.glob(f"sem.{prefix[1:]}-*"):
            path.unlink(missing_ok=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # somebody else's, who has the pid by now or shares this folder
    return True
