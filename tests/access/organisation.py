"""The organisation and the truth table of the access model, as data: any door can be asked them.

A row names who is in the organisation by a word: `sally` is `member:sally`, `$T-own` is whatever was made under that
name. What has a colon in it is meant as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Protocol

OURS: Final = "W1"
# The row whose acts are an identity provider's.
PROVIDED: Final = 34
# Verbs that change nothing.
TELLING: Final = frozenset({"all", "get", "page", "export", "read", "plan"})


@dataclass(frozen=True, slots=True)
class Made:
    """What an act was done to, as `type:id`, and the secret it showed, if any."""

    object: str | None = None
    secret: str | None = None


class Door(Protocol):
    """A way into iamgraph: Python, HTTP or the command line."""

    def may(self, subject: str, relation: str, object_: str) -> bool:
        """The answer to a check."""

    def lives(self, member: str, idle: timedelta) -> bool:
        """Whether a session of theirs lives, which began, and was last used, so long ago."""

    def act(self, by: str | None, verb: str, workspace: str, arguments: Mapping[str, Any]) -> Made:
        """What becomes of a verb, for example `labels.attach`; `IamgraphError` with its code where it is refused.

        `by` is `member:…` or `token:…`; None is a service's own key. A grant is a list: role, resources, labels.
        """


@dataclass(frozen=True, slots=True)
class Ask:
    """A question, and its answer."""

    subject: str
    relation: str
    object: str
    answer: bool


@dataclass(frozen=True, slots=True)
class Idle:
    """Somebody who has not used their session for 16 minutes, and whether they are still in."""

    who: str
    answer: bool


@dataclass(frozen=True, slots=True)
class Do:
    """An act of somebody; `refused` is the code it is refused with. What it makes is known by `name` from then on."""

    by: str | None
    verb: str
    arguments: Mapping[str, Any]
    refused: str | None = None
    workspace: str = OURS
    name: str | None = None

    @property
    def changes(self) -> bool:
        """Whether something is another after it."""
        return self.refused is None and self.verb.partition(".")[2] not in TELLING


Part = Ask | Idle | Do


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: its number, what it proves, and its parts in order."""

    number: int
    proves: str
    parts: tuple[Part, ...]

    @property
    def changes(self) -> bool:
        """Whether it needs an organisation of its own."""
        return any(isinstance(one, Do) and one.changes for one in self.parts)

    def __str__(self) -> str:
        return f"{self.number}: {self.proves}"


@dataclass(slots=True)
class Organisation:
    """The organisation behind a door, with the names and secrets of what was made in it."""

    door: Door
    made: dict[str, Made] = field(default_factory=dict)

    def named(self, text: str) -> str:
        """Somebody by their word, or an object, as `type:id`."""
        if text.startswith("$"):
            return str(self.made[text[1:]].object)
        return text if ":" in text else f"member:{text}"

    def ask(self, one: Ask) -> bool:
        """What is answered."""
        return self.door.may(self.named(one.subject), one.relation, self.named(one.object))

    def idle(self, one: Idle) -> bool:
        """Whether they are still in."""
        return self.door.lives(self.named(one.who).partition(":")[2], timedelta(minutes=16))

    def do(self, one: Do) -> Made:
        """What is made; `IamgraphError` where it is refused."""
        by = None if one.by is None else self.named(one.by)
        made = self.door.act(by, one.verb, one.workspace, {key: self._said(it) for key, it in one.arguments.items()})
        if one.name is not None:
            self.made[one.name] = made
        return made

    def _said(self, value: Any) -> Any:
        """An argument, with ids and secrets in the place of names: `$T-own` and `!ivy`."""
        if isinstance(value, str) and value.startswith("$"):
            return self.named(value).partition(":")[2]
        if isinstance(value, str) and value.startswith("!"):
            return self.made[value[1:]].secret
        return value


# --- the organisation --------------------------------------------------------------------------------------


def grant(role: str, *labels: str, on: tuple[str, ...] = ()) -> list[Any]:
    """A grant as it is told to a door."""
    return [role, list(on), list(labels)]


