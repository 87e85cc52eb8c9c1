"""What an identity provider asks by SCIM, as verbs of a workspace's members and groups: documents in, documents out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scim2_models import SearchRequest

from iamgraph.access import words
from iamgraph.access.desk import Desk
from iamgraph.access.groups import GroupChange, Groups
from iamgraph.access.provisioning import KnownGroup, KnownUser, Provisioning, Wanted, provision
from iamgraph.access.scim_forms import (
    LENIENT,
    MAX_SCIM_PAGE,
    SCIM_PAGE,
    Group,
    User,
    display_of,
    group_document,
    listed,
    provider_config,
    read_new,
    read_patch,
    read_query,
    read_replacement,
    resource_types,
    schemas,
    shown,
    understood,
    user_document,
)
from iamgraph.access.scim_patch import compared, group_change
from iamgraph.errors import RequestError
from iamgraph.tuples import Object
from iamgraph.tuples import shown as shortened

Document = dict[str, Any]
Asked = Mapping[str, str]


class Scim:
    """One workspace as a SCIM service provider. `base` is where it is found, for the locations it tells.

    `asked` is what the query of a request says.
    """

    def __init__(self, desk: Desk, workspace: str, base: str) -> None:
        self._known = Provisioning(desk, workspace)
        self._groups = Groups(desk, workspace, provision(words.workspace(workspace)))
        self._base = base

    # --- the service ---

    def config(self) -> Document:
        """What it can do."""
        return provider_config(self._base)

    def resource_types(self) -> Document:
        """The kinds of resources it has."""
        return _all(resource_types(self._base))

    def resource_type(self, id_: str) -> Document:
        """One of them."""
        return _one(resource_types(self._base), id_)

    def schemas(self) -> Document:
        """The attributes it knows."""
        return _all(schemas(self._base))

    def schema(self, id_: str) -> Document:
        """Those of one kind."""
        return _one(schemas(self._base), id_)

    # --- users ---

    def users(self, asked: Asked) -> Document:
        """A page of users, by id."""
        query = read_query(User, asked)
        found = query.filter

        def fits(user: KnownUser) -> bool:
            return found is None or found.match(user_document(user, self._base))

        id_, email = (compared(found.ast, name) if found is not None else None for name in ("id", "userName"))
        if not (_possible("member", id_) and _possible("email", email)):
            return listed([], 0, _start(query))
        wanted = Wanted(_start(query), _count(query), id_, email, fits=fits if found is not None else None)
        page = self._known.users(wanted)
        shown_ = [shown(user_document(one, self._base), query) for one in page.items]
        return listed(shown_, page.total, _start(query))

    def user(self, id_: str, asked: Asked) -> Document:
        """One user."""
        return shown(self._user(id_), read_query(User, asked))

    def create_user(self, document: Any, asked: Asked) -> Document:
        """A new member with minimal access, in the account the address has or gets."""
        query, wanted = read_query(User, asked), read_new(User, document)
        done = self._known.enrol(
            wanted.user_name or "",
            name=display_of(wanted),
            external_id=wanted.external_id or None,
            active=wanted.active is not False,
        )
        return shown(self._user(done.object.id), query)

    def replace_user(self, id_: str, document: Any, asked: Asked) -> Document:
        """Begin or end a membership; the account's own name and address stay whatever is sent."""
        query, wanted = read_query(User, asked), read_replacement(User, document)
        self._become(id_, self._user(id_), wanted, external_id=wanted.external_id or "")
        return shown(self._user(id_), query)

    def patch_user(self, id_: str, document: Any, asked: Asked) -> Document:
        """As `replace_user`, by operations; what they do not touch stays."""
        query, patch = read_query(User, asked), read_patch(User, document)
        before = self._user(id_)
        after = before.model_copy(deep=True)
        with understood():
            patch.patch(after, scim_policy=LENIENT)
        same = before.external_id == after.external_id
        after.active = None if before.active == after.active else after.active
        self._become(id_, before, after, external_id=None if same else after.external_id or "")
        return shown(self._user(id_), query)

    def delete_user(self, id_: str) -> None:
        """End a membership, and know nothing of it any longer."""
        self._known.forget(id_)

    def _user(self, id_: str) -> User:
        return user_document(self._known.user(id_), self._base)

    def _become(self, id_: str, before: User, after: User, external_id: str | None) -> None:
        """Whoever is to lose access does, whatever else is asked; else another address is refused."""
        if after.active is not False and (after.user_name or "").lower() != (before.user_name or "").lower():
            raise RequestError(
                f"the `userName` of `{before.user_name}` is theirs to change: end this user, and make one with the new",
                code="immutable",
            )
        self._known.change(id_, active=after.active, external_id=external_id)

    # --- groups ---

    def groups(self, asked: Asked) -> Document:
        """A page of groups, by id."""
        query = read_query(Group, asked)
        found = query.filter

        def fits(group: KnownGroup) -> bool:
            return found is None or found.match(group_document(group, self._base))

        id_, member = (compared(found.ast, name) if found is not None else None for name in ("id", "members"))
        if not (_possible("group", id_) and _possible("member", member)):
            return listed([], 0, _start(query))
        wanted = Wanted(_start(query), _count(query), id_, member=member, fits=fits if found is not None else None)
        with_members = _shows_members(query) or (found is not None and "members" in str(found).lower())
        page = self._known.groups(wanted, with_members=with_members)
        shown_ = [shown(group_document(one, self._base), query) for one in page.items]
        return listed(shown_, page.total, _start(query))

    def group(self, id_: str, asked: Asked) -> Document:
        """One group."""
        return self._group(id_, read_query(Group, asked))

    def create_group(self, document: Any, asked: Asked) -> Document:
        """A new group, which may do nothing until an owner gives it policies."""
        query, wanted = read_query(Group, asked), read_new(Group, document)
        members = _ids(wanted)
        done = self._groups.create(
            wanted.display_name or "", external_id=wanted.external_id or None, members=sorted(members)
        )
        return self._group(done.object.id, query)

    def replace_group(self, id_: str, document: Any, asked: Asked) -> Document:
        """Make the group what is sent: one without members has none."""
        query, wanted = read_query(Group, asked), read_replacement(Group, document)
        self._groups.change(id_, GroupChange(wanted.display_name, wanted.external_id or "", _ids(wanted)))
        return self._group(id_, query)

    def patch_group(self, id_: str, document: Any, asked: Asked) -> Document | None:
        """Rename a group, add members and remove others, in one act; the group is told if attributes are asked for."""
        query, patch = read_query(Group, asked), read_patch(Group, document)
        self._groups.change(id_, group_change(patch))
        return self._group(id_, query) if query.attributes else None

    def delete_group(self, id_: str) -> None:
        """End a group; its members stay in the workspace."""
        self._groups.delete(id_)

    def _group(self, id_: str, query: SearchRequest[Group]) -> Document:
        found = self._known.group(id_, with_members=_shows_members(query))
        return shown(group_document(found, self._base), query)


