"""What the Chinese texts say where figures are other than this machine's: start, globals, start-methods,
segfault, gil, c-code and interpreters."""

import pytest

from crawler.lab.chinese import chinese_of
from crawler.lab.experiments import c_code, gil, interpreters, limits, start_climb
from crawler.lab.experiments.segfault import SURVIVED
from crawler.lab.experiments.start_methods_start import LOOKS
from crawler.lab.finding import Finding, Scale
from crawler.lab.sandbox_process import Outcome
from crawler.lab.tables import c_code as tables_c_code
from crawler.lab.tables import segfault as tables_segfault
from crawler.lab.tables.units import ms
from tests.lab.in_chinese import because, english_in


@pytest.mark.parametrize(
    ("kind", "count", "said"),
    [
        ("processes", 1000, "进程没有再往上加：1,000 个会用掉空闲内存的一半以上。"),
        ("threads", 100, "线程没有再往上加：还能启动的只有 150 个，100 个超过了它的一半。"),
        ("coroutines", 100, "协程没有再往上加：100 个大约要 2 秒。"),
    ],
)
def test_start_says_why_it_stopped(kind: str, count: int, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start_climb, "available_memory", lambda: 100_000_000)
    monkeypatch.setattr(start_climb, "most_processes", lambda: 150)
    ten = {"count": 10, "start_s": 0.1, "end_s": 0.1, "memory_bytes": 1e6}
    reason = start_climb.reason_to_stop(kind, count, ten, timeout=1)
    assert chinese_of("start").word(f"Stopped: {reason} ({kind}).") == said


def test_globals_says_who_saw_what() -> None:
    def figures(thread: bool, fork: bool, spawn: bool, own: bool) -> dict[str, dict[str, bool]]:
        seen = {"thread": thread, "process (fork)": fork, "process (spawn)": spawn}
        return {who: {"seen_global": saw, "sees_global": own} for who, saw in seen.items()}

    said = because("globals", figures(thread=True, fork=False, spawn=False, own=True))
    assert said == (
        "2 个子进程改了全局变量，父进程一个也没看到；线程的改动，父进程看到了。"
        "父进程自己事先所做的改动，大家都看得到。"
    )
    said = because("globals", figures(thread=False, fork=True, spawn=False, own=False))
    assert said == (
        "2 个子进程改了全局变量，父进程看到了其中 1 个的改动；线程的改动，父进程没看到。"
        "父进程自己事先所做的改动，看不到的有：线程、进程（fork）、进程（spawn）。"
    )


@pytest.mark.parametrize("name", ["globals", "start-methods"])
def test_where_there_is_no_fork_it_is_said(name: str) -> None:
    note = "This platform has no fork, so it could not be tried."
    assert chinese_of(name).word(note) == "这个平台没有 fork，所以没法试它。"


def test_start_methods_says_what_a_child_has() -> None:
    methods = {
        "spawn": dict.fromkeys(LOOKS, False),
        "fork": dict.fromkeys(LOOKS, False) | {"threads": True, "lock": True},
    }
    assert because("start-methods", {"methods": methods}) == (
        "用 spawn 启动的子进程没有得到父进程的任何东西。"
        "用 fork 启动的子进程得到了：父进程的其他线程；一把还锁着、却再没有人来打开的锁。"
    )
    assert [key for key in LOOKS if chinese_of("start-methods").word(f"it has {LOOKS[key]}") is None] == []


def test_segfault_says_which_program_went_on() -> None:
    good, bad = {"exit_code": 0}, {"exit_code": -11}
    assert because("segfault", {"thread": good, "Process": good}) == (
        "worker 崩溃后，程序照常继续的有：线程、子进程（Process）。没有一个程序跟着结束。"
    )
    assert because("segfault", {"coroutine": bad}) == (
        "worker 崩溃后，没有一个程序能够继续。程序跟着一起结束的有：协程。"
    )
    ends = [
        Outcome(None, 1, False, SURVIVED),
        Outcome(None, -15, True, ""),
        Outcome("thread ended", 0, False, ""),
    ]
    ends += [Outcome(answer, 0, False, "") for answer in ("coroutine ended", "an answer")]
    made = [tables_segfault.table({"thread": end}, SURVIVED) for end in ends]
    assert english_in("segfault", made) == []


