"""`iamgraph workspace`: workspaces, who and what is in them, and their documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from iamgraph.cli import options, parse
from iamgraph.cli.output import Out
from iamgraph.cli.said import Said
from iamgraph.errors import RequestError
from iamgraph.tuples import shown

if TYPE_CHECKING:
    from iamgraph.access.access import Access
    from iamgraph.access.planned import Plan
    from iamgraph.cli.places import Place
    from iamgraph.questions import Done

# So many lines of a plan are shown to whoever is asked about it; `--dry-run` shows all.
ASKED: Final = 200

_id = click.argument("id_", metavar="ID")


@click.group()
def workspace() -> None:
    """Workspaces: make and show them, and make them what a document says.

    On Neo4j itself, as whoever runs these commands may do all; not on a service yet.
    """


@workspace.command("list")
@options.store
@options.reaching
def list_(*, store: str, place: Place, out: Out) -> None:
    """Show all workspaces."""
    with place.access(store) as access:
        found = access.workspaces.all()
    out.many(found, _columns("id", "name", "plan", "region", "hipaa"))


@workspace.command()
@_id
@options.store
@options.reaching
def show(id_: str, *, store: str, place: Place, out: Out) -> None:
    """Show a workspace."""
    with place.access(store) as access:
        found = access.workspaces.get(id_)
    out.one(found, "\n".join(f"{name}: {_text(value)}" for name, value in found.items()))


@workspace.command()
@_id
@click.option("--name", required=True, help="Its name.")
@click.option("--owner", required=True, metavar="EMAIL", help="The address of its first owner.")
@click.option("--plan", default="business", show_default=True, help="`free`, `team` or `business`.")
@click.option("--region", default="us", show_default=True, help="`us` or `eu`.")
@click.option("--hipaa", is_flag=True, help="It is HIPAA-eligible: its members' sessions end after 15 idle minutes.")
@options.store
@options.reason
@options.idempotency_key
@options.reaching
def create(
    id_: str,
    *,
    name: str,
    owner: str,
    plan: str,
    region: str,
    hipaa: bool,
    store: str,
    reason: str | None,
    idempotency_key: str | None,
    place: Place,
    out: Out,
) -> None:
    """Make a workspace, and its first owner."""
    with place.access(store, founding=True) as access:
        desk = access.saying(reason, idempotency_key).workspaces
        done = desk.create(id_, name=name, owner=owner, plan=plan, region=region, hipaa=hipaa)
    out.one(_done(done), f"workspace {id_} created, revision {done.revision.number}")


# --- documents ---------------------------------------------------------------------------------------------


@workspace.command()
@click.argument("id_", metavar="[ID]", required=False)
@click.option("-f", "--file", required=True, metavar="FILE", help="The document; `-` for stdin.")
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.option("--allow-removals", type=click.IntRange(0), metavar="N", help="How many things may go.  [default: 25]")
@options.store
@options.reason
@options.reaching
def apply(
    id_: str | None,
    *,
    file: str,
    dry_run: bool,
    yes: bool,
    allow_removals: int | None,
    store: str,
    reason: str | None,
    place: Place,
    out: Out,
) -> None:
    """Make a workspace what the document in FILE says, after showing what that changes.

    What the document does not name goes, but for tokens, invites and access requests. ID, if given, must be the
    document's.
    """
    from iamgraph.access.applying import MAX_REMOVALS  # noqa: PLC0415 - the access model only where it is used
    from iamgraph.access.document import check_workspace, parse_document  # noqa: PLC0415 - as above

    if not (dry_run or yes) and (out.json or file == "-"):
        raise click.UsageError("nobody can be asked: say `--yes` or `--dry-run`")
    document = parse_document(parse.text_of(file))
    check_workspace(document, id_ or document.workspace)
    removals = MAX_REMOVALS if allow_removals is None else allow_removals
    with place.access(store, founding=not dry_run) as access:
        documents = access.saying(reason).documents
        plan = documents.plan(document)
        _show(plan, out, whole=dry_run)
        done = None
        if plan.changes and not dry_run:
            plan.check(removals)
            if not yes:
                click.confirm("Make it so?", abort=True, err=True)
            done = documents.apply(document, removals=removals, shown=plan)
    _tell(document.workspace, plan, done, out)


def _show(plan: Plan, out: Out, *, whole: bool) -> None:
    if out.json:
        return
    lines = plan.lines if whole else plan.lines[:ASKED]
    for line in lines:
        click.echo(line)
    if len(lines) < len(plan.lines):
        click.echo(f"... and {len(plan.lines) - len(lines):,} more: --dry-run shows all")


def _tell(id_: str, plan: Plan, done: Done | None, out: Out) -> None:
    planned: Said = {"workspace": id_, "lines": list(plan.lines), "changes": plan.changes, "removals": plan.removals}
    if done is None:
        planned |= {
            "writes": list(map(str, plan.writes)),
            "deletes": list(map(str, plan.deletes)),
            "removed": list(map(str, plan.removed)),
        }
        counted = f"{len(plan.writes):,} tuples would come, {len(plan.deletes):,} go, {plan.removals:,} removals"
        out.one(planned, counted if plan.changes else f"workspace {id_} is what the document says")
    else:
        out.one(planned | _done(done), f"workspace {id_} applied, revision {done.revision.number}")


@workspace.command()
@_id
@click.option("-o", "--output", metavar="FILE", help="Where to; stdout without.")
@options.store
@options.reaching
def export(id_: str, *, output: str | None, store: str, place: Place, out: Out) -> None:
    """Write a workspace's document, which `apply` takes; without tokens, invites and access requests."""
    with place.access(store) as access:
        text = access.documents.read(id_).text()
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as fault:
        raise RequestError(f"cannot write `{shown(output)}`: {fault.strerror}", code="file_not_written") from fault
    out.one({"workspace": id_, "file": output}, f"workspace {id_} written to {output}")


