"""`iamgraph history` and `iamgraph what-if`: who gained and lost access, and who would."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from iamgraph.cli import options, parse, said
from iamgraph.cli.output import Out
from iamgraph.questions import CheckQuestion
from iamgraph.tuples import parse_object, parse_subject

if TYPE_CHECKING:
    from iamgraph.cli.places import Place
    from iamgraph.history import Since
    from iamgraph.impact import Impact, Scoped

_subject = click.option("--subject", help="Only of this subject.")
_object = click.option("--object", "object_", help="Only to this object.")
_relations = click.option("--relation", "relations", multiple=True, help="Only by this relation; may be repeated.")
_types = click.option("--type", "types", multiple=True, help="Only to objects of this type; may be repeated.")


@click.group()
def history() -> None:
    """What was: see also `iamgraph check --at`."""


@history.command("changes")
@options.store
@click.option("--since", required=True, metavar="REVISION|TIME", help="The revision or time to begin at.")
@click.option("--until", required=True, metavar="REVISION|TIME", help="The revision or time to end at.")
@_subject
@_object
@_relations
@_types
@options.reaching
def changes(
    *,
    store: str,
    since: str,
    until: str,
    subject: str | None,
    object_: str | None,
    relations: tuple[str, ...],
    types: tuple[str, ...],
    place: Place,
    out: Out,
) -> None:
    """Who gained and who lost which access to an object, or of a subject, between two revisions or times."""
    from iamgraph.impact import Between  # noqa: PLC0415 - only where it is asked

    wanted = _scoped(subject, object_, relations, types)
    asked = Between(store, parse.moment(since), parse.moment(until), wanted)
    with place.door() as door:
        _print(door.changed(asked), out)


@history.command("since")
@click.argument("words", nargs=-1, metavar="SUBJECT RELATION OBJECT")
@options.store
@options.reaching
def since(*, words: tuple[str, ...], store: str, place: Place, out: Out) -> None:
    """Who gave this access and when: the change after which it has been allowed, and the tuples that prove it."""
    subject, relation, object_ = parse.question(words)
    with place.door() as door:
        found = door.since(CheckQuestion(store, subject, relation, object_))
    out.one(said.of_since(found), _told(found))


def _told(found: Since) -> str:
    if not found.decision.allowed:
        return found.decision.outcome.value
    change = found.change
    if change is None:
        return (
            "allowed since the newest change, by time alone" if found.kept else "allowed longer than changes are kept"
        )
    by = f" by {change.by}" if change.by is not None else ""
    reason = f": {change.reason}" if change.reason is not None else ""
    lines = [f"allowed since revision {change.revision}, {said.of_time(change.at)}{by}{reason}"]
    return "\n".join(lines + [f"  {said.described(one)}" for one in found.decision.path or ()])


@click.command("what-if")
@options.store
@click.option("--write", "writes", multiple=True, metavar="TUPLE", help="A tuple that would be written.")
@click.option("--delete", "deletes", multiple=True, metavar="TUPLE", help="A tuple that would be deleted.")
@click.option("--model", "file", metavar="FILE", help="A model that would be the current one.")
@_subject
@_object
@_relations
@_types
@options.reaching
def what_if(
    *,
    store: str,
    writes: tuple[str, ...],
    deletes: tuple[str, ...],
    file: str | None,
    subject: str | None,
    object_: str | None,
    relations: tuple[str, ...],
    types: tuple[str, ...],
    place: Place,
    out: Out,
) -> None:
    """Who would gain and who would lose which access by a change or another model? Nothing is written."""
    from iamgraph.impact import Trial  # noqa: PLC0415 - only where it is asked

    model = parse.text_of(file) if file is not None else None
    wanted = _scoped(subject, object_, relations, types)
    trial = Trial(store, parse.tuples(writes), parse.tuples(deletes), model, wanted)
    with place.door() as door:
        _print(door.what_if(trial), out)


def _scoped(subject: str | None, object_: str | None, relations: tuple[str, ...], types: tuple[str, ...]) -> Scoped:
    from iamgraph.impact import Scoped  # noqa: PLC0415 - as above

    return Scoped(
        parse_subject(subject) if subject is not None else None,
        parse_object(object_) if object_ is not None else None,
        frozenset(relations),
        frozenset(types),
    )


def _print(impact: Impact, out: Out) -> None:
    lines = [f"{one.before.value} -> {one.after.value}  {one}" for one in impact.shifts]
    lines.append(f"{len(impact.gained)} gained, {len(impact.lost)} lost, of {impact.tried} looked at")
    out.one(said.of_impact(impact), "\n".join(lines))
