"""`iamgraph workspace`: workspaces, who and what is in them, and their documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from iamgraph.cli import groups, labels, members, options, parse, policies, tokens
from iamgraph.cli.families import Family, argument, option, write
from iamgraph.cli.groups import GROUPS
from iamgraph.cli.labels import LABELS
from iamgraph.cli.members import MEMBERS
from iamgraph.cli.output import Out
from iamgraph.cli.policies import POLICIES
from iamgraph.cli.said import Said, of_impact
from iamgraph.cli.tokens import TOKENS

if TYPE_CHECKING:
    from iamgraph.access.planned import Plan
    from iamgraph.access.upgrading import Upgrade
    from iamgraph.cli.places import Place
    from iamgraph.cli.routes import LinesPlan
    from iamgraph.questions import Done

# So many lines of a plan are shown to whoever is asked about it; `--dry-run` shows all.
ASKED: Final = 200

_id = click.argument("id_", metavar="ID")


@click.group()
def workspace() -> None:
    """Workspaces: make and show them, and make them what a document says.

    On Neo4j itself whoever runs these commands may do all; with the secret of a token or session in IAMGRAPH_KEY,
    what that may.
    """


WORKSPACES: Final = Family(workspace, "workspaces", "workspace", home=False)
_PLAN: Final = "`free`, `team` or `business`."
_REGION: Final = "`us` or `eu`."
_HIPAA: Final = "HIPAA-eligible: its members' sessions end after 15 idle minutes."

WORKSPACES.list("Show all workspaces the caller is in.", ("id", "name", "plan", "region", "hipaa"))
WORKSPACES.show("show", "Show a workspace.", argument("id_"), verb="get")
WORKSPACES.act(
    "create",
    "Make a workspace, and its first owner.",
    "created",
    argument("id_"),
    option("--name", "Its name.", required=True),
    option("--owner", "The address of its first owner.", required=True, metavar="EMAIL"),
    option("--plan", _PLAN, default="business", show_default=True),
    option("--region", _REGION, default="us", show_default=True),
    option("--hipaa", _HIPAA, is_flag=True),
)
WORKSPACES.act(
    "update",
    "Change what is said of a workspace.",
    "updated",
    argument("id_"),
    option("--name", "Its name."),
    option("--plan", _PLAN),
    option("--region", _REGION),
    option("--hipaa/--no-hipaa", _HIPAA, default=None),
)

WORKSPACES.act(
    "delete", "End a workspace in five days; until then it can be kept.", "is being deleted", argument("id_")
)
WORKSPACES.act("keep", "Take back the deletion of a workspace.", "kept", argument("id_"))

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
    with place.documents(store, reason, founding=not dry_run) as documents:
        plan = documents.plan(document)
        _show(plan, out, whole=dry_run)
        done = None
        if plan.changes and not dry_run:
            plan.check(removals)
            if not yes:
                click.confirm("Make it so?", abort=True, err=True)
            done = documents.apply(document, removals=removals, shown=plan.token)
    _tell(document.workspace, plan, done, out)


def _show(plan: Plan | LinesPlan, out: Out, *, whole: bool) -> None:
    if out.json:
        return
    lines = plan.lines if whole else plan.lines[:ASKED]
    for line in lines:
        click.echo(line)
    if len(lines) < len(plan.lines):
        click.echo(f"... and {len(plan.lines) - len(lines):,} more: --dry-run shows all")


def _tell(id_: str, plan: Plan | LinesPlan, done: Done | None, out: Out) -> None:
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
        told = {"revision": done.revision.number, "zookie": done.revision.zookie()}
        out.one(planned | told, f"workspace {id_} applied, revision {done.revision.number}")


@workspace.command()
@_id
@click.option("-o", "--output", metavar="FILE", help="Where to; stdout without.")
@options.store
@options.reaching
def export(id_: str, *, output: str | None, store: str, place: Place, out: Out) -> None:
    """Write a workspace's document, which `apply` takes; without tokens, invites and access requests."""
    with place.documents(store) as documents:
        text = documents.read(id_).text()
    if output is None:
        click.echo(text, nl=False)
        return
    write(output, text)
    out.one({"workspace": id_, "file": output}, f"workspace {id_} written to {output}")


