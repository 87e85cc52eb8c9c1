"""Who may not, does not: every verb, by everybody who has no business there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from iamgraph.errors import IamgraphError, RequestError
from iamgraph.questions import Entry, RecordQuery
from iamgraph.tuples import Object
from tests.access.organisation import OURS, Do, Organisation, grant
from tests.access.python import PythonDoor
from tests.access.unchanged import unchanged
from tests.access.verbs import CALLS, verbs

# A member who is no owner, somebody who is nowhere, an owner of another workspace, a token that only reads, and one for
# provisioning, which may nothing but by SCIM.
STRANGERS: Final = ("mia", "nobody", "zoe", "$T-ro", "$T-scim")
# What every member may ask, and every token. A list of workspaces is of one's own; an invite's secret is its own proof.
INSIDE: Final = frozenset({"workspaces.get", "labels.all", "resources.all"})
# Accounts are in no workspace: `test_rules.py` tries who may not.
ACCOUNTS: Final = frozenset(verb for verb in verbs() if verb.startswith("accounts."))
NEVER: Final = frozenset({"workspaces.all", "invites.accept"}) | ACCOUNTS
# What they lack; everything else takes `can_manage_access` on the workspace.
MISSING: Final[Mapping[str, str]] = {
    "workspaces.create": "workspaces are made with a key of scope `admin`",
    "workspaces.update": "`can_manage_settings` on `workspace:W1`",
    "workspaces.get": "`can_open` on `workspace:W1`",
    "workspaces.delete": "`can_delete` on `workspace:W1`",
    "workspaces.keep": "`can_delete` on `workspace:W1`",
    "labels.create": "`can_manage_labels` on `workspace:W1`",
    "labels.delete": "`can_manage_labels` on `workspace:W1`",
    "labels.all": "`can_open` on `workspace:W1`",
    "labels.attach": "`can_edit_labels` on `source:S4`",
    "labels.detach": "`can_edit_labels` on `source:S1`",
    "labels.attach_many": "`can_manage_labels` on `workspace:W1`",
    "resources.create": "`can_create_source` on `workspace:W1`",
    "resources.rename": "`can_edit` on `source:S4`",
    "resources.delete": "`can_delete` on `source:S4`",
    "resources.move": "`can_move_resources` on `workspace:W1`",
    "resources.admit": "`can_manage_labels` on `workspace:W1`",
    "resources.get": "`can_read` on `source:S4`",
    "resources.all": "`can_open` on `workspace:W1`",
    "tokens.create": "`can_manage_tokens` on `workspace:W1`",
    "tokens.describe": "`can_manage_tokens` on `workspace:W1`",
    "tokens.set_pii": "`can_manage_tokens` on `workspace:W1`",
    "tokens.revoke": "`can_manage_tokens` on `workspace:W1`",
    "tokens.all": "`can_manage_tokens` on `workspace:W1`",
    "audit.page": "`can_read_audit` on `workspace:W1`",
    "audit.export": "`can_read_audit` on `workspace:W1`",
    "requests.create": "`can_request_access` on `workspace:W1`",
    **{verb: "`can_read_audit` on `workspace:W1`" for verb in verbs() if verb.startswith("reports.")},
    **{verb: "`can_provision` on `workspace:W1`" for verb in verbs() if verb.startswith("provisioning.")},
}
MAY: Final = {
    "mia": INSIDE | {"requests.create"},
    "$T-ro": INSIDE | {"resources.get"},
    "$T-scim": frozenset(verb for verb in verbs() if verb.startswith("provisioning.")),
}
REFUSED: Final = tuple(
    (who, verb) for verb in verbs() if verb not in NEVER for who in STRANGERS if verb not in MAY.get(who, ())
)


def test_every_verb_has_a_call() -> None:
    """A verb that is new in a class has a case here, and no case is of a verb that is gone."""
    assert set(verbs()) == set(CALLS)


@pytest.mark.parametrize(("who", "verb"), REFUSED)
def test_refused(standing: Organisation, who: str, verb: str) -> None:
    """Who lacks the relation is told which, changes nothing, and stands in the record with it."""
    door, since = _python(standing), datetime.now(UTC)
    with unchanged(door), pytest.raises(RequestError) as refused:
        standing.do(Do(who, verb, CALLS[verb]))
    assert ("relation_missing", True) == (refused.value.code, _lack(verb) in refused.value.message)
    (entry,) = _record(door, since)
    assert (standing.named(who), "relation_missing", refused.value.message, None) == (
        entry.by,
        entry.code,
        entry.message,
        entry.revision,
    )


@pytest.mark.parametrize(("who", "verb"), [(who, verb) for who, may in MAY.items() for verb in sorted(may & INSIDE)])
def test_whoever_is_inside_may_look(standing: Organisation, who: str, verb: str) -> None:
    """What is for whoever is in the workspace is told to a member with minimal access and to a token."""
    with unchanged(_python(standing)):
        _python(standing).tell(standing.named(who), verb, OURS, **CALLS[verb])


@pytest.mark.parametrize("who", STRANGERS)
def test_lists_are_of_ones_own(standing: Organisation, who: str) -> None:
    """The list of workspaces tells those the caller is in, and the list of sources those they may read."""
    door = _python(standing)
    home = {"mia": ["W1"], "nobody": [], "zoe": ["W2"], "$T-ro": ["W1"], "$T-scim": []}[who]
    assert home == [one["id"] for one in door.tell(standing.named(who), "workspaces.all", OURS)]
    if OURS in home:
        sources = {"mia": [], "$T-ro": ["S1", "S2", "S3", "S4", "S9"]}[who]
        assert sources == [one["id"] for one in door.tell(standing.named(who), "resources.all", OURS, type_="source")]


def test_what_everybody_may_for_themselves(fresh: Organisation) -> None:
    """A member looks at themselves, takes back what they asked for, and goes; elsewhere nothing is theirs."""
    assert "member_not_found" == _code(fresh, Do("mia", "members.get", {"member": "mia"}, workspace="W2"))
    assert "member_not_found" == _code(fresh, Do("mia", "members.remove", {"member": "mia"}, workspace="W2"))
    told = _python(fresh).tell("member:mia", "members.get", OURS, member="mia")
    assert ("member", [], []) == (told["role"], told["groups"], told["policies"])
    fresh.do(Do("mia", "requests.create", {"text": "more"}, name="mine"))
    assert "access_request_not_found" == _code(
        fresh, Do("mia", "requests.dismiss", {"request": "$mine"}, workspace="W2")
    )
    for verb, said in (("requests.dismiss", {"request": "$mine"}), ("members.remove", {"member": "mia"})):
        assert _code(fresh, Do("mia", verb, said)) is None
    assert not fresh.door.may("member:mia", "can_open", "workspace:W1")


def test_a_token_is_nobody_elsewhere_and_asks_nothing(standing: Organisation) -> None:
    """A token takes no member's way: it neither asks for access, nor is it a member that could go."""
    for verb, said in (("requests.create", {"text": "more"}), ("members.remove", {"member": "$T-ro"})):
        with unchanged(_python(standing)):
            assert "relation_missing" == _code(standing, Do("$T-ro", verb, said))


