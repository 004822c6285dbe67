"""Each private part of the standard library that the program uses is still what it was taken for.

A failure here names it; what it is for is said in crawler/plumbing/multiprocessing_internals_process.py.
"""

import multiprocessing
import os
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.queues import Queue
from pathlib import Path

import pytest

from crawler.plumbing import multiprocessing_internals_process as internals
from crawler.plumbing.fork_server_process import note_leftovers

ROOT = Path(__file__).parents[2]
CONTEXT = multiprocessing.get_context("spawn")


def test_executor_processes_holds_the_child_before_it_has_answered():
    with ProcessPoolExecutor(1, mp_context=CONTEXT) as executor:
        answer = executor.submit(os.getpid)
        process = internals.process_of(executor)
        assert not answer.done()
        assert process.pid == answer.result(60), "ProcessPoolExecutor._processes has changed"


def test_queue_ignore_epipe_is_there():
    queue = CONTEXT.Queue()
    assert queue._ignore_epipe is False, "Queue._ignore_epipe has changed"
    internals.discard(queue)


def full_queue() -> Queue:
    queue = internals.new_queue(CONTEXT)
    for _ in range(50):
        queue.put(b"x" * 50_000)  # far more than its pipe takes
    return queue


def test_queue_reader_writer_and_thread_are_its_pipe_and_its_feeder(capfd):
    queue = full_queue()
    assert queue._thread.is_alive(), "Queue._thread is no longer the feeder"
    internals.leave_reading_to_child(queue)
    internals.discard(queue)
    assert not queue._thread.is_alive(), "Queue._reader, closed, no longer breaks the pipe"
    assert queue._writer.closed, "Queue._writer is no longer the end that is written to"
    assert capfd.readouterr().err == "", "Queue._ignore_epipe no longer keeps the feeder quiet"


def test_a_feeder_whose_pipe_does_not_break_keeps_its_end():
    queue = full_queue()
    far_end = os.dup(queue._reader.fileno())
    internals.discard(queue, 0.05)
    assert not queue._writer.closed
    os.close(far_end)
    internals.discard(queue)
    assert queue._writer.closed


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork server")
def test_forkserver_preload_modules_is_what_was_asked_for():
    code = """
        from multiprocessing import set_forkserver_preload
        from crawler.plumbing.multiprocessing_internals_process import preloaded_modules

        set_forkserver_preload(["json", "csv"])
        print(preloaded_modules())
    """
    said = _run("\n".join(line.strip() for line in code.splitlines()))
    assert said == "['json', 'csv']", "forkserver._forkserver._preload_modules has changed"


def test_process_config_names_semaphores_and_the_folder_of_sockets():
    note_leftovers()
    settings = internals.process_settings()
    assert settings["semprefix"].startswith("/"), "current_process()._config['semprefix'] has changed"
    assert Path(settings["tempdir"]).is_dir(), "current_process()._config['tempdir'] has changed"
    name = CONTEXT.Lock()._semlock.name
    assert name.startswith(settings["semprefix"]), "the prefix no longer names semaphores"


def test_process_inheriting_is_set_while_a_child_imports_the_main_script(tmp_path: Path):
    script = tmp_path / "script.py"
    script.write_text(
        "import multiprocessing\n"
        "from crawler.plumbing.multiprocessing_internals_process import is_importing_main\n"
        "print(__name__, is_importing_main(), flush=True)\n"
        "def run(): print('later', is_importing_main(), flush=True)\n"
        "if __name__ == '__main__':\n"
        "    process = multiprocessing.get_context('spawn').Process(target=run)\n"
        "    process.start()\n"
        "    process.join()\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=True, env=environment, timeout=60
    )
    assert done.stdout.splitlines() == ["__main__ False", "__mp_main__ True", "later False"], (
        "current_process()._inheriting has changed"
    )


def _run(code: str) -> str:
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert time.monotonic() - began < 60
    return done.stdout.strip()
