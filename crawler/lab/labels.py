"""The fixed words around findings, lessons and reports, in every language that the lab speaks.

Those in braces are filled in by ``str.format``, where they are used. What an experiment itself says is no
label: see :mod:`crawler.lab.translation`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from crawler.lab.finding import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """All fixed words of one language."""

    html_language: str
    """As ``lang`` of an HTML page has it."""
    colon: str
    """Between a word and what is said of it."""

    # The report as a whole.
    page_title: str
    heading: str
    one_core: str
    cores: str
    memory: str
    busy: str
    quick: str
    seconds: str
    altogether: str
    no_pictures: str
    report: str

    # A finding.
    claim: str
    said: str
    verdicts: Mapping[Verdict, str]
    on_this_machine: str
    skipped: str
    failed: str
    interrupted: str
    nothing_after: str
    was_interrupted: str
    not_measured: str

    # A lesson.
    why: str
    advice: str
    places: str
    read_more: str
    reference: str
    exercise: str
    solution: str
    source: str

    # A guess.
    your_guess: str
    is_no_guess: str
    one_of: str
    at_least_0: str
    no_guess: str
    stays_open: str
    guessed: str
    right: str
    close: str
    otherwise: str


ENGLISH = Labels(
    html_language="en",
    colon=": ",
    page_title="crawler lab: {cores}, {date}",
    heading="Coroutines, threads, processes: measured here",
    one_core="1 core",
    cores="{count} cores",
    memory=", {gib:.0f} GiB of memory",
    busy="The machine was busy with other things (load average {load:.1f} before the first experiment): "
    "figures are worse than they could be, and rougher.",
    quick="Measured with --quick: trust the directions, not the figures.",
    seconds="{seconds:.1f} s",
    altogether="{duration} altogether.",
    no_pictures="no pictures: matplotlib is not installed (pip install 'crawler[lab]')",
    report="report: {path}",
    claim="Claim: {claim}",
    said="What is said: “{claim}”",
    verdicts={
        Verdict.BORNE_OUT: "borne out",
        Verdict.HALF: "half true",
        Verdict.NOT_BORNE_OUT: "not borne out",
    },
    on_this_machine="{verdict} on this machine",
    skipped="skipped",
    failed="failed",
    interrupted="interrupted",
    nothing_after="nothing after it was run",
    was_interrupted="{name} was interrupted, and nothing after it was run.",
    not_measured="Not measured",
    why="Why",
    advice="So in your program",
    places="In this program",
    read_more="Read more",
    reference="Python's reference on it",
    exercise="Exercise",
    solution="A solution: {path}",
    source="The source: {path}",
    your_guess="Your guess (Enter for none): ",
    is_no_guess="{typed!r} is no guess; allowed: {allowed}",
    one_of="a number from 1 to {most}",
    at_least_0="a number from 0 on ({unit})",
    no_guess="No guess, then.",
    stays_open="Your guess stays open.",
    guessed="You guessed: {guess}. Measured: {measured}. {came}",
    right="That is right.",
    close="That is close.",
    otherwise="It is otherwise.",
)

CHINESE = Labels(
    html_language="zh-Hans",
    colon="：",
    page_title="crawler lab：{cores}，{date}",
    heading="协程、线程、进程：在这台机器上测一测",
    one_core="1 核",
    cores="{count} 核",
    memory="，内存 {gib:.0f} GiB",
    busy="机器当时还在忙别的（第一个实验开始前，平均负载 {load:.1f}）：测得的数字会差一些，也更粗略。",
    quick="用 --quick 测的：看方向就好，数字不要当真。",
    seconds="{seconds:.1f} 秒",
    altogether="一共 {duration}。",
    no_pictures="没有图：没有安装 matplotlib（pip install 'crawler[lab]'）",
    report="报告：{path}",
    claim="说法：{claim}",
    said="常见的说法：“{claim}”",
    verdicts={
        Verdict.BORNE_OUT: "成立",
        Verdict.HALF: "部分成立",
        Verdict.NOT_BORNE_OUT: "不成立",
    },
    on_this_machine="在这台机器上：{verdict}",
    skipped="跳过",
    failed="出错",
    interrupted="中断",
    nothing_after="后面的都没有运行",
    was_interrupted="{name} 被中断，后面的都没有运行。",
    not_measured="没有测的",
    why="为什么",
    advice="用在你的程序里",
    places="在本程序里",
    read_more="延伸阅读",
    reference="Python 官方文档的相关章节",
    exercise="练习",
    solution="参考答案：{path}",
    source="源码：{path}",
    your_guess="你猜（直接回车表示不猜）：",
    is_no_guess="{typed!r} 不算答案；可以输入：{allowed}",
    one_of="1 到 {most} 中的一个数字",
    at_least_0="不小于 0 的数字（{unit}）",
    no_guess="那就不猜了。",
    stays_open="你猜得对不对，这次无从知道。",
    guessed="你猜的是：{guess}。测得：{measured}。{came}",
    right="猜对了。",
    close="很接近。",
    otherwise="不是这样。",
)