# fmt: off
PEOPLE: Final = (
    "mia", "sally", "bob", "jane", "dan", "una", "rita", "ken", "pat", "eve", "vic", "tom", "wes", "fay", "hal", "gus",
)
# fmt: on
GRANTS: Final[Mapping[str, list[list[Any]]]] = {
    "group:GA": [grant("source_admin", "brand:a")],
    "group:GB": [grant("source_admin", "brand:b")],
    "member:sally": [grant("source_admin", "environment:prod")],
    "member:bob": [grant("source_admin", "environment:prod", "brand:b")],
    "member:jane": [grant("source_reader", "brand:a")],
    "member:dan": [grant("source_admin", on=("S3",))],
    "member:una": [grant("source_admin")],
    "member:ken": [grant("source_reader", on=("S1",))],
    "member:pat": [grant("source_reader", on=("S1",))],
    "member:eve": [grant("space_admin", "environment:prod")],
    "member:vic": [grant("space_user")],
    "member:tom": [grant("tracking_plan_admin")],
    "member:wes": [grant("warehouse_admin")],
    "member:fay": [grant("function_admin", on=("F1",))],
    "member:hal": [grant("source_reader", on=("S1",))],
    # Row 24 asks about somebody the table of subjects leaves out.
    "member:gus": [grant("source_admin", on=("S1",)), grant("space_admin", "environment:dev")],
}
SOURCES: Final[Mapping[str, list[str]]] = {
    "S1": ["environment:prod", "brand:a"],
    "S2": ["environment:prod", "brand:b"],
    "S3": ["environment:dev", "brand:a"],
    "S4": [],
    "S9": [],
}


def build(organisation: Organisation, past: Organisation) -> Organisation:
    """Make all of it, through the verbs. `past` is the same one behind a door whose clock is eight days behind.

    The service's own key makes the workspaces, and W2 whole; `max`, the first owner of W1, makes what is in W1.
    """
    _elsewhere(organisation)
    _people(organisation)
    _things(organisation)
    for holder, grants in GRANTS.items():
        _by_max(organisation, "policies.give", holder=holder, grants=grants)
    _by_max(organisation, "members.set_pii", member="pat", pii=True)
    for name, secretly in {"ira": past, "ivy": organisation}.items():
        told = {"email": f"{name}@x.io", "grants": [grant("source_admin")]}
        organisation.made[name] = secretly.do(Do("max", "invites.create", told))
    _by_max(organisation, "policies.create", grant=grant("source_reader", "region:apac"), id_="P1")
    organisation.made["asked"] = organisation.do(Do("jane", "requests.create", {"text": "S2, please"}))
    _by_max(organisation, "tokens.create", "T-own", description="owner", owner=True)
    _by_max(organisation, "tokens.create", "T-scim", description="provider", provisioning=True)
    _by_max(organisation, "tokens.create", "T-ro", description="reader", grants=[grant("source_reader")])
    return organisation


def _by_max(organisation: Organisation, verb: str, known_as: str | None = None, **arguments: Any) -> None:
    organisation.do(Do("max", verb, arguments, name=known_as))


def _elsewhere(organisation: Organisation) -> None:
    """W2, with people of W1 in it, and W1 of an owner who has an account by then."""

    def act(verb: str, workspace: str = "W2", **arguments: Any) -> None:
        organisation.do(Do(None, verb, arguments, workspace=workspace))

    act("workspaces.create", id_="W2", name="two", owner="founder@x.io", hipaa=True)
    act("members.add", email="zoe@x.io", id_="zoe", role="owner")
    for who in ("olga", "max", "hal", "ivy", "ira"):
        act("members.add", email=f"{who}@x.io", id_=who)
    act("workspaces.create", OURS, id_=OURS, name="one", owner="max@x.io")
    for who in ("olga", "max"):
        act("members.remove", member=who)
    act("labels.create", text="only:two")
    act("resources.create", type_="source", id_="R1", labels=["environment:prod"])
    act("resources.create", type_="space", id_="RP", labels=["environment:prod"])
    for type_ in ("warehouse", "tracking_plan", "function"):
        act("resources.create", type_=type_, id_="R1")
    act("groups.create", name="RG", id_="RG")
    act("policies.create", grant=grant("source_admin", "only:two"), holders=["group:RG"], id_="RP")
    made = {
        "T-two": Do("zoe", "tokens.create", {"description": "two"}, workspace="W2"),
        "out": Do("zoe", "invites.create", {"email": "out@x.io"}, workspace="W2"),
        "wish": Do("hal", "requests.create", {"text": "more of two"}, workspace="W2"),
    }
    organisation.made |= {name: organisation.do(one) for name, one in made.items()}


