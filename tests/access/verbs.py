"""Every verb of the access model, found in its classes, with a call of each that would do something in W1."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Final, get_type_hints

from iamgraph.access.access import Access
from iamgraph.access.provisioning import Wanted
from tests.access.organisation import grant

# Of W1 as it is not: nobody but one owner, and nothing in it.
DOCUMENT: Final = """\
workspace: W1
members:
- {id: max, email: max@x.io, role: owner}
"""
SOURCE_ADMIN: Final = [grant("source_admin")]


def rooms() -> dict[str, type[Any]]:
    """The classes a caller finds at the door, by the name they have there."""
    found: dict[str, type[Any]] = {}
    for name, one in vars(Access).items():
        told = get_type_hints(one.fget if isinstance(one, property) else one) if _is_public(name, one) else {}
        if inspect.isclass(told.get("return")) and told["return"] is not Access:
            found[name] = told["return"]
    return found


def _is_public(name: str, one: Any) -> bool:
    return not name.startswith("_") and (inspect.isfunction(one) or isinstance(one, property))


def verbs() -> dict[str, inspect.Signature]:
    """Every verb, for example `labels.attach`, and what it is told."""
    return {
        f"{room}.{name}": inspect.signature(verb)
        for room, class_ in rooms().items()
        for name, verb in vars(class_).items()
        if _is_public(name, verb)
    }


# What only `olga`, or the service's own key, may do.
CALLS: Final[Mapping[str, Mapping[str, Any]]] = {
    "workspaces.create": {"id_": "W1", "name": "again", "owner": "new@x.io"},
    "workspaces.update": {"id_": "W1", "name": "other"},
    "workspaces.get": {"id_": "W1"},
    "workspaces.all": {},
    "workspaces.delete": {"id_": "W1"},
    "workspaces.keep": {"id_": "W1"},
    "accounts.get": {"member": "bob"},
    "accounts.rename": {"member": "bob", "name": "Bob"},
    "accounts.set_email": {"member": "bob", "email": "robert@x.io"},
    "accounts.delete": {"member": "tom"},
    "members.add": {"email": "new@x.io"},
    "members.set_role": {"member": "bob", "role": "owner"},
    "members.set_pii": {"member": "bob", "pii": True},
    "members.remove": {"member": "bob"},
    "members.get": {"member": "bob"},
    "members.all": {},
    "groups.create": {"name": "GC"},
    "groups.rename": {"group": "GA", "name": "GX"},
    "groups.delete": {"group": "GB"},
    "groups.add": {"group": "GA", "members": ["bob"]},
    "groups.remove": {"group": "GA", "members": ["ken"]},
    "groups.replace": {"group": "GA", "members": ["bob"]},
    "groups.change": {"group": "GA", "change": {"name": "GY", "added": ["bob"]}},
    "groups.set_pii": {"group": "GA", "pii": True},
    "groups.get": {"group": "GA"},
    "groups.all": {},
    "groups.page": {"after": "", "limit": 1},
    "provisioning.enrol": {"email": "pushed@x.io"},
    "provisioning.change": {"member": "hal", "active": False},
    "provisioning.forget": {"member": "hal"},
    "provisioning.user": {"member": "bob"},
    "provisioning.users": {"wanted": Wanted()},
    "provisioning.group": {"group": "GA"},
    "provisioning.groups": {"wanted": Wanted()},
    "policies.create": {"grant": grant("source_admin"), "holders": ["member:bob"]},
    "policies.add_holders": {"policy": "P1", "holders": ["member:bob"]},
    "policies.remove_holders": {"policy": "P1", "holders": ["member:bob"]},
    "policies.delete": {"policy": "P1"},
    "policies.give": {"holder": "member:bob", "grants": SOURCE_ADMIN},
    "policies.get": {"policy": "P1"},
    "policies.all": {},
    "policies.page": {"after": "", "limit": 1},
    "labels.create": {"text": "brand:c"},
    "labels.delete": {"text": "spare:one"},
    "labels.all": {},
    "labels.attach": {"resource": "source:S4", "labels": ["brand:a"]},
    "labels.detach": {"resource": "source:S1", "labels": ["brand:a"]},
    "labels.attach_many": {"resources": ["source:S4", "source:S9"], "labels": ["brand:a"]},
    "resources.create": {"type_": "source", "labels": ["brand:a"]},
    "resources.rename": {"resource": "source:S4", "name": "four"},
    "resources.delete": {"resource": "source:S4"},
    "resources.move": {"resource": "source:S9", "workspace": "W2"},
    "resources.admit": {"space": "SP-prod", "labels": ["brand:a"]},
    "resources.get": {"resource": "source:S4"},
    "resources.all": {"type_": "source"},
    "tokens.create": {"description": "mine"},
    "tokens.describe": {"token": "$T-ro", "description": "other"},
    "tokens.set_pii": {"token": "$T-ro", "pii": True},
    "tokens.revoke": {"token": "$T-ro"},
    "tokens.all": {},
    "invites.create": {"email": "guest@x.io", "groups": ["GA"], "grants": SOURCE_ADMIN},
    "invites.revoke": {"invite": "$ivy"},
    "invites.accept": {"secret": "iai_no_secret"},
    "invites.all": {},
    "documents.read": {"workspace": "W1"},
    "documents.plan": {"document": DOCUMENT},
    "documents.apply": {"document": DOCUMENT},
    "people.add": {"people": "email,groups\nmany@x.io,GA\n"},
    "audit.page": {},
    "audit.export": {},
    "reports.access": {},
    "reports.unused_groups": {},
    "reports.idle_policies": {},
    "reports.wide_labels": {},
    "reports.owners": {},
    "reports.review": {"object": "source:S4"},
    "reports.one_path": {"object": "source:S4"},
    "requests.create": {"text": "more, please"},
    "requests.approve": {"request": "$asked", "grants": SOURCE_ADMIN},
    "requests.dismiss": {"request": "$asked"},
    "requests.all": {},
}
