"""``slow-callback`` in Chinese."""

from crawler.lab.lesson import Figures
from crawler.lab.translation import Translation

_KINDS = {
    "one long step of a task": "任务里的一个长步骤",
    "one long callback": "一个很长的回调",
    "many short steps": "许多短步骤",
}
"""Under debug mode."""
_NAME = r"(?:page-7|Task-\d+|\w*_\w+|[A-Z]\w+)"
"""A task's name or, of a callback, the function's or the class's: asyncio may name its own, too."""


def _done(_figures: Figures) -> str:
    return (
        "让事件循环阻塞 300 毫秒，或者一整段，或者分成 20 毫秒的小段；阈值设为 200 毫秒，达到了调试模式就该报告。"
        "然后分别在开和不开调试模式的情况下运行大量任务。"
    )


def _because(figures: Figures) -> str:
    heard, rates = figures["heard"], figures["tasks_per_s"]
    seen, unseen = (
        "、".join(said for how, said in _KINDS.items() if bool(heard[how]["named"]) is so)
        for so in (True, False)
    )
    return (
        f"被点名的：{seen or '一个也没有'}。没有被点名的：{unseen or '一个也没有'}。"
        f"开着调试模式，每秒运行 {rates['on']:,.0f} 个任务，是不开时的 {100 * rates['on'] / rates['off']:.0f}%。"
    )


CHINESE = Translation(
    about="事件循环被阻塞时，asyncio 的调试模式说了什么",
    question="不管是什么阻塞了事件循环，asyncio 的调试模式都会点名吗？",
    claim="不管是什么阻塞了事件循环，asyncio 的调试模式都会点名。",
    done=_done,
    because=_because,
    caption="",
    why="常见的说法是：用 ``asyncio.run(main(), debug=True)`` 来运行，或者设置 ``PYTHONASYNCIODEBUG=1``，"
    "asyncio 就会告诉你是谁阻塞了事件循环。确实如此：循环给它调用的每个回调计时，"
    "而协程的一步，也就是从一次等待到下一次等待，就是这样一个回调。"
    "超过 ``loop.slow_callback_duration``（0.1 秒）的，会记一条警告，"
    "写明任务的名字、最外层协程所在的文件和行号，以及用了多少秒。\n\n"
    "但是，许多短步骤一个接一个时，它一声不吭：每一步都没有超过阈值，加起来，循环照样被耽误了那么久。"
    "它要等一步结束才开口，所以对永远不结束的那种，它什么也不会说。"
    "它点的是任务的名，而不是任务里面真正阻塞的那次调用。"
    "它还会让每个任务、每个回调都变慢，所以只适合测试和排查问题时用。\n\n"
    "造成阻塞的代码，见同一目录下的 ``slow_callback_ways.py``。",
    guess="许多短步骤一个紧接一个，阻塞了循环。调试模式会点它们的名吗？",
    answers=("会", "不会"),
    advice="测试时打开调试模式。正式运行的程序，则要测量事件循环的延迟：短步骤造成的耽误，这样也能发现。",
    places=("每次爬取都测量事件循环的延迟",),
    exercise="在名为 `sleeper` 的任务里阻塞循环 50 毫秒。阈值是 0.1 秒，所以没有人会知道："
    "改一改 `loop.slow_callback_duration`，让它被点名。",
    words={
        "the loop is blocked by": "循环被什么阻塞",
        "named in the log": "日志点了谁的名",
        "seconds": "秒",
        "the call at fault is named": "指出了真正阻塞的调用",
        "one long step, debug mode off": "一个长步骤，不开调试模式",
        "nobody": "谁也没有",
        **_KINDS,
    },
    patterns=((rf"{_NAME}(?:, {_NAME})*", r"\g<0>"),),
)
