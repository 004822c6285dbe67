"""What docs/testing.md shows, run as it stands there."""

import re
from pathlib import Path

from crawler.config import Config
from crawler.testing.keys import config_of
from tests.testing.documented import PAGE, part, run, written

TOP = "Checking an app from its tests"
SAID = re.compile(r"127\.0\.0\.1:\d+")


def test_flask_and_what_pytest_prints_of_a_dead_link(tmp_path: Path):
    done = run(written(tmp_path, TOP, "Flask"), "pytest", "-q")
    assert done.returncode == 1, done.stdout
    (shown,) = re.findall(r"^```text\n(.*?)^```", part("Flask"), re.DOTALL | re.MULTILINE)
    assert shown in SAID.sub("127.0.0.1:PORT", done.stdout)


def test_flask_behind_the_login_and_one_check_for_several_tests(tmp_path: Path):
    folder = written(tmp_path, "Flask", "As a user who has logged in", "What comes back")
    done = run(folder, "pytest", "-q")
    assert (done.returncode, done.stdout.splitlines()[-1].split(" in ")[0]) == (0, "3 passed"), done.stdout


def test_fastapi_in_a_thread_and_in_the_loop_of_the_test(tmp_path: Path):
    done = run(written(tmp_path, TOP, "FastAPI"), "pytest", "-q")
    assert (done.returncode, done.stdout.splitlines()[-1].split(" in ")[0]) == (0, "2 passed"), done.stdout


DJANGO = """
from django.http import HttpResponse
from django.urls import path

SECRET_KEY, ALLOWED_HOSTS, ROOT_URLCONF, STATIC_URL = "only for tests", ["*"], "settings", "static/"
INSTALLED_APPS = ["django.contrib.staticfiles"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
PAGE = '<!doctype html><html lang="en"><title>{0}</title><h1>{0}</h1><a href="{1}">next</a></html>'
urlpatterns = [
    path("", lambda request: HttpResponse(PAGE.format("One", "/two/"))),
    path("two/", lambda request: HttpResponse(PAGE.format("Two", "/gone/"))),
]
"""


def test_django(tmp_path: Path):
    folder = written(tmp_path, "Django")
    (folder / "settings.py").write_text(DJANGO)
    failing = run(folder, "django", "test", "--settings", "settings")
    assert failing.returncode == 1
    assert "AssertionError: 1 error: broken-link /gone/ at /two/:1:65 is not false" in failing.stderr
    (folder / "settings.py").write_text(DJANGO.replace("/gone/", "/"))
    passing = run(folder, "django", "test", "--settings", "settings")
    assert passing.returncode == 0, passing.stderr
    assert "Ran 1 test" in passing.stderr


def test_what_the_table_shows_may_be_asked_for(tmp_path: Path, monkeypatch):
    (tmp_path / "check.toml").write_text("[scope]\nmax_depth = 3\n")
    monkeypatch.chdir(tmp_path)

    def check_site(*targets, config=None, fresh=False, write_baseline=False, **keys):
        asked.append(config_of(targets, config, keys))

    asked: list[Config] = []
    rows = re.findall(r"^\| `(check_site\(.*?\))` \|", part("What may be asked for"), re.MULTILINE)
    for row in rows:
        eval(row, {"check_site": check_site, "site": "http://127.0.0.1:8000/"})
    assert len(asked) == len(rows) == 13
    assert all(each.check.enabled for each in asked)


def test_every_piece_of_code_on_the_page_is_one_that_is_run():
    named = re.findall(r"^```python\n# (\w+\.py)\n", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(named) == PAGE.read_text(encoding="utf-8").count("```python") == 9
