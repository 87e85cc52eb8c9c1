"""Sessions of members: how long one lasts, judged anew at each request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from ulid import ULID

from iamgraph.access.accounts import DELETED_AT, Accounts
from iamgraph.access.desk import not_found
from iamgraph.access.secrets import SESSION, hash_of, id_of, matches, new_secret
from iamgraph.access.workspaces import HIPAA
from iamgraph.authorizer import Authorizer
from iamgraph.errors import RequestError
from iamgraph.questions import Answers, CheckBatch, CheckQuestion, Decision, Done, Outcome, StoredSession
from iamgraph.tuples import Object, Subject, shown

LASTS: Final = timedelta(days=7)
# Of whoever is a member of any HIPAA-eligible workspace, in all workspaces.
IDLE: Final = timedelta(minutes=15)
# How exactly it is known when a session was last used: no write is made for a use within this of the last one.
SEEN_WITHIN: Final = timedelta(minutes=1)

UNKNOWN, ENDED, EXPIRED, IDLED, OTHERS = (
    "session_unknown",
    "session_ended",
    "session_expired",
    "session_idle",
    "session_of_another",
)


class SessionKeeper(Protocol):
    """Keeps sessions."""

    def create_session(self, store: str, session: StoredSession, forget: datetime) -> None:
        """Keep a session, and forget those of the member that began before `forget`."""

    def get_session(self, store: str, id_: str) -> StoredSession | None:
        """The session of that id."""

    def list_sessions(self, store: str, member: str) -> tuple[StoredSession, ...]:
        """The sessions of a member, newest first."""

    def see_session(self, store: str, id_: str, at: datetime) -> None:
        """The session was used."""

    def end_session(self, store: str, id_: str, at: datetime, by: str) -> bool:
        """End a session for good; whether there is one of that id."""


@dataclass(frozen=True, slots=True)
class SessionState:
    """What became of a session: it lives where `ended` is None, which else says why it does not."""

    session: StoredSession | None
    ended: str | None

    @property
    def member(self) -> Object | None:
        """Whose it is, while it lives."""
        lives = self.session is not None and self.ended is None
        return Object("member", self.session.member) if lives and self.session is not None else None

    def judged(self, decision: Decision, subject: Subject) -> Decision:
        """The decision on a question that came with it: denied where it has ended, or is not the subject's."""
        why = self.ended if self.ended is not None or self.member == subject else OTHERS
        if why is None:
            return decision
        return replace(decision, outcome=Outcome.DENIED, path=None, reason=None, detail="", denied_by=why)

    def judged_many(self, answers: Answers, batch: CheckBatch) -> Answers:
        """As `judged`, of all answers to a batch; what is wrong with a question stays so."""
        items = tuple(
            self.judged(one, asked.subject) if isinstance(one, Decision) and isinstance(asked, CheckQuestion) else one
            for one, asked in zip(answers.items, batch.questions, strict=True)
        )
        return replace(answers, items=items)


@dataclass(frozen=True, slots=True)
class Sessions:
    """The sessions of one store. `clock` gives the aware time they are judged by."""

    authorizer: Authorizer
    keeper: SessionKeeper
    store: str
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def issue(self, member: str) -> tuple[StoredSession, str]:
        """A new session of an account, and its secret, which nothing can show again."""
        person, at, id_ = Object("member", member), self.clock(), str(ULID())
        self._check_account(person)
        secret = new_secret(SESSION, id_)
        session = StoredSession(id_, member, hash_of(secret), at, at)
        self.keeper.create_session(self.store, session, at - 2 * LASTS)
        # An account may have been deleted meanwhile, its sessions ended before there was this one.
        try:
            self._check_account(person)
        except RequestError:
            self.end(id_)
            raise
        return session, secret

    def _check_account(self, person: Object) -> None:
        kept = self.authorizer.look(self.store, lambda transaction: transaction.attributes([person])).get(person)
        if kept is None or DELETED_AT in kept:
            raise not_found(person)

    def verify(self, secret: str) -> SessionState:
        """What became of the session with that secret; one found past its time has ended for good."""
        found = self.keeper.get_session(self.store, id_of(SESSION, secret) or "")
        if found is None or not matches(secret, found.hash):
            return SessionState(None, UNKNOWN)
        if found.ended_at is not None:
            return SessionState(found, found.ended_by or ENDED)
        why = self._past(found)
        if why is not None:
            self.keeper.end_session(self.store, found.id, self.clock(), why)
        return SessionState(found, why)

    def touch(self, secret: str) -> SessionState:
        """As `verify`, and the session was used, if it lives."""
        state, now = self.verify(secret), self.clock()
        if state.session is not None and state.ended is None and now - state.session.seen_at >= SEEN_WITHIN:
            self.keeper.see_session(self.store, state.session.id, now)
            return replace(state, session=replace(state.session, seen_at=now))
        return state

    def end(self, id_: str, member: str | None = None) -> None:
        """End a session, of that member only if one is named; one that has ended stays so."""
        found = self.keeper.get_session(self.store, id_)
        if found is None or member not in (None, found.member):
            raise RequestError(f"no session `{shown(id_)}`", code="session_not_found")
        self.keeper.end_session(self.store, id_, self.clock(), ENDED)

    def end_all(self, member: str) -> None:
        """End every session of a member."""
        for one in self.keeper.list_sessions(self.store, member):
            self.keeper.end_session(self.store, one.id, self.clock(), ENDED)

    def delete_account(self, accounts: Accounts, member: str) -> Done:
        """End an account, if its deletion is allowed, and then its sessions."""
        try:
            done = accounts.delete(member)
        except RequestError as fault:
            # Asked again after a deletion whose sessions could not be ended: only who may delete it is told it is gone.
            if fault.code == "member_not_found":
                self.end_all(member)
            raise
        self.end_all(member)
        return done

    def all(self, member: str) -> list[tuple[StoredSession, str | None]]:
        """The sessions of a member, newest first, each with why it has ended, if it has."""
        found = self.keeper.list_sessions(self.store, member)
        return [(one, (one.ended_by or ENDED) if one.ended_at is not None else self._past(one)) for one in found]

    def judged(self, decision: Decision, subject: Subject, secret: str) -> Decision:
        """The decision on a question that came with a session: denied where that has ended, or is not the subject's."""
        return self.touch(secret).judged(decision, subject)

    def _past(self, session: StoredSession) -> str | None:
        """Why a session is past its time, if it is."""
        now = self.clock()
        if now - session.at >= LASTS:
            return EXPIRED
        return IDLED if now - session.seen_at > IDLE and self._bound(session.member) else None

    def _bound(self, member: str) -> bool:
        """Whether the person is a member of any HIPAA-eligible workspace."""
        return self.authorizer.check(CheckQuestion(self.store, Object("member", member), "bound", HIPAA)).allowed
