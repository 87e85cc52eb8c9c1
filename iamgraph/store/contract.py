"""What a reader and a keeper of tuples do, whoever implements them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from iamgraph.exploring import Exploration, Rows
from iamgraph.model.model import Model
from iamgraph.questions import (
    Act,
    Change,
    ChangePage,
    Deletion,
    Done,
    Effect,
    FilterDelete,
    Load,
    Loaded,
    Page,
    StoredModel,
    StoreInfo,
    TupleFilter,
    WriteRequest,
)
from iamgraph.revision import Revision
from iamgraph.tuples import Kind, Object, RelationTuple, StoredTuple, Subject

T = TypeVar("T")
# What a reader is asked: the tuples of an object and relation, of one kind of subject or of any.
Read = tuple[Object, str, Kind | None]


class TupleReader(Protocol):
    """Tuples of one store at one revision, whether live or expired: the reader of them judges that."""

    @property
    def info(self) -> StoreInfo:
        """The state all answers are of."""

    def find(self, wanted: RelationTuple) -> StoredTuple | None:
        """The stored tuple with this object, relation and subject, or None."""

    def read(self, object_: Object, relation: str, kind: Kind | None = None) -> Iterable[StoredTuple]:
        """All tuples of an object and relation, in the order of their subjects; of one kind if given."""


@dataclass(frozen=True, slots=True)
class Undoing:
    """A change, and of each tuple it touched how it was before; None where it was not there."""

    change: Change
    before: Mapping[str, StoredTuple | None]


@dataclass(frozen=True, slots=True)
class Stride:
    """Tuples to follow: of `relation` and `via`, from the objects of type `start` with these ids to those of `end`."""

    start: str
    ids: Collection[str]
    relation: str
    via: str | None
    end: str


@dataclass(frozen=True, slots=True)
class Step:
    """A tuple that a stride follows: which of the strides, from which of its ids, and to which."""

    stride: int
    start: str
    id: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """Steps by the ids they lead to: all there are up to the id `end`, or, where it is None, all."""

    steps: tuple[Step, ...]
    end: str | None


class View(Protocol):
    """A store's state, by what is there, on both sides of each tuple."""

    @property
    def reader(self) -> TupleReader:
        """The reader checks are answered by."""

    def every(self, wanted: TupleFilter) -> Iterable[StoredTuple]:
        """Every tuple a filter means, expired ones too, in a fixed order."""

    def of_kinds(self, reads: Iterable[Read], limit: int) -> Iterable[StoredTuple]:
        """The tuples of many reads at once, expired ones too, in no order; no more than `limit` of them."""

    def by_subjects(self, subjects: Iterable[Subject], most: int, limit: int) -> Iterable[StoredTuple]:
        """The tuples of many subjects, expired ones too, in no order; no more than `limit` of them.

        Those of a subject that stands in more than `most` tuples are left out.
        """

    def attributes(self, objects: Iterable[Object]) -> Mapping[Object, Mapping[str, Any]]:
        """What is kept of each object; those the store does not know are left out."""


class Ways(Protocol):
    """Where tuples lead, many at a time; expired ones too. The id `*` is that of the wildcard."""

    def onward(self, strides: Sequence[Stride]) -> Sequence[Collection[str]]:
        """For each stride the ids of the objects whose tuples have a start as the subject."""

    def back(self, strides: Sequence[Stride]) -> Sequence[Collection[str]]:
        """For each stride the ids of the subjects of the starts' tuples, or of their usersets' objects."""

    def onward_after(self, strides: Sequence[Stride], after: str, count: int) -> Stretch:
        """As `onward`, of the ids that follow one the first, by about so many tuples."""

    def back_after(self, strides: Sequence[Stride], after: str, count: int) -> Stretch:
        """As `back`, of the ids that follow one the first, by about so many tuples."""


class Room(View, Ways, Protocol):
    """A store's state, to be looked at from any side before a change that depends on it, its past with it."""

    def beneath(self, parents: Iterable[Object], relation: str) -> Iterable[RelationTuple]:
        """Every tuple of the objects that have one of the parents by that relation, expired ones too."""

    def of_each(self, objects: Iterable[Object], relation: str | None) -> Iterable[RelationTuple]:
        """Every tuple of the objects, of one relation if given, expired ones too."""

    def undoing(self, since: int) -> tuple[Undoing, ...]:
        """The changes after a revision with what was there before each, oldest first.

        Raises `RequestError` (`changes_gone`) where some are no longer kept, and `LimitError` where they are too many.
        """

    def kept_since(self) -> int:
        """The revision after which every change is kept."""

    def revision_at(self, time: datetime) -> int:
        """The newest revision made by a time; `RequestError` (`changes_gone`) where that is not kept."""

    def time_of(self, revision: int) -> datetime:
        """When a revision was made; `RequestError` where its change is not kept, or there is none yet."""

    def model_at(self, revision: int) -> StoredModel:
        """The model in force at a revision; `RequestError` (`model_not_found`) before the first."""