def _people(organisation: Organisation) -> None:
    _by_max(organisation, "members.add", email="olga@x.io", role="owner")
    for who in PEOPLE:
        _by_max(organisation, "members.add", email=f"{who}@x.io", id_=None if who == "hal" else who)
    _by_max(organisation, "members.add", email="hal+one@x.io", id_="alias")
    for group in ("GA", "GB"):
        _by_max(organisation, "groups.create", name=group, id_=group)
    _by_max(organisation, "groups.add", group="GA", members=["rita", "ken"])
    _by_max(organisation, "groups.add", group="GB", members=["rita"])


def _things(organisation: Organisation) -> None:
    for label in ("brand:a", "brand:b", "region:apac", "spare:one"):
        _by_max(organisation, "labels.create", text=label)
    for id_, labels in SOURCES.items():
        _by_max(organisation, "resources.create", type_="source", id_=id_, labels=labels)
    for id_, source in {"D1": "S1", "D3": "S3"}.items():
        _by_max(organisation, "resources.create", type_="destination", id_=id_, parent=source)
    for type_, id_ in {"warehouse": "WH", "tracking_plan": "TP", "function": "F1"}.items():
        _by_max(organisation, "resources.create", type_=type_, id_=id_)
    prod = ["environment:prod"]
    _by_max(organisation, "resources.create", type_="space", id_="SP-prod", labels=prod, engage_source="S9")
    _by_max(organisation, "resources.create", type_="space", id_="SP-dev", labels=["environment:dev"])
    _by_max(organisation, "resources.create", type_="audience", id_="A1", parent="SP-prod")
    _by_max(organisation, "resources.admit", space="SP-dev", labels=["environment:dev"])


# --- the table ---------------------------------------------------------------------------------------------


def _asked(subject: str, relation: str, yes: tuple[str, ...] = (), no: tuple[str, ...] = ()) -> tuple[Ask, ...]:
    return tuple(Ask(subject, relation, one, one in yes) for one in (*yes, *no))


