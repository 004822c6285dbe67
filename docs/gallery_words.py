"""What the gallery says in its own words, in both languages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of one language; those of findings and lessons are the lab's."""

    heading: str
    intro: str
    made: str
    question: str
    verdict: str
    not_possible: str
    picture: str
    source: str
    tutorial: str
    separator: str
    stop: str
    before_what: str
    after_what: str


WORDS = {
    "en": Words(
        heading="The gallery",
        intro="What [the lab](../lab.md) found in one run: of every experiment its picture, the figures that "
        "decide it, and what follows for a program. Guess first: `crawler lab NAME --ask` asks you, then "
        "runs the experiment on your machine. A verdict is on the sentence as it is said, on this machine: ✓ "
        "the figures bear it out, ◐ in part, ✗ they do not; – this machine or its Python cannot run it.",
        made="Made by `docs/make_gallery.py`; a test checks that it is current. The run:",
        question="question",
        verdict="on this machine",
        not_possible="not possible",
        picture="The picture",
        source="The experiment",
        tutorial="In the tutorial, line by line",
        separator="; ",
        stop=".",
        before_what=" (",
        after_what=")",
    ),
    "zh": Words(
        heading="实验结果一览",
        intro="[实验室](../lab.zh.md)跑一遍的全部结果：每个实验的图、起决定作用的数字，以及对写程序有什么用。"
        "先猜后看更好：`crawler lab NAME --ask --language zh` 会先问你，再在你的机器上把实验跑一遍。"
        "判定针对的是那句话本身，以及这台机器：✓ 成立，◐ 部分成立，✗ 不成立；"
        "– 表示这台机器或它的 Python 做不了这个实验。"
        "图里的字是英文，图下有中文说明。",
        made="本页由 `docs/make_gallery.py` 生成，有测试保证它不过期。这次运行的环境：",
        question="问题",
        verdict="在这台机器上",
        not_possible="做不了",
        picture="图",
        source="实验源码",
        tutorial="逐句看教程",
        separator="；",
        stop="。",
        before_what="（",
        after_what="）",
    ),
}
