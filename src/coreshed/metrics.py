"""What Prometheus reads at `/metrics`."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from coreshed import __version__

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_METHODS = frozenset({"GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """Counters of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        # Looking a counter up by its labels takes a lock and builds a key of texts.
        self._found: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._requests = Counter(
            "coreshed_requests", "Requests served.", ["api", "method", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "coreshed_request_seconds",
            "Time from a request's head to the end of its answer.",
            ["api"],
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60),
            registry=self.registry,
        )
        self._jobs = Gauge("coreshed_jobs", "Jobs of the installation.", ["kind", "state"], registry=self.registry)
        self._oldest_job = Gauge(
            "coreshed_oldest_queued_job_seconds",
            "How long the first job in the queue has waited; 0 where none does.",
            registry=self.registry,
        )
        Gauge("coreshed_info", "The running program.", ["version"], registry=self.registry).labels(__version__).set(1)

    def served(self, api: str, method: str, status: int, seconds: float) -> None:
        """Count one request. status: 0 where the client left before an answer."""
        key = (api, method if method in _METHODS else "other", status)
        found = self._found.get(key)
        if found is None:
            found = self._requests.labels(api, key[1], str(status)), self._seconds.labels(api)
            self._found[key] = found
        found[0].inc()
        found[1].observe(seconds)

    def counted_jobs(self, numbers: Mapping[tuple[str, str], int], oldest_seconds: float) -> None:
        """What the table of jobs says now. numbers: by kind and state."""
        self._jobs.clear()
        for (kind, state), number in numbers.items():
            self._jobs.labels(kind, state).set(number)
        self._oldest_job.set(oldest_seconds)

    def text(self) -> bytes:
        """The exposition."""
        return generate_latest(self.registry)
