"""What the tests of bulk share: stores with a model, and the graph seen past iamgraph."""

from __future__ import annotations

from tests.store.conftest import door, graph, own_server, second

__all__ = ["door", "graph", "own_server", "second"]