@workspace.command("import-members")
@_id
@click.argument("file", metavar="FILE")
@options.store
@options.reason
@options.idempotency_key
@options.reaching
def import_members(
    id_: str, file: str, *, store: str, reason: str | None, idempotency_key: str | None, place: Place, out: Out
) -> None:
    """Add the people in the CSV FILE (`-` for stdin): columns email, name, role, groups, these parted by `;`.

    All or nobody; whoever is there already keeps what they have.
    """
    from iamgraph.access.people import parse_people  # noqa: PLC0415 - as above

    text = parse.text_of(file)
    count = len(parse_people(text))
    with place.verbs(store) as verbs:
        done = verbs.call("people.add", {"home": id_, "text": text}, reason, idempotency_key)
    out.one({**done, "people": count}, f"{count:,} people, revision {done['revision']}")


# --- the access model of a store ---


@workspace.command("upgrade")
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@options.store
@options.by
@options.reason
@options.reaching
def upgrade_(
    *, dry_run: bool, yes: bool, store: str, by: str | None, reason: str | None, place: Place, out: Out
) -> None:
    """Bring a store's access model up to date with the one this iamgraph ships, after showing what that changes.

    Nothing is lost: refused where the new model lacks a relation of the store's, or does not allow a tuple in it.
    """
    from iamgraph.access.upgrading import plan_upgrade, upgrade  # noqa: PLC0415 - as above

    if not (dry_run or yes) and out.json:
        raise click.UsageError("nobody can be asked: say `--yes` or `--dry-run`")
    with place.door() as door:
        plan = plan_upgrade(door, store)
        _show_upgrade(plan, out)
        stored = None
        if plan.changes and not dry_run:
            if not (yes or plan.hindered):
                click.confirm("Make it so?", abort=True, err=True)
            stored = upgrade(door, store, plan, by, reason)
    told: Said = {
        "store": store,
        "changes": plan.changes,
        "lines": list(plan.lines),
        "hindered": list(plan.hindered),
        "impact": of_impact(plan.impact) if plan.impact is not None else None,
    }
    if stored is not None:
        out.one(
            told | {"model": stored.id, "revision": stored.revision.number},
            f"store {store} has the access model {stored.id}, revision {stored.revision.number}",
        )
    else:
        out.one(told, _counted(store, plan))


def _show_upgrade(plan: Upgrade, out: Out) -> None:
    if not out.json:
        for line in (*plan.lines, *(f"! {one}" for one in plan.hindered)):
            click.echo(line)
        for shift in plan.impact.shifts if plan.impact is not None else ():
            click.echo(f"{shift.before.value} -> {shift.after.value}  {shift}")


def _counted(store: str, plan: Upgrade) -> str:
    if not plan.changes:
        return f"store {store} has the access model that is shipped"
    if plan.hindered:
        return "cannot be upgraded: something would be lost"
    if plan.impact is None:
        return f"{len(plan.lines)} relations; too many accesses to try them all: ask `iamgraph what-if --model`"
    return f"{len(plan.lines)} relations, {len(plan.impact.gained)} gained, {len(plan.impact.lost)} lost"


# --- lists, as they were before each had a family ---

for _name, _family, _columns in (
    ("members", MEMBERS, members.COLUMNS),
    ("groups", GROUPS, groups.COLUMNS),
    ("policies", POLICIES, policies.COLUMNS),
    ("labels", LABELS, labels.COLUMNS),
    ("tokens", TOKENS, tokens.COLUMNS),
):
    _family.list(f"Show the {_name} of a workspace.", _columns, on=workspace, name=_name)
