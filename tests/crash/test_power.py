"""What survives a power loss by itself."""

import shutil

from crawler.config import Config
from crawler.engine.lifecycle import open_crawl
from crawler.engine.resuming import settings_of


def test_a_new_crawl_can_be_resumed_though_the_log_of_its_database_is_lost(tmp_path):
    out, after = tmp_path / "out", tmp_path / "after"
    out.mkdir()
    after.mkdir()
    with open_crawl(Config(seeds=["http://a.example/"], out=out), out, {}):
        # What the disk holds when the power goes; the write-ahead log was not synced since.
        shutil.copy(out / "crawl.db", after)
    assert settings_of(after).seeds == ("http://a.example/",)