class Keeper(Protocol):
    """Keeps stores, their models, tuples and changes. Every method raises `StoreError` when it cannot be reached.

    Methods that name a store raise `RequestError` (`store_not_found`) when there is none.
    """

    def until(self, end: float) -> Keeper:
        """The same keeper, whose every call ends by that reading of `time.monotonic`."""

    def close(self) -> None:
        """Give up every connection."""

    def write(self, request: WriteRequest, model: str, now: datetime) -> Revision:
        """Make the change, valid by the model of that id; `ModelChanged` if the store has another by now."""

    def replayed(self, request: WriteRequest) -> Revision | None:
        """The revision its idempotency key was used for; None if it has none or a new one."""

    def load(self, load: Load, model: str, now: datetime) -> Loaded:
        """Write a chunk of tuples, valid by the model of that id and each named once, as one change or none."""

    def written(self, store: str, prefix: str) -> Mapping[str, str]:
        """The idempotency keys with this beginning that were used, each with the hash it is bound to."""

    def delete_object(
        self, store: str, object_: Object, required: frozenset[tuple[str, str]], model: str, act: Act
    ) -> tuple[Revision, int]:
        """Delete an object and every tuple it stands in, in one change: the revision and how many.

        `required` are the (type, relation) pairs whose subjects cannot be deleted while they stand there.
        """

    def delete_matching(
        self, request: FilterDelete, required: frozenset[tuple[str, str]], model: str, now: datetime
    ) -> Deletion:
        """Delete every tuple the filter means, in one change.

        `required` are the (type, relation) pairs a guard requires, which a filter by subject must name.
        """

    def look(self, store: str, act: Callable[[Room], T]) -> T:
        """What the act makes of the store's state, at one revision; it may be called more than once."""

    def transact(
        self,
        store: str,
        decide: Callable[[Room], Effect],
        required: frozenset[tuple[str, str]],
        *,
        model: str,
        act: Act,
    ) -> Done:
        """Do what is decided on the store's state, in one change; `decide` may be called more than once."""

    def read(self, store: str, wanted: TupleFilter, limit: int, cursor: str | None) -> Page[StoredTuple]:
        """A page of tuples in a fixed order."""

    def explore(self, asked: Exploration) -> Rows:
        """What a person's own statement finds.

        Raises `RequestError` (`statement_refused`) for one that would do more than read, and (`statement_failed`) for
        one that cannot be run; `LimitError` for one that takes too much memory.
        """

    def head(self, store: str) -> StoreInfo:
        """The newest state of a store, without its lock: it may be a moment old."""

    def changes(self, store: str, since: int | str, limit: int) -> ChangePage:
        """The changes after a revision, given by number or by zookie, oldest first and without a gap.

        Raises `RequestError` (`changes_gone`) where some of them are no longer kept.
        """

    def read_locked(self, store: str, limit: int, cursor: str | None) -> Page[StoredTuple]:
        """As `read`, of all tuples and under the lock: it ends, however much is written meanwhile."""

    def create_store(self, store: str, now: datetime) -> StoreInfo:
        """A new empty store; `ConflictError` if it exists."""

    def get_store(self, store: str) -> StoreInfo:
        """The state of a store."""

    def list_stores(self) -> tuple[StoreInfo, ...]:
        """All stores, by id."""

    def delete_store(self, store: str) -> None:
        """End a store and remove all it holds."""

    def write_model(
        self, store: str, model: Model, text: str, act: Act, *, replacing: str | None = None
    ) -> StoredModel:
        """Make a model the current one; `ConflictError` (`model_changed`) where it is not `replacing`, if given."""

    def get_model(self, store: str, id_: str | None = None) -> StoredModel:
        """A model of the store; without an id the current one."""

    def list_models(self, store: str) -> tuple[StoredModel, ...]:
        """The models of a store, newest first."""


class ModelChanged(Exception):  # noqa: N818 - a finding that makes the caller start again, not a fault
    """The store has another model than the caller knew: look again and start over."""