def _possible(type_: str, id_: str | None) -> bool:
    """Whether something could have that id; there is nothing to look for where it could not."""
    try:
        return id_ is None or bool(words.email(id_) if type_ == "email" else Object(type_, id_))
    except RequestError:
        return False


def _ids(group: Group) -> frozenset[str]:
    found = [one.value for one in group.members or ()]
    if not all(found):
        raise RequestError("each member has a `value`, the id of a user", code="invalid_request")
    return frozenset(one for one in found if one)


def _start(query: SearchRequest[Any]) -> int:
    return query.start_index or 1


def _count(query: SearchRequest[Any]) -> int:
    return min(SCIM_PAGE if query.count is None else query.count, MAX_SCIM_PAGE)


def _shows_members(query: SearchRequest[Group]) -> bool:
    """Whether a group is told with its members, which may be many."""
    if query.attributes:
        return any(path.parts[:1] and path.parts[0].lower() == "members" for path in query.attributes)
    return not any(str(path).lower() == "members" for path in query.excluded_attributes or ())


def _all(documents: list[Document]) -> Document:
    return listed(documents, len(documents), 1)


def _one(documents: list[Document], id_: str) -> Document:
    found = next((one for one in documents if one["id"] == id_), None)
    if found is None:
        raise RequestError(f"no schema or resource type `{shortened(id_)}`", code="schema_not_found")
    return found
