"""Redirects that are followed inside one ticket, because a cookie may change what is there.

A redirect ends its URL: its target is a URL of its own. Not so where the answer changed a cookie that is sent
back: then the page behind such a gate is asked for at once, and its record is the first URL's. Two ways lead
there:

- with ``session.cookies`` any redirect whose answer changed a cookie of the session, wherever it leads;
- without, a redirect to itself: that cookie lives as long as the ticket.

A gate that many pages redirect to is known after the first of them and would never be asked again, though
its cookie may have ended, or was lost with an earlier run. So with ``session.cookies`` a target that is known
already is tried: where other cookies would then be sent to the page itself, that is asked for once more; else
it ends as it would have.
"""

import time
from collections.abc import Callable, Mapping

from crawler.fetch.backend import NO_HEADERS, Answer
from crawler.model.messages import Ticket
from crawler.model.outcomes import Kind
from crawler.rules.cookies import CookieJar
from crawler.rules.redirects import RedirectDecision, follow
from crawler.rules.scope import Scope


class Hops:
    """The way of one ticket: what is to be asked for now, with which headers, and what led there."""

    __slots__ = (
        "_is_known",
        "_jar",
        "_most",
        "_otherwise",
        "_scope",
        "headers",
        "is_outdated",
        "taken",
        "url",
    )

    def __init__(
        self, ticket: Ticket, scope: Scope, max_redirects: int, is_known: Callable[[str], bool] | None
    ) -> None:
        """``is_known``: whether a URL was taken into the crawl; None where the session keeps no cookies."""
        self._scope, self._most, self._is_known = scope, max_redirects, is_known
        self.url, self.taken = ticket.url, ticket.redirects
        self.headers: Mapping[str, str] = NO_HEADERS
        self.is_outdated: Callable[[], bool] = bool
        """Whether :attr:`url` would be asked for with other cookies now."""
        self._jar: CookieJar | None = None
        self._otherwise: RedirectDecision | None = None
        """How the ticket ends if it is redirected again, though a gate was passed."""

    @property
    def are_recorded(self) -> bool:
        """A redirect to itself leads nowhere else: its record says nothing of it."""
        return self._is_known is not None

    def redirected(self, answer: Answer) -> RedirectDecision:
        """What follows from a redirect of :attr:`url`; with kind None, :attr:`url` is what to ask for now."""
        if self._is_known is not None:
            changes, self.is_outdated = answer.changes_cookie, answer.is_outdated
        else:
            changes = answer.header("set-cookie") is not None and self._keeps(answer)
        if self._otherwise is not None and not changes:
            self.taken = self._otherwise.hops[:-1]
            return self._otherwise
        decision = follow(
            self.url,
            self.taken,
            answer.status,
            answer.header("location"),
            self._most,
            self._scope,
            changes,
            keeps_cookies=self._is_known is not None,
        )
        if decision.kind is None and decision.target is not None:
            self.taken, self.url = decision.hops, decision.target
        return decision

    def gate(self, decision: RedirectDecision) -> str | None:
        """The URL to be tried, which may set a cookie with which :attr:`url` is another page; else None."""
        target = decision.target
        if decision.kind is not Kind.REDIRECTED or target is None or self._otherwise is not None:
            return None
        return target if self._is_known is not None and self._is_known(target) else None

    def passed(self, decision: RedirectDecision) -> None:
        """The gate that ``decision`` leads to was passed: :attr:`url` is to be asked for again."""
        self._otherwise, self.taken = decision, decision.hops

    def _keeps(self, answer: Answer) -> bool:
        """Whether there is another Cookie header to send now; :attr:`headers` are those for :attr:`url`."""
        now, jar = time.time(), self._jar or CookieJar(self.url)
        self._jar = jar
        for header in answer.values("set-cookie"):
            jar.receive(header, self.url, now, _is_none)
        cookie, before = jar.header(self.url, now), self.headers.get("Cookie", "")
        self.headers = {"Cookie": cookie} if cookie else NO_HEADERS
        return cookie != before


def _is_none(_domain: str) -> bool:
    return False  # whatever Domain says, such a cookie is sent to no other URL
