"""A picture of the crawl as Prometheus reads it. Needs the extra metrics; docs/live.md has the table of them.

Nothing is counted here: the counters are those of the crawl's main process. Hosts and URLs are no labels,
since there may be millions of them.
"""

from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from crawler.model.version import VERSION
from crawler.watch.picture import Picture

CONTENT_TYPE = CONTENT_TYPE_LATEST
STATES = ("starting", "running", "paused", "stopping", "finished", "stopped", "incomplete")
Values = Iterable[tuple[str, float]]


def exposition(picture: Picture) -> bytes:
    """All metrics, as text."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(picture))
    found: bytes = generate_latest(registry)
    return found


class _Collector(Collector):
    def __init__(self, picture: Picture) -> None:
        self._picture = picture

    def collect(self) -> Iterator[Metric]:
        """Every metric of :func:`metrics`."""
        yield from metrics(self._picture)


def metrics(picture: Picture) -> Iterator[Metric]:
    """Every metric with its values."""
    yield from _of_urls(picture)
    yield from _of_this_run(picture)
    yield from _of_the_street(picture)


def _of_urls(picture: Picture) -> Iterator[Metric]:
    counts = picture.counts
    done = [(end, count) for end, count in counts.items() if end != "pending"]
    yield _labelled(CounterMetricFamily, "crawler_urls", "Pages and sitemaps committed.", "outcome", done)
    yield _gauge("crawler_urls_pending", "Pages and sitemaps known and not committed.", counts["pending"])
    yield _gauge("crawler_urls_known", "Pages and sitemaps taken into the frontier.", picture.discovered)
    yield _gauge("crawler_urls_in_flight", "URLs between the frontier and their commit.", picture.in_flight)
    yield _gauge("crawler_targets_known", "URLs asked for beside the pages, by a check.", picture.targets)
    yield _gauge("crawler_targets_pending", "Those of them that wait.", picture.targets_pending)
    yield _gauge("crawler_hosts_known", "Origins in the frontier.", picture.hosts_known)


def _of_this_run(picture: Picture) -> Iterator[Metric]:
    yield _labelled(GaugeMetricFamily, "crawler_info", "The crawler's version.", "version", [(VERSION, 1)])
    states = [(state, float(state == picture.state)) for state in STATES]
    yield _labelled(GaugeMetricFamily, "crawler_state", "1 for the state that it is in.", "state", states)
    yield _gauge("crawler_run_seconds", "Seconds since this run began.", picture.elapsed)
    yield _labelled(
        CounterMetricFamily,
        "crawler_kinds",
        "URLs committed, not as ok, by kind.",
        "kind",
        _of(picture.kinds),
    )
    yield _labelled(
        CounterMetricFamily, "crawler_responses", "Answers by HTTP status.", "status", _of(picture.statuses)
    )
    yield _counter("crawler_requests", "HTTP requests sent, retries included.", picture.requests)
    yield _counter("crawler_retries", "URLs that are to be tried again.", picture.retries)
    yield _counter("crawler_fetched_bytes", "Decoded body bytes read.", picture.bytes)
    yield _counter(
        "crawler_extract_failures", "Pages on which the extract function failed.", picture.extract_failed
    )
    restarts = [("parse", picture.parser_restarts), ("write", picture.writer_restarts)]
    yield _labelled(CounterMetricFamily, "crawler_restarts", "Child processes replaced.", "stage", restarts)
    yield _gauge("crawler_memory_bytes", "Memory that all processes take.", picture.memory_bytes)
    yield _gauge("crawler_memory_peak_bytes", "The most of it so far.", picture.peak_memory_bytes)
    yield _gauge(
        "crawler_event_loop_longest_stall_seconds", "The longest that the loop was blocked.",
        picture.longest_stall,
    )  # fmt: skip
    yield _gauge("crawler_concurrency", "Requests at once, as set now.", picture.concurrency)
    yield _gauge("crawler_concurrency_limit", "What that may be set to.", picture.max_concurrency)


def _of_the_street(picture: Picture) -> Iterator[Metric]:
    stations, queues = picture.stations, picture.queues
    yield _labelled(
        GaugeMetricFamily, "crawler_workers", "Workers of a stage.", "stage",
        [(one.stage, one.workers) for one in stations],
    )  # fmt: skip
    yield _labelled(
        GaugeMetricFamily, "crawler_workers_busy", "Those of them that hold a URL or a batch.", "stage",
        [(one.stage, one.busy) for one in stations],
    )  # fmt: skip
    yield _labelled(
        GaugeMetricFamily, "crawler_oldest_step_seconds", "For how long its slowest worker is at it.",
        "stage", [(one.stage, one.oldest_seconds or 0.0) for one in stations],
    )  # fmt: skip
    yield _labelled(
        GaugeMetricFamily, "crawler_queue_items", "What waits in a queue.", "queue",
        [(one.name, one.items) for one in queues],
    )  # fmt: skip
    yield _labelled(
        GaugeMetricFamily, "crawler_queue_bytes", "Its bytes.", "queue",
        [(one.name, one.bytes) for one in queues],
    )  # fmt: skip
    yield _labelled(
        GaugeMetricFamily, "crawler_queue_capacity_bytes", "Bytes at which its producers wait.", "queue",
        [(one.name, one.capacity) for one in queues],
    )  # fmt: skip


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(name, text, value=value)


def _labelled(
    family: type[GaugeMetricFamily] | type[CounterMetricFamily],
    name: str,
    text: str,
    label: str,
    values: Values,
) -> Metric:
    metric = family(name, text, labels=[label])
    for of, value in values:
        metric.add_metric([of], value)
    return metric


def _of(counts: Mapping[str, int]) -> Values:
    return sorted(counts.items())
