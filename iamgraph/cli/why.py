"""`iamgraph why`: why may the subject, or why not, and what would let it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from iamgraph.cli import options, parse, said
from iamgraph.cli.output import Out, console

if TYPE_CHECKING:
    from rich.tree import Tree

    from iamgraph.cli.places import Place
    from iamgraph.reasons import Why


@click.command()
@click.argument("words", nargs=-1, metavar="SUBJECT RELATION OBJECT")
@options.store
@click.option("--limit", default=5, show_default=True, help="How many proofs at most.")
@click.option("--zookie", help="Answer at this revision or later.")
@click.option("--at", metavar="REVISION|TIME", help="Answer as of that revision or time.")
@options.reaching
def why(
    *,
    words: tuple[str, ...],
    store: str,
    limit: int,
    zookie: str | None,
    at: str | None,
    place: Place,
    out: Out,
) -> None:
    """Why does SUBJECT have RELATION on OBJECT, or why not, and what would let it?

    The question may also be one tuple, as for `iamgraph check`. An error, which includes an unknown answer, exits
    with 2.
    """
    from iamgraph.reasons import PastWhy, WhyQuestion  # noqa: PLC0415 - only where it is asked

    subject, relation, object_ = parse.question(words)
    asked = WhyQuestion(store, subject, relation, object_, limit, zookie)
    with place.door() as door:
        found = door.why(asked) if at is None else door.why_at(PastWhy(asked, parse.moment(at)))
    if out.json:
        out.one(said.of_why(found), "")
    else:
        console().print(_tree(found))


def _tree(found: Why) -> Tree:
    """Each proof with its tuples; or each branch with what it found, and the changes that would allow it."""
    from rich.tree import Tree  # noqa: PLC0415 - only where something is drawn

    root = Tree(f"{'allowed' if found.allowed else 'denied'}: {found.sentence}")
    for proof in found.proofs:
        at = root.add(proof.sentence)
        for one in proof.path:
            at.add(said.described(one))
        for each in proof.absent:
            at.add(f"not found: {each.taken} of {each.object}")
    for branch in found.branches:
        at = root.add(f"{branch.rewrite} (of {branch.object})")
        at.add(branch.stopped)
    if found.remedies:
        at = root.add("what would allow it")
        for remedy in found.remedies:
            beneath = at.add(remedy.sentence)
            written = [f"iamgraph tuple write '{one}'" for one in remedy.writes]
            for command in [remedy.command] if remedy.command else written:
                beneath.add(command)
        if found.more:
            at.add("others may do as well: not all are told")
    if not found.complete:
        root.add("there was more to look at than may be read, so there may be more to tell")
    return root
