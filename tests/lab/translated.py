"""Whether all that a finding says is said in Chinese, too: for whatever test has a finding in its hands."""

import json
import re
from dataclasses import asdict, replace

from crawler.lab.chinese import chinese_of
from crawler.lab.chinese.common import WORDS
from crawler.lab.finding import Finding
from crawler.lab.translation import untranslated

_CODE = re.compile(r"``.+?``|`[^`]+`")
_SENTENCE = re.compile(r"[A-Za-z']+(?: [A-Za-z']+){5,}")


def english_in(text: str) -> list[str]:
    """What reads as an English sentence in a Chinese text; code and a few names in a row do not."""
    return _SENTENCE.findall(_CODE.sub("", text))


def is_chinese(text: str) -> bool:
    """Whether it has Chinese characters, and no English sentence."""
    return re.search("[\u4e00-\u9fff]", text) is not None and english_in(text) == []


def assert_all_is_said_in_chinese(name: str, finding: Finding) -> None:
    """Nothing of it stays English that is not meant to, and it is said from figures as JSON has them."""
    translation = chinese_of(name)
    assert translation is not None
    told = json.loads(json.dumps(asdict(replace(finding, draw=None))))
    english = untranslated(translation, told, WORDS)
    assert english == [], english
    chinese = translation.finding(finding, WORDS)
    for text in (chinese.claim, chinese.done, chinese.because):
        assert is_chinese(text), text
    assert chinese.figures == finding.figures
