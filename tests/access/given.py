"""What the tests of whole workspaces share: a store with the shipped model, who asks there, and what holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from iamgraph.access.access import Access, shipped_model
from iamgraph.access.words import Caller
from iamgraph.authorizer import Authorizer
from iamgraph.questions import CheckQuestion
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.tuples import RelationTuple, parse_object

KEY: Final = Caller(None, "key root")


@dataclass(frozen=True, slots=True)
class Ground:
    """A store with the shipped model."""

    authorizer: Authorizer
    keeper: Neo4jKeeper
    store: str

    def by(self, subject: str) -> Access:
        """What a member or token can do."""
        return Access.by(Caller.of(parse_object(subject)), self.authorizer, self.keeper, self.store)

    @property
    def root(self) -> Access:
        """What a service's own key can do."""
        return Access.by(KEY, self.authorizer, self.keeper, self.store)

    @property
    def revision(self) -> int:
        """The store's newest."""
        return self.authorizer.get_store(self.store).revision.number

    def may(self, subject: str, relation: str, object_: str) -> bool:
        """The answer to a check."""
        question = CheckQuestion(self.store, parse_object(subject), relation, parse_object(object_))
        return self.authorizer.check(question).allowed

    def changed(self, since: int) -> tuple[set[RelationTuple], set[RelationTuple]]:
        """The tuples that came and went since a revision."""
        changes = self.authorizer.changes(self.store, since)
        return {one for each in changes for one in each.writes}, {one for each in changes for one in each.deletes}


def ground(authorizer: Authorizer, keeper: Neo4jKeeper, store: str) -> Ground:
    """That store, with the shipped model in it."""
    authorizer.write_model(store, shipped_model())
    return Ground(authorizer, keeper, store)
