"""`iamgraph list` and `iamgraph expand`: what a subject may, who may, and what stands behind a relation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from iamgraph.cli import options, parse
from iamgraph.cli.output import Out, console
from iamgraph.cli.said import Said
from iamgraph.errors import RequestError
from iamgraph.expand import ExpandQuestion, Node, Tree
from iamgraph.listing import MAX_LIST_PAGE, ListAccess, ListObjects, ListSubjects, parse_kind
from iamgraph.tuples import Userset, parse_object, parse_subject, shown

if TYPE_CHECKING:
    from rich import tree

    from iamgraph.cli.places import Place

_limit = click.option("--limit", type=int, help="The first so many; else all of them.")
_at = click.option("--at", metavar="REVISION|TIME", help="As of that revision or time.")


@click.group("list")
def list_() -> None:
    """What a subject may, who may, and all a subject can do: exactly what checks allow."""


@list_.command()
@click.argument("subject")
@click.argument("relation")
@click.argument("type_", metavar="TYPE")
@options.store
@_limit
@_at
@options.reaching
def objects(
    *, subject: str, relation: str, type_: str, store: str, limit: int | None, at: str | None, place: Place, out: Out
) -> None:
    """The objects of TYPE that SUBJECT has RELATION on."""
    most, moment = MAX_LIST_PAGE if limit is None else limit, parse.moment(at) if at is not None else None
    asked = ListObjects(store, parse_subject(subject), relation, type_, most, whole=limit is None, at=moment)
    with place.door() as door:
        page = door.list_objects(asked)
    out.many(({"object": str(one)} for one in page.items), {"OBJECT": lambda one: one["object"]})
    _tell_more(out, more=page.next_cursor is not None)


@list_.command()
@click.argument("object_", metavar="OBJECT")
@click.argument("relation")
@click.argument("type_", metavar="TYPE")
@options.store
@_limit
@_at
@options.reaching
def subjects(
    *, object_: str, relation: str, type_: str, store: str, limit: int | None, at: str | None, place: Place, out: Out
) -> None:
    """The subjects of TYPE that have RELATION on OBJECT; TYPE may be a userset kind, `group#member`.

    Where everybody may, that is told by `member:*`, and after it who may not.
    """
    kind = parse_kind(type_)
    most, moment = MAX_LIST_PAGE if limit is None else limit, parse.moment(at) if at is not None else None
    asked = ListSubjects(store, parse_object(object_), relation, kind, most, whole=limit is None, at=moment)
    with place.door() as door:
        page = door.list_subjects(asked)
    found = [{"subject": f"{kind.type}:*", "allowed": True}] if page.wildcard else []
    found += [{"subject": str(one), "allowed": True} for one in page.subjects]
    found += [{"subject": str(one), "allowed": False} for one in page.excepted]
    out.many(found, {"SUBJECT": lambda one: one["subject"], "": lambda one: "" if one["allowed"] else "may not"})
    _tell_more(out, more=page.next_cursor is not None)


@list_.command()
@click.argument("subject")
@options.store
@click.option("--type", "types", multiple=True, metavar="TYPE", help="On objects of this type; may be repeated.")
@click.option("--limit", type=int, default=100, show_default=True, help="Objects of each relation.")
@options.reaching
def access(*, subject: str, store: str, types: tuple[str, ...], limit: int, place: Place, out: Out) -> None:
    """All that SUBJECT can do."""
    with place.door() as door:
        found = door.list_access(ListAccess(store, parse_subject(subject), frozenset(types), limit))
    said = (
        {"type": one.type, "relation": one.relation, "objects": list(map(str, one.objects)), "more": one.more}
        for one in found.access
    )
    columns = {"RELATION": lambda one: f"{one['type']}#{one['relation']}", "OBJECTS": _objects}
    out.many(said, columns)


def _objects(one: Said) -> str:
    return ", ".join(one["objects"]) + (", and more" if one["more"] else "")


def _tell_more(out: Out, *, more: bool) -> None:
    if more:
        out.talk({"more": True}, "iamgraph: there are more")


@click.command()
@click.argument("userset", metavar="OBJECT#RELATION")
@options.store
@options.reaching
def expand(*, userset: str, store: str, place: Place, out: Out) -> None:
    """The tree behind OBJECT#RELATION, down to the subjects of its tuples."""
    of = parse_subject(userset)
    if not isinstance(of, Userset):
        raise RequestError(f"malformed `{shown(userset)}`: expected `type:id#relation`", code="malformed_relation")
    with place.door() as door:
        found = door.expand(ExpandQuestion(store, of.object, of.relation))
    if out.json:
        out.one(_said(found), "")
    else:
        console().print(_drawn(found.root))


def _said(found: Tree) -> Said:
    return {"tree": _node(found.root), "truncated": found.truncated, "zookie": found.revision.zookie()}


def _node(node: Node) -> Said:
    said: Said = {
        "kind": node.kind.value,
        "userset": str(node.userset) if node.userset is not None else None,
        "subjects": list(map(str, node.subjects)),
        "conditional": list(map(str, node.conditional)),
        "children": list(map(_node, node.children)),
        "repeated": node.repeated,
        "truncated": node.truncated,
    }
    return {name: value for name, value in said.items() if value}


def _drawn(node: Node) -> tree.Tree:
    from rich.tree import Tree as Drawn  # noqa: PLC0415 - only where something is drawn

    drawn = Drawn(_text(node))
    waiting = [(node, drawn)]
    while waiting:
        one, at = waiting.pop()
        for subject in one.subjects:
            at.add(str(subject))
        for subject in one.conditional:
            at.add(f"{subject} (under a condition)")
        waiting += [(child, at.add(_text(child))) for child in one.children]
    return drawn


def _text(node: Node) -> str:
    beside = " (see above or below)" if node.repeated else " (goes on)" if node.truncated else ""
    return (str(node.userset) if node.userset is not None else node.kind.value) + beside
