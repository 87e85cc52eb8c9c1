"""What each role may, permission by permission: the shipped model against a table of its own."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from itertools import combinations
from typing import Final

import pytest

from iamgraph.access.access import shipped_model
from iamgraph.access.roles import ROLES
from iamgraph.check import walk
from iamgraph.check.contract import Asking, CurrentModel
from iamgraph.model.model import Model
from iamgraph.model.parser import parse_model
from iamgraph.questions import CheckQuestion
from iamgraph.tuples import Object, RelationTuple, parse_tuple
from tests.memory import MODEL, STORE, MemoryReader

NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
WHO: Final = Object("member", "who")
# One of everything; what hangs off a source or space is in these.
THINGS: Final = (
    *(f"{one}:x#workspace@workspace:w" for one in ("source", "warehouse", "tracking_plan", "function", "space")),
    *(f"{one}:x#source@source:x" for one in ("destination", "transformation", "destination_filter")),
    *(f"{one}:x#space@space:x" for one in ("audience", "computed_trait", "journey")),
    "space:x#engage_source@source:x",
    "source:x#label@label:w/environment:prod",
    "space:x#label@label:w/environment:prod",
    "workspace:w#member@member:who",
)
Permissions = frozenset[tuple[str, str]]


def _of(**types: str) -> Permissions:
    return frozenset((type_, f"can_{one}") for type_, names in types.items() for one in names.split())


def _in(parents: str, names: str) -> Permissions:
    return _of(**dict.fromkeys(parents.split(), names))


IN_SOURCE: Final = "destination transformation destination_filter"
IN_SPACE: Final = "audience computed_trait journey"
EVERYBODY: Final = _of(workspace="open request_access read_consent")
SOURCE_READER: Final = _of(source="read debug read_schema view_oauth_apps") | _in(IN_SOURCE, "read")
SOURCE_ADMIN: Final = (
    SOURCE_READER
    | _of(source="edit see_write_key edit_labels edit_schema edit_oauth_apps")
    | _of(source="create_destination create_transformation use_event_builder")
    | _in(IN_SOURCE, "edit delete")
    | _of(space="edit_as_source")
)
FUNCTION_READER: Final = _of(function="read view_oauth_apps")
FUNCTION_ADMIN: Final = FUNCTION_READER | _of(function="edit delete edit_oauth_apps")
SPACE_READER: Final = _of(space="read read_profiles_sync") | _in(IN_SPACE, "read")
SPACE_USER: Final = SPACE_READER | _of(space="use create_audience") | _in(IN_SPACE, "edit delete")
SPACE_ADMIN: Final = SPACE_USER | _of(
    space="edit edit_settings edit_labels edit_profiles_sync attach_destination delete_profile_identifiers"
)
# What a role gives on what it reaches, whichever way that is.
REACHED: Final[Mapping[str, Permissions]] = {
    "source_admin": SOURCE_ADMIN,
    "source_reader": SOURCE_READER,
    "function_admin": FUNCTION_ADMIN,
    "function_reader": FUNCTION_READER,
    "space_admin": SPACE_ADMIN,
    "space_user": SPACE_USER,
    "space_reader": SPACE_READER,
}
# What it gives besides where it is on the whole workspace.
WHOLE: Final[Mapping[str, Permissions]] = {
    "source_admin": _of(workspace="create_source use_warehouse_credentials", source="delete"),
    "source_reader": _of(),
    "function_admin": _of(workspace="create_function"),
    "function_reader": _of(),
    "space_admin": _of(workspace="create_space delete_profile_identifiers use_warehouse_credentials"),
    "space_user": _of(),
    "space_reader": _of(),
    "identity_admin": _of(workspace="edit_identity delete_profile_identifiers", space="delete_profile_identifiers"),
    "tracking_plan_admin": _of(
        workspace="edit_tracking_plans read_tracking_plans create_tracking_plan",
        tracking_plan="read edit delete remove_source",
    ),
    "tracking_plan_reader": _of(workspace="read_tracking_plans", tracking_plan="read"),
    "warehouse_admin": _of(
        workspace="edit_warehouses read_warehouses create_warehouse use_warehouse_credentials",
        warehouse="read edit delete",
    ),
    "warehouse_reader": _of(workspace="read_warehouses", warehouse="read"),
    "entities_admin": _of(workspace="edit_entities read_entities use_warehouse_credentials"),
    "entities_reader": _of(workspace="read_entities"),
    "privacy_admin": _of(workspace="edit_privacy"),
}
# What takes several roles: one of each of these.
SPACES: Final = {"space_admin", "space_user", "space_reader"}
PLANS: Final = {"tracking_plan_admin", "tracking_plan_reader"}
SEVERAL: Final[Mapping[tuple[str, str], tuple[set[str], ...]]] = {
    ("source", "can_connect_warehouse"): ({"source_admin"}, {"warehouse_admin"}),
    ("source", "can_connect_tracking_plan"): ({"source_admin"}, {"tracking_plan_admin"}),
    ("source", "can_use_event_builder_with_tracking_plan"): ({"source_admin"}, PLANS),
    ("source", "can_list_in_tracking_plan"): ({"source_admin", "source_reader"}, PLANS),
    ("space", "can_connect_destination"): ({"space_admin"}, {"source_admin"}),
    ("space", "can_build_data_graph"): (SPACES, {"entities_admin"}),
    ("space", "can_create_linked_audience"): (
        {"space_admin", "space_user"},
        {"entities_admin", "entities_reader"},
        {"source_admin"},
    ),
    ("space", "can_create_linked_event"): ({"space_admin"}, {"entities_admin"}, {"source_admin"}),
}


@cache
def _model() -> Model:
    return parse_model(shipped_model())


def every() -> Permissions:
    """Every permission of the model."""
    return frozenset(
        (type_.name, relation.name)
        for type_ in _model().types
        for relation in type_.relations
        if relation.name.startswith("can_")
    )


def given(role: str, reach: str) -> Iterator[str]:
    """The tuples of a policy that gives the role in a way: on the whole workspace, by a label, or on a resource."""
    yield from (f"policy:{role}#workspace@workspace:w", f"policy:{role}#direct@member:who")
    if reach == "label":
        yield f"policy:{role}#required_label@label:w/environment:prod"
    on = {"whole": f"workspace:w#{role}", "label": f"workspace:w#{role}_by_label"}.get(
        reach, f"{ROLES[role].single}:x#{role}"
    )
    yield f"{on}@policy:{role}"


def may(tuples: Iterable[str], asked: Iterable[tuple[str, str]]) -> Permissions:
    """Those of the permissions that the member has."""
    reader = MemoryReader(map(parse_tuple, (*THINGS, *tuples)))

    def allowed(type_: str, relation: str) -> bool:
        one = RelationTuple(Object(type_, "w" if type_ == "workspace" else "x"), relation, WHO)
        question = CheckQuestion(STORE, one.subject, one.relation, one.object)
        return walk.answer(reader, Asking(question, CurrentModel(MODEL, _model()), NOW, math.inf)).allowed

    return frozenset(one for one in asked if allowed(*one))


def test_the_tables_are_whole() -> None:
    """Every role but the owner's is in the table."""
    assert {*ROLES} - {"workspace_owner"} == {*WHOLE}
    assert {one.id for one in ROLES.values() if one.single} == {*REACHED}


