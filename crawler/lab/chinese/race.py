"""``race`` in Chinese."""

import re
from collections.abc import Iterable
from itertools import groupby

from crawler.lab.experiments.race.figures import BUSY, SLOWED
from crawler.lab.experiments.race.judge import STARVED
from crawler.lab.lesson import Figures
from crawler.lab.translation import Translation

_MODELS = {
    "sequential": "逐页",
    "threads": "线程",
    "processes": "进程",
    "asyncio": "asyncio",
    "asyncio + threads": "asyncio + 线程",
    "asyncio + processes": "asyncio + 进程",
    "this crawler": "本爬虫",
    "asyncio + interpreters": "asyncio + 解释器",
    "threads without GIL": "无 GIL 的线程",
}
_OTHERS = {
    "sequential": "逐页",
    "asyncio or asyncio + threads": "asyncio、asyncio + 线程中较快者",
    "the best of the others": "其余各种中最快者",
}
"""What a model is compared with."""
_WORKLOADS = {"I/O-bound": "IO 密集型", "CPU-bound": "计算密集型", "mixed": "混合型"}
_CLAIMS = {
    "Threads wait for many answers at once.": "线程可以同时等许多响应。",
    "Coroutines wait for many answers at once.": "协程可以同时等许多响应。",
    "Threads compute no faster than one.": "多个线程一起计算，并不比一个快。",
    "Coroutines compute no faster than one.": "多个协程一起计算，并不比一个快。",
    "Processes compute faster than one.": "多个进程一起计算，比一个快。",
    "Beside coroutines, too, processes compute faster.": "与协程搭配时，同样是用进程计算更快。",
    "Work of both kinds needs both: coroutines that wait, processes that compute.": "两种活都有，就两样都要：协程来等，进程来算。",
}


def _done(figures: Figures) -> str:
    again = "，受到干扰的再跑一遍" if figures["rounds"] > 1 else ""
    return (
        f"各种模型用同样的规则、同样的解析器，去爬测试网站里大小相近的 {figures['pages']} 页（网站在单独的进程里），"
        f"得到的记录全都相同。要让解析费时，就把每一页解析许多遍。每种模型跑一遍{again}。"
    )


def _because(figures: Figures) -> str:
    judged = [one for one in figures["claims"] if one["ratio"] is not None]
    told = "；".join(
        f"{_WORKLOADS[workload]}：{'，'.join(map(_ratio, some))}"
        for workload, some in groupby(judged, lambda one: one["workload"])
    )
    because = f"比较每秒爬的页数（可用 {figures['cores']} 个核）。{told}。"
    wrong = [one for one in judged if one["verdict"] != "borne out"]
    if wrong:
        claims = "".join(f"“{_CLAIMS[one['claim']].removesuffix('。')}”" for one in wrong)
        because += f"不成立的是{claims}。{_excuse(figures, {one['workload'] for one in wrong})}"
    return because


def _ratio(one: Figures) -> str:
    model, _, others = one["compared"].partition(" ÷ ")
    text = f"{_MODELS[model]}是{_OTHERS[others]}的 {one['ratio']:.1f} 倍"
    return re.sub(r"(?<=[a-z])(?=是)|(?<=是)(?=[a-z])", " ", text)


def _excuse(figures: Figures, workloads: Iterable[str]) -> str:
    """What else may have turned the figures round: as ``judge.py`` says it."""
    sequential = figures["runs"]["CPU-bound"].get("sequential")
    runs = [one for workload in workloads for one in figures["runs"][workload].values()]
    others = max((one["others_cores"] or 0 for one in runs), default=0)
    slowed = max((one["slowed"] for one in runs), default=1)
    excuse = ""
    if sequential is not None and sequential["cores_used"] < STARVED:
        excuse = (
            "不过，当时其他程序占着 CPU：本来能用满一个核的爬取，只分到了 "
            f"{sequential['cores_used']:.1f} 个核。请等机器空闲时再跑一遍。"
        )
    elif others > BUSY:
        excuse = f"不过，当时网站和其他程序最多占用了 {others:.1f} 个核。请等机器空闲时再跑一遍。"
    elif slowed > SLOWED:
        excuse = f"不过，处理器本身时快时慢，最多相差 {slowed:.1f} 倍：它可能正与别的机器共用。请过一会儿再跑一遍。"
    if figures["cores"] == 1:
        excuse += "只有一个核，第二个进程就没有核可用。"
    return excuse


