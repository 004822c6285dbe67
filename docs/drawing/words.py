"""What each coroutine, thread and process of a crawl is for, and the words for models, in two languages."""

MAIN, PARSER, WRITER = "MainProcess", "ForkServerProcess-N", "writer-SINK"

PURPOSES = {
    (MAIN, "run"): ("the whole crawl, from its start to its report", "整次爬取，从启动到最后的报告"),
    (MAIN, "begin_and_walk"): (
        "restores what was known, then walks the street",
        "恢复已知的状态，然后走完整条街",
    ),
    (MAIN, "end"): (
        "saves and closes everything; a cancellation does not cut it short",
        "保存并关闭一切，取消也打断不了它",
    ),
    (MAIN, "_fetch_and_parse"): (
        "holds fetchers and parsers, and closes their queues in order",
        "管着抓取和解析的协程，按顺序关闭它们的队列",
    ),
    (MAIN, "lease_task"): ("station 1, lease", "第 1 站，租出"),
    (MAIN, "fetch_task"): ("station 2, fetch: waits for the network", "第 2 站，抓取：等网络"),
    (MAIN, "parse_task"): ("station 3, parse: waits for its parser", "第 3 站，解析：等自己的解析进程"),
    (MAIN, "hand_on"): (
        "passes results on while the next batch is parsed",
        "在解析下一批的同时，把结果往下传",
    ),
    (MAIN, "Committer.run"): (
        "station 4, commit: commits what all sinks hold",
        "第 4 站，提交：所有 sink 都有了才提交",
    ),
    (MAIN, "Committer._cut_batches"): (
        "cuts what is finished into numbered batches",
        "把做完的切成带编号的批次",
    ),
    (MAIN, "WriterKeeper.keep"): (
        "hears what its writer says; replaces one that dies",
        "听自己的写进程说什么，死了就换",
    ),
    (MAIN, "WriterKeeper.open"): (
        "starts a writer and asks how much its sink holds",
        "启动写进程，问 sink 里已有多少",
    ),
    (MAIN, "WriterKeeper.begin"): (
        "has the sink cut back to what was committed",
        "让 sink 截回到已提交的位置",
    ),
    (MAIN, "WriterKeeper.close"): ("ends the writer", "结束写进程"),
    (MAIN, "LookUps._run"): ("looks one host name up, for all who want it", "查一个主机名，大家共用这个结果"),
    (MAIN, "SqliteFrontier.keep"): (
        "ends at once: only a shared frontier has something to keep up",
        "立刻结束：只有多节点共用的 frontier 才需要维持",
    ),
    (MAIN, "TracedParts.count"): ("counts for the trace", "为 trace 计数"),
    (MAIN, "_live"): (
        "keeps a picture of the crawl for `crawler status`",
        "为 `crawler status` 保存当前的样子",
    ),
    (MAIN, "memory_task"): ("keeps all processes below one memory ceiling", "让所有进程不超过同一个内存上限"),
    (MAIN, "stall_task"): ("measures how long the loop was blocked", "测量事件循环被阻塞了多久"),
    (MAIN, "watchdog_task"): (
        "names a worker that makes no progress, or replaces it",
        "没有进展的 worker，点名或者换掉",
    ),
    (MAIN, "LivePage._serve"): ("serves the live page", "提供实时页面"),
    (MAIN, "of its libraries"): ("closing what is open, at the end", "收尾时关闭还开着的东西"),
    (MAIN, PARSER): (
        "a parser: one for each core, with a pool of its own",
        "解析进程：每核一个，各有自己的进程池",
    ),
    (MAIN, "forkserver"): ("forks all other children", "fork 出其他所有子进程"),
    (MAIN, "resource_tracker"): (
        "multiprocessing's own: removes what killed ones leave",
        "multiprocessing 自己的：清理被杀进程留下的东西",
    ),
    (MAIN, WRITER): ("writes one sink's file", "写一个 sink 的文件"),
    (PARSER, "end-with-parent"): ("ends the process when its parent is gone", "父进程没了，就结束本进程"),
    (MAIN, "FILE events"): (
        "reads what a writer says, to the end of its pipe",
        "读写进程说的话，读到管道结束",
    ),
    (MAIN, "QueueFeederThread"): (
        "multiprocessing's own: writes a queue's items to its pipe",
        "multiprocessing 自己的：把队列里的东西写进管道",
    ),
    (MAIN, "Thread-N"): ("the executor's own: manages a parser's process", "执行器自己的：管理解析进程"),
    (MAIN, "Thread-N (_do_shutdown)"): (
        "asyncio's own: waits for the default executor's end",
        "asyncio 自己的：等默认执行器结束",
    ),
    (MAIN, "Thread-N (_monitor)"): ("writes the log", "写日志"),
    (MAIN, "libuv-worker"): ("uvloop's own", "uvloop 自己的"),
    (MAIN, "live page"): ("serves the live page, with `--dashboard`", "提供实时页面，用 `--dashboard` 打开"),
    (MAIN, "look-up"): (
        "looks one host name up, and nobody waits for it at the end",
        "查一个主机名，收尾时没有人等它",
    ),
    (MAIN, "parse_N"): (
        "sends a parser its pages, and waits for the results",
        "把网页发给解析进程，等结果回来",
    ),
    (MAIN, "prestart"): (
        "starts the fork server while the main thread imports",
        "趁主线程在导入，先启动 fork server",
    ),
    (MAIN, "parser-N ends"): ("waits for the end of a parser's pool", "等一个解析进程池结束"),
    (MAIN, "progress_thread"): ("draws the progress", "画进度"),
    (MAIN, "state_N"): ("owns `crawl.db`", "`crawl.db` 归它所有"),
    (MAIN, "earlier_N"): ("reads the generation before, where there is one", "读上一代的数据（如果有）"),
    (MAIN, "trace"): ("writes the trace, with `--trace`", "写 trace，用 `--trace` 打开"),
    (MAIN, "uvloop_N"): (
        "the loop's default executor: calls that would block the loop",
        "事件循环的默认执行器：会阻塞循环的调用都交给它",
    ),
    (WRITER, "end-with-parent"): ("ends the process when its parent is gone", "父进程没了，就结束本进程"),
    (WRITER, "pings"): ("answers the main process while the disk is slow", "磁盘很慢时，由它回应主进程"),
}
"""What for: by the process that starts it, or in which it runs, and name."""

