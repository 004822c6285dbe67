"""``crawler node``, and ``--nodes``: what is handed on, printed, and refused. At work: tests/cluster."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from crawler.cli.app import main
from crawler.cluster import node as node_module
from crawler.config import Config
from crawler.engine import resuming
from crawler.engine.conclusion import CrawlReport
from crawler.plumbing import fork_server_process
from tests.cli.stand_ins import Run, stand_in

FRONTIER = "postgresql://me@db:5433/crawls"
SUMMARY = {"ok": 3, "error": 2, "kinds": {"http_status": 1}, "extract_failed": 0, "exit_code": 0}
PLACE = ("--frontier", FRONTIER, "--name", "shop")


class Node:
    """Stands for the node: the settings that it was given, and how it ends."""

    def __init__(self) -> None:
        self.given: list[Config] = []
        self.lost: list[tuple[str, str]] = []
        self.state, self.message, self.exit_code = "stopped", "node1-1: 3 URLs in 0.1 s", 130

    def node_to_end(self, config: Config, _beside: object) -> CrawlReport:
        self.given.append(config)
        assert config.out is not None
        return CrawlReport(config.out, self.state, message=self.message, exit_code=self.exit_code)

    def lose(self, place: Any, name: str) -> int:
        self.lost.append((place.name, name))
        return 1_234


@pytest.fixture
def crawler(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """As that of all the other commands, but for the engine: it is the real one, which is not come to."""
    for name in os.environ:
        if name.startswith("CRAWLER_"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(fork_server_process, "prestart", lambda **_: None)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, list[str], list[str]]:
        code = main(list(arguments))
        captured = capsys.readouterr()
        return code, captured.out.splitlines(), captured.err.splitlines()

    return run


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> Node:
    node = Node()
    monkeypatch.setenv("PGPASSWORD", "before")
    monkeypatch.setattr(node_module, "node_to_end", node.node_to_end)
    for module in (
        stand_in("crawler.cluster.losing", lose=node.lose),
        stand_in("crawler.cluster.gathering", gather=lambda out, place: print(f"gathered {place.name}")),
        stand_in("crawler.cluster.summing", summarise=lambda out: SUMMARY),
        stand_in("crawler.watch.summary", print_summary=lambda summary: print(f"summary {summary}")),
    ):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return node


def test_a_node_is_told_where_the_crawl_is_and_what_else_was_said(crawler: Run, node: Node) -> None:
    code, out, err = crawler("node", "http://a/", *PLACE, "--node", "n7", "-o", "here", "--delay", "2")
    assert (code, out, err) == (130, ["node1-1: 3 URLs in 0.1 s", "output: here"], [])
    (config,) = node.given
    assert config.seeds == ("http://a/",)
    assert (config.cluster.frontier, config.cluster.name, config.cluster.node) == (FRONTIER, "shop", "n7")
    assert config.politeness.delay == 2
    assert config.origin_of("cluster.frontier") == "command line --frontier"


def test_without_urls_it_joins_and_comes_back_to_the_same_folder(crawler: Run, node: Node) -> None:
    for _ in range(2):
        out = crawler("node", *PLACE)[1]
        assert (out[0], out[-1]) == ("output: crawls/shop", "output: crawls/shop")
    assert [config.seeds for config in node.given] == [(), ()]
    assert {config.out for config in node.given} == {Path("crawls/shop")}


def test_a_node_takes_its_place_from_a_file_too(crawler: Run, node: Node, tmp_path: Path) -> None:
    file = tmp_path / "nodes.toml"
    file.write_text(f'[cluster]\nfrontier = "{FRONTIER}"\nname = "shop"\n')
    assert crawler("node", "-c", str(file), "-q")[1][-1] == "output: crawls/shop"


def test_at_the_end_of_the_crawl_the_whole_of_it_is_told(crawler: Run, node: Node) -> None:
    node.state, node.exit_code = "finished", 0
    code, out, err = crawler("node", *PLACE, "-o", "here")
    assert (code, err) == (0, [])
    assert out == ["node1-1: 3 URLs in 0.1 s", "gathered shop", f"summary {SUMMARY}", "output: here"]


def test_what_fail_on_names_is_looked_for_in_the_whole_crawl(crawler: Run, node: Node) -> None:
    node.state, node.exit_code = "finished", 0
    code, out, err = crawler("node", *PLACE, "-o", "here", "-q", "--fail-on", "http,extract")
    assert (code, out[-1]) == (1, "output: here")
    assert err == ["crawler: there is what --fail-on names: http 1"]
    assert crawler("node", *PLACE, "-o", "here", "-q", "--fail-on", "extract")[0] == 0


def test_a_typed_password_goes_into_the_environment_alone(crawler: Run, node: Node) -> None:
    crawler("node", "--frontier", "postgresql://me:s%40f%2Fe@db/crawls", "--name", "shop")
    assert node.given[0].cluster.frontier == "postgresql://me@db/crawls"
    assert os.environ["PGPASSWORD"] == "s@f/e"
    assert "s@f" not in node.given[0].to_json()


def test_what_a_lost_node_had_is_given_back(crawler: Run, node: Node) -> None:
    code, (line,), err = crawler("node", "--lost", "n7", *PLACE)
    assert (code, err, node.lost, node.given) == (0, [], [("shop", "n7")], [])
    assert line.startswith("1,234 records went with n7")
    assert crawler("node", "http://a/", "--lost", "n7", *PLACE)[2] == [
        "crawler: --lost crawls nothing: leave the URLs out"
    ]


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["node", "http://a/"], "no frontier: name its database with --frontier postgresql://"),
        (["node", "--frontier", FRONTIER], "no name: say with --name which crawl"),
        (["node", "--lost", "n", "--name", "x"], "no frontier"),
        (["node", *PLACE, "--node", "-"], 'cluster.node = "-" (command line --node) is refused; allowed:'),
        (["node", "--frontier", "mysql://db", "--name", "x"], "cluster.frontier"),
        (["node", *PLACE[:2], "--name", "Shop"], 'cluster.name = "Shop" (command line --name) is refused'),
        (["node", *PLACE, "--set", "write.sinks=[]"], "write.sinks is empty; allowed: at least one of"),
        (["run", "http://a/", "--nodes", "2"], "no frontier: name its database with --frontier"),
        (["run", "--nodes", "2", *PLACE[:2]], "no name: say with --name which crawl"),
        (["run", "http://a/", "--nodes", "0", *PLACE], "Invalid value for '--nodes'"),
        (["run", "http://a/", "--nodes", "many", *PLACE], "Invalid value for '--nodes'"),
        (["run", "http://a/", "--nodes", "2", *PLACE, "--fresh"], "with --nodes, choose another --name"),
        (["run", "http://a/", "--nodes", "2", *PLACE, "--again", "-o", "x"], "again is set"),
        (["run", "http://a/", "--nodes", "2", *PLACE, "--max-depth", "2"], "scope.max_depth is set"),
        (["demo", "--nodes", "1"], "Invalid value for '--nodes'"),
    ],
)
def test_what_does_not_go_together_is_one_line(crawler: Run, arguments: list[str], words: str) -> None:
    code, out, err = crawler(*arguments)
    assert (code, out, len(err)) == (2, [], 1)
    assert words in err[0]


@pytest.mark.parametrize("option", ["--frontier", "--name", "--node"])
@pytest.mark.parametrize(
    "command", [["run", "http://a/"], ["run", "http://a/", "--fresh", "-o", "x"], ["check", "http://a/"]]
)
def test_a_place_is_for_nodes_alone(
    crawler: Run, monkeypatch: pytest.MonkeyPatch, command: list[str], option: str
) -> None:
    text = FRONTIER if option == "--frontier" else "shop"
    code, out, err = crawler(*command, option, text)
    assert (code, out, len(err)) == (2, [], 1)
    assert (
        f"cluster.{option[2:]} is set (command line {option}), and that is for a crawl that several" in err[0]
    )
    monkeypatch.setenv(f"CRAWLER_CLUSTER__{option[2:].upper()}", text)
    assert "(environment CRAWLER_CLUSTER__" in crawler(*command)[2][0]


@pytest.mark.parametrize("option", [["--frontier", FRONTIER], ["--name", "shop"], ["--node", "n7"]])
@pytest.mark.parametrize("command", ["resume", "recrawl"])
def test_nor_is_it_for_what_goes_on(
    crawler: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str, option: list[str]
) -> None:
    monkeypatch.setattr(resuming, "settings_of", lambda out: Config(seeds=["http://saved/"]))
    code, out, err = crawler(command, str(tmp_path), *option)
    assert (code, out, len(err)) == (2, [], 1)
    assert f"(command line {option[0]})" in err[0]
    assert option[0] not in "\n".join(crawler(command, "--help")[1])


def test_a_node_has_no_options_that_do_not_work_there(crawler: Run) -> None:
    text = "\n".join(crawler("node", "--help")[1])
    absent = ("--again", "--older-than", "--failed", "--fresh", "--max-depth", "--of-parent")
    assert not [option for option in absent if option in text]
    for option in (
        "--frontier",
        "--name",
        "--node",
        "--lost",
        "--workers",
        "--extract",
        "--sink",
        "PGPASSWORD",
    ):
        assert option in text


def test_the_demo_says_which_extra_it_lacks(crawler: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name, package=None: None)
    code, _, (line,) = crawler("demo", "--nodes", "2", "-q")
    assert code == 2
    assert "pip install 'crawler[demo]'" in line
