"""What these tests share: the demo's organisation in a store of its own, and the same after a while."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ulid import ULID

from iamgraph.access.access import Access, found_store
from iamgraph.access.desk import RelationMissingError
from iamgraph.access.policies import Grant
from iamgraph.access.words import Caller
from iamgraph.authorizer import Authorizer
from iamgraph.cookbook import recipe
from iamgraph.demo.company import fill
from iamgraph.exploring import Rows
from iamgraph.questions import WriteRequest
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.tuples import Object, RelationTuple, parse_tuple


@dataclass(frozen=True, slots=True)
class Organisation:
    """A store, and questions to it."""

    authorizer: Authorizer
    keeper: Neo4jKeeper
    store: str

    def ask(self, name: str, **parameters: object) -> Rows:
        """What a question that ships finds."""
        return self.authorizer.query(recipe(name).statement, store=self.store, **parameters)

    def rows(self, name: str, **parameters: object) -> list[tuple[Any, ...]]:
        """The values of its rows."""
        return list(self.ask(name, **parameters).values)

    def access(self, reason: str = "tests") -> Access:
        """What a service's key can do here."""
        return Access.by(Caller(None, "demo"), self.authorizer, self.keeper, self.store).saying(reason)

    def write(self, *tuples: RelationTuple | str) -> None:
        """Tuples, past the rules of the verbs."""
        read = tuple(parse_tuple(one) if isinstance(one, str) else one for one in tuples)
        self.authorizer.write(WriteRequest(self.store, writes=read, by="tests", reason="past the rules"))


def _made(authorizer: Authorizer, keeper: Neo4jKeeper) -> Organisation:
    made = Organisation(authorizer, keeper, f"explore-{ULID()}")
    found_store(authorizer, made.store)
    fill(made.access("the demo"))
    return made


@pytest.fixture(scope="session")
def demo(authorizer: Authorizer, keeper: Neo4jKeeper) -> Iterator[Organisation]:
    """The demo, which tests leave as it is."""
    made = _made(authorizer, keeper)
    yield made
    authorizer.delete_store(made.store)


@pytest.fixture(scope="session")
def later(authorizer: Authorizer, keeper: Neo4jKeeper) -> Iterator[Organisation]:
    """The demo after a while: things left over, ended or never used; tests leave it as it is."""
    made = _made(authorizer, keeper)
    access = made.access()
    access.groups("acme").create("Nobody", id_="nobody")
    access.policies("acme").create(Grant("space_reader"), id_="for-nobody")
    access.policies("acme").create(Grant("space_user"), ("group:nobody",), id_="for-empty")
    # The group reads all sources already.
    access.policies("acme").create(Grant("source_reader", ("orders",)), ("group:support",), id_="orders-readers")
    access.members("acme").add("dan@acme.example", role="owner", id_="dan")
    Access.by(Caller(Object("member", "dan"), "member:dan"), authorizer, keeper, made.store).tokens("acme").create(
        "nightly"
    )
    access.members("acme").remove("dan")
    access.members("acme").add("fay@acme.example", id_="fay")
    with pytest.raises(RelationMissingError):
        Access.by(Caller(Object("member", "fay"), "member:fay"), authorizer, keeper, made.store).groups("acme").delete(
            "eng"
        )
    made.write(
        _until("policy:all-readers#direct@member:fay", timedelta(days=-1)),
        _until("policy:lake-admin#direct@member:eve", timedelta(days=3)),
        "policy:eu-admins#direct@member:gus",
    )
    yield made
    authorizer.delete_store(made.store)


def _until(text: str, left: timedelta) -> RelationTuple:
    return replace(parse_tuple(text), expires_at=datetime.now(UTC) + left)
