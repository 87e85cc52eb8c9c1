"""The service as a process of its own, for tests: its settings come from the environment."""

from __future__ import annotations

from iamgraph.service.gunicorn_conf import Service
from iamgraph.settings import Settings


def main() -> None:
    """Serve on the Neo4j the environment names, and say when the service listens."""
    settings = Settings()
    server = settings.server
    if server is None:
        raise SystemExit("NEO4J_URI is not set")
    Service(settings, server, lambda: print("listening", flush=True)).run()  # noqa: T201 - the test waits for it


if __name__ == "__main__":
    main()
