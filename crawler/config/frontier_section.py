"""The sections of what is fetched next, and of the nodes that share it."""

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from crawler.config.values import After, Allowed
from crawler.model.settings import About, Section


def _database(text: str) -> str:
    try:
        parts = urlsplit(text)
        password, _port = parts.password, parts.port
    except ValueError as error:
        raise ValueError(str(error)) from None
    if parts.scheme not in ("postgresql", "postgres"):
        raise ValueError(f"its scheme is {parts.scheme or 'missing'}")
    if password is not None or re.search(r"[?&](password|passfile)=", text):
        raise ValueError("it holds a password, which belongs into PGPASSWORD or ~/.pgpass")
    return text


def _name(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_]{0,39}", text):
        raise ValueError
    return text


def _node(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.]{0,39}", text):
        raise ValueError
    return text


DatabaseUrl = Annotated[
    str, After(_database), Allowed("postgresql://USER@HOST:PORT/DATABASE, without a password")
]
CrawlName = Annotated[str, After(_name), Allowed("1 to 40 of a-z, 0-9 and _, not _ first")]
NodeName = Annotated[str, After(_node), Allowed("1 to 40 letters, digits, dots and _, not . or _ first")]


class FrontierConfig(Section, frozen=True, kw_only=True):
    """In which order URLs are taken."""

    order: Annotated[
        Literal["breadth_first", "depth_first"],
        About("What comes first: pages nearest to the seeds, or the newest links."),
    ] = "breadth_first"
    partitions: Annotated[
        int, About("Parts that hosts fall into; fixed once a crawl has begun.", ge=1, le=4_096)
    ] = 256


class ClusterConfig(Section, frozen=True, kw_only=True):
    """A crawl that several nodes share; see crawler node."""

    frontier: Annotated[
        DatabaseUrl | None, About("The PostgreSQL that holds what is to be fetched next, for all nodes.")
    ] = None
    name: Annotated[CrawlName | None, About("The crawl's name: nodes with the same one share it.")] = None
    node: Annotated[NodeName | None, About("This node's name; none is made of the machine's.")] = None
    session_timeout: Annotated[
        float,
        About("Seconds after which a node that is not heard of loses its part of the crawl.", ge=1, le=600),
    ] = 10.0