def test_a_wrong_secret_is_no_invite(standing: Organisation) -> None:
    """Whoever has not an invite's secret, or names another workspace with it, is told there is no such invite."""
    for secret, workspace in (("iai_no_secret", "W1"), ("!ivy", "W2")):
        with unchanged(_python(standing)), pytest.raises(RequestError) as refused:
            standing.do(Do("zoe", "invites.accept", {"secret": secret}, workspace=workspace))
        assert "invite_not_found" == refused.value.code


ENDING: Final = ("delete", "remove", "revoke", "move", "dismiss", "apply")


def test_the_calls_are_good_ones(fresh: Organisation) -> None:
    """What strangers are refused is done for the service's key, but for what only a member or a secret can."""
    in_turn = sorted(CALLS, key=lambda verb: verb.partition(".")[2] in ENDING)
    codes = {verb: _code(fresh, Do(None, verb, CALLS[verb])) for verb in in_turn}
    assert {
        "workspaces.create": "id_taken",
        "invites.accept": "invite_not_found",
        "requests.create": "relation_missing",
        "requests.dismiss": "access_request_not_found",  # approved before
        "documents.apply": "too_many_removals",
    } == {verb: code for verb, code in codes.items() if code is not None}


# --- what belongs to another workspace ---------------------------------------------------------------------

