"""Values as the JSON they are printed as: the same as the service's answers."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from iamgraph.questions import Change, Decision, Deletion, StoredKey, StoredModel, StoreInfo
from iamgraph.revision import Revision
from iamgraph.tuples import RelationTuple, StoredTuple

if TYPE_CHECKING:
    from iamgraph.history import Since
    from iamgraph.impact import Impact
    from iamgraph.reasons import Why

Said = dict[str, Any]


def _known(**members: Any) -> Said:
    """The members that are known."""
    return {name: value for name, value in members.items() if value is not None}


def of_time(at: datetime | None) -> str | None:
    """A time in ISO 8601."""
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def of_tuple(one: RelationTuple, stored: StoredTuple | None = None) -> Said:
    """A tuple, and as far as known since when, by whom and why."""
    use = one.condition
    return _known(
        subject=str(one.subject),
        relation=one.relation,
        object=str(one.object),
        expires_at=of_time(one.expires_at),
        condition={"name": use.name, "context": json.loads(use.context)} if use is not None else None,
        since=stored.since if stored is not None else None,
        at=of_time(stored.at) if stored is not None else None,
        by=stored.by if stored is not None else None,
        reason=stored.reason if stored is not None else None,
    )


def of_stored(one: StoredTuple) -> Said:
    """A tuple as a store holds it."""
    return of_tuple(one.tuple, one)


def of_decision(decision: Decision) -> Said:
    """A decision, and the zookie of the revision it is true of."""
    path = None if decision.path is None else [of_stored(one) for one in decision.path]
    return _known(allowed=decision.allowed, zookie=decision.revision.zookie(), path=path)


def of_since(found: Since) -> Said:
    """A decision, and the change after which it has been so."""
    change = of_change(found.change) if found.change is not None else None
    return {**of_decision(found.decision), **_known(change=change, older=None if found.kept else True)}


def of_impact(impact: Impact) -> Said:
    """Every access that differs."""
    return {
        "zookie": impact.revision.zookie(),
        "gained": len(impact.gained),
        "lost": len(impact.lost),
        "tried": impact.tried,
        "shifts": [
            {
                "subject": str(one.subject),
                "relation": one.relation,
                "object": str(one.object),
                "before": one.before.value,
                "after": one.after.value,
            }
            for one in impact.shifts
        ],
    }


def of_revision(revision: Revision, deleted: int | None = None) -> Said:
    """The revision a change made."""
    return _known(revision=revision.number, zookie=revision.zookie(), deleted=deleted)


def of_deletion(done: Deletion, *, dry_run: bool) -> Said:
    """What a deletion by filter did, or would do."""
    tuples = [of_stored(one) for one in done.first] if dry_run else None
    return {**of_revision(done.revision, done.count), "dry_run": dry_run, **_known(tuples=tuples)}


def of_change(change: Change) -> Said:
    """One write transaction."""
    return _known(
        revision=change.revision,
        at=of_time(change.at),
        by=change.by,
        reason=change.reason,
        writes=[of_tuple(one) for one in change.writes],
        deletes=[of_tuple(one) for one in change.deletes],
        model=change.model,
    )


def of_model(stored: StoredModel) -> Said:
    """A model as a store keeps it."""
    return {
        "id": stored.id,
        "text": stored.text,
        "hash": stored.hash,
        **of_revision(stored.revision),
        "at": of_time(stored.at),
    }


def of_store(info: StoreInfo) -> Said:
    """A store: its newest revision and its current model."""
    return _known(id=info.id, revision=info.revision.number, zookie=info.revision.zookie(), model=info.model)


def of_key(key: StoredKey) -> Said:
    """An API key, without its hash, which nobody needs."""
    return _known(
        id=key.id,
        name=key.name,
        scopes=sorted(one.value for one in key.scopes),
        stores=sorted(key.stores),
        at=of_time(key.at),
        by=key.by,
        expires_at=of_time(key.expires_at),
        revoked_at=of_time(key.revoked_at),
        last_used_at=of_time(key.last_used_at),
    )


def described(one: StoredTuple) -> str:
    """A stored tuple for people: since when, by whom and why."""
    by = f" by {one.by}" if one.by is not None else ""
    reason = f": {one.reason}" if one.reason is not None else ""
    return f"{one}  (revision {one.since}{by}{reason})"


def of_why(found: Why) -> Said:
    """Reasons, and the zookie of the revision they are true of."""
    return {
        "allowed": found.allowed,
        "sentence": found.sentence,
        "proofs": [
            {
                "path": [of_stored(each) for each in one.path],
                "absent": [{"object": str(each.object), "rewrite": each.taken} for each in one.absent],
                "sentence": one.sentence,
            }
            for one in found.proofs
        ],
        "branches": [
            {
                "object": str(one.object),
                "rewrite": one.rewrite,
                "stopped": one.stopped,
                "path": [of_stored(each) for each in one.path],
            }
            for one in found.branches
        ],
        "changes": [
            {"writes": list(map(str, one.writes)), "sentence": one.sentence}
            | ({"command": one.command} if one.command else {})
            for one in found.remedies
        ],
        "complete": found.complete,
        "more": found.more,
        "zookie": found.revision.zookie(),
    }
