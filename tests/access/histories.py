"""Random histories of two workspaces: every step is done by iamgraph and by the oracle."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from hypothesis import strategies as st

from iamgraph.access.access import Access
from iamgraph.access.policies import Grant
from iamgraph.errors import IamgraphError
from iamgraph.questions import CheckBatch, CheckQuestion, Decision
from iamgraph.tuples import parse_object
from tests.access.oracle import ASKED, LABELLED, MAY, SINGLE, Group, Oracle, Policy, Resource
from tests.access.python import PythonDoor

HOMES: Final = ("a", "b")
OWNERS: Final = {"member:a": "a", "member:b": "b"}
TOKENS: Final = {"token:a": "a", "token:b": "b"}
GROUPS: Final = {"group:a1": "a", "group:a2": "a", "group:b1": "b"}
# Where they are at the beginning; p2 is in both.
SOMEBODY: Final = {"member:p0": "a", "member:p1": "a", "member:p2": "a", "member:p3": "b", **OWNERS}
PEOPLE: Final = tuple(one for one in SOMEBODY if one not in OWNERS)
HOLDERS: Final = {**SOMEBODY, **TOKENS, **GROUPS}
JOINED: Final = (
    *(("add_member", home, one, False) for one, home in SOMEBODY.items() if one not in OWNERS),
    ("add_member", "b", "member:p2", False),
    *(("group_add", "a", "group:a1", one) for one in ("member:p0", "member:p1")),
    *(("group_add", "a", "group:a2", one) for one in ("member:p1", "member:p2")),
    ("group_add", "b", "group:b1", "member:p2"),
    ("attach", "a", "source:a1", "environment:prod"),
    ("attach", "a", "source:a1", "brand:a"),
    ("attach", "a", "source:a2", "environment:dev"),
    ("attach", "a", "space:a1", "environment:prod"),
    ("attach", "b", "source:b1", "environment:prod"),
)
RESOURCES: Final = {
    "source:a1": "a",
    "source:a2": "a",
    "source:b1": "b",
    "space:a1": "a",
    "space:b1": "b",
    "function:a1": "a",
    "function:b1": "b",
}
LABELS: Final = ("environment:dev", "environment:prod", "brand:a", "brand:b")
CARRYING: Final = {one: home for one, home in RESOURCES.items() if not one.startswith("function:")}
# Those that reach single resources are the interesting ones.
ROLES: Final = (*SINGLE, *SINGLE, *MAY)
EVERY: Final = frozenset().union(*ASKED.values())
TELLING: Final = frozenset(
    {"can_open", "can_manage_access", "can_create_source", "can_read", "can_edit", "can_see_pii"}
)
Question = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """A verb, of the workspace of that id, and what it is told."""

    verb: str
    home: str
    told: tuple[Any, ...] = ()


@dataclass
class History:
    """What was done, and what it came to: in iamgraph and in the oracle."""

    door: PythonDoor
    oracle: Oracle = field(default_factory=Oracle)
    real: dict[str, str] = field(default_factory=dict)

    @property
    def root(self) -> Access:
        """What the service's own key can do."""
        return self.door.access(None)

    def begin(self) -> History:
        """Two workspaces with an owner, labels, groups, resources and a token each."""
        for home in HOMES:
            self._found(home)
        for group, home in GROUPS.items():
            self.root.groups(home).create(group, id_=_id(group))
            self.oracle.groups[group] = Group(_home(home))
        for one, home in RESOURCES.items():
            self.root.resources(home).create(one.partition(":")[0], id_=_id(one))
            self.oracle.resources[one] = Resource(_home(home))
        self.root.resources("a").create("destination", id_="a1", parent="a1")
        self.oracle.resources["destination:a1"] = Resource(_home("a"), source="source:a1")
        for verb, home, *told in JOINED:
            assert (True, True) == self.do(Step(str(verb), str(home), tuple(told)))
        return self

    def _found(self, home: str) -> None:
        self.root.workspaces.create(home, name=home, owner=f"{home}@x.io")
        (owner,) = self.root.members(home).all()
        token, _ = self.root.tokens(home).create("robot")
        self.real |= {f"member:{home}": f"member:{owner['id']}", f"token:{home}": str(token.object)}
        for label in LABELS[2:]:
            self.root.labels(home).create(label)
        self.oracle.inside[_home(home)] = {f"member:{home}", f"token:{home}"}
        self.oracle.owners[_home(home)] = {f"member:{home}"}
        self.oracle.pii[_home(home)] = set()

    def do(self, step: Step) -> tuple[bool, bool]:
        """Whether it is done: by the oracle, by iamgraph."""
        expected = ORACLES[step.verb](self.oracle, _home(step.home), *step.told)
        told = tuple(self._real(one) for one in step.told)
        try:
            VERBS[step.verb](self.root, step.home, *told)
        except IamgraphError:
            return expected, False
        return expected, True

    def _real(self, one: Any) -> Any:
        if isinstance(one, str):
            return self.real.get(one, one)
        return tuple(map(self._real, one)) if isinstance(one, tuple) else one

    def answers(self, relations: Collection[str] = EVERY) -> dict[Question, bool]:
        """What iamgraph says to every question, of these relations."""
        asked = list(questions(relations))
        batch = CheckBatch(self.door.store, tuple(self._question(*one) for one in asked))
        found = self.door.authorizer.check_many(batch).items
        assert all(isinstance(one, Decision) for one in found)
        return {one: isinstance(it, Decision) and it.allowed for one, it in zip(asked, found, strict=True)}

    def expected(self) -> dict[Question, bool]:
        """What the oracle says to every question."""
        return {one: self.oracle.may(*one) for one in questions()}

    def allowed(self) -> set[Question]:
        """What iamgraph allows, of the relations that say most: each takes a statement of its own."""
        return {one for one, answer in self.answers(TELLING).items() if answer}

    def _question(self, subject: str, relation: str, object_: str) -> CheckQuestion:
        return CheckQuestion(self.door.store, parse_object(self._real(subject)), relation, parse_object(object_))


