"""`iamgraph session` and `iamgraph audit`: members' sessions, and what was done in a workspace."""

from __future__ import annotations

import click

from iamgraph.cli.families import Family, Time, argument, option, secret


@click.group()
def session() -> None:
    """The sessions of members."""


@click.group()
def audit() -> None:
    """What was done and refused in a workspace."""


SESSIONS = Family(session, "sessions", "session", home=False)
AUDIT = Family(audit, "audit", "entry")

SESSIONS.list(
    "Show the sessions of a member.", ("id", "at", "seen_at", "expires_at", "active", "ended"), argument("member")
)
SESSIONS.act("issue", "Begin a session of an account; its secret is printed once.", "issued", argument("member"))
SESSIONS.show("verify", "What became of a session.", secret("IAMGRAPH_SECRET", "the session's secret"))
SESSIONS.show("touch", "As verify, and it was used.", secret("IAMGRAPH_SECRET", "the session's secret"))
SESSIONS.act("end", "End a session for good.", "ended", argument("session"))


def _wanted() -> list[click.Parameter]:
    return [
        option("--by", "What this one did: `member:…`, `token:…`, `key …`."),
        option("--action", "For example `group.create`."),
        option("--object", "What was done to this, `type:id`."),
        option("--since", "From this time on.", type=Time()),
        option("--until", "Before this time.", type=Time()),
    ]


AUDIT.list(
    "Show the newest lines of the trail.",
    ("at", "by", "action", "object", "revision", "reason", "code"),
    *_wanted(),
    option("--limit", "How many.", type=click.IntRange(1, 1000), default=100, show_default=True),
    verb="page",
)
AUDIT.lines(
    "export",
    "Write the whole trail to stdout.",
    *_wanted(),
    option("--format", "As what.", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True),
)
