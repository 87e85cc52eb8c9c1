"""The questions that ship: each finds in the demo what its documents say, and after a while what was left there."""

from __future__ import annotations

from typing import Any, Final

import pytest

from iamgraph.cookbook import names, recipe
from tests.explore.conftest import Organisation

Row = tuple[Any, ...]

# What is to be read off `iamgraph/demo/*.yaml`; times are left out below.
DEMO: Final[dict[str, list[Row]]] = {
    "access_by_one_path": [
        ("orders", "source_reader", "all-readers", "support"),
        ("payments", "source_reader", "all-readers", "support"),
    ],
    "changes_of_last_days": [
        (4, "demo", "the demo", "workspace.apply", "workspace:mercy", 17, 0),
        (3, "demo", "the demo", "workspace.apply", "workspace:globex", 10, 0),
        (2, "demo", "the demo", "workspace.apply", "workspace:acme", 51, 0),
        (1, "iamgraph", "the access model it ships", None, None, 0, 0),
    ],
    "compare_members": [
        ("acme", "eu-admins", "source_admin", ["group eng"], ["group eng"]),
        ("acme", "lake-admin", "warehouse_admin", [], ["directly"]),
        ("globex", "visits-reader", "source_reader", ["directly"], []),
        ("mercy", "ward-readers", "source_reader", [], ["group ward"]),
    ],
    "crossing_workspaces": [],
    "expiring_grants": [],
    # Three were added to groups, four hold policies, and one is an owner.
    "grants_by_author": [("demo", "the demo", 8)],
    "grants_of_last_days": [
        ("group:ward", "ward-readers", "source_reader", "mercy", "demo", "the demo"),
        ("member:bob", "visits-reader", "source_reader", "globex", "demo", "the demo"),
        ("group:eng", "eu-admins", "source_admin", "acme", "demo", "the demo"),
        ("group:support", "all-readers", "source_reader", "acme", "demo", "the demo"),
        ("member:cyd", "lake-admin", "warehouse_admin", "acme", "demo", "the demo"),
        ("member:eve", "sandbox-admin", "source_admin", "acme", "demo", "the demo"),
    ],
    "idle_groups": [],
    "labels_nobody_uses": [
        ("acme/region:us", "acme"),
        ("globex/environment:dev", "globex"),
        ("globex/environment:prod", "globex"),
        ("mercy/environment:dev", "mercy"),
    ],
    "labels_that_reach_most": [
        ("acme/environment:prod", 2, 1, 1, 2),
        ("acme/region:eu", 2, 0, 1, 2),
        ("acme/environment:dev", 1, 0, 0, 0),
        ("acme/region:us", 0, 0, 0, 0),
    ],
    "members_of_groups": [
        ("eng", "acme", ["bob", "cyd"], []),
        ("support", "acme", ["eve"], []),
        ("ward", "mercy", ["cyd"], []),
    ],
    "members_of_nested_groups": [("bob", 1, ["eng"]), ("cyd", 1, ["eng"])],
    "members_without_policy": [],
    "only_owners_reach": [("space:people",)],
    "path_between": [("member:bob -MEMBER-> workspace:acme -WORKSPACE-> source:sandbox",)],
    "paths_to_source": [
        ("member:ada -OWNER_DIRECT-> workspace:acme -WORKSPACE-> source:orders",),
        (
            "member:bob -ADDED-> group:eng -GROUP-> policy:eu-admins -SOURCE_ADMIN_BY_LABEL-> workspace:acme"
            " -WORKSPACE-> source:orders",
        ),
        (
            "member:cyd -ADDED-> group:eng -GROUP-> policy:eu-admins -SOURCE_ADMIN_BY_LABEL-> workspace:acme"
            " -WORKSPACE-> source:orders",
        ),
        (
            "member:eve -ADDED-> group:support -GROUP-> policy:all-readers -SOURCE_READER-> workspace:acme"
            " -WORKSPACE-> source:orders",
        ),
    ],
    "policies_nobody_holds": [],
    "policies_that_add_nothing": [],
    "refused_lately": [],
    "sources_in_one_hand": [("sandbox", "member:eve", ["sandbox-admin"])],
    "sources_without_label": [("visits", "globex")],
    "tokens_of_who_left": [],
    "tokens_to_look_at": [],
    "what_a_group_takes_away": [("bob", "eu-admins", "source_admin", []), ("cyd", "eu-admins", "source_admin", [])],
    "what_can_member_do": [
        ("acme", "source_admin", "workspace:acme", ["acme/environment:prod", "acme/region:eu"], "eu-admins", "eng"),
        ("globex", "source_reader", "source:visits", [], "visits-reader", None),
    ],
    "who_can_connect_warehouse": [
        ("member:ada", ["owner"], ["owner"]),
        ("member:cyd", ["eu-admins"], ["lake-admin"]),
    ],
    "who_can_edit_source": [
        ("member:ada", "owner", None, None),
        ("member:bob", "labels", "eu-admins", "eng"),
        ("member:cyd", "labels", "eu-admins", "eng"),
    ],
    "who_is_owner_where": [
        ("acme", "member:ada", "in their own right"),
        ("globex", "member:gus", "in their own right"),
        ("mercy", "member:hal", "in their own right"),
    ],
    "who_sees_personal_data": [("member:cyd", "group ward", "ward-readers"), ("member:hal", "an owner", None)],
    "who_shares_everything_with": [("cyd", ["eu-admins"], ["lake-admin"])],
}
# After a while: see `conftest.py`.
LATER: Final[dict[str, list[Row]]] = {
    "access_by_one_path": [("payments", "source_reader", "all-readers", "support")],
    "crossing_workspaces": [
        ("a holder who is not inside", "member:gus", "policy:eu-admins", "tests", "past the rules")
    ],
    "expiring_grants": [
        ("policy:all-readers#direct@member:fay", True, "tests", "past the rules"),
        ("policy:lake-admin#direct@member:eve", False, "tests", "past the rules"),
    ],
    "idle_groups": [("nobody", "acme", True, False)],
    "members_without_policy": [("acme", "fay", None)],
    "policies_nobody_holds": [
        ("for-empty", "acme", "space_user", "its groups are empty"),
        ("for-nobody", "acme", "space_reader", "nobody holds it"),
    ],
    "policies_that_add_nothing": [("orders-readers", "all-readers")],
    "tokens_of_who_left": [("acme", "nightly", "member:dan", None)],
    "tokens_to_look_at": [("acme", "nightly", True, None)],
    "refused_lately": [("member:fay", "group.delete", "group:eng", "relation_missing")],
    # gus, who is not inside, holds a policy that gives him nothing.
    "who_can_edit_source": DEMO["who_can_edit_source"],
}
# What is not the same twice, or long.
VARYING: Final = {"at", "first", "last", "token", "created_at", "message"}


