"""`iamgraph check`: may the subject?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from iamgraph.cli import options, parse, said
from iamgraph.cli.output import Out, console
from iamgraph.questions import CheckQuestion, Decision
from iamgraph.tuples import StoredTuple, Subject, Userset

if TYPE_CHECKING:
    from rich.tree import Tree

    from iamgraph.cli.places import Place


@click.command()
@click.argument("words", nargs=-1, metavar="SUBJECT RELATION OBJECT")
@options.store
@click.option("--explain", is_flag=True, help="Show the tuples that prove an allowed answer.")
@click.option("--exit-code", is_flag=True, help="Exit with 0 when allowed and 1 when denied.")
@click.option("--zookie", help="Answer at this revision or later.")
@click.option("--context", metavar="JSON", help="Parameters of conditions.")
@click.option("--contextual", multiple=True, metavar="TUPLE", help="A tuple that holds for this question only.")
@options.reaching
@click.pass_context
def check(
    ctx: click.Context,
    *,
    words: tuple[str, ...],
    store: str,
    explain: bool,
    exit_code: bool,
    zookie: str | None,
    context: str | None,
    contextual: tuple[str, ...],
    place: Place,
    out: Out,
) -> None:
    """May SUBJECT have RELATION on OBJECT?

    The question may also be one tuple: `iamgraph check 'resource:wiki#viewer@member:ada'`. An error, which
    includes an unknown answer, exits with 2.
    """
    subject, relation, object_ = parse.question(words)
    given = parse.context(context, "--context")
    question = CheckQuestion(store, subject, relation, object_, explain, zookie, given, parse.tuples(contextual))
    with place.door() as door:
        decision = door.check(question)
    out.one(said.of_decision(decision), decision.outcome.value)
    if explain and not out.json:
        _explain(subject, decision)
    if exit_code and not decision.allowed:
        ctx.exit(1)


def _explain(subject: Subject, decision: Decision) -> None:
    if decision.path:
        console().print(_tree(subject, decision.path))
    elif decision.allowed:
        click.echo("no tuple is needed: the subject is the set that is asked about")


def _tree(subject: Subject, path: tuple[StoredTuple, ...]) -> Tree:
    """The path from the subject on; a tuple that does not lead on from the one before begins a branch of its own."""
    from rich.tree import Tree  # noqa: PLC0415 - only where something is drawn

    root = last = Tree(str(subject))
    before = None
    for one in path:
        start = one.tuple.subject.object if isinstance(one.tuple.subject, Userset) else one.tuple.subject
        last = (last if start == before else root).add(said.described(one))
        before = one.tuple.object
    return root
