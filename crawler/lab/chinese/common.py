"""Words in the tables of several experiments."""

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
}