# The leak of row 29 is a revocation.
ROWS: Final = (
    Row(1, "an owner edits what nobody gave them", _asked("olga", "can_edit", ("source:S4",))),
    Row(2, "an owner sees personal data", _asked("olga", "can_see_pii", ("source:S1",))),
    Row(
        3,
        "roles do not cross workspaces",
        (
            *_asked("olga", "can_open", ("workspace:W1",), ("workspace:W2",)),
            *_asked("olga", "can_read", ("space:SP-dev",), ("source:R1", "space:RP", "warehouse:R1", "function:R1")),
            *_asked("olga", "can_read", ("tracking_plan:TP",), ("tracking_plan:R1",)),
        ),
    ),
    Row(
        4,
        "minimal access sees nothing in the workspace",
        (
            *_asked("mia", "can_open", ("workspace:W1",)),
            *_asked("mia", "can_read", (), ("source:S1", "space:SP-dev", "warehouse:WH", "tracking_plan:TP")),
        ),
    ),
    Row(
        4,
        "a request for access gives nothing until an owner decides",
        (
            Do("mia", "requests.create", {"text": "S1, please"}, name="request"),
            *_asked("mia", "can_read", (), ("source:S1",)),
            Do("mia", "requests.approve", {"request": "$request", "grants": []}, "relation_missing"),
            Do("olga", "requests.approve", {"request": "$request", "grants": [grant("source_reader", on=("S1",))]}),
            *_asked("mia", "can_read", ("source:S1",), ("source:S2",)),
        ),
    ),
    Row(
        5,
        "one label, and what has none never matches",
        _asked("sally", "can_edit", ("source:S1", "source:S2"), ("source:S3", "source:S4")),
    ),
    Row(6, "two labels narrow together", _asked("bob", "can_edit", ("source:S2",), ("source:S1",))),
    Row(
        7,
        "a reader reads, and neither edits nor sees the write key",
        (
            *_asked("jane", "can_read", ("source:S3",)),
            *_asked("jane", "can_edit", (), ("source:S3",)),
            *_asked("jane", "can_see_write_key", (), ("source:S3",)),
        ),
    ),
    Row(8, "another value of the key is not the label", _asked("jane", "can_read", (), ("source:S2",))),
    Row(
        9,
        "a streaming destination follows its source",
        _asked("sally", "can_edit", ("destination:D1",), ("destination:D3",)),
    ),
    Row(
        10,
        "groups add up",
        _asked("rita", "can_edit", ("source:S1", "source:S2", "source:S3"), ("source:S4",)),
    ),
    Row(
        11,
        "the most that any policy gives counts",
        (*_asked("ken", "can_edit", ("source:S1",)), *_asked("ken", "can_read", (), ("source:S2",))),
    ),
    Row(
        12,
        "who leaves a group keeps what is their own",
        (
            Do("olga", "groups.remove", {"group": "GA", "members": ["ken"]}),
            *_asked("ken", "can_read", ("source:S1",), ("source:S3",)),
            *_asked("ken", "can_edit", (), ("source:S1",)),
        ),
    ),
    Row(
        13,
        "the members of a deleted group stay, without what it gave",
        (
            Do("olga", "groups.delete", {"group": "GA"}),
            *_asked("rita", "can_open", ("workspace:W1",)),
            *_asked("rita", "can_edit", ("source:S2",), ("source:S3",)),
        ),
    ),
    Row(
        14,
        "who is removed and added again starts with minimal access",
        (
            Do("olga", "members.remove", {"member": "rita"}),
            *_asked("rita", "can_open", (), ("workspace:W1",)),
            Do("olga", "members.add", {"email": "rita@x.io"}),
            *_asked("rita", "can_open", ("workspace:W1",)),
            *_asked("rita", "can_edit", (), ("source:S1", "source:S2")),
        ),
    ),
    Row(
        15,
        "a label that is detached closes what it alone opened, until it is back",
        (
            Do("olga", "labels.detach", {"resource": "source:S1", "labels": ["environment:prod"]}),
            *_asked("sally", "can_edit", ("source:S2",), ("source:S1",)),
            *_asked("rita", "can_edit", ("source:S1",)),
            Do("olga", "labels.attach", {"resource": "source:S1", "labels": ["environment:prod"]}),
            *_asked("sally", "can_edit", ("source:S1",)),
        ),
    ),
    Row(
        16,
        "a label in use is not deleted",
        (Do("olga", "labels.delete", {"text": "environment:prod"}, "label_in_use"),),
    ),
    Row(
        17,
        "a resource carries one value of a key",
        (
            Do("dan", "labels.attach", {"resource": "source:S3", "labels": ["brand:b"]}, "label_key_taken"),
            *_asked("jane", "can_read", ("source:S3",)),
        ),
    ),
    Row(
        18,
        "who edits a source or space labels it, with labels there are",
        (
            Do("sally", "labels.attach", {"resource": "source:S1", "labels": ["region:apac"]}),
            Do("sally", "labels.create", {"text": "region:emea"}, "relation_missing"),
            Do("sally", "labels.attach", {"resource": "source:S3", "labels": ["region:apac"]}, "relation_missing"),
            Do("sally", "labels.attach", {"resource": "source:S1", "labels": ["kind:emea"]}, "label_not_found"),
            Do("eve", "labels.attach", {"resource": "space:SP-prod", "labels": ["region:apac"]}),
            Do("eve", "labels.attach", {"resource": "space:SP-dev", "labels": ["region:apac"]}, "relation_missing"),
        ),
    ),
    Row(
        19,
        "only who has all sources creates one",
        (
            *_asked("una", "can_create_source", ("workspace:W1",), ("workspace:W2",)),
            *_asked("sally", "can_create_source", (), ("workspace:W1",)),
            *_asked("dan", "can_create_source", (), ("workspace:W1",)),
            Do("sally", "resources.create", {"type_": "source", "id_": "S5"}, "relation_missing"),
            Do("dan", "resources.create", {"type_": "source", "id_": "S5"}, "relation_missing"),
            Do("una", "resources.create", {"type_": "source", "id_": "S5"}),
            *_asked("una", "can_edit", ("source:S5",)),
        ),
    ),
    Row(
        20,
        "labels narrow five roles only",
        (
            Do(
                "olga",
                "policies.give",
                {"holder": "member:fay", "grants": [grant("function_admin", "brand:a")]},
                "labels_refused",
            ),
            Do(
                "olga",
                "policies.give",
                {"holder": "member:wes", "grants": [grant("warehouse_admin", "brand:a")]},
                "labels_refused",
            ),
        ),
    ),
    Row(
        21,
        "to connect a warehouse takes two roles",
        (
            *_asked("sally", "can_connect_warehouse", (), ("source:S1",)),
            *_asked("una", "can_connect_warehouse", (), ("source:S1",)),
            *_asked("wes", "can_connect_warehouse", (), ("source:S1",)),
            Do("olga", "policies.give", {"holder": "member:una", "grants": [grant("warehouse_admin")]}),
            *_asked("una", "can_connect_warehouse", ("source:S1",)),
        ),
    ),
    Row(
        22,
        "to connect a tracking plan takes two roles, to delete it one",
        (
            *_asked("tom", "can_connect_tracking_plan", (), ("source:S1",)),
            *_asked("tom", "can_delete", ("tracking_plan:TP",)),
            Do("tom", "resources.delete", {"resource": "tracking_plan:TP"}),
            *_asked("olga", "can_read", (), ("tracking_plan:TP",)),
        ),
    ),
    Row(
        23,
        "to connect a destination to a space takes its source too, to attach a connected one does not",
        (
            *_asked("eve", "can_edit", ("space:SP-prod",), ("space:SP-dev",)),
            *_asked("eve", "can_connect_destination", (), ("space:SP-prod",)),
            *_asked("eve", "can_attach_destination", ("space:SP-prod",)),
        ),
    ),
    Row(
        24,
        "a space admits what its connection policy says, whoever connects",
        (
            *_asked("gus", "can_edit", ("source:S1", "space:SP-dev")),
            *_asked("source:S1", "connectable", ("space:SP-prod",), ("space:SP-dev",)),
            *_asked("source:S3", "connectable", ("space:SP-dev",)),
        ),
    ),
    Row(
        25,
        "who uses a space edits audiences, neither settings nor personal data",
        (
            *_asked("vic", "can_edit", ("audience:A1",), ("space:SP-prod",)),
            *_asked("vic", "can_edit_settings", (), ("space:SP-prod",)),
            *_asked("vic", "can_download_pii", (), ("space:SP-prod",)),
        ),
    ),
    Row(
        26,
        "the view of personal data widens nothing",
        (
            *_asked("pat", "can_see_pii", ("source:S1",), ("source:S2",)),
            *_asked("pat", "can_read", ("source:S1",), ("source:S2",)),
            *_asked("pat", "can_open_privacy_portal", (), ("workspace:W1",)),
            *_asked("una", "can_see_pii", (), ("source:S1",)),
        ),
    ),
    Row(
        27,
        "a token may what its policies say",
        (
            *_asked("$T-ro", "can_read", ("source:S1",), ("source:R1",)),
            *_asked("$T-ro", "can_see_write_key", (), ("source:S1",)),
            *_asked("$T-ro", "can_edit", (), ("source:S1",)),
        ),
    ),
    Row(
        28,
        "owners alone see the record, invite and make tokens",
        (
            *_asked("una", "can_read_audit", (), ("workspace:W1",)),
            Do("una", "invites.create", {"email": "new@x.io"}, "relation_missing"),
            Do("una", "tokens.create", {"description": "mine"}, "relation_missing"),
        ),
    ),
    Row(
        28,
        "an owner's token sees the record and the members, and makes no token",
        (
            *_asked("$T-own", "can_read_audit", ("workspace:W1",)),
            Do("$T-own", "audit.page", {}),
            Do("$T-own", "members.all", {}),
            Do("$T-own", "tokens.create", {"description": "another"}, "relation_missing"),
        ),
    ),
    Row(
        29,
        "a token outlives its creator's membership, and ends when it is revoked",
        (
            Do("max", "members.remove", {"member": "max"}),
            *_asked("max", "can_open", (), ("workspace:W1",)),
            *_asked("$T-own", "can_edit", ("source:S4",)),
            Do("olga", "tokens.revoke", {"token": "$T-own"}),
            *_asked("$T-own", "can_edit", (), ("source:S4",)),
        ),
    ),
    Row(
        30,
        "who is in a HIPAA-eligible workspace is out after 15 idle minutes, and not by their alias, which is not",
        (
            *_asked("hal", "can_read", ("source:S1",)),
            *_asked("alias", "can_open", ("workspace:W1",), ("workspace:W2",)),
            Idle("hal", False),
            Idle("alias", True),
        ),
    ),
    Row(
        31,
        "who has left the last such workspace stays in",
        (
            Idle("hal", False),
            Do("zoe", "members.remove", {"member": "hal"}, workspace="W2"),
            Idle("hal", True),
            *_asked("hal", "can_read", ("source:S1",)),
        ),
    ),
    Row(
        32,
        "an invite gives nothing before it is accepted, or once it has expired",
        (
            *_asked("ivy", "can_edit", (), ("source:S1",)),
            *_asked("$ivy", "can_edit", (), ("source:S1",)),
            Do("ira", "invites.accept", {"secret": "!ira"}, "invite_expired"),
            *_asked("ira", "can_edit", (), ("source:S1",)),
            *_asked("ira", "can_open", (), ("workspace:W1",)),
        ),
    ),
    Row(
        32,
        "a valid invite gives what it holds once it is accepted",
        (Do("ivy", "invites.accept", {"secret": "!ivy"}), *_asked("ivy", "can_edit", ("source:S1", "source:S4"))),
    ),
    Row(
        33,
        "who owns one of two workspaces moves nothing between them",
        (
            Do("olga", "resources.move", {"resource": "source:S1", "workspace": "W2"}, "relation_missing"),
            *_asked("olga", "can_edit", ("source:S1",)),
        ),
    ),
    Row(
        33,
        "who owns both moves a source, which leaves policies and labels behind",
        (
            Do(None, "members.add", {"email": "olga@x.io", "role": "owner"}, workspace="W2"),
            Do("olga", "resources.move", {"resource": "source:S1", "workspace": "W2"}),
            *_asked("olga", "can_edit", ("source:S1",)),
            *_asked("max", "can_edit", (), ("source:S1", "destination:D1")),
            *_asked("ken", "can_read", (), ("source:S1",)),
            *_asked("hal", "can_read", (), ("source:S1",)),
        ),
    ),
    Row(
        PROVIDED,
        "whom an identity provider brings has minimal access, and whom it ends none, though their account stays",
        (
            Do("$T-scim", "provisioning.enrol", {"email": "first@x.io"}, name="first"),
            *_asked("$first", "can_open", ("workspace:W1",)),
            *_asked("$first", "can_read", (), ("source:S1",)),
            *_asked("jane", "can_read", ("source:S3",)),
            Do("$T-scim", "provisioning.change", {"member": "jane", "active": False}),
            *_asked("jane", "can_read", (), ("source:S3",)),
            *_asked("jane", "can_open", (), ("workspace:W1",)),
            Do("jane", "accounts.get", {"member": "jane"}),
        ),
    ),
)
