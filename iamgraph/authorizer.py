"""The door: every question goes question → model → answerer → answer, and every change through the same door."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, Self, TypeVar

from iamgraph import history
from iamgraph.check.contract import Asking, AskingMany, Checker, CurrentModel, Planning, refuse_other_model
from iamgraph.check.query import compiled
from iamgraph.errors import ConflictError, IamgraphError, LimitError, ModelError, RequestError
from iamgraph.expand import ExpandQuestion, Tree, expand
from iamgraph.explain import why
from iamgraph.exploring import MAX_ROWS, Exploration, Rows
from iamgraph.history import PastQuestion, Since, State
from iamgraph.impact import Between, Impact, Trial, between, tried_model, what_if
from iamgraph.listing import (
    AccessList,
    ListAccess,
    Listing,
    ListObjects,
    ListSubjects,
    SubjectsPage,
    every_page,
    listing_of,
    listing_then,
)
from iamgraph.model.guards import guard_relations, required_relations
from iamgraph.model.model import Model, This
from iamgraph.model.names import check_relation_exists, check_types_exist
from iamgraph.model.parser import parse_model
from iamgraph.plan.planner import NotCompiled
from iamgraph.questions import (
    Act,
    Answers,
    Change,
    ChangePage,
    CheckBatch,
    CheckQuestion,
    Decision,
    Deletion,
    Done,
    Effect,
    FilterDelete,
    Following,
    Load,
    Loaded,
    Page,
    StoredModel,
    StoreInfo,
    TupleFilter,
    WriteRequest,
)
from iamgraph.reasons import PastWhy, Sentences, Why, WhyQuestion
from iamgraph.review import Reviewing, ReviewPage, ReviewQuestion
from iamgraph.revision import Revision
from iamgraph.store.contract import Keeper, ModelChanged, Room
from iamgraph.tracing import span
from iamgraph.transaction import Transaction
from iamgraph.tuples import Kind, Object, RelationTuple, StoredTuple, Subject, Userset, kind_of, shown
from iamgraph.watch import Heads

DEADLINE_SECONDS: Final = 3.0
MAX_TUPLES_PER_WRITE: Final = 1_000
MAX_PRECONDITIONS: Final = 100
MAX_CHECKS: Final = 1_000
MAX_CONTEXTUAL_TUPLES: Final = 100
MAX_PAGE: Final = 1_000
MODEL_ATTEMPTS: Final = 5
TICK_SECONDS: Final = 1.0
# What a Neo4j that has just started may take to plan the longest statement.
PLAN_SECONDS: Final = 30.0

T = TypeVar("T")
L = TypeVar("L", Page[Object], SubjectsPage)


def _now() -> datetime:
    return datetime.now(UTC)


class Authorizer:
    """Answers checks and keeps stores, models and tuples. Safe to share between threads.

    Every method raises a child of `IamgraphError`, and `StoreError` when Neo4j does not answer in time.
    """

    def __init__(
        self,
        keeper: Keeper,
        checker: Checker,
        *,
        deadline: float = DEADLINE_SECONDS,
        clock: Callable[[], datetime] = _now,
        closing: Callable[[], None] = lambda: None,
        speaking: Sequence[Sentences] = (),
    ) -> None:
        """`deadline` is in seconds for each call; `clock` gives the aware time that expiry is judged by.

        `closing` is called once the authorizer is closed. Of `speaking`, those that fit a store's model put reasons
        into words there.
        """
        self._keeper = keeper
        self._checker = checker
        self._deadline = deadline
        self._clock = clock
        self._closing = closing
        self._speaking = tuple(speaking)
        self._current: dict[str, CurrentModel] = {}
        self._heads = Heads(lambda store, end: keeper.until(end).head(store))
        self._end: float | None = None

    def until(self, end: float) -> Authorizer:
        """The same authorizer, whose every call ends by that reading of `time.monotonic`."""
        bound = copy(self)
        bound._end = end
        return bound

    def _ends(self) -> float:
        return self._end if self._end is not None else time.monotonic() + self._deadline

    def _kept(self) -> Keeper:
        return self._keeper.until(self._ends())

    def close(self) -> None:
        """Give up every connection; the authorizer cannot be used afterwards."""
        self._keeper.close()
        self._closing()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- check ---

    def check(self, question: CheckQuestion) -> Decision:
        """May the subject? Raises where the answer is unknown: unknown is never denied, and never allowed.

        Raises `RequestError` for a type or relation the model lacks and for a refused zookie.
        """
        return self.decide(question).known()

    def decide(self, question: CheckQuestion) -> Decision:
        """As `check`, but an unknown answer is a decision with a reason, not an error."""
        end = self._ends()

        def decide(current: CurrentModel) -> Decision:
            _check_question(current.model, question)
            return self._checker.check(Asking(question, current, self._clock(), end))

        with span("check") as traced:
            decision = self._with_model(question.store, end, decide)
            traced.set_attribute("iamgraph.outcome", decision.outcome.value)
        _accept(decision.revision, question.zookie)
        return decision

    def why(self, asked: WhyQuestion) -> Why:
        """Why may the subject, or why not, and what would let it? Raises as `check` does."""
        end, now = self._ends(), self._clock()

        def tell(current: CurrentModel) -> Why:
            _check_question(current.model, CheckQuestion(asked.store, asked.subject, asked.relation, asked.object))
            return self._keeper.until(end).look(
                asked.store,
                lambda room: why(room, self._checker, asked, current, now, end, self._speaking),
            )

        with span("why"):
            found = self._with_model(asked.store, end, tell)
        _accept(found.revision, asked.zookie)
        return found

    def check_many(self, batch: CheckBatch) -> Answers:
        """The answers to many questions, in their order, all at one revision.

        What is wrong with a question, or keeps it undecided, is the error in its place.
        Raises `LimitError` for more than `MAX_CHECKS`, and `RequestError` for a refused zookie.
        """
        if len(batch.questions) > MAX_CHECKS:
            raise LimitError(f"more than {MAX_CHECKS} checks in one call", code="too_many_checks", pointer="/checks")
        end = self._ends()
        with span("checks") as traced:
            answers = self._with_model(batch.store, end, lambda current: self._answers(batch, current, end))
            traced.set_attribute("iamgraph.checks", len(answers.items))
        _accept(answers.revision, batch.zookie)
        return answers

    def check_at(self, asked: PastQuestion) -> Decision:
        """What a check would have been answered at a revision or a time, by the model of then. Raises as `check`.

        Raises `RequestError` (`changes_gone`) where the changes since then are not all kept.
        """
        end, now = self._ends(), self._clock()
        question = asked.question

        def decide(room: Room) -> Decision:
            state = history.state_at(room, asked.at, now)
            _check_question(state.current.model, question)
            return history.decided(state, self._checker, question, end)

        return self._keeper.until(end).look(question.store, decide).known()

    def why_at(self, asked: PastWhy) -> Why:
        """As `why`, of the store at a revision or a time, without what would allow. Raises as `check_at` does."""
        end, now = self._ends(), self._clock()
        question = asked.question

        def tell(room: Room) -> Why:
            then = history.state_at(room, asked.at, now)
            check = CheckQuestion(question.store, question.subject, question.relation, question.object)
            _check_question(then.current.model, check)
            return why(then.view(room), self._checker, question, then.current, then.now, end, self._speaking, past=True)

        with span("why"):
            return self._keeper.until(end).look(question.store, tell)

    def since(self, question: CheckQuestion) -> Since:
        """Who gave this access and when: the path of an allowed check, and the change after which it has been allowed.

        Raises as `check`, and `LimitError` where too many changes would have to be gone back over.
        """
        if question.contextual_tuples:
            raise RequestError("a tuple that holds for one question has no past", pointer="/contextual_tuples")
        end, now = self._ends(), self._clock()

        def tell(current: CurrentModel) -> Since:
            _check_question(current.model, question)
            return self._keeper.until(end).look(
                question.store, lambda room: history.since(room, self._checker, question, now, end)
            )

        found = self._with_model(question.store, end, tell)
        found.decision.known()
        return found

    def what_if(self, trial: Trial) -> Impact:
        """Who would gain and lose which access by writes, deletes, or another model. Nothing is written.

        Raises `LimitError` where too many accesses may differ.
        """
        end, now = self._ends(), self._clock()
        if trial.writes or trial.deletes or trial.model is None:
            _check_size(WriteRequest(trial.store, trial.writes, trial.deletes))
        tried = tried_model(parse_model(trial.model)) if trial.model is not None else None

        def compare(current: CurrentModel) -> Impact:
            for i, one in enumerate(trial.writes):
                check_tuple((tried or current).model, one, f"/writes/{i}")

            def look(room: Room) -> Impact:
                refuse_other_model(room.reader.info, current)
                before = State(room.reader, current, now)
                return what_if(room, self._checker, before, trial, model=tried or current, end=end)

            return self._keeper.until(end).look(trial.store, look)

        return self._with_model(trial.store, end, compare)

    def changed(self, asked: Between) -> Impact:
        """Who gained and lost which access between two revisions or times. Raises as `check_at` and `what_if`."""
        end, now = self._ends(), self._clock()

        def look(room: Room) -> Impact:
            states = history.state_at(room, asked.since, now), history.state_at(room, asked.until, now)
            return between(room, self._checker, asked, states, end)

        return self._keeper.until(end).look(asked.store, look)

    def _answers(self, batch: CheckBatch, current: CurrentModel, end: float) -> Answers:
        asked = [_fault(current.model, one, f"/checks/{i}") or one for i, one in enumerate(batch.questions)]
        questions = tuple(one for one in asked if isinstance(one, CheckQuestion))
        found = self._checker.check_many(AskingMany(batch.store, questions, current, self._clock(), end))
        decisions = iter(found.decisions)
        items = (next(decisions) if isinstance(one, CheckQuestion) else one for one in asked)
        return Answers(found.revision, tuple(items))

    # --- lists ---

    def list_objects(self, asked: ListObjects) -> Page[Object]:
        """A page of the objects of a type that a check allows the subject the relation on, and of no others.

        A cursor goes on in the state of the first page, whatever was written since. A page that takes long to decide
        has fewer than the limit, and a cursor. Raises where a check could not be decided, `RequestError`
        (`changes_gone`) for a moment that is no longer kept, and `ConflictError` (`list_moved`) for a cursor of one.
        """
        if not asked.whole:
            return self._objects(asked)
        pages = list(self.object_pages(asked))
        return replace(pages[-1], items=tuple(one for page in pages for one in page.items))

    def object_pages(self, asked: ListObjects) -> Iterator[Page[Object]]:
        """All of a list in pages of one state, each made when it is wanted, and with a deadline of its own."""
        return every_page(asked, self._objects)

    def list_subjects(self, asked: ListSubjects) -> SubjectsPage:
        """A page of the subjects of a kind that a check allows the relation on the object; as `list_objects`."""
        if not asked.whole:
            return self._subjects(asked)
        pages = list(self.subject_pages(asked))
        subjects = tuple(one for page in pages for one in page.subjects)
        return replace(pages[-1], subjects=subjects, excepted=tuple(one for page in pages for one in page.excepted))

    def subject_pages(self, asked: ListSubjects) -> Iterator[SubjectsPage]:
        """As `object_pages`, of subjects."""
        return every_page(asked, self._subjects)

    def _objects(self, asked: ListObjects) -> Page[Object]:
        root = asked.type, asked.relation
        return self._listed(asked, lambda listing: listing.objects(asked), root, asked.subject, "/subject")

    def _subjects(self, asked: ListSubjects) -> SubjectsPage:
        kind, root = asked.kind, (asked.object.type, asked.relation)
        asking = Object(kind.type, "any")
        subject = asking if kind.via is None else Userset(asking, kind.via)
        return self._listed(asked, lambda listing: listing.subjects(asked), root, subject, "/type")

    def list_access(self, asked: ListAccess) -> AccessList:
        """All that a subject can do, by type and relation; raises as `list_objects`."""
        end, now = self._ends(), self._clock()

        def listed(current: CurrentModel) -> AccessList:
            check_types_exist(current.model, asked.types)
            _check_subject(current.model, asked.subject, "/subject")
            return self._keeper.until(end).look(
                asked.store,
                lambda room: listing_of(room, State(room.reader, current, now), self._checker, end).access(asked),
            )

        with span("list"):
            found = self._with_model(asked.store, end, listed)
        _accept(found.revision, asked.zookie)
        return found

    def review(self, asked: ReviewQuestion) -> ReviewPage:
        """Who has which relation on an object, each with the path that proves it; raises as `list_objects`."""
        end, now = self._ends(), self._clock()

        def look(begun: Callable[[Room], Listing]) -> ReviewPage:
            return self._keeper.until(end).look(
                asked.store, lambda room: Reviewing(room, begun(room), self._speaking).page(asked)
            )

        def reviewed(current: CurrentModel) -> ReviewPage:
            return look(lambda room: listing_of(room, State(room.reader, current, now), self._checker, end))

        with span("review"):
            if asked.cursor is not None:
                return look(lambda room: listing_then(room, self._checker, asked, now, end))
            return self._with_model(asked.store, end, reviewed)

    def expand(self, asked: ExpandQuestion) -> Tree:
        """The tree behind a relation of an object."""
        end = self._ends()

        def expanded(current: CurrentModel) -> Tree:
            check_relation_exists(current.model, asked.object.type, asked.relation, "/relation")
            now = self._clock()
            return self._keeper.until(end).look(asked.store, lambda room: expand(room.reader, current, asked, now))

        with span("expand"):
            found = self._with_model(asked.store, end, expanded)
        _accept(found.revision, asked.zookie)
        return found

    def _listed(
        self,
        asked: ListObjects | ListSubjects,
        act: Callable[[Listing], L],
        root: tuple[str, str],
        subject: Subject,
        pointer: str,
    ) -> L:
        end, now = self._ends(), self._clock()

        def look(begun: Callable[[Room], Listing]) -> L:
            def made(room: Room) -> L:
                found = begun(room)
                model = found.state.current.model
                if isinstance(asked, ListObjects):
                    check_types_exist(model, (asked.type,), "/type")
                check_relation_exists(model, *root, "/relation")
                _check_subject(model, subject, pointer)
                return act(found)

            return self._keeper.until(end).look(asked.store, made)

        def listed(current: CurrentModel) -> L:
            return look(lambda room: listing_of(room, State(room.reader, current, now), self._checker, end))

        with span("list"):
            if asked.at is not None or asked.cursor is not None:
                return look(lambda room: listing_then(room, self._checker, asked, now, end))
            found = self._with_model(asked.store, end, listed)
        _accept(found.revision, asked.zookie)
        return found

    # --- tuples ---

    def write(self, request: WriteRequest) -> Revision:
        """Delete and write tuples, whole or not at all; the revision they hold from."""
        _check_size(request)

        def write(current: CurrentModel) -> Revision:
            try:
                for i, one in enumerate(request.writes):
                    check_tuple(current.model, one, f"/writes/{i}")
            except RequestError:
                # What an older model took may have been written: the key tells, whatever the model says today.
                done = self._keeper.until(end).replayed(request)
                if done is None:
                    raise
                return done
            return self._keeper.until(end).write(request, current.id, self._clock())

        end = self._ends()
        done = self._with_model(request.store, end, write)
        self._heads.tell(request.store)
        return done

    def load(self, load: Load) -> Loaded:
        """Write what the model allows of a chunk, in one change; what it refuses is in the answer."""
        end = self._ends()

        def write(current: CurrentModel) -> Loaded:
            refused = tuple(_refused(current.model, load.writes))
            lost = {i for i, _ in refused}
            allowed = {str(one): one for i, one in enumerate(load.writes) if i not in lost}
            nothing = load.whole and (lost or load.incomplete) and not load.dry_run
            request = replace(load, writes=() if nothing else tuple(allowed.values()))
            return replace(self._keeper.until(end).load(request, current.id, self._clock()), refused=refused)

        return self._with_model(load.store, end, write)

    def written(self, store: str, prefix: str) -> Mapping[str, str]:
        """The idempotency keys with this beginning that were used, each with the hash it is bound to."""
        return self._kept().written(store, prefix)

    def delete_object(
        self,
        store: str,
        object_: Object,
        by: str | None = None,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> tuple[Revision, int]:
        """Delete an object and every tuple it stands in: the revision, and how many tuples went.

        Raises `ConflictError` while a guard requires the object, since its deletion would widen access.
        """
        end = self._ends()
        act = Act(self._clock(), by, reason, idempotency_key)
        done = self._with_model(
            store,
            end,
            lambda current: self._keeper.until(end).delete_object(
                store, object_, required_relations(current.model), current.id, act
            ),
        )
        self._heads.tell(store)
        return done

    def delete_matching(self, request: FilterDelete) -> Deletion:
        """Delete every tuple a filter means, in one change, or find out which it would be.

        Raises `LimitError` where they are more than the request's limit, and `ConflictError` where a filter by
        subject would take what a guard requires without naming its relation, since that would widen access.
        """
        end = self._ends()
        done = self._with_model(
            request.store,
            end,
            lambda current: self._keeper.until(end).delete_matching(
                request, required_relations(current.model), current.id, self._clock()
            ),
        )
        self._heads.tell(request.store)
        return done

    def look(self, store: str, act: Callable[[Transaction], T]) -> T:
        """What the act makes of a store's state, at one revision; it may be called more than once."""
        end, now = self._ends(), self._clock()

        def look(current: CurrentModel) -> T:
            return self._keeper.until(end).look(
                store, lambda room: act(Transaction(room, self._checker, current, now, end, self._speaking))
            )

        return self._with_model(store, end, look)

    def transact(self, store: str, decide: Callable[[Transaction], Effect], act: Act) -> Done:
        """Do what is decided by a store's state, in one change that no other one slips in before.

        `decide` may be called more than once; what it raises changes nothing. Raises `RequestError` for a tuple the
        model does not allow, and `ConflictError` where an object to be removed is required by a guard of one that
        stays.
        """
        end = self._ends()

        def transact(current: CurrentModel) -> Done:
            def decided(room: Room) -> Effect:
                effect = decide(Transaction(room, self._checker, current, act.at, end))
                for one in effect.writes:
                    check_tuple(current.model, one, "")
                return effect

            return self._keeper.until(end).transact(
                store, decided, required_relations(current.model), model=current.id, act=act
            )

        done = self._with_model(store, end, transact)
        self._heads.tell(store)
        return done

    def read(
        self, store: str, wanted: TupleFilter | None = None, limit: int = 100, cursor: str | None = None
    ) -> Page[StoredTuple]:
        """A page of tuples, by object, relation and subject."""
        _check_page(limit)
        return self._kept().read(store, wanted or TupleFilter(), limit, cursor)

    def read_locked(self, store: str, limit: int, cursor: str | None = None) -> Page[StoredTuple]:
        """As `read`, of all tuples and under the store's lock: it ends, however much is written meanwhile."""
        _check_page(limit)
        return self._kept().read_locked(store, limit, cursor)

    def query(self, statement: str, /, *, store: str | None = None, **parameters: object) -> Rows:
        """What a Cypher statement of one's own finds, which may only read; its `$store` is the store, if one is given.

        It reads all of the database, whatever store is named. See `explore` for what is refused.
        """
        return self.explore(Exploration(statement, parameters, store, MAX_ROWS))

    def explore(self, asked: Exploration) -> Rows:
        """As `query`, and no more rows than are wanted.

        Raises `RequestError` for a statement that would do more than read (`statement_refused`) or that Neo4j cannot
        run (`statement_failed`), and `LimitError` for one that takes too much memory.
        """
        return self._kept().explore(asked)

    def changes(self, store: str, since: int = 0, limit: int = 100) -> tuple[Change, ...]:
        """The changes after a revision, oldest first."""
        return self.follow(Following(store, since, limit=limit)).items

    def follow(self, asked: Following, stopped: Callable[[], bool] = lambda: False) -> ChangePage:
        """A page of changes; where there is none, the first that comes while `asked.wait` lasts and none is `stopped`.

        Raises `RequestError` (`changes_gone`) where some of the changes asked for are no longer kept.
        """
        end = time.monotonic() + asked.wait
        pages = self.pages(asked, stopped, min(asked.wait, TICK_SECONDS))
        return next(page for page in pages if page.items or time.monotonic() >= end or stopped())

    def pages(
        self, asked: Following, stopped: Callable[[], bool] = lambda: False, tick: float = TICK_SECONDS
    ) -> Iterator[ChangePage]:
        """Pages of changes for ever: each once it is there, and an empty one after `tick` seconds without one.

        Every change asked for comes once, in order, none left out; after an error, go on from the last page's zookie.
        """
        _check_page(asked.limit)
        place: int | str = asked.since if asked.cursor is None else asked.cursor
        while True:
            page = self._kept().changes(asked.store, place, asked.limit)
            place = page.revision.zookie()
            told = (asked.told(one) for one in page.items)
            page = replace(page, items=tuple(one for one in told if one is not None))
            yield page
            while not page.more and not self._moved(page.revision, stopped, tick):
                yield replace(page, items=())

    def _moved(self, from_: Revision, stopped: Callable[[], bool], tick: float) -> bool:
        """Whether the store has got past a revision, or become another one, within `tick` seconds."""

        def moved(info: StoreInfo) -> bool:
            return info.revision.epoch != from_.epoch or info.revision.number > from_.number

        end = time.monotonic() + tick
        return moved(self._heads.wait(from_.store, moved, end, stopped, self._deadline))

    def watch(self, asked: Following) -> Iterator[Change]:
        """Every change asked for, in order, for ever; waits where there is none. `asked.wait` has no meaning here.

        Ends in the error of a call that failed: go on from the revision of the last change.
        """
        for page in self.pages(asked):
            yield from page.items

    # --- models and stores ---

    def write_model(
        self,
        store: str,
        text: str,
        by: str | None = None,
        reason: str | None = None,
        idempotency_key: str | None = None,
        *,
        replacing: str | None = None,
    ) -> StoredModel:
        """Make a model the store's current one. Raises `ModelError` with every fault of the text.

        With the id of a model `replacing`, `ConflictError` (`model_changed`) where that is not the current one.
        """
        act = Act(self._clock(), by, reason, idempotency_key)
        stored = self._kept().write_model(store, parse_model(text), text, act, replacing=replacing)
        self._heads.tell(store)
        return stored

    def get_model(self, store: str, id_: str | None = None) -> StoredModel:
        """A model of the store; without an id the current one."""
        return self._kept().get_model(store, id_)

    def list_models(self, store: str) -> tuple[StoredModel, ...]:
        """The models of a store, newest first."""
        return self._kept().list_models(store)

    def plan(self, store: str) -> Iterator[str]:
        """Make every relation of the current model quick that is first asked later: one more at each step.

        Meant are those that are worked out, asked by subjects of which nothing can be asked. Their order is drawn, so
        that several who do this share the work.
        """
        current = self._load(store, self._ends())
        asking = [one.name for one in current.model.types if not one.relations]
        worked_out = [
            (one.name, each.name)
            for one in current.model.types
            for each in one.relations
            if not isinstance(each.rewrite, This)
        ]
        secrets.SystemRandom().shuffle(worked_out)
        for kind in map(Kind, asking):
            for type_, relation in worked_out:
                self._checker.plan(Planning(store, current, type_, relation, kind, time.monotonic() + PLAN_SECONDS))
                yield f"{type_}#{relation}@{kind}"

    def statement(self, store: str, type_: str, relation: str, subject: Subject) -> str:
        """The statement of a check for this kind of subject. Raises `ModelError` saying why there is none."""
        current = self._load(store, self._ends())
        check_relation_exists(current.model, type_, relation)
        try:
            return compiled(current, type_, relation, kind_of(subject)).shown
        except NotCompiled as reason:
            raise ModelError(f"no statement, walk answers: {reason}", code="not_compiled") from reason

    def create_store(self, store: str) -> StoreInfo:
        """A new empty store, without a model."""
        return self._kept().create_store(store, self._clock())

    def get_store(self, store: str) -> StoreInfo:
        """The state of a store."""
        return self._kept().get_store(store)

    def list_stores(self) -> tuple[StoreInfo, ...]:
        """All stores, by id."""
        return self._kept().list_stores()

    def delete_store(self, store: str) -> None:
        """End a store and remove all it holds."""
        self._kept().delete_store(store)
        self._current.pop(store, None)

    # --- the current model ---

    def _with_model(self, store: str, end: float, act: Callable[[CurrentModel], T]) -> T:
        """The act done with the store's current model, again if the model changed meanwhile, until `end`."""
        for _ in range(MODEL_ATTEMPTS):
            current = self._current.get(store) or self._load(store, end)
            try:
                return act(current)
            except ModelChanged:
                self._current.pop(store, None)
            except RequestError:
                # The model looked at may be an old one: what it lacks, the newest may have.
                if self._load(store, end) is current:
                    raise
        raise ConflictError(f"the model of store `{store}` keeps changing: try again", code="model_changing")

    def _load(self, store: str, end: float) -> CurrentModel:
        stored = self._keeper.until(end).get_model(store)
        current = self._current.get(store)
        if current is None or current.id != stored.id:
            current = CurrentModel(stored.id, parse_model(stored.text))
            self._current[store] = current
        return current