# By what a verb names something, and what of W2 is named so, with the code it is refused with.
NAMING: Final[Mapping[str, tuple[tuple[Any, str], ...]]] = {
    "group": (("RG", "group_not_found"),),
    "groups": ((["RG"], "group_not_found"),),
    "policy": (("RP", "policy_not_found"),),
    "member": (("zoe", "member_not_found"),),
    "members": ((["zoe"], "member_not_found"), (["zoe@x.io"], "member_not_found")),
    "labels": ((["only:two"], "label_not_found"),),
    "resource": (("source:R1", "source_not_found"),),
    "resources": ((["source:S4", "source:R1"], "source_not_found"),),
    "space": (("RP", "space_not_found"),),
    "parent": (("R1", "source_not_found"),),
    "engage_source": (("R1", "source_not_found"),),
    "token": (("$T-two", "token_not_found"),),
    "invite": (("$out", "invite_not_found"),),
    "change": (({"added": ["zoe"]}, "member_not_found"), ({"members": ["ken", "zoe"]}, "member_not_found")),
    "people": (("email,groups\nmany@x.io,RG\n", "group_not_found"),),
    "object": (("source:R1", "source_not_found"),),
    "request": (("$wish", "access_request_not_found"),),
    "holder": (("member:zoe", "member_not_found"), ("group:RG", "group_not_found")),
    "holders": ((["member:bob", "member:zoe"], "member_not_found"), (["group:RG"], "group_not_found")),
    "grant": (
        (grant("source_admin", on=("R1",)), "source_not_found"),
        (grant("source_admin", "only:two"), "label_not_found"),
    ),
    "grants": (
        ([grant("source_admin", on=("R1",))], "source_not_found"),
        ([grant("source_admin", "brand:a"), grant("source_admin", "only:two")], "label_not_found"),
    ),
}
# What else a call has to say for that to matter.
BESIDES: Final[Mapping[tuple[str, str], Mapping[str, Any]]] = {
    ("resources.create", "parent"): {"type_": "destination", "labels": []},
    ("resources.create", "engage_source"): {"type_": "space"},
    ("resources.all", "parent"): {"type_": "destination"},
}
# Taking away what is not there does nothing, and a list of what somebody holds is empty where they hold nothing.
HARMLESS: Final = frozenset(
    {("labels.detach", "labels"), ("policies.remove_holders", "holders"), ("policies.all", "holder")}
)
FOREIGN: Final = tuple(
    (verb, name, said, None if (verb, name) in HARMLESS else code)
    for verb, signature in verbs().items()
    if verb not in ACCOUNTS
    for name in signature.parameters
    for said, code in NAMING.get(name, ())
)
# By these a verb names nothing that is there already, or itself.
# fmt: off
PLAIN: Final = frozenset({
    "self", "id_", "name", "owner", "plan", "region", "hipaa", "email", "role", "pii", "text", "description", "secret",
    "replacing", "inherited", "type_", "workspace", "expires_at", "days", "wanted", "limit", "cursor",
    "after", "external_id", "active", "with_members", "provisioning", "over", "relation", "one_path",
    "document", "removals", "shown",  # what a document names is tried in `test_document.py`
})
# fmt: on


def test_every_name_is_known() -> None:
    """A parameter that is new in a verb is either one that names something, or known to be plain."""
    named = {name for signature in verbs().values() for name in signature.parameters}
    assert named == {*NAMING, *PLAIN}


@pytest.mark.parametrize(("verb", "name", "said", "code"), FOREIGN)
def test_another_workspaces(standing: Organisation, verb: str, name: str, said: Any, code: str | None) -> None:
    """What belongs to another workspace is not there, for the service's key and for an owner, and nothing changes."""
    told = {**CALLS[verb], **BESIDES.get((verb, name), {}), name: said}
    with unchanged(_python(standing)):
        assert code == _code(standing, Do(None, verb, told))
        # An owner lacks the relation on what is another workspace's, before it is looked for.
        assert _code(standing, Do("olga", verb, told)) in {code, "relation_missing"}


@pytest.mark.parametrize(
    ("verb", "id_"),
    [
        ("workspaces.create", "W2"),
        ("members.add", "zoe"),
        ("groups.create", "RG"),
        ("policies.create", "RP"),
        ("resources.create", "R1"),
        ("resources.create", "S1"),
    ],
)
def test_ids_of_another_workspace_are_taken(standing: Organisation, verb: str, id_: str) -> None:
    """No id of another workspace can be had for something new, and what has it stays as it is."""
    with unchanged(_python(standing)):
        assert "id_taken" == _code(standing, Do(None, verb, {**CALLS[verb], "id_": id_}))


def test_every_id_that_is_given_is_tried() -> None:
    """The verbs that take an id for something new are those of the test above; the others name a workspace."""
    giving = {verb for verb, signature in verbs().items() if "id_" in signature.parameters}
    workspaces = {f"workspaces.{one}" for one in ("update", "get", "delete", "keep")}
    assert {"workspaces.create", "members.add", "groups.create", "policies.create", "resources.create"} == (
        giving - workspaces
    )


# --- helpers -----------------------------------------------------------------------------------------------


def _python(organisation: Organisation) -> PythonDoor:
    assert isinstance(organisation.door, PythonDoor)
    return organisation.door


def _code(organisation: Organisation, one: Do) -> str | None:
    try:
        organisation.do(one)
    except IamgraphError as refused:
        return refused.code
    return None


def _lack(verb: str) -> str:
    return MISSING.get(verb, "`can_manage_access` on `workspace:W1`")


def _record(door: PythonDoor, since: datetime) -> tuple[Entry, ...]:
    within = Object("workspace", OURS)
    return door.keeper.record(door.store, RecordQuery(within, since, datetime.now(UTC)))
