"""Which line of a robots.txt decides about a URL: the same verdict as ``Robots.allows``, with its reason."""

from typing import NamedTuple

from crawler.rules.robots import MAX_BYTES, parse
from crawler.rules.robots_lines import BLANK, lines
from crawler.rules.robots_match import matched_length, path_of


class Decided(NamedTuple):
    """A verdict, and where it stands."""

    allowed: bool
    agent: str | None
    """The user-agent by which the rules apply, as that file names it in lower case; None: nobody is named."""
    line: int | None = None
    """Of the rule that decides, from 1; None where no rule matches, which allows."""
    text: str | None = None
    """The line as it stands there."""


def decided(body: bytes, user_agent: str, url: str, max_bytes: int = MAX_BYTES) -> Decided:
    """What the robots.txt ``body`` says of ``url`` to the crawler ``user_agent``, and in which line.

    The longest rule that matches decides; of equally long ones one that allows, and of these the first.
    """
    robots = parse(body, max_bytes)
    agent = robots.agent_of(user_agent)
    path = path_of(url)
    if path == "/robots.txt":  # it may be asked for whatever it says
        return Decided(allowed=True, agent=agent)
    matching = [
        (length, allow, -line)
        for allow, pattern, line in robots.rules_of(user_agent)
        if (length := matched_length(pattern, path)) is not None
    ]
    if not matching:
        return Decided(allowed=True, agent=agent)
    _, allow, number = max(matching)
    text = lines(body, max_bytes)[-number - 1].decode("utf-8", "replace").strip(BLANK)
    return Decided(allow, agent, -number, text)