def _any_of(names: Iterable[str]) -> str:
    return f"(?:{'|'.join(map(re.escape, names))})"


_MODEL = _any_of(_MODELS)
_PARSES_ON = {"all cores": "用所有的核解析", "one core": "用一个核解析"}
_WAITERS = {"coroutines": "协程", "threads": "线程"}


def _title(found: re.Match[str]) -> str:
    waiting = f"响应要 {found[2]} 毫秒" if found[2] else "响应立即就到"
    return f"{_WORKLOADS[found[1]]}：{waiting}，每页解析 {found[3] or 1} 遍"


CHINESE = Translation(
    about="同一次爬取，每种模型各跑一遍",
    question="爬虫是不是两样都要：用协程或线程来等，用进程来算？",
    claim="协程和线程用来等，进程用来算；爬虫两种活都有，所以两样都要。",
    done=_done,
    because=_because,
    caption="三张图是三种负载，每条的长度是每秒爬的页数，越长越好，★ 是最快的；旁边还写着用到几个核。"
    "颜色说明怎样等、怎样算：灰色一次等一页，橙色同时等许多页，都只用一个核计算；"
    "紫色每个核等一页，蓝色同时等许多页，都用所有的核计算。（图中 sequential 是逐页，this crawler 是本爬虫。）",
    why="爬虫要等响应，也要处理网页。一次只等一个响应，每个来回就只能得到一个；线程和协程能同时等许多个，而且几乎不占 CPU。"
    "解析则要用 CPU，而同一个进程里的线程和协程共用一个解释器，解释器同一时刻只运行其中一个。"
    "进程各有各的解释器：有几个核，就能有几个进程同时解析。所以，一种模型如果只擅长其中一样，"
    "就会被另一样拖慢；看看两种活都有的第三种负载，就明白了。",
    guess="响应立即就到，解析却很费时。谁每秒爬的页数最多？",
    answers=("一个线程", "32 个线程", "32 个协程", "每核一个进程"),
    advice="对每一步都问一句：它是在等，还是在算？等的交给协程，算的交给进程，中间放一个有上限的队列。",
    places=("两样都在这里，在同一个任务组里", "负责等", "负责算"),
    exercise="有 40 个响应，每个要等 20 毫秒。先猜一猜：用 1 个、8 个、40 个协程，各要多少秒？",
    words={
        **_MODELS,
        **_WORKLOADS,
        **_CLAIMS,
        "Claim by claim": "逐条来看",
        "claim": "说法",
        "workload": "负载",
        "compared": "谁比谁",
        "pages/s": "每秒页数",
        "verdict": "结论",
        "borne out": "成立",
        "not borne out": "不成立",
        "borne out (disturbed)": "成立（受干扰）",
        "not borne out (disturbed)": "不成立（受干扰）",
        "not judged": "未评判",
        "fastest": "最快的",
        "× sequential": "是逐页的几倍",
        "as fast (within 10 %)": "一样快的（相差不到 10 %）",
        "how the fastest works": "最快的怎样做",
        "model": "模型",
        "waits": "谁在等",
        "parses": "谁来解析",
        "wall s": "总时间，秒",
        "CPU s": "CPU 时间，秒",
        "cores used": "用到几个核",
        "peak MB": "内存峰值，MB",
        "the only thread": "唯一的线程",
        "the same": "同左",
        "their loop": "它们的事件循环",
        "no GIL": "无 GIL",
        "not tried": "未试",
        "failed": "失败",
        "What a request costs its client": "一个请求花去客户端多少 CPU 时间",
        "client": "客户端",
        "CPU µs a request": "每个请求的 CPU 时间，微秒",
        "aiohttp, as this crawler uses it": "aiohttp（按本爬虫的用法）",
        "Sequential, threads and processes use http.client with kept connections, the others this crawler's "
        "aiohttp backend; the site's own processor time, on the same cores, is not counted.": "逐页、线程、进程用的是 http.client，连接保持不断；其余的用本爬虫的 aiohttp 后端。"
        "网站自己也在这几个核上运行，它用的 CPU 时间不计在内。",
        "Each run is one of fresh processes. Starting its pools counts, and so do the imports of the "
        "fork server and of the children; those that it did itself before do not. Memory is the "
        "peak of all its processes, what they share counted once.": "每一遍都在新启动的进程里跑。启动线程池、进程池的时间计在内，fork server 和子进程导入模块的时间也计在内；"
        "主进程自己事先的导入不计。内存是所有进程合计的峰值，共用的部分只算一次。",
        "This crawler also keeps its frontier on disk and commits each record exactly once; the others keep "
        "all in memory and lose it when they are killed. Its row decides no claim.": "本爬虫还把 frontier（待爬队列）保存在磁盘上，每条记录恰好提交一次；其余的把一切都放在内存里，"
        "一旦被杀掉就全丢了。它那一行不用来评判任何说法。",
        "asyncio + interpreters was not tried: needs Python 3.14 (InterpreterPoolExecutor).": "没有试“asyncio + 解释器”：它需要 Python 3.14（InterpreterPoolExecutor）。",
        "threads without GIL was not tried: this Python has a global lock (GIL); needs a free-threaded build, "
        "such as python3.14t.": "没有试“无 GIL 的线程”：这个 Python 有全局解释器锁（GIL）；它需要自由线程（free-threaded）的构建版，例如 python3.14t。",
    },
    patterns=(
        (rf"({_MODEL}) ★", lambda found: f"{_MODELS[found[1]]} ★"),
        (
            rf"{_MODEL}(?:, {_MODEL})+",
            lambda found: "、".join(map(_MODELS.__getitem__, found[0].split(", "))),
        ),
        (
            rf"({_MODEL}) ÷ ({_any_of(_OTHERS)})",
            lambda found: f"{_MODELS[found[1]]} ÷ {_OTHERS[found[2]]}",
        ),
        (
            rf"({_any_of(_WORKLOADS)}): answers (?:take (\d+) ms|come at once), "
            r"each page is parsed (?:(\d+) times|once)",
            _title,
        ),
        (r"The fastest, on (\d+) cores?", r"谁最快（\1 个核）"),
        (
            r"waits with (\d+) (coroutines|threads), parses on (all cores|one core)",
            lambda found: f"{found[1]} 个{_WAITERS[found[2]]}来等，{_PARSES_ON[found[3]]}",
        ),
        (
            r"waits for a page in the only thread, parses on (all cores|one core)",
            lambda found: f"唯一的线程一次等一页，{_PARSES_ON[found[1]]}",
        ),
        (
            r"waits for a page in (\d+) process(?:es)?, parses on (all cores|one core)",
            lambda found: f"{found[1]} 个进程各等一页，{_PARSES_ON[found[2]]}",
        ),
        (r"(\d+) threads?", r"\1 个线程"),
        (r"(\d+) process(?:es)?", r"\1 个进程"),
        (r"(\d+) coroutines", r"\1 个协程"),
        (r"(\d+) interpreters", r"\1 个解释器"),
        (
            r"Disturbed is a run beside which .* kept more than ([\d.]+) cores busy, or .* ([\d.]+) times slower .*",
            r"“受干扰”是指：跑这一遍时，其他程序连同网站一共占用了超过 \1 个核，或者处理器做同样的事比跑别的模型时慢了 \2 倍以上。",
        ),
        (
            rf"({_MODEL}) did not end within ([\d.]+) s\. So it has no figures\.",
            lambda found: f"“{_MODELS[found[1]]}”在 {found[2]} 秒之内没有结束，所以没有它的数据。",
        ),
        (
            rf"({_MODEL}) ended with exit code (-?\d+): (.*)\. So it has no figures\.",
            lambda found: f"“{_MODELS[found[1]]}”结束时的退出码是 {found[2]}：{found[3]}。所以没有它的数据。",
        ),
    ),
    as_they_are=frozenset({"http.client"}),
)
