"""``process`` in Chinese."""

from crawler.lab.lesson import Figures
from crawler.lab.translation import Translation

_WAYS = {
    "target that returns": "target，正常返回",
    "subclass that calls sys.exit(3)": "子类，调用 sys.exit(3)",
    "target that raises": "target，抛出异常",
    "terminate(), SIGTERM ignored": "terminate()，子进程忽略 SIGTERM",
    "kill(), SIGTERM ignored": "kill()，子进程忽略 SIGTERM",
}
_A_CHILD = r"With a child that had a second to go, its program took ([\d.]+) s: "
_A_DAEMON = r"With a daemon that had a second to go, its program took ([\d.]+) s: "


def _done(_figures: Figures) -> str:
    return (
        "用 target 和用子类各造一些子进程，让它们以各种方式结束，并在启动前、运行中和结束后读它们的属性。"
        "再让一个程序在子进程还差一秒才做完时就走到末尾：先是普通的子进程，再是守护进程（daemon）。"
    )


def _because(figures: Figures) -> str:
    children = figures["children"]
    told = "".join(
        f"{_WAYS.get(how, how)}：{'0.3 秒后还活着' if one['alive_after'] else '0.3 秒内结束了'}。"
        for how, one in children.items()
        if how.startswith("terminate")
    )
    code = children["kill(), SIGTERM ignored"]["exitcode"]
    killed = "0.3 秒后还没有退出码" if code is None else f"退出码是 {code}"
    return f"{told}对同样忽略 SIGTERM 的子进程改用 kill()，{killed}。"


CHINESE = Translation(
    about="在活着的子进程上，看 Process 的每个属性",
    question="terminate() 会结束子进程吗？",
    claim="terminate() 会结束子进程。",
    done=_done,
    because=_because,
    caption="",
    why="Process 可以用 target 来造（通常的做法），也可以用重写了 ``run`` 的子类来造，两者用起来一样。"
    "在 ``start()`` 之前，它不过是一个对象；之后它有了 pid，``is_alive()`` 为 True；等它结束，``exitcode`` 会说明是怎样结束的：\n\n"
    "- 0：函数正常返回；1：函数抛出了异常；n：它调用了 ``sys.exit(n)``\n"
    "- -n：它被信号 n 结束；``terminate()`` 发的是 SIGTERM（15），``kill()`` 发的是 SIGKILL（9）\n\n"
    "``terminate()`` 只是请求：子进程可以忽略 SIGTERM，也可以自己处理；只有 ``kill()`` 是拒绝不了的。"
    "不管用哪个，子进程的 ``finally`` 都不会执行。``daemon`` 和系统服务那种“守护进程”不是一回事："
    "程序结束时，会终止设了 ``daemon`` 的子进程；对其他子进程，则会一直等到它们结束。",
    guess="一个子进程忽略 SIGTERM，父进程对它调用 terminate()。子进程会怎样？",
    answers=("结束", "继续活着"),
    advice="先发消息，请子进程自己结束；然后 `join()`，要带超时；再 `kill()`，再 `join()`。"
    "必须收拾的东西，要做到没有 `finally` 也不出错。",
    places=("等，杀，再等", "父进程没了，子进程就自己结束"),
    exercise="一个子进程睡在 `try … finally` 里，被 terminate() 终止。`finally` 会执行吗？"
    "再为 SIGTERM 加一个处理函数，让 `finally` 得以执行。",
    words={
        **_WAYS,
        "child": "子进程",
        "pid before start": "启动前的 pid",
        "is_alive before": "启动前的 is_alive",
        "is_alive after start": "启动后的 is_alive",
        "exitcode then": "启动后的 exitcode",
        "is_alive at the end": "最后的 is_alive",
        "exitcode": "最后的 exitcode",
    },
    patterns=(
        (r"SpawnProcess-[\d:]+", r"\g<0>"),
        (
            _A_CHILD + r"the child was waited for\.",
            r"普通的子进程还差一秒才做完时，程序一共用了 \1 秒：它等到了子进程结束。",
        ),
        (
            _A_CHILD + r"the child was ended\.",
            r"普通的子进程还差一秒才做完时，程序一共用了 \1 秒：子进程被一起结束了。",
        ),
        (
            _A_DAEMON + r"the child was waited for\.",
            r"守护进程（daemon）还差一秒才做完时，程序一共用了 \1 秒：它等到了子进程结束。",
        ),
        (
            _A_DAEMON + r"the child was ended\.",
            r"守护进程（daemon）还差一秒才做完时，程序一共用了 \1 秒：子进程被一起结束了。",
        ),
    ),
    as_they_are=frozenset({"name", "daemon", "terminate()", "my-name", "None", "True", "False"}),
)
