"""Other origins, where links to them are asked for (``check.external``): once each, and not at each crawl.

It stands before the fetcher, as the session does before the backend: without external links it is not there.
"""

from msgspec.structs import replace

from crawler.config import Config
from crawler.fetch.answer_cache import AnswerCache, GoodAnswer
from crawler.fetch.attempt import Attempt, Fetched, Fetches
from crawler.fetch.backend import Backend
from crawler.fetch.session import SessionBackend
from crawler.model import record
from crawler.model.messages import Finished, HostFeedback, Links, Ticket
from crawler.model.outcomes import Kind, Outcome, Purpose
from crawler.rules import urls
from crawler.rules.dedup import fingerprints
from crawler.rules.scope import Scopes
from crawler.trace.steps import Step


class ExternalFetcher:
    """Has redirects that lead out of the crawl followed as external links, and keeps good answers of these.

    Not those for which something of the user's is sent along: others would get another answer. Nor those of
    this machine, where another server may listen on that port tomorrow.
    """

    def __init__(
        self, fetcher: Fetches, config: Config, scopes: Scopes, backend: Backend, hash_seed: int
    ) -> None:
        """``hash_seed``: the crawl's, of which fingerprints are made."""
        self._fetcher, self._scopes, self._hash_seed = fetcher, scopes, hash_seed
        self._session = backend if isinstance(backend, SessionBackend) else None
        self._cache: AnswerCache | None = None
        # An answer of whoever it was is no good answer.
        if config.check.cache and config.fetch.verify_tls:
            self._cache = AnswerCache(config.check.cache_file, config.check.cache)

    async def fetch(self, ticket: Ticket, step: Step) -> Fetched:
        """One try at ``ticket``; see :class:`crawler.fetch.attempt.Fetches`."""
        if ticket.purpose is not Purpose.EXTERNAL:
            fetched = await self._fetcher.fetch(ticket, step)
            if isinstance(fetched.result, Finished):
                return fetched._replace(result=self._led_out(fetched.result))
            return fetched
        cache = self._cache
        is_private = self._session is not None and self._session.sends(ticket.url)
        if cache is None or is_private or urls.is_loopback(ticket.url):
            return await self._fetcher.fetch(ticket, step)
        if (known := await cache.find(ticket.url)) is not None:
            return Fetched(_as_known(ticket, known), HostFeedback(asked=False))
        fetched = await self._fetcher.fetch(ticket, step)
        if isinstance(fetched.result, Finished) and fetched.result.outcome is Outcome.OK:
            line = record.decode(fetched.result.record)
            if line.status is not None and line.final_url == ticket.url:
                cache.keep(ticket.url, line.status, line.content_type, line.bytes)
        return fetched

    async def close(self) -> None:
        """Write the cache."""
        if self._cache is not None:
            await self._cache.close()

    def _led_out(self, finished: Finished) -> Finished:
        """With the target as an external link, where a redirect led to another origin."""
        target = None
        if finished.ticket.purpose is Purpose.SITEMAP:
            return finished
        if finished.redirect is not None:  # to another origin only from what pages load
            target = finished.redirect.url
        elif finished.kind is Kind.OUT_OF_SCOPE:
            target = record.decode_end(finished.record).final_url
        is_near = target is None or urls.origin(target) in self._scopes.pages.origins
        if target is None or is_near or not self._scopes.externals.allows(target):
            return finished
        marks = fingerprints([target], self._hash_seed)
        links = Links(target.encode(), marks, Purpose.EXTERNAL)
        return replace(finished, redirect=None, links=(*finished.links, links))


def _as_known(ticket: Ticket, known: GoodAnswer) -> Finished:
    attempt = Attempt(ticket)
    attempt.status, attempt.content_type, attempt.fetched_at = known.status, known.content_type, known.at
    words = f"As answered at {record.timestamp(known.at)}."
    return attempt.finished(None, words, size=known.size)