def questions(relations: Collection[str] = EVERY) -> Iterable[Question]:
    """Everybody, about everything, in these relations."""
    objects = (*map(_home, HOMES), *RESOURCES, "destination:a1")
    return (
        (subject, relation, one)
        for subject in (*OWNERS, *PEOPLE, *TOKENS)
        for one in objects
        for relation in sorted(ASKED[one.partition(":")[0]].intersection(relations))
    )


def differences(left: dict[Question, bool], right: dict[Question, bool]) -> dict[Question, tuple[bool, bool]]:
    """Where two who answered differ."""
    return {one: (left[one], right[one]) for one in left if left[one] != right[one]}


def _home(id_: str) -> str:
    return f"workspace:{id_}"


def _id(one: str) -> str:
    return one.partition(":")[2]


def _role(owner: bool) -> str:
    return "owner" if owner else "member"


# --- the steps, as iamgraph and as the oracle do them ------------------------------------------------------

VERBS: Final[dict[str, Callable[..., Any]]] = {
    "add_member": lambda root, home, person, owner: root.members(home).add(
        f"{_id(person)}@x.io", id_=_id(person), role=_role(owner)
    ),
    "set_role": lambda root, home, person, owner: root.members(home).set_role(_id(person), _role(owner)),
    "set_pii": lambda root, home, person, pii: root.members(home).set_pii(_id(person), pii=pii),
    "remove_member": lambda root, home, person: root.members(home).remove(_id(person)),
    "revoke": lambda root, home, token: root.tokens(home).revoke(_id(token)),
    "group_add": lambda root, home, group, person: root.groups(home).add(_id(group), [_id(person)]),
    "group_remove": lambda root, home, group, person: root.groups(home).remove(_id(group), [_id(person)]),
    "group_pii": lambda root, home, group, pii: root.groups(home).set_pii(_id(group), pii=pii),
    "group_delete": lambda root, home, group: root.groups(home).delete(_id(group)),
    "policy": lambda root, home, name, role, resources, labels, holders: root.policies(home).create(
        Grant(role, tuple(map(_id, resources)), labels), holders, id_=name
    ),
    "policy_delete": lambda root, home, name: root.policies(home).delete(name),
    "attach": lambda root, home, resource, label: root.labels(home).attach(resource, [label]),
    "detach": lambda root, home, resource, label: root.labels(home).detach(resource, [label]),
    "move": lambda root, home, resource, other: root.resources(home).move(resource, other),
}
ORACLES: Final[dict[str, Callable[..., bool]]] = {
    "add_member": lambda oracle, home, person, owner: oracle.add_member(home, person, owner=owner),
    "set_role": lambda oracle, home, person, owner: oracle.set_role(home, person, owner=owner),
    "set_pii": lambda oracle, home, person, pii: oracle.set_pii(home, person, pii=pii),
    "remove_member": Oracle.remove_member,
    "revoke": Oracle.revoke,
    "group_add": Oracle.group_add,
    "group_remove": Oracle.group_remove,
    "group_pii": lambda oracle, home, group, pii: oracle.group_pii(home, group, pii=pii),
    "group_delete": Oracle.group_delete,
    "policy": lambda oracle, home, name, role, resources, labels, holders: oracle.policy(
        name, Policy(home, role, set(resources), set(labels), set(holders))
    ),
    "policy_delete": Oracle.policy_delete,
    "attach": Oracle.attach,
    "detach": Oracle.detach,
    "move": lambda oracle, home, resource, other: oracle.move(home, resource, _home(other)),
}


