"""Tokens: subjects of one workspace with a secret of their own, which live on when who made them has left."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from ulid import ULID

from iamgraph.access import words
from iamgraph.access.desk import Desk, Need, not_found, subjects
from iamgraph.access.members import removal
from iamgraph.access.policies import Grant, held_policies, name_of, policy_tuples
from iamgraph.access.secrets import TOKEN, hash_of, new_secret
from iamgraph.access.words import is_
from iamgraph.errors import RequestError
from iamgraph.questions import Attributes, Done, Effect, Note
from iamgraph.transaction import Transaction
from iamgraph.tuples import Object, RelationTuple, parse_object

# By which relation of a workspace a token keeps its members and groups.
PROVISIONER: Final = "provisioner"


class Tokens:
    """What can be done with the tokens of one workspace."""

    def __init__(self, desk: Desk, workspace: str) -> None:
        self._desk = desk
        self._home = words.workspace(workspace)

    def create(
        self,
        description: str,
        *,
        owner: bool = False,
        provisioning: bool = False,
        grants: Collection[Grant] = (),
        expires_at: datetime | None = None,
    ) -> tuple[Done, str]:
        """A new token, an owner or with the policies given, and its secret, which nothing can show again.

        One for `provisioning` keeps members and groups for an identity provider, by SCIM, and may nothing else.

        It is a subject of its own: what becomes of who makes it does not touch it. Tokens cannot make tokens.
        """
        if provisioning and (owner or grants):
            raise RequestError(
                "a token for provisioning may nothing else: make another for that", code="provisioning_alone"
            )
        id_ = str(ULID())
        token, secret = Object("token", id_), new_secret(TOKEN, id_)
        new = [(words.new_id("policy"), grant) for grant in grants]
        kept = {
            "description": description,
            "secret_hash": hash_of(secret),
            "created_by": self._desk.caller.name,
            "created_at": self._desk.clock().isoformat(),
            "expires_at": expires_at.isoformat() if expires_at is not None else None,
        }

        def decide(transaction: Transaction) -> Effect:
            if expires_at is not None and expires_at <= transaction.now:
                raise RequestError("the token would end before it begins", code="malformed_time", pointer="/expires_at")
            writes = [RelationTuple(self._home, PROVISIONER if provisioning else "token", token, expires_at)]
            writes += [is_(self._home, "owner_direct", token)] if owner else []
            for policy, grant in new:
                writes += policy_tuples(transaction, self._home, policy, grant, ())
                writes.append(is_(policy, "direct", token))
            return Effect(note, tuple(writes), attributes=(Attributes(token, kept),))

        note = Note("token.create", token, self._home)
        said = [
            description,
            owner,
            provisioning,
            *([one.role, one.resources, one.labels] for one in grants),
            expires_at,
        ]
        done = self._desk.act(note, Need("can_manage_tokens", self._home), decide, said)
        if done.object != token:
            raise RequestError(
                f"this request made `{done.object}` before, and its secret is shown once: end it, and make another",
                code="secret_shown",
            )
        return done, secret

    def describe(self, token: str, description: str) -> Done:
        """Give a token another description."""
        found = Object("token", token)

        def decide(transaction: Transaction) -> Effect:
            self._check_there(transaction, found)
            return Effect(note, attributes=(Attributes(found, {"description": description}),))

        note = Note("token.describe", found, self._home)
        return self._desk.act(note, Need("can_manage_tokens", self._home), decide, [token, description])

    def set_pii(self, token: str, *, pii: bool) -> Done:
        """Let a token see personal data in what its policies reach, or no longer."""
        found = Object("token", token)
        flag = (is_(self._home, "pii", found),)

        def decide(transaction: Transaction) -> Effect:
            if found not in _tokens(transaction, self._home, ("token",)):
                raise not_found(found)
            return Effect(note, writes=flag if pii else (), deletes=() if pii else flag)

        note = Note("token.set_pii", found, self._home)
        return self._desk.act(note, Need("can_manage_tokens", self._home), decide, [token, pii])

    def revoke(self, token: str) -> Done:
        """End a token: the next check of it, anywhere, is denied."""
        found = Object("token", token)

        def decide(transaction: Transaction) -> Effect:
            self._check_there(transaction, found)
            effect = removal(transaction, self._home, found, note)
            return Effect(note, removed=(found, *effect.removed))

        note = Note("token.revoke", found, self._home)
        return self._desk.act(note, Need("can_manage_tokens", self._home), decide)

    def all(self) -> list[dict[str, Any]]:
        """The tokens, by id: what each may, when it was last used, and whether who made it has left."""
        note = Note("token.list", self._home, self._home)

        def tell(transaction: Transaction) -> list[dict[str, Any]]:
            tokens = _tokens(transaction, self._home)
            provisioners = set(_tokens(transaction, self._home, (PROVISIONER,)))
            owners = set(subjects(transaction, self._home, "owner_direct"))
            flagged = set(subjects(transaction, self._home, "pii"))
            people = {str(one) for one in subjects(transaction, self._home, "member")}
            kept = transaction.attributes(tokens)
            makers = {str(values.get("created_by")) for values in kept.values()} & people
            named = transaction.attributes(map(parse_object, makers))
            names = {str(one): name_of(values) for one, values in named.items()}
            return [
                {
                    "id": one.id,
                    **{
                        name: kept[one].get(name)
                        for name in ("description", "created_by", "created_at", "expires_at", "last_used_at")
                    },
                    "creator_name": names.get(str(kept[one].get("created_by"))),
                    "creator_left": _is_person(kept[one].get("created_by")) and kept[one]["created_by"] not in people,
                    "owner": one in owners,
                    "provisioning": one in provisioners,
                    "pii": one in flagged,
                    "policies": sorted(each.id for each in held_policies(transaction, self._home, one)),
                }
                for one in tokens
            ]

        return self._desk.look(note, Need("can_manage_tokens", self._home), tell)

    def _check_there(self, transaction: Transaction, token: Object) -> None:
        if token not in _tokens(transaction, self._home):
            raise not_found(token)


def _tokens(
    transaction: Transaction, home: Object, relations: tuple[str, ...] = ("token", PROVISIONER)
) -> list[Object]:
    """The tokens of a workspace, by id; those past their time too, which can be revoked still."""
    found = (one.tuple.subject for each in relations for one in transaction.of(home, each, expired=True))
    return sorted(one for one in found if isinstance(one, Object))


def _is_person(name: str | None) -> bool:
    return name is not None and name.startswith("member:")