@workspace.command("import-members")
@_id
@click.argument("file", metavar="FILE")
@options.store
@options.reason
@options.idempotency_key
@options.reaching
def import_members(
    id_: str,
    file: str,
    *,
    store: str,
    reason: str | None,
    idempotency_key: str | None,
    place: Place,
    out: Out,
) -> None:
    """Add the people in the CSV FILE (`-` for stdin): columns email, name, role, groups, these parted by `;`.

    All or nobody; whoever is there already keeps what they have.
    """
    from iamgraph.access.people import parse_people  # noqa: PLC0415 - as above

    people = parse_people(parse.text_of(file))
    with place.access(store) as access:
        done = access.saying(reason, idempotency_key).people(id_).add(people)
    out.one({**_done(done), "people": len(people)}, f"{len(people):,} people, revision {done.revision.number}")


# --- lists -------------------------------------------------------------------------------------------------

Rows = Callable[["Access", str], Iterable[Said]]


def _listing(name: str, help_: str, rows: Rows, columns: tuple[str, ...]) -> None:
    """A command that lists something of a workspace."""

    @workspace.command(name, help=help_)
    @_id
    @options.store
    @options.reaching
    def listing(id_: str, *, store: str, place: Place, out: Out) -> None:
        with place.access(store) as access:
            found = rows(access, id_)
        out.many(found, _columns(*columns))


_listing(
    "members",
    "Show the members of a workspace.",
    lambda access, id_: access.members(id_).all(),
    ("id", "email", "name", "role", "pii"),
)
_listing(
    "groups", "Show the groups of a workspace.", lambda access, id_: access.groups(id_).all(), ("id", "name", "members")
)
_listing(
    "policies",
    "Show the policies of a workspace, and who holds them.",
    lambda access, id_: access.policies(id_).all(),
    ("id", "role", "resources", "labels", "holders"),
)
_listing(
    "labels", "Show the labels of a workspace.", lambda access, id_: access.labels(id_).all(), ("label", "description")
)
_listing(
    "tokens",
    "Show the tokens of a workspace, never their secrets.",
    lambda access, id_: access.tokens(id_).all(),
    ("id", "description", "owner", "policies", "expires_at", "last_used_at"),
)


def _columns(*names: str) -> dict[str, Callable[[Said], object]]:
    return {name.replace("_", " "): _cell(name) for name in names}


def _cell(name: str) -> Callable[[Said], object]:
    return lambda row: _text(row[name])


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else value


def _done(done: Done) -> Said:
    return {"object": str(done.object), "revision": done.revision.number, "zookie": done.revision.zookie()}
