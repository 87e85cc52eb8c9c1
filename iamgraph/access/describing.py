"""What a document says of a workspace, as tuples and facts, and all it says wrongly: the verbs' rules, at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from iamgraph.access import words
from iamgraph.access.described import APART, Described
from iamgraph.access.desk import not_found, taken
from iamgraph.access.document import Document, Group, Label, Member, Policy, Resource
from iamgraph.access.faults import Faults
from iamgraph.access.groups import EVERYBODY, name_taken, no_member
from iamgraph.access.invites import invited
from iamgraph.access.labels import check_environments, refuse_used
from iamgraph.access.members import check_member_id, is_owner, last_owner
from iamgraph.access.policies import Grant, policy_tuples
from iamgraph.access.resources import (
    SORTS,
    Standing,
    check_standing,
    labels_named,
    parent_of,
    resource_tuples,
    sort_of,
    source_named,
)
from iamgraph.access.words import is_
from iamgraph.access.workspaces import HIPAA, accounts_of, made_account, workspace_values
from iamgraph.errors import ConflictError, RequestError
from iamgraph.questions import Attributes, Value
from iamgraph.transaction import Transaction
from iamgraph.tuples import Object, RelationTuple, Subject, parse_object, shown

Entry = TypeVar("Entry", Group, Resource, Policy)


class Describing:
    """One document's, against what there is. It is itself what the rules are judged by: what it says so far."""

    def __init__(
        self, transaction: Transaction, document: Document, there: Described, fresh: Callable[[Object], Object]
    ) -> None:
        """`fresh` gives the account an address gets that is nobody's yet."""
        self._transaction = transaction
        self._document = document
        self._there = there
        self._fresh = fresh
        self._home = there.home
        self._faults = Faults()
        self._tuples: set[RelationTuple] = set()
        self._facts: dict[Object, dict[str, Value]] = {}
        self._things: dict[Object, str] = {}
        self._names: set[str | None] = set()
        self._people: dict[str, Object] = {}
        self._accounts: dict[Object, Object] = {}
        self.notes: list[str] = []
        self.ending: frozenset[Object] = frozenset()

    def described(self) -> Described:
        """What is to be; `FaultyFileError` with every fault. After it `ending` has the invites that end."""
        self._workspace()
        self._labels()
        self._members()
        self._invites()
        self._each("groups", self._document.groups, self._group)
        self._each("resources", sorted(self._document.resources, key=_rank), self._resource)
        self._each("policies", self._document.policies, self._policy)
        self._stay()
        self._check_new()
        self._faults.check("the document")
        return Described(self._home, frozenset(self._tuples), self._there.apart, self._facts, frozenset(self._things))

    def has(self, object_: Object, relation: str, subject: Subject) -> bool:
        """Whether the document says so, or it is so and no document's business."""
        one = is_(object_, relation, subject)
        return one in self._tuples or one in self._there.apart

    def _each(self, field: str, entries: Iterable[Entry], say: Callable[[Entry, str], None]) -> None:
        for one in entries:
            place = f"/{field}/{one.id}"
            with self._faults.at(place):
                say(one, place)

    def _found(self, thing: Object, place: str, facts: dict[str, Value] | None = None) -> None:
        if thing in self._things:
            raise RequestError(f"`{thing}` stands twice", code="malformed_document")
        self._things[thing] = place
        if facts is not None:
            # What the store could not keep is told here, with its place.
            self._facts[thing] = dict(Attributes(thing, facts).values)

    # --- what is in it ---

    def _workspace(self) -> None:
        said = self._document
        with self._faults.at(""):
            self._facts[self._home] = {**workspace_values(said.name, said.plan, said.region)}
            Attributes(self._home, self._facts[self._home])
        if said.hipaa:
            self._tuples.add(is_(HIPAA, "workspace", self._home))

    def _labels(self) -> None:
        for said in self._document.labels:
            place = f"/labels/{said.label}"
            with self._faults.at(place):
                self._label(said, place)
        with self._faults.at("/labels"):
            check_environments(one for one in self._things if one.type == "label")

    def _label(self, said: Label, place: str) -> None:
        one = words.label(self._home, said.label)
        self._found(one, place, {"description": said.description})
        self._tuples.add(is_(one, "workspace", self._home))

    def _members(self) -> None:
        here = {self._there.facts[one].get("email"): one for one in self._there.things if one.type == "member"}
        named = [(one, f"/members/{one.id or one.email}") for one in self._document.members]
        addresses: dict[str, Object] = {}
        for said, place in named:
            if said.email is not None:
                with self._faults.at(place):
                    addresses[said.email] = words.email(said.email)
        self._accounts = {one: here[one.id] for one in addresses.values() if one.id in here}
        self._accounts |= accounts_of(
            self._transaction, [one for one in addresses.values() if one not in self._accounts]
        )
        for said, place in named:
            if said.email is None or said.email in addresses:
                with self._faults.at(place):
                    self._member(said, place, addresses.get(said.email or ""))
        if not any(one.relation == "owner_direct" for one in self._tuples):
            self._faults.add("/members", last_owner(self._home))

    def _member(self, said: Member, place: str, address: Object | None) -> None:
        owner, person = is_owner(said.role), self._person(said, address)
        here = person in self._there.things
        self._found(person, place, dict(self._there.facts[person]) if here else None)
        self._tuples.add(is_(self._home, "member", person))
        self._tuples |= {is_(self._home, "owner_direct", person)} if owner else set()
        self._tuples |= {is_(self._home, "pii", person)} if said.pii else set()
        if here:
            self._note_name(said, person)
        if address is None:
            return
        if address.id in self._people:
            raise RequestError(f"`{address.id}` stands twice", code="malformed_document", pointer="/email")
        self._people[address.id] = person
        if not here and address not in self._accounts:
            made = made_account(address, person, said.name)
            self._tuples |= set(made.writes)
            self._facts |= {one.object: dict(one.values) for one in made.attributes}

    def _person(self, said: Member, address: Object | None) -> Object:
        known = self._accounts.get(address) if address is not None else None
        if said.id is None:
            if address is None:
                raise RequestError("a member has an id or an e-mail address", code="malformed_document")
            return known or self._fresh(address)
        person = Object("member", said.id)
        if person in self._there.things:
            if address is not None and self._there.facts[person].get("email") != address.id:
                raise ConflictError(
                    f"`{person}` has another address: nobody else can change it", code="email_refused", pointer="/email"
                )
            return person
        if address is None:
            raise not_found(person)
        check_member_id(person)
        if known not in (None, person):
            raise ConflictError(
                f"`{address.id}` is the address of another account: leave `id` out to take that one",
                code="email_refused",
                pointer="/email",
            )
        return person

    def _invites(self) -> None:
        """An open invite ends as whose it is becomes a member, leaves, or is no owner any longer: else it would undo
        that.
        """
        less = {one for one in self._there.things if one.type == "member"} - self._things.keys()
        owned = (one.subject for one in self._there.tuples - self._tuples if one.relation == "owner_direct")
        less |= {one for one in owned if isinstance(one, Object)}
        emails = {str(self._there.facts[one].get("email")) for one in less}
        emails |= {email for email, person in self._people.items() if person not in self._there.things}
        if emails and self._there.exists:
            known = invited(self._transaction, self._home)
            self.ending = frozenset(known[one] for one in emails if one in known)

    def _note_name(self, said: Member, person: Object) -> None:
        kept = self._there.facts[person].get("name")
        if said.name not in (None, kept):
            stays = "without a name" if kept is None else f"`{shown(str(kept))}`"
            self.notes.append(f"member {person.id}: stays {stays}, which only they can change")

    # --- who is in what, and holds what ---

    def _group(self, said: Group, place: str) -> None:
        group = Object("group", said.id)
        self._found(group, place, {"name": said.name})
        self._tuples.add(is_(group, "workspace", self._home))
        self._tuples |= {is_(group, "pii", EVERYBODY)} if said.pii else set()
        for named in said.members:
            with self._faults.at(place):
                self._tuples.add(is_(group, "added", self._member_named(named)))
        if said.name is not None and said.name in self._names:
            raise name_taken(said.name)
        self._names.add(said.name)

    def _member_named(self, named: str) -> Object:
        person = Object("member", named)
        found = person if person in self._things else self._people.get(named.lower())
        if found is None:
            raise no_member(named)
        return found

    def _resource(self, said: Resource, place: str) -> None:
        sort = sort_of(said.type)
        resource = Object(said.type, said.id)
        above = parent_of(self._home, sort, said.parent)
        admitted = None if said.admits is None else labels_named(self._home, said.admits)
        standing = Standing(labels_named(self._home, said.labels), source_named(said.engage_source), admitted)
        check_standing(resource, standing)
        self._found(resource, place, {"name": said.name})
        self._tuples |= set(resource_tuples(self, self._home, resource, above, standing))

    def _policy(self, said: Policy, place: str) -> None:
        policy = Object("policy", said.id)
        self._found(policy, place)
        holders = [self._holder(text) for text in said.holders]
        grant = Grant(said.role, said.resources, said.labels)
        self._tuples |= set(policy_tuples(self, self._home, policy, grant, holders))

    def _holder(self, text: str) -> Object:
        holder = parse_object(text)
        return self._member_named(holder.id) if holder.type == "member" else holder

    def _stay(self) -> None:
        """A policy the document does not name stays, with its labels, for the tokens and invites that hold it."""
        held: dict[Object, list[str]] = {}
        for one in self._there.apart:
            if (
                one.object.type == "policy"
                and one.object not in self._things
                and getattr(one.subject, "type", None) in APART
                and one.subject not in self.ending
            ):
                held.setdefault(one.object, []).append(str(one.subject))
        for one in self._there.tuples:
            if one.object in held and one.relation == "required_label" and one.subject not in self._things:
                with self._faults.at("/labels"):
                    assert isinstance(one.subject, Object)
                    refuse_used(words.label_text(one.subject), [one.object])
            is_own = one.object in held and one.relation in ("workspace", "required_label")
            is_on = one.subject in held and (one.object == self._home or one.object in self._things)
            if is_own or is_on:
                self._tuples.add(one)
        for policy, holders in held.items():
            self._things[policy] = "/policies"
            self.notes.append(f"policy {policy.id}: stays for `{min(holders)}`, which the document does not describe")

    def _check_new(self) -> None:
        """What is new has an id that nothing has, in any workspace."""
        accounts = set(self._accounts.values())
        new = [one for one in self._things if one not in self._there.things and one not in accounts]
        for one in self._transaction.attributes(new):
            self._faults.add(self._things[one], taken(one))
        for one in new:
            if one.type != "label":
                with self._faults.at(self._things[one]):
                    words.nameable(one)


def _rank(said: Resource) -> int:
    """What other resources name comes before them: sources, then spaces, then what is in either."""
    if said.type in SORTS and SORTS[said.type].parent != "workspace":
        return 2
    return 1 if said.type == "space" else 0
