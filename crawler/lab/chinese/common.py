"""Words in the tables of several experiments, and why several are not possible."""

WORDS = {
    "coroutines": "协程",
    "coroutine": "协程",
    "threads": "线程",
    "thread": "线程",
    "processes": "进程",
    "process": "进程",
    "yes": "是",
    "no": "否",
    "Speed": "速度",
    "workers": "worker",
    "This experiment needs 2 CPU cores, and may use 1 here.": "这个实验要用 2 个 CPU 核，这里只能用 1 个。",
    "This experiment needs os.sched_setaffinity, which this platform lacks.": "这个实验要用 os.sched_setaffinity，这个平台没有。",
    "This experiment needs multiprocessing's forkserver, which this platform lacks.": "这个实验要用 multiprocessing 的 forkserver，这个平台没有。",
    "This experiment reads /proc/self/smaps_rollup, which is not here.": "这个实验要读 /proc/self/smaps_rollup，这里没有。",
    "This experiment needs process groups, which this system does not have.": "这个实验要用进程组，这个系统没有。",
}
