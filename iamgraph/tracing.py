"""Spans for whoever traces: the request, the question, and Neo4j's statement. Next to no cost where nobody does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import Token
from dataclasses import dataclass
from typing import Final

from opentelemetry import context, trace
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from iamgraph.errors import IamgraphError

__all__ = ["RequestSpan", "SpanKind", "begin_request", "span", "trace_id"]

# Whoever uses iamgraph sets a provider, or the service does; without one its spans are nothing.
_TRACER: Final = trace.get_tracer("iamgraph")
_W3C: Final = TraceContextTextMapPropagator()


@contextmanager
def span(name: str, kind: SpanKind = SpanKind.INTERNAL, attributes: Mapping[str, str] | None = None) -> Iterator[Span]:
    """A span around what is done inside; a fault is told by its code, never by its text, which may name things."""
    found = _TRACER.start_span(name, kind=kind, attributes=attributes)
    if not found.get_span_context().is_valid:
        yield found
        return
    with trace.use_span(found, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        try:
            yield found
        except BaseException as fault:
            _fail(found, fault.code if isinstance(fault, IamgraphError) else type(fault).__name__)
            raise


def _fail(one: Span, kind: str) -> None:
    one.set_attribute("error.type", kind)
    one.set_status(StatusCode.ERROR)


def trace_id(of: Span | None = None) -> str | None:
    """The trace a span is part of, without one that of what runs now, as W3C writes it."""
    found = (of or trace.get_current_span()).get_span_context()
    return trace.format_trace_id(found.trace_id) if found.is_valid else None


@dataclass(frozen=True, slots=True)
class RequestSpan:
    """The span of a request, from its first step to its last."""

    span: Span
    token: Token[context.Context]

    def answered(self, status: int, code: str | None) -> None:
        """The request was answered so."""
        self.span.set_attribute("http.response.status_code", status)
        if code is not None:
            self.span.set_attribute("error.type", code)
        if status >= 500:
            self.span.set_status(StatusCode.ERROR)

    def end(self) -> None:
        """Nothing more is done for it."""
        context.detach(self.token)
        self.span.end()


def begin_request(method: str, route: str, parent: str | None, state: str | None) -> RequestSpan | None:
    """The span of a request; None where nobody traces.

    `parent` and `state` are what the caller sent as W3C's `traceparent` and `tracestate`: the span is of its trace.
    """
    found = _TRACER.start_span(f"{method} {route}", _caller(parent, state), SpanKind.SERVER)
    if not found.get_span_context().is_valid:
        return None
    found.set_attributes({"http.request.method": method, "http.route": route})
    return RequestSpan(found, context.attach(trace.set_span_in_context(found)))


def _caller(parent: str | None, state: str | None) -> context.Context | None:
    if parent is None:
        return None
    return _W3C.extract({"traceparent": parent, "tracestate": state or ""}, context.Context())
