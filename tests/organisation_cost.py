"""What a large organisation costs: `python -m tests.organisation_cost` applies it, applies it again, and asks it.

Twenty workspaces: 10,000 members, 1,000 groups, 5,000 sources, 60 labels, on a Neo4j as the environment says. Every
answer is compared with what the documents say.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Final

from ulid import ULID

from iamgraph.access.access import Access, shipped_model
from iamgraph.access.document import Document, Group, Label, Member, Policy, Resource
from iamgraph.access.words import Caller
from iamgraph.questions import CheckBatch, CheckQuestion, Decision
from iamgraph.settings import Settings
from iamgraph.tuples import Object
from iamgraph.wiring import Connection, open_connection

WORKSPACES: Final = 20
MEMBERS, GROUPS, SOURCES, IN_GROUP = 500, 50, 250, 12
BRANDS: Final = ("brand:a", "brand:b", "brand:c")
ENVIRONMENTS: Final = ("environment:dev", "environment:prod")
ROUNDS: Final = 200


def document(number: int) -> Document:
    """One workspace. Member 0 owns it, member 1 is admin of all sources, the last few are in no group."""
    r, w = random.Random(number), f"w{number}"
    people = [f"{w}-m{i}" for i in range(MEMBERS)]
    brands = [r.choice(BRANDS) for _ in range(SOURCES)]
    return Document(
        w,
        w,
        labels=tuple(map(Label, BRANDS)),
        members=tuple(
            Member(one, f"{one}@example.com", role="owner" if one == people[0] else "member") for one in people
        ),
        groups=tuple(
            Group(f"{w}-g{i}", f"group {i}", members=tuple(r.sample(people[2:-10], IN_GROUP))) for i in range(GROUPS)
        ),
        resources=tuple(
            Resource("source", f"{w}-s{i}", labels=(brand, ENVIRONMENTS[i % 2])) for i, brand in enumerate(brands)
        ),
        policies=(
            Policy(f"{w}-all", "source_admin", holders=(f"member:{people[1]}",)),
            *(
                Policy(
                    f"{w}-p{i}",
                    r.choice(("source_admin", "source_reader")),
                    labels=(r.choice(BRANDS), r.choice(ENVIRONMENTS)),
                    holders=(f"group:{w}-g{i}",),
                )
                for i in range(GROUPS)
            ),
        ),
    )


@dataclass(frozen=True, slots=True)
class Truth:
    """What a document says of who may do what with sources, by plain sets."""

    document: Document

    def may(self, member: str, role: str, source: Resource) -> bool:
        """Whether a policy of that role, or more, reaches the source for the member."""
        groups = {f"group:{one.id}" for one in self.document.groups if member in one.members}
        mine = {f"member:{member}", *groups}
        roles = {"source_admin"} if role == "source_admin" else {"source_admin", "source_reader"}
        owner = any(one.id == member and one.role == "owner" for one in self.document.members)
        return owner or any(
            one.role in roles and mine & set(one.holders) and set(one.labels) <= set(source.labels)
            for one in self.document.policies
        )


@contextmanager
def _timed(name: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    print(f"{name}: {time.perf_counter() - began:.1f} s", flush=True)  # noqa: T201


def _apply(access: Access, documents: list[Document]) -> None:
    for one in documents:
        access.documents.apply(one)


def _asked(connection: Connection, store: str, one: Document) -> None:
    """Ten typical questions about one workspace, each with its answer and its median time."""
    truth, w, r = Truth(one), one.workspace, random.Random(7)
    people = [each.id or "" for each in one.members]
    sources = list(one.resources)
    inside, alone, foreign = people[2:-10], people[-1], f"{WORKSPACES // 2}"

    def check(member: str, relation: str, object_: Object) -> bool:
        return connection.authorizer.check(CheckQuestion(store, Object("member", member), relation, object_)).allowed

    def on(relation: str, role: str, member: Callable[[], str]) -> Callable[[], tuple[bool, bool]]:
        def ask() -> tuple[bool, bool]:
            who, source = member(), r.choice(sources)
            return truth.may(who, role, source), check(who, relation, Object("source", source.id))

        return ask

    def home(relation: str, member: str, answer: bool) -> Callable[[], tuple[bool, bool]]:
        return lambda: (answer, check(member, relation, Object("workspace", w)))

    def many() -> tuple[list[bool], list[bool]]:
        who = r.choice(inside)
        asked = tuple(
            CheckQuestion(store, Object("member", who), "can_edit", Object("source", each.id)) for each in sources
        )
        items = connection.authorizer.check_many(CheckBatch(store, asked)).items
        return [truth.may(who, "source_admin", each) for each in sources], [
            isinstance(each, Decision) and each.allowed for each in items
        ]

    questions: dict[str, Callable[[], tuple[object, object]]] = {
        "an owner edits a source": on("can_edit", "source_admin", lambda: people[0]),
        "a member of groups reads one": on("can_read", "source_reader", lambda: r.choice(inside)),
        "a member of groups edits one": on("can_edit", "source_admin", lambda: r.choice(inside)),
        "a member of no group reads one": on("can_read", "source_reader", lambda: alone),
        "a member of another workspace reads one": on("can_read", "source_reader", lambda: f"w{foreign}-m1"),
        "the admin of all sources edits one": on("can_edit", "source_admin", lambda: people[1]),
        "the admin of all sources creates one": home("can_create_source", people[1], True),
        "a member of no group opens the workspace": home("can_open", alone, True),
        "a member manages access": home("can_manage_access", people[1], False),
        f"a member edits which of {SOURCES} sources": many,
    }
    for name, ask in questions.items():
        ask()
        took = []
        for _ in range(ROUNDS if ask is not many else ROUNDS // 10):
            began = time.perf_counter()
            expected, found = ask()
            took.append(time.perf_counter() - began)
            assert expected == found, (name, expected, found)
        print(f"{name}: {median(took) * 1e3:.2f} ms", flush=True)  # noqa: T201


def main() -> None:
    """Print the times."""
    documents, store = [document(i) for i in range(WORKSPACES)], f"cost-{ULID()}"
    connection = open_connection(Settings(deadline=60))
    with connection.authorizer:
        connection.authorizer.create_store(store)
        connection.authorizer.write_model(store, shipped_model())
        access = Access.by(Caller(None, "cost"), connection.authorizer, connection.keeper, store)
        with _timed("apply"):
            _apply(access, documents)
        revision = connection.authorizer.get_store(store).revision.number
        with _timed("apply again"):
            _apply(access, documents)
        assert revision == connection.authorizer.get_store(store).revision.number
        _asked(connection, store, documents[0])
        connection.authorizer.delete_store(store)


if __name__ == "__main__":
    main()
