"""The files of docs/check-ci.md are what GitHub and GitLab take, and their commands do what the page says."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

import junitparser
import pytest
from ruamel.yaml import YAML

from tests.http_thread import in_a_thread

PAGE = Path(__file__).parents[2] / "docs" / "check-ci.md"
FILES = {
    ".github/workflows/check.yml": "vendor.github-workflows",
    ".github/workflows/nightly.yml": "vendor.github-workflows",
    ".gitlab-ci.yml": "vendor.gitlab-ci",
}
BUILT = {'pip install "$CRAWLER"': ":", "make site": "cp -R built public"}
"""What is not run as it stands there: the program is here, and the build is the reader's own."""
IGNORED = re.search(r"# \.gitignore\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[1].split()
FIRST = re.search(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[1]


def blocks() -> dict[str, str]:
    """Each file of the page, by the name that its first line gives it."""
    found = re.findall(r"```yaml\n# (\S+)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return dict(found)


def jobs(name: str) -> dict:
    read = YAML(typ="safe", pure=True).load(blocks()[name])  # YAML 1.2, in which `on` is no truth
    if name == ".gitlab-ci.yml":
        return {job: each for job, each in read.items() if "script" in each}
    return read["jobs"]


def lines_of(name: str, job: str) -> tuple[list[str], dict[str, str]]:
    """The commands of a job, one for each step or line, and its variables."""
    its = jobs(name)[job]
    if "script" in its:
        return its["script"], its.get("variables", {})
    return [step["run"] for step in its["steps"] if "run" in step], its.get("env", {})


def page(title: str, *links: str) -> str:
    text = " ".join(f'<a href="{link}">{link}</a>' for link in links)
    return f'<!doctype html>\n<html lang="en"><title>{title}</title>\n<p>{text}</p>\n'


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    with in_a_thread(partial(Quiet, directory=str(folder))) as port:
        yield f"http://127.0.0.1:{port}/"


class Repository:
    """A repository, whose site of twenty pages is built by copying it into public/; it is live too."""

    def __init__(self, root: Path, site: str = "", elsewhere: str = "") -> None:
        self.root, self.site, self.elsewhere = root, site, elsewhere

    def write(self, name: str, text: str) -> None:
        for folder in ("built", "live", "docs"):
            path = self.root / folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)

    def home(self, *links: str) -> None:
        self.write("index.html", page("Home", "page-0.html", *links))

    def run(self, line: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(self.root),
            "CI": "true",
            **variables,
        }
        shell = ["bash", "-e", "-o", "pipefail", "-c", line]
        return subprocess.run(
            shell, cwd=self.root, env=environment, capture_output=True, text=True, check=False
        )

    def job(self, name: str, job: str) -> subprocess.CompletedProcess[str]:
        """Run the commands of a job as a runner does: on a clean copy, to the first that fails."""
        shutil.rmtree(self.root / "public", ignore_errors=True)
        lines, variables = lines_of(name, job)
        variables = {key: self.site if key == "SITE" else value for key, value in variables.items()}
        if name.startswith(".github"):
            (self.root / "summary.md").write_text("")
            variables |= {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(self.root / "summary.md")}
        for line in lines:
            done = self.run(BUILT.get(line.strip(), line), **variables)
            if done.returncode:
                break
        return done

    def text(self, name: str) -> str:
        return (self.root / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository in which the page's first commands were run."""
    made = Repository(tmp_path_factory.mktemp("begun"))
    names = [f"page-{number}.html" for number in range(20)]
    for number, name in enumerate(names):
        made.write(name, page(f"Page {number}", *names[number + 1 : number + 2], "index.html"))
    made.home()
    (made.root / "built" / "page-7.html").write_text(page("Page 7", "page-8.html", "gone-long-ago.html"))
    made.run(BUILT["make site"])
    for line in FIRST.splitlines():
        done = made.run(line)
        assert done.returncode == 0, done.stdout + done.stderr
    return made.root


@pytest.fixture
def repository(begun: Path, tmp_path: Path) -> Iterator[Repository]:
    root = tmp_path / "repository"
    shutil.copytree(begun, root)
    (root / "elsewhere").mkdir()
    with served(root / "live") as site, served(root / "elsewhere") as elsewhere:
        yield Repository(root, site, elsewhere)


@pytest.mark.parametrize(("name", "schema"), FILES.items())
def test_each_file_is_one_that_github_or_gitlab_takes(name: str, schema: str, tmp_path: Path):
    file = tmp_path / "ci.yml"
    file.write_text(blocks()[name])
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_page_has_these_files_and_replaced_is_what_stands_there():
    assert blocks().keys() == FILES.keys()
    lines = [line.strip() for name in FILES for job in jobs(name) for line in lines_of(name, job)[0]]
    assert set(BUILT) <= set(lines)
    assert all(line in BUILT or line.startswith("crawler check ") for line in lines)


def test_what_is_uploaded_is_what_the_commands_write():
    for name in FILES:
        for job, its in jobs(name).items():
            written = set(re.findall(r"(?:\w=|--out )([\w.-]+)", " ".join(lines_of(name, job)[0])))
            kept = [step.get("with", {}) for step in its.get("steps", ())]
            paths = [each.get("path") or each.get("sarif_file") for each in kept]
            paths += its.get("artifacts", {}).get("paths", []) + its.get("cache", {}).get("paths", [])
            paths += its.get("artifacts", {}).get("reports", {}).values()
            assert {path.rstrip("/") for path in paths if path} <= written, job
            assert written <= {name.rstrip("/") for name in IGNORED}, job


def test_the_gate_on_github_is_green_for_what_is_known_and_red_for_what_is_new(repository: Repository):
    done = repository.job(".github/workflows/check.yml", "gate")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "gone-long-ago" in repository.text("known.json")
    left = {
        path.name for path in repository.root.iterdir() if f"{path.name}{'/' * path.is_dir()}" not in IGNORED
    }
    assert left == {"built", "docs", "elsewhere", "known.json", "live", "public", "summary.md"}
    assert repository.text("summary.md").startswith("## ✅ crawler check")
    assert "- **known:** 1 finding" in repository.text("summary.md")
    assert '"2.1.0"' in repository.text("check.sarif")
    assert "<html" in repository.text("check.html")
    repository.home("gone.html")
    done = repository.job(".github/workflows/check.yml", "gate")
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(r"^::error file=docs/index\.html,line=3,.*::gone\.html: ", done.stdout, re.MULTILINE)
    assert "| broken-link | `gone.html` |" in repository.text("summary.md")
    assert "docs/index.html" in repository.text("check.sarif")
    assert "gone.html" in repository.text("check.html")


def test_the_gate_is_red_where_the_build_has_lost_the_site(repository: Repository):
    repository.run("rm built/page-*.html")
    repository.write("index.html", page("Home"))
    done = repository.job(".github/workflows/check.yml", "gate")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "::error title=crawler check::19 pages fewer than check.min_pages." in done.stdout


@pytest.mark.parametrize(
    ("name", "code"), [(".github/workflows/check.yml", 0), (".gitlab-ci.yml", 1)], ids=["github", "gitlab"]
)
def test_the_advice_tells_of_other_sites_and_stops_nothing(name: str, code: int, repository: Repository):
    repository.home(f"{repository.elsewhere}gone")
    done = repository.job(name, "advice")
    assert done.returncode == code, done.stdout + done.stderr
    assert f"broken-external  {repository.elsewhere}gone" in done.stdout
    assert code == 0 or code == jobs(name)["advice"]["allow_failure"]["exit_codes"]


def test_a_fault_of_another_site_is_red_in_the_third_night(repository: Repository):
    repository.home(f"{repository.elsewhere}gone")
    nights = [repository.job(".github/workflows/nightly.yml", "site") for _ in range(3)]
    assert [night.returncode for night in nights] == [0, 0, 1], [each.stdout for each in nights]
    assert "held back (2 of 3 checks): broken-external" in nights[1].stdout
    assert f"{repository.elsewhere}gone" in repository.text("check.html")


def test_a_night_on_gitlab_keeps_what_the_next_one_counts(repository: Repository):
    repository.home(f"{repository.elsewhere}gone")
    done = repository.job(".gitlab-ci.yml", "night")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "held back (1 of 3 checks): broken-external" in done.stdout
    assert (repository.root / "check-out" / "facts.db").exists()


def test_gitlab_is_given_a_test_case_that_failed(repository: Repository):
    repository.home("gone.html")
    done = repository.job(".gitlab-ci.yml", "gate")
    assert done.returncode == 1, done.stdout + done.stderr
    (suite,) = junitparser.JUnitXml.fromfile(str(repository.root / "check.xml"))
    failed = [case.name for case in suite if isinstance(next(iter(case.result), None), junitparser.Failure)]
    assert failed == ["broken-link: gone.html (3:45)"]
