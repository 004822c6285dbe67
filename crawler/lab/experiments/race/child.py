"""What runs in the child processes (or interpreters) of the models that have some. Light to import."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.context import BaseContext

from crawler.lab.experiments.race.client import Client
from crawler.lab.experiments.race.work import Parsed, parse_with
from crawler.model.messages import Page
from crawler.parse.parser_process import ParseJob

_client: Client
_parse: Callable[[Page], Parsed]


def context() -> BaseContext:
    """How children start: forked from a server that has imported the parser once, where there is one."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    forkserver = multiprocessing.get_context("forkserver")
    forkserver.set_forkserver_preload([__name__])
    return forkserver


def start(job: ParseJob) -> None:
    """Once in each child that parses: what is made here stays in that child."""
    global _parse
    _parse = parse_with(job)


def start_with_client(seed: str, job: ParseJob) -> None:
    """Once in each child that fetches as well: each has a connection of its own."""
    global _client
    _client = Client(seed)
    start(job)


def parse(page: Page) -> Parsed:
    """Parse a page in this child."""
    return _parse(page)


def visit(url: str) -> Parsed:
    """Fetch a page and parse it in this child."""
    return _parse(_client.get(url))