def gil_found(half: float, all_of_it: float, monkeypatch: pytest.MonkeyPatch) -> Finding:
    """As many times as fast as 4 threads are 4 processes where half is CPU, and where all is."""
    pools = [f"{workers} {kind}" for kind in gil.KINDS for workers in gil.WORKERS]
    found = {
        share: {name: (1.0 / gain if name == "4 processes" else 1.0, 0.99) for name in pools}
        for share, gain in (("0", 1.0), ("0.5", half), ("1", all_of_it))
    }
    monkeypatch.setattr(gil, "measured", lambda *_: found)
    monkeypatch.setattr(limits, "cores", lambda: 2)
    return gil.run(Scale.QUICK)


def test_gil_says_from_where_on_processes_pay(monkeypatch: pytest.MonkeyPatch) -> None:
    finding = gil_found(1.0, 1.2, monkeypatch)
    assert "from a CPU share of 75% on" in finding.because
    assert because("gil", finding.figures).endswith("CPU 占比从 75% 起，4 个进程比 4 个线程至少快 10%。")
    finding = gil_found(3.0, 1.0, monkeypatch)
    assert "from no CPU share on" in finding.because, "with half of it CPU, they were three times as fast"
    assert because("gil", finding.figures).endswith("即使全是计算，4 个进程也没有比 4 个线程快 10%。")
    assert "每种跑 3 遍" in chinese_of("gil").done(finding.figures)
    monkeypatch.setattr(gil, "has_gil", lambda: False)
    assert english_in("gil", [], gil_found(1.0, 1.0, monkeypatch).notes) == []


def test_c_code_says_only_who_let_go_where_all_did(monkeypatch: pytest.MonkeyPatch) -> None:
    one = {"lets_go": True, "cores": 0.9, "times_one_thread": 1.9}
    assert because("c-code", {"Python: a loop": one}) == (
        "计算期间，别的线程也能运行的有：Python 循环（用到 0.90 个核）。"
    )
    kept = {"C: hashlib.sha256, 1 kB at a time": one | {"lets_go": False}}
    assert (
        because("c-code", kept)
        == "计算期间，别的线程不能运行的有：hashlib.sha256，每次 1 kB（用到 0.90 个核）。"
    )
    monkeypatch.setattr(c_code, "measured", lambda *_: {"Python: a loop": one})
    monkeypatch.setattr(c_code, "has_gil", lambda: False)
    monkeypatch.setattr(limits, "cores", lambda: 2)
    notes = c_code.run(Scale.QUICK).notes
    assert len(notes) == 2
    assert english_in("c-code", [tables_c_code.table(kept)], notes) == []


def test_interpreters_compares_all_ways_with_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    paces = {
        way: {"start_s": 0.01, "gain": 1.0}
        for way in ("one thread", "interpreters", "threads without a lock", "processes")
    }
    monkeypatch.setattr(interpreters, "ways", lambda: ["interpreters", "threads without a lock", "processes"])
    monkeypatch.setattr(interpreters, "measured", lambda *_: paces)
    monkeypatch.setattr(limits, "cores", lambda: 2)
    finding = interpreters.run(Scale.QUICK)
    assert len(finding.notes) == 1
    assert english_in("interpreters", finding.tables, finding.notes) == []
    assert because("interpreters", finding.figures) == (
        "2 个 worker 一起计算，速度与一个线程相比：多个解释器 1.00 倍，没有锁的线程 1.00 倍，进程 1.00 倍。"
    )


def test_figures_that_stand_in_the_texts_are_those_of_the_experiments() -> None:
    assert f"每个任务 {ms(gil.TASK)} 毫秒" in chinese_of("gil").done({"repeats": 3})
    assert f"快 {(gil.PAYS - 1) * 100:.0f}%" in chinese_of("gil").caption
    assert f"做 {ms(c_code.TASK)} 毫秒" in chinese_of("c-code").done({})
    done = chinese_of("interpreters").done({})
    assert f"有 {interpreters.WORKERS} 个任务，每个要计算 {ms(interpreters.TASK)} 毫秒" in done
