"""Logs, metrics and traces: structlog, Prometheus and OpenTelemetry, set up once a process.

The trace of a webhook travels as W3C `traceparent`: header in, column in the log, Kafka header, header out.
It is carried whether or not an exporter is configured.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from random import getrandbits
from typing import Any

import structlog
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import Counter, Gauge, Histogram

from shared.security.customer_links import masked

_PROPAGATOR = TraceContextTextMapPropagator()
_tracer: trace.Tracer | None = None
"""Set where spans are exported."""
_carried: ContextVar[str | None] = ContextVar("traceparent", default=None)
_TRACEPARENT = re.compile("00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
"""W3C Trace Context, version 00."""

REQUESTS = Histogram("kept_http_seconds", "Seconds to answer a request", ["service", "method", "route", "status"])
PUBLISHED = Counter("kept_events_published_total", "Events the relay has published", ["service"])
CONSUMED = Counter("kept_events_consumed_total", "Events taken from the broker", ["service", "topic"])
DUPLICATES = Counter("kept_events_duplicate_total", "Events met again and left alone", ["service"])
PARKED = Counter("kept_events_parked_total", "Events put aside because they could not be handled", ["service"])
PARKED_NOW = Gauge("kept_parked_events", "Events that are put aside now", ["service"])
FAILED_CHECK = Gauge("kept_check_failed", "1 where a check of the service's readiness fails", ["service", "check"])
LAG = Gauge("kept_consumer_lag", "Records not yet consumed", ["service"])
OUTBOX_AGE = Gauge("kept_outbox_age_seconds", "Age of the oldest event not yet published", ["service"])
STATEMENTS = Counter("kept_database_statements_total", "Statements sent to the database", ["service"])
TIMERS_FIRED = Counter("kept_timers_fired_total", "Timers fired")
TIMERS_LAG = Histogram("kept_timer_lag_seconds", "Seconds between due and fired, of each batch's first")
WEBHOOKS = Counter("kept_webhooks_total", "Webhooks by what became of them", ["provider", "result"])

_SECRET_NAME = re.compile(r"(secret|token|password|authorization|cookie|signature|api_?key)", re.IGNORECASE)


def _hide_secrets(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in event.items():
        if _SECRET_NAME.search(name):
            event[name] = "[hidden]"
        elif isinstance(value, str):
            event[name] = masked(value)
    return event


def configure_logging(*, json: bool, level: str = "INFO") -> None:
    """Logs one line an event, on standard error; JSON for machines, colours for a terminal."""
    renderer: Any = structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _hide_secrets,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")


def configure_tracing(service: str, endpoint: str | None) -> None:
    """Exports spans by OTLP over HTTP to `endpoint`; without one, traces are only carried."""
    global _tracer
    if endpoint is None:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    provider = TracerProvider(resource=Resource.create({"service.name": f"kept-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces")))
    trace.set_tracer_provider(provider)
    _tracer = provider.get_tracer("kept")


def current_traceparent() -> str | None:
    if _tracer is None:
        return _carried.get()
    if not trace.get_current_span().get_span_context().is_valid:
        return None
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get("traceparent")


def usable_traceparent(given: str) -> str:
    """The caller's traceparent, or a new root where it brought none or one that is not well-formed."""
    return given if _TRACEPARENT.fullmatch(given) else fresh_traceparent()


def fresh_traceparent() -> str:
    """A traceparent that is a new root."""
    return f"00-{getrandbits(128) or 1:032x}-{getrandbits(64) or 1:016x}-01"


def span(name: str, traceparent: str | None, **attributes: str) -> AbstractContextManager[None]:
    """Work done on behalf of the trace that `traceparent` names. Without one it stands for itself."""
    if traceparent is None:
        return nullcontext()
    return _Carrying(traceparent) if _tracer is None else _recording(_tracer, name, traceparent, attributes)


class _Carrying:
    """Nobody looks at spans: the trace is handed on, at a tenth of what a span costs."""

    __slots__ = ("_before", "_traceparent")

    def __init__(self, traceparent: str) -> None:
        self._traceparent = traceparent

    def __enter__(self) -> None:
        self._before = _carried.set(self._traceparent)

    def __exit__(self, *_: object) -> None:
        _carried.reset(self._before)


@contextmanager
def _recording(tracer: trace.Tracer, name: str, traceparent: str, attributes: Mapping[str, str]) -> Iterator[None]:
    parent = _PROPAGATOR.extract({"traceparent": traceparent})
    with tracer.start_as_current_span(name, context=parent, attributes=attributes):
        yield
