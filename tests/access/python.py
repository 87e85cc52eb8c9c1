"""The door that Python is: the verbs of `Access`, called by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from iamgraph.access.access import Access
from iamgraph.access.desk import Desk
from iamgraph.access.document import parse_document
from iamgraph.access.groups import GroupChange
from iamgraph.access.people import parse_people
from iamgraph.access.policies import Grant
from iamgraph.access.sessions import Sessions
from iamgraph.access.words import Caller
from iamgraph.authorizer import Authorizer
from iamgraph.questions import CheckQuestion, Done
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.tuples import parse_object
from tests.access.organisation import Made

KEY = Caller(None, "key root")


@dataclass(frozen=True, slots=True)
class PythonDoor:
    """The verbs of one store, by a clock that may be some days behind."""

    authorizer: Authorizer
    keeper: Neo4jKeeper
    store: str
    days_behind: int = 0

    def may(self, subject: str, relation: str, object_: str) -> bool:
        """The answer to a check."""
        question = CheckQuestion(self.store, parse_object(subject), relation, parse_object(object_))
        return self.authorizer.check(question).allowed

    def lives(self, member: str, idle: timedelta) -> bool:
        """Whether a session that has been idle so long lives."""
        now = Sessions(self.authorizer, self.keeper, self.store)
        return now.verify(idle_session(now, member, idle)).ended is None

    def act(self, by: str | None, verb: str, workspace: str, arguments: Mapping[str, Any]) -> Made:
        """What a verb makes."""
        return made(self.tell(by, verb, workspace, **arguments))

    def tell(self, by: str | None, verb: str, home: str, /, **arguments: Any) -> Any:
        """What a verb returns."""
        room, _, name = verb.partition(".")
        access = self.access(by)
        verbs = getattr(access, room)
        verbs = verbs(home) if callable(verbs) else verbs
        told = getattr(verbs, name)(**{key: granted(key, value) for key, value in arguments.items()})
        return list(told) if isinstance(told, Iterator) else told

    def access(self, by: str | None) -> Access:
        """What somebody can do; for None the service's own key."""
        caller = KEY if by is None else Caller.of(parse_object(by))
        behind = timedelta(days=self.days_behind)
        return Access(Desk(self.authorizer, self.keeper, self.store, caller, clock=lambda: datetime.now(UTC) - behind))


def idle_session(sessions: Sessions, member: str, idle: timedelta) -> str:
    """The secret of a session that began so long ago, and was not used since."""
    _, secret = replace(sessions, clock=lambda: datetime.now(UTC) - idle).issue(member)
    return secret


def granted(name: str, said: Any) -> Any:
    """An argument of a verb; a grant is made out of role, resources and labels."""
    match name:
        case "grants":
            return [granted("grant", one) for one in said]
        case "grant":
            role, resources, labels = said
            return Grant(role, tuple(resources), tuple(labels))
        case "change":
            members = frozenset(said["members"]) if "members" in said else None
            return GroupChange(said.get("name"), members=members, added=frozenset(said.get("added", ())))
        case "document":
            return parse_document(said)
        case "people":
            return parse_people(said)
        case _:
            return said


def made(told: Any) -> Made:
    """What an act was done to, out of what its verb returns."""
    match told:
        case Done(object=object_):
            return Made(str(object_))
        case (Done(object=object_), str(secret)):
            return Made(str(object_), secret)
        case _:
            return Made()
