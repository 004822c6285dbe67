"""robots.txt by RFC 9309: who may fetch what.

A *section* is one or more user-agent lines and the rules after them. All sections that name our
product token apply together (§2.2.1); only if none does, those of ``*``; if there is none either,
everything is allowed. Lines that are no rule never end a section (§2.2.4). Crawl-delay, which is in no
standard, is meant for the agents named right before it alone.
How lines are read is in :mod:`crawler.rules.robots_lines`, how paths are compared in
:mod:`crawler.rules.robots_match`.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from crawler.rules.robots_lines import BLANK, lines, octets, record, seconds
from crawler.rules.robots_match import Matcher, matched_length, path_of

MAX_BYTES = 512_000
"""500 KiB, what a crawler must at least read (§2.5)."""

TOO_MANY_REQUESTS = 429
"""RFC 6585 section 4."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]+")
_COMPATIBLE = re.compile(r"compatible;\s*([A-Za-z0-9_-]+)", re.IGNORECASE)


def product_token(user_agent: str) -> str:
    """The name by which robots.txt knows a crawler, in lower case; empty where there is none.

    It is the first word, as in ``crawler/1.0``, or the one after "compatible;" of a User-Agent that
    starts as a browser's. Digits count as part of it: real crawlers have them.
    """
    match = _COMPATIBLE.search(user_agent)
    if match:
        return match[1].lower()
    match = _TOKEN.match(user_agent.strip())
    return match[0].lower() if match else ""


class Section(msgspec.Struct):
    """User-agent lines and what follows them, as read."""

    agents: set[str] = set()
    rules: list[tuple[bool, bytes]] = []
    """(allow?, path pattern) in the file's order."""
    lines: list[int] = []
    """The line of each rule, from 1."""
    delays: list[tuple[set[str], float]] = []
    """For whom, and seconds."""


class Forbidding(NamedTuple):
    """The rule by which robots.txt forbids a URL."""

    line: int
    """Its number, from 1."""
    text: str
    """The line as it stands there."""
    everything: bool
    """It forbids the whole host, and nothing allows a part of it."""


class Robots:
    """What one robots.txt says. Safe to share; it remembers the rules of each crawler asked for."""

    def __init__(self, sections: Sequence[Section] = (), sitemaps: Sequence[str] = ()) -> None:
        self._sections = sections
        self._sitemaps = list(sitemaps)
        self._for: dict[str, tuple[Matcher, float | None]] = {}

    @property
    def sitemaps(self) -> list[str]:
        """Values of the Sitemap lines wherever they stand, as written, in order."""
        return list(self._sitemaps)

    def allows(self, user_agent: str, url: str) -> bool:
        """True where a crawler with that User-Agent (or product token) may fetch the URL."""
        path = path_of(url)
        if path == "/robots.txt":
            return True
        return self._rules_for(user_agent)[0].allows(path)

    def crawl_delay(self, user_agent: str) -> float | None:
        """Seconds between requests that it asks of that crawler, the longest if several; or None.

        Crawl-delay is in no standard.
        """
        return self._rules_for(user_agent)[1]

    def rules_of(self, user_agent: str) -> list[tuple[bool, bytes, int]]:
        """The rules for a crawler with that User-Agent: allow or not, path pattern, number of the line."""
        return [
            (*rule, line)
            for section in self._chosen(user_agent)
            for rule, line in zip(section.rules, section.lines, strict=True)
        ]

    def agent_of(self, user_agent: str) -> str | None:
        """By which of its user-agents that crawler is meant, ``*`` or a name; None where nobody is."""
        return self._name(user_agent) if self._chosen(user_agent) else None

    def _chosen(self, user_agent: str) -> list[Section]:
        name = self._name(user_agent)
        return [section for section in self._sections if name in section.agents]

    def _name(self, user_agent: str) -> str:
        """Under which name that crawler is meant here."""
        token = product_token(user_agent)
        return token if token and any(token in section.agents for section in self._sections) else "*"

    def _rules_for(self, user_agent: str) -> tuple[Matcher, float | None]:
        known = self._for.get(user_agent)
        if known is None:
            chosen, name = self._chosen(user_agent), self._name(user_agent)
            delays = (delay for section in chosen for agents, delay in section.delays if name in agents)
            known = self._for[user_agent] = (
                Matcher(rule for section in chosen for rule in section.rules),
                max(delays, default=None),
            )
        return known


def parse(body: bytes, max_bytes: int = MAX_BYTES) -> Robots:
    """Read a robots.txt, of which ``max_bytes`` count. Never raises: what makes no sense is left out."""
    sections: list[Section] = []
    sitemaps: list[str] = []
    open_to_agents = is_naming = False
    named: set[str] = set()
    for number, line in enumerate(lines(body, max_bytes), 1):
        key, value = record(line)
        if key == "agent":
            if not open_to_agents:
                sections.append(Section())
            if not is_naming:
                named = set()
            open_to_agents = is_naming = True
            named.add(_agent(value))
            sections[-1].agents.add(_agent(value))
        elif key == "sitemap":
            sitemaps.append(octets(value).decode("utf-8", "replace"))
        elif key == "delay" and sections:
            is_naming = False
            sections[-1].delays.extend((named, delay) for delay in seconds(value))
        elif key in ("allow", "disallow"):
            open_to_agents = is_naming = False
            if sections and value:
                sections[-1].rules.append((key == "allow", octets(value)))
                sections[-1].lines.append(number)
    return Robots(sections, sitemaps)


def forbidding(body: bytes, user_agent: str, url: str, max_bytes: int = MAX_BYTES) -> Forbidding | None:
    """The rule of the robots.txt ``body`` that forbids ``url`` to that crawler; None where it is allowed."""
    robots = parse(body, max_bytes)
    if robots.allows(user_agent, url):
        return None
    rules, path = robots.rules_of(user_agent), path_of(url)
    lengths = {
        line: length
        for allow, pattern, line in rules
        if not allow and (length := matched_length(pattern, path)) is not None
    }
    number = max(lengths, key=lengths.__getitem__)  # of equally long ones the first
    pattern = next(pattern for _, pattern, line in rules if line == number)
    everything = pattern.rstrip(b"*") in (b"/", b"") and not any(allow for allow, _, _ in rules)
    text = lines(body, max_bytes)[number - 1].decode("utf-8", "replace").strip(BLANK)
    return Forbidding(number, text, everything)


def verdict(status: int | None, body: bytes, max_bytes: int = MAX_BYTES) -> Robots:
    """What the answer for /robots.txt means (§2.3.1); ``status`` is None where there was none.

    Nothing there (4xx, or a redirect too many) allows everything; a server in trouble (5xx, or
    unreachable) forbids everything, and so does one that says nothing for now (429).
    """
    if status is None or status == TOO_MANY_REQUESTS or not 200 <= status < 500:
        return DISALLOW_ALL
    return parse(body, max_bytes) if status < 300 else ALLOW_ALL


def _agent(value: str) -> str:
    if value == "*" or value[:2] in ("* ", "*\t"):
        return "*"
    return product_token(value)


ALLOW_ALL = Robots()
DISALLOW_ALL = parse(b"user-agent: *\ndisallow: /")
