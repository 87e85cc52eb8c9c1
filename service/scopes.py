"""What each scope may do: the one table, and what holds every route to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import Flask

from iamgraph.questions import Scope

# Need no key at all.
OPEN_ROUTES: Final = frozenset({"healthz", "readyz", "openapi", "docs", "docs_style"})
# Every other route, by its endpoint.
ROUTES_OF_SCOPE: Final[Mapping[Scope, frozenset[str]]] = {
    Scope.CHECK: frozenset({"v1.check", "v1.check_many"}),
    Scope.READ: frozenset(
        {"v1.read", "v1.changes", "v1.watch", "v1.list_models", "v1.get_model", "v1.list_stores", "v1.get_store"}
        | {"bulk.export", "metrics"}
    ),
    Scope.WRITE: frozenset({"v1.write", "v1.delete", "v1.delete_by_filter", "v1.delete_object", "bulk.load"}),
    Scope.ADMIN: frozenset(
        {"v1.write_model", "v1.create_store", "v1.delete_store", "v1.make_key", "v1.show_keys", "v1.end_key"}
    ),
}
SCOPE_OF_ROUTE: Final[Mapping[str, Scope]] = {
    route: scope for scope, routes in ROUTES_OF_SCOPE.items() for route in routes
}
# The store a route acts on is the one its path names, which a key must hold for before the route is entered.
# These tell of all stores at once, and take a key that holds for all.
GLOBAL_ROUTES: Final = frozenset({"metrics"})
# These name no store in their path, and see to it themselves.
STORELESS_ROUTES: Final = frozenset({"v1.create_store", "v1.list_stores", "v1.make_key", "v1.show_keys", "v1.end_key"})


def check_declared(app: Flask) -> None:
    """Hold the application's routes to the tables: each needs no key, or one scope in one store."""
    wrong = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in OPEN_ROUTES
        and (
            sum(rule.endpoint in routes for routes in ROUTES_OF_SCOPE.values()) != 1
            or ("store" in rule.arguments) is (rule.endpoint in STORELESS_ROUTES | GLOBAL_ROUTES)
        )
    }
    if wrong:
        raise AssertionError(f"say in `service/scopes.py` what may be done by: {', '.join(sorted(wrong))}")


def described(app: Flask, doc: dict[str, Any]) -> dict[str, Any]:
    """The description of the service, each route with the scope it asks for."""
    for rule in app.url_map.iter_rules():
        for method in rule.methods or ():
            path = rule.rule.replace("<", "{").replace(">", "}")
            operation = doc["paths"].get(path, {}).get(method.lower())
            if operation is not None:
                operation["security"] = [{"key": [SCOPE_OF_ROUTE[rule.endpoint].value]}]
    return doc
