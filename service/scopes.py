"""What each scope may do: the one table, and what holds every route to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import Flask

from iamgraph.questions import Scope

# What opens a route, for the description: a key, and where others may come, the secret of a token or session.
SCHEMES: Final[dict[str, Any]] = {
    name: {"type": "http", "scheme": "bearer", "description": text}
    for name, text in (
        ("key", "an API key, `iag_…`"),
        ("token", "the secret of a workspace's token, `iat_…`"),
        ("session", "the secret of a member's session, `ias_…`"),
    )
}
OTHERS: Final[list[dict[str, list[str]]]] = [{"token": []}, {"session": []}]
# Need no key at all.
OPEN_ROUTES: Final = frozenset(
    {"healthz", "readyz", "openapi", "docs", "docs_style", "page", "page_about", "page_file"}
)
# What is done in workspaces: in the store of the access model, with a key of scope `admin`, or with the secret of a
# token or session, whose relations decide.
_CALLED: Final[Mapping[str, str]] = {
    "access": """
        list_roles list_workspaces create_workspace get_workspace update_workspace delete_workspace
        keep_workspace list_members
        add_member get_member update_member remove_member give_member replace_member_policies
        list_groups create_group get_group update_group delete_group add_to_group replace_group_members
        remove_from_group give_group replace_group_policies list_policies create_policy get_policy
        delete_policy add_holders remove_holders""",
    "resources": """
        list_labels create_label delete_label attach_to_many attach_labels replace_labels remove_labels
        list_resources create_resource get_resource update_resource delete_resource move_resource admit""",
    "credentials": """
        list_tokens create_token update_token revoke_token give_token replace_token_policies
        list_invites create_invite revoke_invite give_invite replace_invite_policies accept_invite
        list_requests create_request approve_request dismiss_request list_sessions
        end_session get_account update_account delete_account""",
    "reports": "read_report",
    "trail": "read_audit export_audit read_document plan_document apply_document add_people",
    "scim": """
        config list_types get_type list_schemas get_schema list_users create_user get_user replace_user
        patch_user delete_user list_groups create_group get_group replace_group patch_group delete_group""",
}
CALLER_ROUTES: Final = frozenset(f"{file}.{name}" for file, names in _CALLED.items() for name in names.split())
# All that is done in the store of the access model, which a key must hold for.
ACCESS_ROUTES: Final = CALLER_ROUTES | {
    "credentials.issue_session",
    "credentials.verify_session",
    "credentials.touch_session",
}
# Every route that needs a key, by its endpoint.
ROUTES_OF_SCOPE: Final[Mapping[Scope, frozenset[str]]] = {
    Scope.CHECK: frozenset({"v1.check", "v1.check_many", "credentials.verify_session", "credentials.touch_session"}),
    Scope.READ: frozenset(
        {"v1.read", "v1.changes", "v1.watch", "v1.list_models", "v1.get_model", "v1.list_stores", "v1.get_store"}
        | {"bulk.export", "metrics", "past.check", "past.changes", "past.what_if", "past.since"}
        | {"lists.list_objects", "lists.list_subjects", "lists.list_access", "lists.expand"}
        | {"lists.list_objects_then", "lists.list_subjects_then"}
        | {"reasons.why", "reasons.why_then", "reports.review"}
    ),
    Scope.WRITE: frozenset({"v1.write", "v1.delete", "v1.delete_by_filter", "v1.delete_object", "bulk.load"}),
    Scope.ADMIN: frozenset(
        {
            "v1.explore",
            "v1.write_model",
            "v1.create_store",
            "v1.delete_store",
            "v1.make_key",
            "v1.show_keys",
            "v1.end_key",
        }
        | {"credentials.issue_session"}
        | CALLER_ROUTES
    ),
}
SCOPE_OF_ROUTE: Final[Mapping[str, Scope]] = {
    route: scope for scope, routes in ROUTES_OF_SCOPE.items() for route in routes
}
# The store a route acts on is the one its path names, which a key must hold for before the route is entered.
# These tell of all stores at once, and take a key that holds for all.
GLOBAL_ROUTES: Final = frozenset({"metrics"})
# These name a store and read beyond it, so they take a key that holds for all as well.
WHOLE_ROUTES: Final = frozenset({"v1.explore"})
# What may take long: only some are answered at a time.
LONG_ROUTES: Final = frozenset(
    {"v1.explore", "past.changes", "past.since", "past.what_if", "lists.list_access"}
    | {"reasons.why", "reasons.why_then", "reports.review", "reports.read_report"}
)
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
            or ("store" in rule.arguments) is (rule.endpoint in STORELESS_ROUTES | GLOBAL_ROUTES | ACCESS_ROUTES)
        )
    }
    if wrong:
        raise AssertionError(f"say in `service/scopes.py` what may be done by: {', '.join(sorted(wrong))}")


def described(app: Flask, doc: dict[str, Any]) -> dict[str, Any]:
    """The description of the service, each route with the scope it asks of a key, and whether others may come."""
    for rule in app.url_map.iter_rules():
        for method in rule.methods or ():
            path = rule.rule.replace("<", "{").replace(">", "}")
            operation = doc["paths"].get(path, {}).get(method.lower())
            if operation is not None:
                others = OTHERS if rule.endpoint in CALLER_ROUTES else []
                operation["security"] = [{"key": [SCOPE_OF_ROUTE[rule.endpoint].value]}, *others]
    return doc
