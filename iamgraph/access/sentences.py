"""Reasons in the words of the access model, and which changes its rules know."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from itertools import count
from typing import Final

from iamgraph.access import words
from iamgraph.access.policies import HOLDING
from iamgraph.access.roles import ROLES
from iamgraph.model.model import Model
from iamgraph.reasons import Lack, Proof, Remedy, Seen, WhyQuestion, absences, statement
from iamgraph.tuples import Object, RelationTuple, Subject, Userset

_NEEDED: Final = (
    ("workspace", "owner_direct"),
    ("workspace", "source_admin_by_label"),
    ("policy", "required_label"),
    ("policy", "holder"),
    ("group", "added"),
    ("source", "label"),
)
_ROLE_OF: Final = {name: one.id for one in ROLES.values() for name in (one.id, one.by_label)}
# What puts a thing where it is. It is never in two places, so a second one is no remedy.
_PLACES: Final = frozenset({"workspace", "source", "space"})


class AccessSentences:
    """Words of members, groups, policies, roles and labels."""

    def fit(self, model: Model) -> bool:
        """Whether the model has what is spoken of here."""
        return all(model.relation(*one) is not None for one in _NEEDED)

    def proof(self, seen: Seen, asked: WhyQuestion, proof: Proof) -> str:
        """From the holder by group and policy to the resource, with the labels that let it pass."""
        if not proof.path:
            return f"{asked.subject} is the very set that is asked about"
        tuples = [one.tuple for one in proof.path]
        said = [text for one in tuples if (text := self._said(seen, asked, tuples, one)) is not None]
        return "; ".join((*(said or map(statement, tuples)), *absences(asked, proof)))

    def _said(self, seen: Seen, asked: WhyQuestion, tuples: list[RelationTuple], one: RelationTuple) -> str | None:
        """A tuple as a clause; None where another clause says it, or it goes without saying."""
        object_, subject = one.object, one.subject
        who, what = _named(seen, subject), _named(seen, object_)
        match object_.type, one.relation:
            case "group", "added":
                return f"{who} is in {what}"
            case "policy", "direct" | "group":
                return f"{who} holds {what}"
            case "workspace", "owner_direct":
                return f"{who} owns {what}"
            case "workspace", "member" | "token" if len(tuples) <= 2 or object_ == asked.object:
                return f"{who} is inside {what}"
            case "policy", "required_label":
                return None
            case _, relation if relation in _ROLE_OF and isinstance(subject, Object):
                return f"{who} gives {_ROLE_OF[relation]} on {what}{_narrowed(seen, tuples, subject)}"
            case _, "label" | "workspace" | "member" | "token":
                return None
            case _, "source" | "space":
                return f"{what} is in {who}"
            case "workspace", "pii":
                return f"{who} may see personal data in {what}"
            case "group", "pii":
                return f"{what} may see personal data"
            case _:
                return statement(one)

    def lack(self, seen: Seen, asked: WhyQuestion, lack: Lack) -> str:  # noqa: ARG002 - said of what was reached
        """By the labels a policy requires."""
        if lack.required == "required_label":
            needed = ", ".join(map(_label, lack.lacking))
            return f"{lack.reached} is held, but requires {needed}, which {_named(seen, lack.object)} lacks"
        return f"{lack.reached} is held, but is of another workspace than {_named(seen, lack.object)}"

    def remedy(self, seen: Seen, asked: WhyQuestion, writes: tuple[RelationTuple, ...]) -> Remedy | None:  # noqa: ARG002
        """A change as its verb makes it; None where a rule of workspaces, policies or labels forbids it."""
        if not all(self._may(seen, one, writes) for one in writes):
            return None
        made = tuple(each for one in writes for each in (one, *_mirror(one)))
        return Remedy(made, " and ".join(self._act(seen, one) for one in writes))

    def offers(self, seen: Seen, asked: WhyQuestion) -> Iterator[Remedy]:
        """A new policy that gives one role, on the resource alone before the workspace, and what allows less first."""
        holder = _holder(asked.subject)
        resources = list(_within(seen, asked.object))
        home = next((each for one in resources if isinstance(each := _home(seen, one), Object)), None)
        if holder is None or home is None:
            return
        policy = _new_policy(seen)
        held = RelationTuple(policy, holder[0], holder[1])
        of_home = RelationTuple(policy, "workspace", home)
        for role in reversed([one for one in ROLES.values() if one.single is not None]):
            for one in resources:
                if one.type == role.single:
                    writes = (of_home, RelationTuple(one, role.id, policy), held)
                    yield self._offered(seen, holder[1], f"{role.id}@{one.id}", home, writes)
        for role in reversed(ROLES.values()):
            yield self._offered(seen, holder[1], role.id, home, (of_home, RelationTuple(home, role.id, policy), held))

    def _offered(
        self, seen: Seen, holder: Object, grant: str, home: Object, writes: tuple[RelationTuple, ...]
    ) -> Remedy:
        given = writes[1]
        sentence = f"give {_named(seen, holder)} a new policy of {given.relation} on {_named(seen, given.object)}"
        command = shlex.join(["iamgraph", "policy", "give", home.id, str(holder), "--grant", grant])
        return Remedy(writes, sentence, command)

    def _may(self, seen: Seen, one: RelationTuple, writes: tuple[RelationTuple, ...]) -> bool:
        if one.relation in _PLACES or one.relation in ("required_label", "carrier"):
            return False  # things stay where they are, and what a policy requires never changes under it
        home = _home(seen, one.object)
        if one.relation == "label" and isinstance(one.subject, Object):
            both = [*(each.subject for each in (*seen.of(one.object, "label"), *writes) if each.object == one.object)]
            keys = [words.label_key(each) for each in dict.fromkeys(both) if isinstance(each, Object)]
            return len(set(keys)) == len(keys) and _home(seen, one.subject) == home
        if one.relation in _ROLE_OF:
            return False  # what a policy gives never changes under it
        if isinstance(one.subject, Object) and one.subject.type == "group":
            return home == _home(seen, one.subject)
        return True

    def _act(self, seen: Seen, one: RelationTuple) -> str:
        who, what = _named(seen, one.subject), _named(seen, one.object)
        match one.object.type, one.relation:
            case "group", "added":
                return f"add {who} to {what}"
            case "policy", "direct" | "group":
                return f"let {who} hold {what}"
            case "workspace", "owner_direct":
                return f"make {who} an owner of {what}"
            case "workspace", "member" | "token":
                return f"let {who} into {what}"
            case _, "label":
                return f"attach {_label(one.subject)} to {what}"
            case _:
                return f"make {who} {one.relation} of {what}"


def _narrowed(seen: Seen, tuples: list[RelationTuple], policy: Object) -> str:
    """The labels that a policy requires, and what carries them."""
    required = [one.subject for one in tuples if one.object == policy and one.relation == "required_label"]
    carriers = [one.object for one in tuples if one.relation == "label" and one.subject in required]
    if not carriers:
        return ""
    return f", requiring {', '.join(map(_label, required))}, which {_named(seen, carriers[0])} carries"


def _named(seen: Seen, subject: Subject) -> str:
    """Who or what, by the name people use where there is one."""
    name = seen.name(subject) if isinstance(subject, Object) else None
    return f"{name} ({subject})" if name is not None else str(subject)


def _label(subject: Subject) -> str:
    return f"label {words.label_text(subject)}" if isinstance(subject, Object) else str(subject)


def _home(seen: Seen, object_: Object) -> Subject | None:
    """The workspace a thing is in."""
    if object_.type == "workspace":
        return object_
    return next((one.subject for one in seen.of(object_, "workspace")), None)


def _holder(subject: Subject) -> tuple[str, Object] | None:
    """By which relation a subject holds policies, if it may hold any."""
    match subject:
        case Userset(Object("group") as group, "member"):
            return HOLDING[group.type], group
        case Object("member" | "token"):
            return HOLDING[subject.type], subject
        case _:
            return None


def _within(seen: Seen, object_: Object) -> Iterator[Object]:
    """A thing, and what it is in."""
    yield object_
    for relation in ("source", "space"):
        yield from (one.subject for one in seen.of(object_, relation) if isinstance(one.subject, Object))


def _new_policy(seen: Seen) -> Object:
    """A policy that is not there."""
    named = (Object("policy", f"new-{i}") for i in count(1))
    return next(one for one in named if not seen.of(one, "workspace"))


def _mirror(one: RelationTuple) -> tuple[RelationTuple, ...]:
    """What goes along with a label that a source carries."""
    if one.relation == "label" and one.object.type == "source" and isinstance(one.subject, Object):
        return (RelationTuple(one.subject, "carrier", one.object),)
    return ()
