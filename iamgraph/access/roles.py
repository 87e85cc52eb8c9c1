"""The roles a policy can give, and how far each may reach. The table; what a role allows says `access.fga`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from iamgraph.errors import RequestError
from iamgraph.tuples import shown


@dataclass(frozen=True, slots=True)
class Role:
    """A role: its id is the relation a policy has to what it is given on.

    `single` is the type of single resource it can be given on, if any. `labelled` says that labels can narrow it; it
    then has a relation of its own, so that a policy which loses its labels gives nothing.
    """

    id: str
    name: str
    description: str
    single: str | None = None
    labelled: bool = False

    @property
    def by_label(self) -> str:
        """The relation of a policy that gives it on what carries its labels."""
        return f"{self.id}_by_label"


ROLES: Final = {
    one.id: one
    for one in (
        Role("workspace_owner", "Workspace Owner", "everything in the workspace, its access and settings included"),
        Role("source_admin", "Source Admin", "edit sources and what hangs off them, see write keys", "source", True),
        Role("source_reader", "Source Read-only", "read sources and what hangs off them", "source", True),
        Role("function_admin", "Function Admin", "create, edit and delete functions", "function"),
        Role("function_reader", "Function Read-only", "read functions", "function"),
        Role("space_admin", "Unify and Engage Admin", "edit spaces and their settings", "space", True),
        Role("space_user", "Unify Read-only, Engage User", "read spaces, edit audiences and journeys", "space", True),
        Role("space_reader", "Unify and Engage Read-only", "read spaces", "space", True),
        Role("identity_admin", "Identity Admin", "edit identity resolution, delete profile identifiers"),
        Role("tracking_plan_admin", "Tracking Plan Admin", "create, edit and delete all tracking plans"),
        Role("tracking_plan_reader", "Tracking Plan Read-only", "read all tracking plans"),
        Role("warehouse_admin", "Warehouse Destination Admin", "set up and edit all warehouses"),
        Role("warehouse_reader", "Warehouse Destination Read-only", "read all warehouses"),
        Role("entities_admin", "Entities Admin", "edit entity models and their connections"),
        Role("entities_reader", "Entities Read-only", "read entity models"),
        Role("privacy_admin", "End User Privacy Admin", "edit end users' privacy settings"),
    )
}


def role(id_: str) -> Role:
    """The role of that id; `RequestError` if there is none."""
    found = ROLES.get(id_)
    if found is None:
        raise RequestError(
            f"no role `{shown(id_)}`: it is one of {', '.join(f'`{one}`' for one in ROLES)}",
            code="role_not_found",
            pointer="/role",
        )
    return found
