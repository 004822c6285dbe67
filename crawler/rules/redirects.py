"""What becomes of a redirect: a pure decision, taken again at every hop.

A redirect ends its URL, and its target is a new one that carries the hops so far; so each URL
is fetched and recorded once. The exception is an answer that changed a cookie which is sent along
from now on: what was seen before may look different with it, so it is followed in place, and may lead back.
"""

import msgspec

from crawler.model.messages import Hop
from crawler.model.outcomes import Kind
from crawler.rules.scope import Scope
from crawler.rules.urls import login, resolve

REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
"""RFC 9110 §15.4 without 300 and 304, which carry nothing to follow, and the deprecated 305."""


class RedirectDecision(msgspec.Struct, frozen=True):
    """How the URL ends, and where the redirect leads."""

    kind: Kind | None
    """``redirected`` where the target is a URL of its own; None where it is to be asked for in place."""
    target: str | None = None
    """Absolute and serialised; None where Location names no http(s) URL."""
    hops: tuple[Hop, ...] = ()
    """The hops up to and with this one: what the target carries."""
    message: str | None = None
    """One sentence for people where it is not followed."""


def follow(
    url: str,
    hops: tuple[Hop, ...],
    status: int,
    location: str | None,
    max_redirects: int,
    scope: Scope,
    changes_cookie: bool,
    *,
    keeps_cookies: bool = False,
) -> RedirectDecision:
    """Decide on an answer with one of :data:`REDIRECT_STATUSES`.

    ``hops`` led to ``url``; ``location`` is the header as sent, None where there was none;
    ``changes_cookie``: another Cookie header would be sent now; with ``keeps_cookies`` to whatever URL, else
    only to ``url`` itself.
    """
    target = resolve(location, url) if location else None
    if target is not None:
        # With which login a page is asked for is not up to the server.
        (target,) = scope.normalised([login(target)[0]])
    if target is None:
        reason = f"names no http or https URL: {location!r}" if location else "has no Location header"
        return RedirectDecision(Kind.BAD_REDIRECT, message=f"The redirect ({status}) {reason}.")
    trail = (*hops, Hop(url, status, location or ""))
    in_place = changes_cookie and (keeps_cookies or target == url)
    if not in_place and any(target == hop.url for hop in trail):
        return RedirectDecision(Kind.REDIRECT_LOOP, target, trail, message="The redirects lead in a circle.")
    if len(trail) > max_redirects:
        reason = f"More than {max_redirects} redirects in a row."
        return RedirectDecision(Kind.TOO_MANY_REDIRECTS, target, trail, message=reason)
    if not scope.allows(target):
        reason = "The redirect leads out of the scope."
        return RedirectDecision(Kind.OUT_OF_SCOPE, target, trail, message=reason)
    if scope.leads_back(url, target):
        # A page of this machine may link to its other servers (see the address guard); the world may not.
        reason = "Another host may not send the crawler to this machine."
        return RedirectDecision(Kind.FORBIDDEN_ADDRESS, target, trail, message=reason)
    return RedirectDecision(None if in_place else Kind.REDIRECTED, target, trail)
