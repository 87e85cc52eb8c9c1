"""Labels of a workspace: created by its owners, carried by sources and spaces, required by policies."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final

from iamgraph.access import words
from iamgraph.access.desk import Desk, Need, belongs, exists
from iamgraph.access.policies import check_label
from iamgraph.access.words import is_
from iamgraph.access.workspaces import BUILT_IN_LABELS
from iamgraph.errors import ConflictError, LimitError, RequestError
from iamgraph.questions import Attributes, Done, Effect, Note, TupleFilter
from iamgraph.transaction import Transaction
from iamgraph.tuples import Object, RelationTuple, parse_object

LABELLED: Final = frozenset({"source", "space"})
ENVIRONMENT: Final = "environment"
MAX_CUSTOM_ENVIRONMENTS: Final = 5
SHOWN_USES: Final = 10


class Labels:
    """What can be done with the labels of one workspace."""

    def __init__(self, desk: Desk, workspace: str) -> None:
        self._desk = desk
        self._home = words.workspace(workspace)

    def create(self, text: str, *, description: str | None = None) -> Done:
        """A new label `key:value`. There is no renaming: create another, move what carries it, delete this one."""
        one = words.label(self._home, text)

        def decide(transaction: Transaction) -> Effect:
            if exists(transaction, one):
                raise ConflictError(f"label `{text}` exists", code="label_exists", pointer="/label")
            check_environments([*self._all(transaction), one])
            kept = (Attributes(one, {"description": description}),)
            return Effect(note, (is_(one, "workspace", self._home),), attributes=kept)

        note = Note("label.create", one, self._home)
        return self._desk.act(note, Need("can_manage_labels", self._home), decide, [text, description])

    def delete(self, text: str) -> Done:
        """End a label that nothing carries, admits or requires. Those built in stay."""
        one = words.label(self._home, text)

        def decide(transaction: Transaction) -> Effect:
            check_label(transaction, self._home, one)
            refuse_used(text, used_by(transaction, one))
            if text in BUILT_IN_LABELS:
                raise ConflictError(f"label `{text}` is built in", code="label_built_in")
            return Effect(note, removed=(one,))

        note = Note("label.delete", one, self._home)
        return self._desk.act(note, Need("can_manage_labels", self._home), decide)

    def all(self) -> list[dict[str, Any]]:
        """The labels, by text, for whoever is in the workspace."""
        note = Note("label.list", self._home, self._home)

        def tell(transaction: Transaction) -> list[dict[str, Any]]:
            kept = transaction.attributes(self._all(transaction))
            return sorted(
                (
                    {"label": words.label_text(one), "description": values.get("description")}
                    for one, values in kept.items()
                ),
                key=lambda one: str(one["label"]),
            )

        return self._desk.look(note, Need("can_open", self._home), tell)

    def attach(self, resource: str, labels: Collection[str], *, replacing: bool = False) -> Done:
        """Let a source or space carry labels there are; `replacing`, exactly these. One value per key.

        Who may edit it may do so.
        """
        target, wanted = self._named(resource, labels)

        def decide(transaction: Transaction) -> Effect:
            self._check_there(transaction, target, wanted)
            carried = carried_by(transaction, target)
            ended = tuple(one for one in carried if one not in wanted) if replacing else ()
            kept = (*(one for one in carried if one not in ended), *wanted)
            words.one_value_per_key(kept, "a resource carries one: replace its labels", "label_key_taken")
            return Effect(
                note,
                tuple(each for one in wanted for each in carrying(target, one)),
                tuple(each for one in ended for each in carrying(target, one)),
            )

        note = Note("label.replace" if replacing else "label.attach", target, self._home)
        return self._desk.act(note, Need("can_edit_labels", target), decide, [resource, sorted(labels)])

    def detach(self, resource: str, labels: Collection[str]) -> Done:
        """Let a source or space no longer carry some labels; what they alone opened is closed at once."""
        target, ended = self._named(resource, labels)

        def decide(transaction: Transaction) -> Effect:
            belongs(transaction, target, self._home)
            return Effect(note, deletes=tuple(each for one in ended for each in carrying(target, one)))

        note = Note("label.detach", target, self._home)
        return self._desk.act(note, Need("can_edit_labels", target), decide, [resource, sorted(labels)])

    def attach_many(self, resources: Collection[str], labels: Collection[str]) -> Done:
        """Let many resources carry labels, in one act of an owner; a value they have of the same key is replaced."""
        named = [self._named(one, labels) for one in dict.fromkeys(resources)]

        def decide(transaction: Transaction) -> Effect:
            writes: list[RelationTuple] = []
            deletes: list[RelationTuple] = []
            for target, wanted in named:
                self._check_there(transaction, target, wanted)
                keys = {words.label_key(one): one for one in wanted}
                for one in carried_by(transaction, target):
                    if keys.get(words.label_key(one), one) != one:
                        deletes += carrying(target, one)
                writes += [each for one in wanted for each in carrying(target, one)]
            return Effect(note, tuple(writes), tuple(deletes))

        note = Note("label.attach_many", self._home, self._home)
        return self._desk.act(note, Need("can_manage_labels", self._home), decide, [sorted(resources), sorted(labels)])

    def _named(self, resource: str, labels: Collection[str]) -> tuple[Object, tuple[Object, ...]]:
        target = parse_object(resource)
        if target.type not in LABELLED:
            raise RequestError(
                f"`{target}` can carry no labels: sources and spaces can", code="labels_refused", pointer="/resource"
            )
        wanted = tuple(words.label(self._home, text) for text in dict.fromkeys(labels))
        words.one_value_per_key(wanted, "a resource carries one", "label_key_taken")
        return target, wanted

    def _check_there(self, transaction: Transaction, target: Object, wanted: Iterable[Object]) -> None:
        belongs(transaction, target, self._home)
        for one in wanted:
            check_label(transaction, self._home, one)

    def _all(self, transaction: Transaction) -> list[Object]:
        found = transaction.every(TupleFilter(object_type="label", relation="workspace", subject=self._home))
        return [one.tuple.object for one in found]


def check_environments(labels: Iterable[Object]) -> None:
    """`LimitError` where the labels of a workspace are more environments than it can have."""
    texts = {words.label_text(one) for one in labels if words.label_key(one) == ENVIRONMENT}
    if len(texts - set(BUILT_IN_LABELS)) > MAX_CUSTOM_ENVIRONMENTS:
        raise LimitError(
            f"a workspace has {MAX_CUSTOM_ENVIRONMENTS} environments at most, besides those built in",
            code="too_many_environments",
            pointer="/label",
        )


def carrying(target: Object, one: Object) -> tuple[RelationTuple, ...]:
    """The tuples of a resource that carries a label. For sources both ways: spaces ask a label who carries it."""
    carried = is_(target, "label", one)
    return (carried, is_(one, "carrier", target)) if target.type == "source" else (carried,)


def carried_by(transaction: Transaction, target: Object) -> list[Object]:
    """The labels a resource carries."""
    return [one.tuple.subject for one in transaction.of(target, "label") if isinstance(one.tuple.subject, Object)]


def used_by(transaction: Transaction, one: Object) -> list[Object]:
    """What carries, admits or requires a label."""
    found = transaction.every(TupleFilter(subject=one))
    return sorted({each.tuple.object for each in found if each.tuple.relation != "workspace"})


def refuse_used(text: str, uses: list[Object]) -> None:
    """`ConflictError` (`label_in_use`) where there are uses."""
    if uses:
        named = ", ".join(f"`{one}`" for one in uses[:SHOWN_USES])
        more = f" and {len(uses) - SHOWN_USES} more" if len(uses) > SHOWN_USES else ""
        raise ConflictError(f"label `{text}` is in use by {named}{more}", code="label_in_use")
