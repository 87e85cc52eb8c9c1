"""Spans sent to a collector by OTLP, as the `OTEL_*` variables say. Needs the extra `tracing`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from typing import Final

from iamgraph.errors import RequestError

LAST_SECONDS: Final = 2.0
_NEEDED: Final = ("opentelemetry.sdk.trace.export", "opentelemetry.exporter.otlp.proto.http.trace_exporter")


def check_tracing() -> None:
    """`RequestError` where what sends spans is not installed. Loads it, so that no worker has to."""
    try:
        for name in _NEEDED:
            import_module(name)
    except ImportError as fault:
        raise RequestError(
            "sending spans needs more than is installed: `pip install 'iamgraph[tracing]'`, or unset IAMGRAPH_TRACES",
            code="tracing_not_installed",
        ) from fault


def start_tracing() -> Callable[[], None]:
    """Send this process's spans, from a thread; what is returned sends the last and ends it. After the fork."""
    from opentelemetry import trace  # noqa: PLC0415 - what follows is installed where it is used only
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - as above
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource  # noqa: PLC0415 - as above
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - as above
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - as above

    named = Resource.create({"service.name": "iamgraph", "service.version": version("iamgraph")})
    provider = TracerProvider(resource=named.merge(OTELResourceDetector().detect()))
    exporter = OTLPSpanExporter()
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)

    def end() -> None:
        # A collector that is away would be tried again and again, and the end waits for that.
        given_up = threading.Timer(LAST_SECONDS, exporter.shutdown)
        given_up.start()
        provider.shutdown()
        given_up.cancel()

    return end
