"""Models to read, print, plan and compile: one for each kind of access people model."""

from __future__ import annotations

from typing import Final

HEAD: Final = "model\n  schema 1.1\n"

# Documents in folders, shared with people, groups and everyone; the usual first model.
DRIVE: Final = """\
model
  schema 1.1

# Everybody who signs in.
type user

type group
  relations
    define member: [user, group#member]

type folder
  relations
    define parent: [folder]
    define owner: [user]
    define viewer: [user, user:*, group#member] or owner or viewer from parent

type doc
  relations
    define parent: [folder]
    define owner: [user]
    define commenter: [user, group#member]
    define viewer: [user, user:*, group#member] or owner or commenter or viewer from parent
    define can_read: viewer
    define can_share: owner or owner from parent
    define can_write: owner or owner from parent
"""

# Repositories of organisations, with roles that contain each other.
GITHUB: Final = """\
model
  schema 1.1

type user

type team
  relations
    define member: [user, team#member]

type organization
  relations
    define owner: [user]
    define member: [user] or owner
    define repo_admin: [user, organization#member]
    define repo_reader: [user, organization#member]
    define repo_writer: [user, organization#member]

type repo
  relations
    define owner: [organization]
    define admin: [user, team#member] or repo_admin from owner
    define maintainer: [user, team#member] or admin
    define writer: [user, team#member] or maintainer or repo_writer from owner
    define triager: [user, team#member] or writer
    define reader: [user, team#member] or triager or repo_reader from owner
"""

# Channels of a workspace: guests see only what they are asked into.
SLACK: Final = """\
model
  schema 1.1

type user

type workspace
  relations
    define guest: [user]
    define member: [user] or legacy_admin
    define legacy_admin: [user]
    define channels_admin: [user] or legacy_admin

type channel
  relations
    define parent_workspace: [workspace]
    define writer: [user, workspace#member]
    define viewer: [user, workspace#member, workspace#guest] or writer
    define commenter: [user, workspace#member] or writer
    define can_archive: channels_admin from parent_workspace and commenter
"""

# Features of plans, to which organisations subscribe.
ENTITLEMENTS: Final = """\
model
  schema 1.1

type user

type organization
  relations
    define member: [user]

type plan
  relations
    define subscriber: [organization]
    define subscriber_member: member from subscriber

type feature
  relations
    define associated_plan: [plan]
    define can_access: [user] or subscriber_member from associated_plan
"""

# Workspaces with groups, policies and labels: chained and guarded arrows.
WORKSPACE: Final = """\
model
  schema 1.1

type member

type label

type group
  relations
    define member: [member, group#member]

type policy
  relations
    define holder: [member, group#member]
    define required_label: [label]

type workspace
  relations
    define owner: [member, group#member]
    define source_admin: [policy]
    define source_admin_by_label: [policy]
    define source_reader: [policy]
    define can_open: owner or holder from source_admin or holder from source_reader

type source
  relations
    define workspace: [workspace]
    define label: [label]
    define admin: [policy]
    define by_label: holder from source_admin_by_label from workspace where required_label within label
    define can_edit: owner from workspace or holder from admin or holder from source_admin from workspace or by_label
    define can_read: can_edit or holder from source_reader from workspace

type destination
  relations
    define source: [source]
    define can_edit: can_edit from source
    define can_route: can_edit and can_read from source
"""

# `and`, `but not` and their nesting, with a wildcard that can be taken away.
REFUSALS: Final = """\
model
  schema 1.1

type user

type team
  relations
    define member: [user] but not left
    define left: [user]

type page
  relations
    define author: [user]
    define blocked: [user, user:*, team#member]
    define signed: [user, team#member]
    define reader: [user, user:*]
    define can_read: reader but not blocked
    define can_edit: (author or signed) but not (blocked and (reader but not author))
    define can_vote: [user] and signed and reader
"""

# Conditions, some on the way and some beside it.
CONDITIONS: Final = """\
model
  schema 1.1

type user

type robot

type group
  relations
    define member: [user, user with office_hours, robot]

type doc
  relations
    define viewer: [user with office_hours, user:* with from_network, group#member]
    define owner: [user]
    define operator: [robot]
    define can_read: viewer or owner
    define can_run: operator or (viewer and owner)

condition office_hours(now: timestamp, hours: list<map<int>>) {
  now.getHours("Europe/Berlin") >= 9 &&
    hours.exists(h, h["}"] < 17)
}

condition from_network(address: ipaddress, networks: map<string>) {
  address.in_cidr(networks['home'])
}
"""

# Recursion of each kind: by arrow, by userset, over two types, and those no statement can say.
RECURSIONS: Final = """\
model
  schema 1.1

type user

type group
  relations
    define member: [user, group#member] but not banned
    define banned: [user]
    define tight: [user, group#tight] and member

type folder
  relations
    define parent: [folder]
    define space: [space]
    define viewer: [user, folder#viewer] or viewer from parent or viewer from space
    define editor: [user] or (editor from parent and viewer)
    define a: [user] or b
    define b: [folder#a]
    define up: [user] or up from parent from parent
    define far: [user] or far from folder from space
    define grand: viewer from parent from parent
    define both: [user] or both from parent or both from parent from parent

type space
  relations
    define folder: [folder]
    define viewer: [user] or viewer from folder
"""

# Names the language knows as words, names that need hex in the graph, and types without relations.
ODD_NAMES: Final = """\
model
  schema 1.1

type type

type 3d

type from
  relations
    define from: [from]
    define or: [type, 3d:*, from#or]
    define and: or or or from from
    define not: (or and and) but not x_ray
    define x_ray: [type]
    define a-b.c/d: [type with with, 3d]
    define X: a-b.c/d
    define where: or from from where from within from

condition with(with: bool) {
  with
}
"""

SAMPLES: Final = {
    "drive": DRIVE,
    "github": GITHUB,
    "slack": SLACK,
    "entitlements": ENTITLEMENTS,
    "workspace": WORKSPACE,
    "refusals": REFUSALS,
    "conditions": CONDITIONS,
    "recursions": RECURSIONS,
    "odd_names": ODD_NAMES,
}
