"""What is asked and answered of reasons, as values: proofs, where branches stop, and changes that would allow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from iamgraph.errors import RequestError
from iamgraph.history import Moment, check_moment
from iamgraph.model.model import Model
from iamgraph.revision import Revision
from iamgraph.tuples import Object, RelationTuple, StoredTuple, Subject, check_relation

DEFAULT_PROOFS: Final = 5
MAX_PROOFS: Final = 50


@dataclass(frozen=True, slots=True)
class WhyQuestion:
    """Why does `subject` have `relation` on `object`, or why not? No more than `limit` proofs are told."""

    store: str
    subject: Subject
    relation: str
    object: Object
    limit: int = DEFAULT_PROOFS
    zookie: str | None = None

    def __post_init__(self) -> None:
        check_relation(self.relation)
        if not 1 <= self.limit <= MAX_PROOFS:
            raise RequestError(f"`limit` must be 1 to {MAX_PROOFS}", code="malformed_limit", pointer="/limit")


@dataclass(frozen=True, slots=True)
class PastWhy:
    """Why might the subject have at a revision or a time, or why not? Names are those of today, and remedies none."""

    question: WhyQuestion
    at: Moment

    def __post_init__(self) -> None:
        check_moment(self.at, self.question.zookie)


@dataclass(frozen=True, slots=True)
class NotFound:
    """What a `but not` looked for and did not find: the subject in `taken` of an object."""

    object: Object
    taken: str


@dataclass(frozen=True, slots=True)
class Proof:
    """Tuples that allow by themselves, from the subject to the object, where nothing is found of `absent`."""

    path: tuple[StoredTuple, ...]
    absent: tuple[NotFound, ...] = ()
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Branch:
    """One operand tried of an object, as the model writes it, what was found on its way, and where it stopped."""

    object: Object
    rewrite: str
    stopped: str
    path: tuple[StoredTuple, ...] = ()


@dataclass(frozen=True, slots=True)
class Remedy:
    """Tuples that would allow what is denied, if they were written; none of them is there, and none can be spared.

    `command` is what writes them, where that is more than to write tuples.
    """

    writes: tuple[RelationTuple, ...]
    sentence: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True)
class Why:
    """The answer, true of the store at `revision`: proofs where it is allowed, branches and remedies where not.

    `complete` is False where there was more to look at than may be read, so that there may be more to tell;
    `more` is True where other changes may do as well that are not told.
    """

    allowed: bool
    revision: Revision
    sentence: str
    proofs: tuple[Proof, ...] = ()
    branches: tuple[Branch, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    complete: bool = True
    more: bool = False


class Seen(Protocol):
    """What sentences may look at: the store at the revision of the answer."""

    def name(self, object_: Object) -> str | None:
        """What people call an object."""

    def of(self, object_: Object, relation: str) -> list[RelationTuple]:
        """The tuples of an object and relation that hold."""


@dataclass(frozen=True, slots=True)
class Lack:
    """An object was reached that requires what the one asked about lacks."""

    reached: Object
    object: Object
    required: str
    within: str
    lacking: tuple[Object, ...]


class Sentences(Protocol):
    """How reasons are put into words in the stores of some model, and which changes its rules know."""

    def fit(self, model: Model) -> bool:
        """Whether a model is one these are for."""

    def proof(self, seen: Seen, asked: WhyQuestion, proof: Proof, /) -> str:
        """A proof as a sentence."""

    def lack(self, seen: Seen, asked: WhyQuestion, lack: Lack) -> str:
        """Why an object reached does not count."""

    def remedy(self, seen: Seen, asked: WhyQuestion, writes: tuple[RelationTuple, ...], /) -> Remedy | None:
        """A change as it would be made, with what goes along with it; None where a rule forbids it."""

    def offers(self, seen: Seen, asked: WhyQuestion, /) -> Iterable[Remedy]:
        """Changes that bring a thing of their own, which no search thinks of; each is tried before it is told."""


class PlainSentences:
    """Words for any model: each tuple as it stands."""

    def fit(self, model: Model) -> bool:  # noqa: ARG002 - for every model
        """Every model is."""
        return True

    def proof(self, _seen: Seen, asked: WhyQuestion, proof: Proof, /) -> str:
        """Each tuple by its relation, then what was not found."""
        found = [statement(one.tuple) for one in proof.path]
        if not found:
            found = [f"{asked.subject} is the very set that is asked about"]
        return "; ".join((*found, *absences(asked, proof)))

    def lack(self, seen: Seen, asked: WhyQuestion, lack: Lack) -> str:  # noqa: ARG002 - the same everywhere
        """By the names of the guard."""
        what = ", ".join(map(str, lack.lacking))
        return (
            f"{lack.reached} is reached, but its {lack.required} is {what}, which is not {lack.within} of {lack.object}"
        )

    def remedy(self, _seen: Seen, _asked: WhyQuestion, writes: tuple[RelationTuple, ...], /) -> Remedy | None:
        """The tuples, told to be written."""
        return Remedy(writes, "make " + " and ".join(f"{one.subject} {one.relation} of {one.object}" for one in writes))

    def offers(self, _seen: Seen, _asked: WhyQuestion, /) -> Iterable[Remedy]:
        """None: what things a model is about is not known."""
        return ()


def statement(one: RelationTuple) -> str:
    """A tuple as words."""
    return f"{one.subject} is {one.relation} of {one.object}"


def absences(asked: WhyQuestion, proof: Proof) -> list[str]:
    """What was looked for and not found, as words."""
    return [f"{asked.subject} is not found in {one.taken} of {one.object}" for one in proof.absent]
