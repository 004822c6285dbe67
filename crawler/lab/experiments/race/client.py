"""The standard library's HTTP client with one kept connection: it blocks its thread while it waits."""

from http.client import HTTPConnection
from typing import Self
from urllib.parse import urlsplit

from crawler.lab.experiments.race.work import page_of
from crawler.model.messages import Page


class Client:
    """One connection to the site of ``seed``; for one thread."""

    def __init__(self, seed: str) -> None:
        self._connection = HTTPConnection(urlsplit(seed).netloc, timeout=30)

    def get(self, url: str) -> Page:
        """Ask for ``url`` and wait for all of the answer."""
        self._connection.request("GET", "/" + url.split("/", 3)[3])
        answer = self._connection.getresponse()
        return page_of(url, answer.status, answer.getheaders(), answer.read())

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