MODELS = {
    "coroutine": ("coroutine", "协程"),
    "thread": ("thread", "线程"),
    "process": ("process", "进程"),
    "pool": ("pool", "进程池"),
    "queue": ("queue", "队列"),
    "pipe": ("pipe", "管道"),
    "file": ("file, database", "文件、数据库"),
}

DESCRIPTIONS = {
    "street": (
        "The four stations, what each runs on, and what passes between them",
        "街上的四站，各自跑在什么上面，以及它们之间传递的东西",
    ),
    "processes": (
        "Every process, thread and coroutine of a crawl, and the file that starts it",
        "一次爬取的每个进程、线程和协程，以及启动它的文件",
    ),
    "pool": (
        "Between the main process and one parser: a call, pages and results each in a pipe, shared memory",
        "主进程与一个解析进程之间：一次调用，各走各的管道的网页和结果，还有共享内存",
    ),
    "ladder": ("Seconds that each step takes, for both kinds of work", "每一步在两种负载下各用多少秒"),
}
"""What is to be seen on each drawing."""


def purpose(process: str, name: str, language: str = "en") -> str:
    """What something that starts is for. Raises KeyError: then it is to be written above."""
    return PURPOSES[process, name][language == "zh"]


def models(language: str) -> dict[str, str]:
    """The word for each model."""
    return {model: words[language == "zh"] for model, words in MODELS.items()}
