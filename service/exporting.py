"""Spans sent to a collector by OTLP, as the `OTEL_*` variables say. Needs the extra `tracing`."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec

from iamgraph.errors import RequestError


def check_tracing() -> None:
    """`RequestError` where what sends spans is not installed."""
    if find_spec("opentelemetry.sdk") is None or find_spec("opentelemetry.exporter") is None:
        raise RequestError(
            "sending spans needs more than is installed: `pip install 'iamgraph[tracing]'`, or unset IAMGRAPH_TRACES",
            code="tracing_not_installed",
        )


def start_tracing() -> Callable[[], None]:
    """Send this process's spans, from a thread; what is returned sends the last and ends it. After the fork."""
    from opentelemetry import trace  # noqa: PLC0415 - what follows is installed where it is used only
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - as above
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource  # noqa: PLC0415 - as above
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - as above
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - as above

    named = Resource.create({"service.name": "iamgraph", "service.version": version("iamgraph")})
    provider = TracerProvider(resource=named.merge(OTELResourceDetector().detect()))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return provider.shutdown
