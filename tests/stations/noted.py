"""What is noted of a page in a check, for the tests that ask."""

from typing import Any, NamedTuple

from crawler.model.facts import Mark, Odd, PageFacts, decode
from crawler.model.messages import Finished, Page, Ticket
from crawler.model.outcomes import Purpose
from crawler.model.sources import Source
from crawler.parse.parser_process import ParseJob
from crawler.parse.work import Parser
from crawler.rules.scope import Scope

SITE = "http://site.test"
URL = f"{SITE}/dir/page"


class Found(NamedTuple):
    """A reference, in full."""

    source: Source
    line: int
    column: int
    target: str
    fragment: str | None = None
    text: str = ""
    is_asked: bool = True


def parse(
    body: bytes | str,
    url: str = URL,
    content_type: str | None = "text/html; charset=utf-8",
    purpose: Purpose = Purpose.PAGE,
    headers: dict[str, str] | None = None,
    page: dict[str, Any] | None = None,
    **job: Any,
) -> Finished:
    """The answer, parsed for a check of :data:`SITE`."""
    data = body.encode() if isinstance(body, str) else body
    values: dict[str, Any] = {
        "ticket": Ticket(1, url, 1, 0, purpose=purpose),
        "status": 200,
        "headers": tuple((headers or {}).items()),
        "pieces": (data,),
        "body_path": None,
        "size": len(data),
        "content_type": content_type,
        "fetched_at": 0.0,
        "elapsed": 0.1,
    }
    asked = {"scope": Scope(frozenset([SITE])), "hash_seed": 1, "notes_facts": True, **job}
    return Parser(ParseJob(**asked)).parse(Page(**values | (page or {})))


def facts_of(body: bytes | str, *args: Any, **more: Any) -> PageFacts:
    """What is noted of it."""
    return decode(parse(body, *args, **more).facts)


def references_of(facts: PageFacts) -> list[Found]:
    """Its references, in order."""
    return [
        Found(
            one.source, one.line, one.column, facts.targets[one.target], one.fragment, one.text, one.is_asked
        )
        for one in facts.references
    ]


def marks_of(facts: PageFacts, *kinds: Odd) -> list[Mark]:
    """Its marks of these kinds, in order."""
    return [mark for mark in facts.marks if mark.what in kinds]


def asked_for(finished: Finished) -> dict[Purpose, list[str]]:
    """What is to be asked for, by purpose."""
    return {links.purpose: links.urls.decode().split("\n") for links in finished.links}