# --- what a model allows -------------------------------------------------------------------------------


def _accept(revision: Revision, zookie: str | None) -> None:
    """`RequestError` for a zookie that is not of this store's past: all modes answer at its newest revision."""
    if zookie is not None:
        revision.accept(zookie)


def _fault(model: Model, question: CheckQuestion | IamgraphError, pointer: str) -> IamgraphError | None:
    """What keeps a question of a batch from being asked."""
    if isinstance(question, IamgraphError):
        return question
    try:
        _check_question(model, question, pointer)
    except IamgraphError as fault:
        return fault
    return None


def _check_question(model: Model, question: CheckQuestion, pointer: str = "") -> None:
    check_relation_exists(model, question.object.type, question.relation, f"{pointer}/relation")
    _check_subject(model, question.subject, f"{pointer}/subject")
    contextual = f"{pointer}/contextual_tuples"
    if len(question.contextual_tuples) > MAX_CONTEXTUAL_TUPLES:
        raise LimitError(f"more than {MAX_CONTEXTUAL_TUPLES} contextual tuples", pointer=contextual)
    for i, one in enumerate(question.contextual_tuples):
        check_tuple(model, one, f"{contextual}/{i}")


def _check_subject(model: Model, subject: Subject, pointer: str) -> None:
    kind = kind_of(subject)
    if isinstance(subject, Userset):
        check_relation_exists(model, kind.type, subject.relation, pointer)
    elif model.type(kind.type) is None:
        raise RequestError(f"no type `{shown(kind.type)}` in the model", code="type_not_found", pointer=pointer)


