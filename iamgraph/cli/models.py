"""`iamgraph model`: validate, write and show models, and the statement a check runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from iamgraph.cli import options, parse, said
from iamgraph.cli.output import Out
from iamgraph.errors import RequestError

if TYPE_CHECKING:
    from iamgraph.cli.places import Place
    from iamgraph.tuples import Kind

_file = click.argument("file", metavar="FILE")


@click.group("model")
def model() -> None:
    """Validate, write and show models."""


@model.command()
@_file
@options.saying
def validate(file: str, out: Out) -> None:
    """Say all that is wrong with the model in FILE (`-` for stdin); needs no Neo4j."""
    from iamgraph.model.parser import parse_model  # noqa: PLC0415 - the parser only where a model is read
    from iamgraph.model.printer import model_hash  # noqa: PLC0415 - as above

    found = parse_model(parse.text_of(file))
    types, relations = len(found.types), sum(len(one.relations) for one in found.types)
    counted = {"valid": True, "hash": model_hash(found), "types": types, "relations": relations}
    out.one(counted, f"valid: {types} types, {relations} relations")


@model.command()
@_file
@options.store
@options.by
@options.reason
@options.idempotency_key
@options.reaching
def write(
    file: str,
    *,
    store: str,
    by: str | None,
    reason: str | None,
    idempotency_key: str | None,
    place: Place,
    out: Out,
) -> None:
    """Make the model in FILE (`-` for stdin) the store's current one."""
    text = parse.text_of(file)
    with place.door() as door:
        stored = door.write_model(store, text, by, reason, idempotency_key)
    out.one(said.of_model(stored), f"model {stored.id}, revision {stored.revision.number}")


@model.command()
@click.argument("id_", metavar="[ID]", required=False)
@options.store
@options.reaching
def get(id_: str | None, store: str, place: Place, out: Out) -> None:
    """Print the text of a model, of the current one without ID."""
    with place.door() as door:
        stored = door.get_model(store, id_)
    out.one(said.of_model(stored), stored.text.removesuffix("\n"))


@model.command("list")
@options.store
@options.reaching
def list_(store: str, place: Place, out: Out) -> None:
    """Show the models of a store, newest first."""
    with place.door() as door:
        found = door.list_models(store)
    out.many(map(said.of_model, found), _COLUMNS)


@model.command()
@click.argument("asked", metavar="TYPE#RELATION")
@click.option(
    "--subject-type",
    default="member",
    show_default=True,
    help="The kind of subject: `member`, `group#member` or `member:*`.",
)
@click.option("--file", help="A model's file, instead of a store's model; needs no Neo4j.")
@options.store
@options.reaching
@click.pass_context
def cypher(
    ctx: click.Context, *, asked: str, subject_type: str, file: str | None, store: str, place: Place, out: Out
) -> None:
    """Print how a check of TYPE#RELATION reads the graph, or say why there is no statement for it."""
    type_, relation = parse.type_and_relation(asked)
    kind = parse.kind(subject_type)
    statement, why = _compiled(_text(file, store, place), type_, relation, kind)
    if statement is None:
        out.talk({"reason": why}, f"no statement, checks walk the graph: {why}")
        ctx.exit(1)
    out.one({"statement": statement}, statement.removesuffix("\n"))


def _text(file: str | None, store: str, place: Place) -> str:
    if file is not None:
        return parse.text_of(file)
    with place.door() as door:
        return door.get_model(store).text


def _compiled(text: str, type_: str, relation: str, kind: Kind) -> tuple[str | None, str]:
    """The statement, or None and why there is none."""
    from iamgraph.check.contract import CurrentModel  # noqa: PLC0415 - as above
    from iamgraph.check.query import compiled  # noqa: PLC0415 - as above
    from iamgraph.model.names import check_relation_exists  # noqa: PLC0415 - the model, for this command only
    from iamgraph.model.parser import parse_model  # noqa: PLC0415 - as above
    from iamgraph.plan.planner import NotCompiled  # noqa: PLC0415 - as above

    current = CurrentModel("", parse_model(text))
    check_relation_exists(current.model, type_, relation)
    if kind.via not in (None, "*"):
        check_relation_exists(current.model, kind.type, kind.via)
    elif current.model.type(kind.type) is None:
        raise RequestError(f"no type `{kind.type}` in the model: name one with `--subject-type`", code="type_not_found")
    try:
        return compiled(current, type_, relation, kind).shown, ""
    except NotCompiled as reason:
        return None, str(reason)


_COLUMNS: Final = {
    "model": lambda one: one["id"],
    "revision": lambda one: one["revision"],
    "at": lambda one: one["at"],
    "hash": lambda one: one["hash"],
}