def test_an_owner_may_everything() -> None:
    """No permission is kept from an owner, and a member without policies has three."""
    assert every() == may(given("workspace_owner", "whole"), every())
    assert EVERYBODY == may((), every())


@pytest.mark.parametrize("role", WHOLE)
def test_a_role_gives_this_and_no_more(role: str) -> None:
    """By each way it can be given, a role gives the permissions of the table, and none besides."""
    reached = EVERYBODY | REACHED.get(role, frozenset())
    assert reached | WHOLE[role] == may(given(role, "whole"), every())
    if ROLES[role].single is not None:
        assert reached == may(given(role, "single"), every())
    if ROLES[role].labelled:
        assert reached == may(given(role, "label"), every())


def test_what_takes_several_roles() -> None:
    """Of all pairs and threes of roles, those that an operation takes allow it, and no others."""
    roles = {role for each in SEVERAL.values() for one in each for role in one} | {"privacy_admin"}
    for held in (*combinations(sorted(roles), 2), *combinations(sorted(roles), 3)):
        expected = {one for one, needs in SEVERAL.items() if all(need & {*held} for need in needs)}
        assert expected == may((it for role in held for it in given(role, "whole")), SEVERAL), held


@pytest.mark.parametrize("role", WHOLE)
def test_personal_data_is_seen_where_a_role_reaches(role: str) -> None:
    """The flag adds the sight of personal data to what a role reaches, its download to who administers a space."""
    seen = {(type_, "can_see_pii") for type_ in ("source", "space") if (type_, "can_read") in REACHED.get(role, ())}
    downloaded = {("space", "can_download_pii")} if role == "space_admin" else set()
    policy = tuple(given(role, "whole"))
    assert seen | downloaded == may((*policy, "workspace:w#pii@member:who"), every()) - may(policy, every())