# --- what is drawn -----------------------------------------------------------------------------------------


homes = st.sampled_from(("a", "a", "a", "b"))
labels = st.sampled_from(LABELS)


def local(home: str, all_: Mapping[str, str]) -> st.SearchStrategy[str]:
    """Mostly what is of the workspace."""
    here = [one for one, where in all_.items() if where == home]
    return st.sampled_from((*here * 4, *all_))


@st.composite
def policies(draw: st.DrawFn) -> Step:
    """A new policy; most of them within the rules, and held by somebody."""
    home, role = draw(homes), draw(st.sampled_from(ROLES))
    reach = draw(st.sampled_from(("all", "labels", "single", "odd")))
    single = {one: where for one, where in RESOURCES.items() if one.startswith(f"{SINGLE.get(role)}:")}
    resources = st.lists(local(home, single), min_size=1, max_size=2, unique=True)
    required = st.lists(labels, min_size=1, max_size=2, unique_by=lambda one: one.partition(":")[0])
    holders = st.lists(local(home, HOLDERS), min_size=1, max_size=2, unique=True)
    told = (
        f"{home}-{draw(st.integers(0, 9))}",
        role,
        tuple(draw(resources)) if single and reach == "single" else (),
        tuple(draw(required)) if reach == "odd" or (reach == "labels" and role in LABELLED) else (),
        tuple(draw(holders)),
    )
    return Step("policy", home, told)


@st.composite
def others(draw: st.DrawFn) -> Step:
    """Any other step."""
    home, verb = draw(homes), draw(st.sampled_from(tuple(DRAWN)))
    return Step(verb, home, tuple(draw(one) for one in DRAWN[verb](home)))


DRAWN: Final[Mapping[str, Callable[[str], tuple[st.SearchStrategy[Any], ...]]]] = {
    "add_member": lambda home: (st.sampled_from(PEOPLE), st.sampled_from((False, False, False, True))),
    "set_role": lambda home: (local(home, SOMEBODY), st.booleans()),
    "set_pii": lambda home: (local(home, SOMEBODY), st.booleans()),
    "remove_member": lambda home: (local(home, SOMEBODY),),
    "revoke": lambda home: (local(home, TOKENS),),
    "group_add": lambda home: (local(home, GROUPS), local(home, SOMEBODY)),
    "group_remove": lambda home: (local(home, GROUPS), local(home, SOMEBODY)),
    "group_pii": lambda home: (local(home, GROUPS), st.booleans()),
    "group_delete": lambda home: (local(home, GROUPS),),
    "policy_delete": lambda home: (st.builds("{}-{}".format, homes, st.integers(0, 9)),),
    "attach": lambda home: (local(home, CARRYING), labels),
    "detach": lambda home: (local(home, CARRYING), labels),
    "move": lambda home: (local(home, RESOURCES), st.sampled_from(HOMES)),
}
openings = st.lists(policies(), min_size=8, max_size=10)
histories = st.builds(list.__add__, openings, st.lists(others() | policies(), min_size=8, max_size=16))