def check_tuple(model: Model, one: RelationTuple, pointer: str) -> None:
    """`RequestError` if the model does not allow this tuple to be written."""
    check_relation_exists(model, one.object.type, one.relation, pointer)
    relation = model.relation(one.object.type, one.relation)
    allowed = relation.direct_types if relation is not None else ()
    condition = one.condition.name if one.condition is not None else None
    kind = kind_of(one.subject)
    if not any(entry.kind == kind and entry.condition == condition for entry in allowed):
        under = f" under condition `{shown(condition)}`" if condition is not None else ""
        kinds = ", ".join(f"`{entry.kind}`" for entry in allowed) or "no tuples at all"
        raise RequestError(
            f"`{one.object.type}#{one.relation}` takes no `{kind}`{under}: it takes {kinds}",
            code="tuple_not_allowed",
            pointer=pointer,
        )
    if one.expires_at is not None and (one.object.type, one.relation) in guard_relations(model):
        raise RequestError(
            f"`{one.object.type}#{one.relation}` stands in a guard, so its tuples cannot expire",
            code="tuple_not_allowed",
            pointer=pointer,
        )


def _refused(model: Model, tuples: Iterable[RelationTuple]) -> Iterator[tuple[int, RequestError]]:
    """Which of many tuples the model does not allow, and why. What it says depends on their kind alone."""
    allowed: set[tuple[object, ...]] = set()
    for i, one in enumerate(tuples):
        condition = one.condition.name if one.condition is not None else None
        kind = (one.object.type, one.relation, kind_of(one.subject), condition, one.expires_at is None)
        if kind in allowed:
            continue
        try:
            check_tuple(model, one, "")
        except RequestError as fault:
            yield i, fault
        else:
            allowed.add(kind)


# --- limits --------------------------------------------------------------------------------------------


def _check_size(request: WriteRequest) -> None:
    if not request.writes and not request.deletes:
        raise RequestError("nothing to write or delete", code="empty_write")
    if len(request.writes) + len(request.deletes) > MAX_TUPLES_PER_WRITE:
        raise LimitError(f"more than {MAX_TUPLES_PER_WRITE} tuples in one write", code="too_many_tuples")
    if len(request.preconditions) > MAX_PRECONDITIONS:
        raise LimitError(f"more than {MAX_PRECONDITIONS} preconditions in one write", code="too_many_preconditions")


def _check_page(limit: int) -> None:
    if not 1 <= limit <= MAX_PAGE:
        raise RequestError(f"`limit` must be 1 to {MAX_PAGE}", code="malformed_limit", pointer="/limit")
