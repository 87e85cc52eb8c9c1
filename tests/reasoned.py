"""What every answer of reasons must be, whoever kept the tuples: judged by the oracle, which shares nothing with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations

from iamgraph.authorizer import check_tuple
from iamgraph.model.guards import required_relations
from iamgraph.model.model import Exclusion, Intersection, Model, Rewrite, Union
from iamgraph.reasons import Proof, Remedy, Why
from iamgraph.tuples import Object, RelationTuple, Subject, Userset, Wildcard
from tests.generators import NOW, Case, Question
from tests.oracle import Oracle


@dataclass
class Judged:
    """What has been judged so far."""

    counts: Counter[str] = field(default_factory=Counter)

    def judge(self, case: Case, tuples: tuple[RelationTuple, ...], one: Question, why: Why | None) -> None:
        """Hold one answer to the oracle; None stands for one that was unknown."""
        right = Oracle(case.model, tuples, NOW).check(one.subject, one.relation, one.object)
        said = "unknown" if why is None else "allowed" if why.allowed else "denied"
        assert right == said, report(case, tuples, one)
        self.counts[said] += 1
        if why is None:
            return
        assert why.complete
        self._proofs(case, tuples, one, why.proofs)
        assert bool(why.proofs) is why.allowed
        assert why.allowed or why.branches or case.model.relation(one.object.type, one.relation) is None
        self._remedies(case, tuples, one, why.remedies)

    def _proofs(self, case: Case, tuples: tuple[RelationTuple, ...], one: Question, proofs: tuple[Proof, ...]) -> None:
        there = {str(each): each for each in tuples}
        required = required_relations(case.model)
        assert sorted(proofs, key=lambda each: (len(each.path), sorted(map(str, each.path)))) == list(proofs)
        assert len({frozenset(map(str, each.path)) for each in proofs}) == len(proofs)
        for proof in proofs:
            path = [stored.tuple for stored in proof.path]
            assert all(there[str(each)] == each for each in path)
            assert proof.sentence
            if proof.absent:
                continue
            assert allowed(case, path, one), f"{report(case, tuples, one)}\n{list(map(str, path))} proves nothing"
            for spared in path:
                # Without what is required less is required, so that it alone may always be spared.
                if (spared.object.type, spared.relation) not in required:
                    fewer = [each for each in path if each is not spared]
                    assert not allowed(case, fewer, one), f"{report(case, tuples, one)}\n{spared} is too much in {path}"
                    self.counts["needed"] += 1
            self.counts["proofs"] += 1
        if proofs and not subtracts(case.model):
            shorter = [fewer for n in range(min(len(proofs[0].path), 3)) for fewer in combinations(tuples, n)]
            if len(shorter) <= 2_000:
                assert not any(allowed(case, fewer, one) for fewer in shorter), report(case, tuples, one)
                self.counts["shortest"] += 1

    def _remedies(
        self, case: Case, tuples: tuple[RelationTuple, ...], one: Question, remedies: tuple[Remedy, ...]
    ) -> None:
        assert sorted(map(len, (each.writes for each in remedies))) == [len(each.writes) for each in remedies]
        for remedy in remedies:
            for each in remedy.writes:
                check_tuple(case.model, each, "")
            assert remedy.sentence
            assert allowed(case, written(tuples, remedy.writes), one), report(case, tuples, one)
            for n in range(len(remedy.writes)):
                for fewer in combinations(remedy.writes, n):
                    assert not allowed(case, written(tuples, fewer), one), report(case, tuples, one)
            self.counts[f"remedies of {len(remedy.writes)}"] += 1

    def simpler(self, case: Case, tuples: tuple[RelationTuple, ...], one: Question, why: Why) -> None:
        """Count where one tuple over objects there are would do, and whether the first remedy is of one tuple."""
        if why.allowed or subtracts(case.model):
            return
        if any(allowed(case, written(tuples, (each,)), one) for each in singles(case, tuples, one)):
            found = why.remedies and len(why.remedies[0].writes) == 1
            self.counts["one would do, found" if found else "one would do, missed"] += 1


def allowed(case: Case, tuples: Iterable[RelationTuple], one: Question) -> bool:
    """The oracle's answer."""
    return Oracle(case.model, tuples, NOW).check(one.subject, one.relation, one.object) == "allowed"


def written(tuples: Iterable[RelationTuple], writes: Iterable[RelationTuple]) -> list[RelationTuple]:
    """What is there once these are written."""
    return list({str(one): one for one in (*tuples, *writes)}.values())


def singles(case: Case, tuples: tuple[RelationTuple, ...], one: Question) -> Iterator[RelationTuple]:
    """Every tuple the model allows over what is there, without wildcards, conditions and expiry."""
    objects = (
        {one.object} | {each.object for each in tuples} | {found for each in tuples for found in _object(each.subject)}
    )
    objects |= set(_object(one.subject))
    for on in sorted(objects):
        type_ = case.model.type(on.type)
        for relation in type_.relations if type_ is not None else ():
            for kind in relation.direct_types:
                if kind.wildcard or kind.condition is not None:
                    continue
                for who in sorted(objects):
                    if who.type == kind.type:
                        subject: Subject = who if kind.relation is None else Userset(who, kind.relation)
                        yield RelationTuple(on, relation.name, subject)


def _object(subject: Subject) -> tuple[Object, ...]:
    match subject:
        case Object():
            return (subject,)
        case Userset(object_):
            return (object_,)
        case Wildcard():
            return ()


def subtracts(model: Model) -> bool:
    """Whether a model has a `but not` anywhere."""
    return any(_subtracts(relation.rewrite) for type_ in model.types for relation in type_.relations)


def _subtracts(rewrite: Rewrite) -> bool:
    match rewrite:
        case Exclusion():
            return True
        case Union(operands) | Intersection(operands):
            return any(map(_subtracts, operands))
        case _:
            return False


def report(case: Case, tuples: Iterable[RelationTuple], one: Question) -> str:
    """All there is to know of a question."""
    return "\n".join([case.model_text, *sorted(map(repr, tuples)), str(one)])