def found(organisation: Organisation, name: str) -> list[Row]:
    """What a question finds with the examples of its header, but for what varies; paths as text."""
    examples = {one: value for one, value in recipe(name).examples.items() if one != "store"}
    rows = organisation.ask(name, **examples)
    kept = [i for i, column in enumerate(rows.columns) if column not in VARYING]
    if name == "expiring_grants":
        kept.remove(rows.columns.index("expires_at"))
    return [tuple(str(row[i]) if rows.columns[i] == "path" else row[i] for i in kept) for row in rows.values]


@pytest.mark.parametrize("name", names())
def test_the_demo(demo: Organisation, name: str) -> None:
    """A question finds in the demo what its documents say, no more and no less."""
    assert DEMO[name] == found(demo, name)


@pytest.mark.parametrize("name", LATER)
def test_after_a_while(later: Organisation, name: str) -> None:
    """A question finds what was left over, has ended or crosses workspaces."""
    assert LATER[name] == found(later, name)


def test_every_question_is_tested() -> None:
    """Each file has its expected rows; those that find nothing in the demo have some after a while."""
    assert list(names()) == sorted(DEMO)
    assert {name for name, rows in DEMO.items() if not rows} <= set(LATER)


def test_nested_groups(demo: Organisation) -> None:
    """Members are found through groups within groups, also where these hold each other in a circle."""
    store = f"{demo.store}-nested"
    demo.authorizer.create_store(store)
    try:
        demo.authorizer.write_model(
            store,
            "model\n  schema 1.1\ntype member\ntype group\n  relations\n    define member: [member, group#member]\n",
        )
        nested = Organisation(demo.authorizer, demo.keeper, store)
        nested.write(
            "group:eng#member@group:core#member",
            "group:core#member@group:deep#member",
            "group:deep#member@group:eng#member",
            "group:deep#member@member:ada",
        )
        assert [("ada", 3, ["deep", "core", "eng"])] == nested.rows("members_of_nested_groups", group="eng")
    finally:
        demo.authorizer.delete_store(store)
