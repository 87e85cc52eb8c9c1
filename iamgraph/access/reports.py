"""Reports of a workspace for its owners and who reviews them: who has what, and what had better be looked at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from iamgraph.access import words
from iamgraph.access.containment import idle_policies
from iamgraph.access.desk import Desk, Need, belongs, not_found
from iamgraph.access.labels import LABELLED
from iamgraph.access.resources import SORTS
from iamgraph.access.ways import LABELS, OWNER_ROLE, Gift, Holdings, Way, holdings
from iamgraph.errors import LimitError, RequestError
from iamgraph.printing import Cell, Report
from iamgraph.questions import Note
from iamgraph.review import ReviewQuestion, review_report
from iamgraph.transaction import Transaction
from iamgraph.tuples import Object, StoredTuple, parse_object, shown

MAX_REPORT_ROWS: Final = 100_000
DEFAULT_OVER: Final = "50%"

Row = tuple[Cell, ...]
_ACCESS: Final = (
    *("subject", "kind", "name", "email", "role", "on", "targets", "reaches", "policy", "through", "owner", "pii"),
    *("since", "since_revision", "by", "reason", "expires_at", "last_used_at"),
)


# That somebody is in the workspace, or is to be, whatever else they hold.
_STANDING: Final = {"member": "inside", "token": "inside", "invite": "invited"}


class Reports:
    """The reports of one workspace; each true at one revision, and for its owners."""

    def __init__(self, desk: Desk, workspace: str) -> None:
        self._desk = desk
        self._home = words.workspace(workspace)

    def access(self) -> Report:
        """Every member, token and invite, with each role they hold: on what, through what, since when, by whom."""

        def rows(there: Holdings) -> Iterator[Row]:
            for holder in sorted(there.inside):
                yield _standing(there, holder)
                for way in there.ways[holder]:
                    yield from _held(there, holder, way)

        about = "Every member, token and invite, and each role they hold. An invite holds what it will give."
        return self._made("access", "Access review", about, _ACCESS, rows)

    def unused_groups(self) -> Report:
        """Groups without members, or without policies."""

        def rows(there: Holdings) -> Iterator[Row]:
            held = {one for each in there.holders.values() for one in each}
            for group, among in sorted(there.groups.items()):
                members = [one for one in among if isinstance(one, Object) and one.type == "member"]
                why = [text for text, true in (("no members", not members), ("no policies", group not in held)) if true]
                if why:
                    policies = sum(group in each for each in there.holders.values())
                    yield (
                        str(group), there.named(group), " and ".join(why),
                        len(members), len(among) - len(members), policies,
                    )  # fmt: skip

        about = "Groups that give nobody anything: they have no members, or hold no policies."
        return self._made(
            "unused-groups",
            "Unused groups",
            about,
            ("group", "name", "why", "members", "invites", "policies"),
            rows,
        )

    def idle_policies(self) -> Report:
        """Policies that add nothing."""

        def rows(there: Holdings) -> Iterator[Row]:
            for one in idle_policies(there):
                gifts = there.gifts[one.policy]
                yield (
                    str(one.policy),
                    gifts[0].role if gifts else None,
                    _on(gifts[0]) if gifts else None,
                    _targets(gifts),
                    _joined(map(str, there.holders[one.policy])),
                    one.why,
                    _joined(one.through),
                )

        about = (
            "Policies that could go without anybody losing anything, one at a time: of two that give the same, each is"
            " told, and one has to stay."
        )
        columns = ("policy", "role", "on", "targets", "holders", "why", "through")
        return self._made("idle-policies", "Policies that add nothing", about, columns, rows)

    def wide_labels(self, over: str = DEFAULT_OVER) -> Report:
        """Labels whose policies reach more than so many sources and spaces (`40`), or such a share (`50%`)."""
        share, number = _over(over)

        def rows(there: Holdings) -> Iterator[Row]:
            able = [one for one in there.resources if one.type in LABELLED]
            most = len(able) * share / 100 if share is not None else number
            policies: dict[Object, list[Object]] = defaultdict(list)
            reached: dict[Object, set[Object]] = defaultdict(set)
            for policy, gifts in there.gifts.items():
                for gift in gifts:
                    for label in gift.labels:
                        policies[label].append(policy)
                        reached[label].update(there.reached(gift))
            holders = _holders(there)
            for label, found in sorted(reached.items()):
                if len(found) > most:
                    people = {one for policy in policies[label] for one in holders[policy]}
                    part = f"{100 * len(found) / len(able):.0f}%"
                    yield (
                        words.label_text(label), len(found), len(able), part,
                        len(set(policies[label])), len(people), _joined(sorted({str(one) for one in policies[label]})),
                    )  # fmt: skip

        about = f"Labels whose policies, all together, reach more than {over} of the sources and spaces."
        columns = ("label", "reaches", "of", "share", "policies", "holders", "which_policies")
        return self._made("wide-labels", "Labels that reach much", about, columns, rows)

    def owners(self) -> Report:
        """The owners, each with how; and whether there is but one."""

        def rows(there: Holdings) -> Iterator[Row]:
            found = [
                (holder, way, gift)
                for holder, ways in sorted(there.ways.items())
                for way in ways
                for gift in _gifts(there, way)
                if gift.role == OWNER_ROLE and holder.type != "invite"
            ]
            only = len({holder for holder, _, _ in found}) == 1
            for holder, way, gift in found:
                newest = _newest((_inside(there, holder), *way.tuples, *gift.tuples))
                yield (
                    there.home.id, str(holder), *_person(there, holder), _policy(way), way.through, only,
                    newest.at.isoformat(), newest.by, newest.reason,
                )  # fmt: skip

        about = "Who may everything in the workspace. Where `only` says yes, there is no second owner."
        columns = ("workspace", "subject", "name", "email", "policy", "through", "only", "since", "by", "reason")
        return self._made("owners", "Owners", about, columns, rows)

    def review(self, object: str, *, relation: str | None = None, one_path: bool = False) -> Report:
        """Who has which relation on the workspace or on what is in it; with `one_path`, who has it in one way only."""
        of = parse_object(object)
        relations = frozenset({relation} if relation is not None else ())
        asked = ReviewQuestion(
            self._desk.store, of, relations, frozenset({"member", "token"}), one_path=one_path, whole=True
        )

        def tell(transaction: Transaction) -> Report:
            if of != self._home:
                _check_inside(transaction, of, self._home)
            return review_report(transaction.review(asked), self._desk.caller.name, one_path=one_path)

        return self._look("one-path" if one_path else "review", tell)

    def one_path(self, object: str, relation: str | None = None) -> Report:
        """Who has access to something in one way only: losing any tuple of it would take it."""
        return self.review(object, relation=relation, one_path=True)

    def _made(
        self, name: str, title: str, about: str, columns: tuple[str, ...], rows: Callable[[Holdings], Iterator[Row]]
    ) -> Report:
        def tell(transaction: Transaction) -> Report:
            there, told = holdings(transaction, self._home), []
            for one in rows(there):
                told.append(one)
                if len(told) > MAX_REPORT_ROWS:
                    raise LimitError(
                        f"more than {MAX_REPORT_ROWS} rows: ask of one resource after the other",
                        code="report_too_large",
                    )
            revision = transaction.info.revision
            return Report(
                name=name,
                title=f"{title} of workspace {there.named(self._home) or self._home.id}",
                about=about,
                store=self._desk.store,
                revision=revision.number,
                zookie=revision.zookie(),
                at=transaction.now,
                by=self._desk.caller.name,
                columns=columns,
                rows=tuple(told),
            )

        return self._look(name, tell)

    def _look(self, name: str, tell: Callable[[Transaction], Report]) -> Report:
        note = Note(f"report.{name.replace('-', '_')}", self._home, self._home)
        return self._desk.look(note, Need("can_read_audit", self._home), tell)


# The reports by name: what makes each, and what it is asked with.
NAMES: Final[Mapping[str, tuple[Callable[..., Report], tuple[str, ...]]]] = {
    "access": (Reports.access, ()),
    "unused-groups": (Reports.unused_groups, ()),
    "idle-policies": (Reports.idle_policies, ()),
    "wide-labels": (Reports.wide_labels, ("over",)),
    "owners": (Reports.owners, ()),
    "review": (Reports.review, ("object", "relation")),
    "one-path": (Reports.one_path, ("object", "relation")),
}


def named(reports: Reports, name: str, given: dict[str, str]) -> Report:
    """The report of that name; `RequestError` for one there is not, or that takes or needs something else."""
    if name not in NAMES:
        known = ", ".join(f"`{one}`" for one in NAMES)
        raise RequestError(f"no report `{shown(name)}`: it is one of {known}", code="report_not_found")
    make, takes = NAMES[name]
    for one in sorted(given.keys() - set(takes)):
        raise RequestError(f"report `{name}` takes no `{one}`", code="malformed_request", pointer=f"/{one}")
    if "object" in takes and "object" not in given:
        raise RequestError(f"say what `{name}` is of: an `object`", code="malformed_request", pointer="/object")
    return make(reports, **given)


def _check_inside(transaction: Transaction, of: Object, home: Object) -> None:
    """`RequestError` (`…_not_found`) unless it is in the workspace, or in what is in it."""
    sort = SORTS.get(of.type)
    if sort is None or sort.parent == "workspace":
        belongs(transaction, of, home)
        return
    above = [one.tuple.subject for one in transaction.of(of, sort.parent)]
    if not any(isinstance(one, Object) and transaction.has(one, "workspace", home) for one in above):
        raise not_found(of)


def _over(text: str) -> tuple[float | None, float]:
    digits = text.removesuffix("%")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= len(str(MAX_REPORT_ROWS))):
        raise RequestError(
            f"malformed `over` `{shown(text)}`: a share as `50%`, or a number", code="malformed_over", pointer="/over"
        )
    return (float(digits), 0.0) if text.endswith("%") else (None, float(digits))


# --- rows --------------------------------------------------------------------------------------------------


def _gifts(there: Holdings, way: Way) -> tuple[Gift, ...]:
    if way.policy is None:
        return (Gift(OWNER_ROLE, "workspace", frozenset(), None, ()),)
    return there.gifts[way.policy]


def _holders(there: Holdings) -> dict[Object, set[Object]]:
    """Who holds each policy, by whatever way; those who are invited do not yet."""
    found: dict[Object, set[Object]] = defaultdict(set)
    for holder, ways in there.ways.items():
        for way in ways:
            if way.policy is not None and holder.type != "invite":
                found[way.policy].add(holder)
    return found


def _person(there: Holdings, holder: Object) -> tuple[str | None, str | None]:
    facts = there.facts.get(holder, {})
    return facts.get("name") or facts.get("description"), facts.get("email")


def _inside(there: Holdings, holder: Object) -> StoredTuple | None:
    return there.inside[holder]


def _standing(there: Holdings, holder: Object) -> Row:
    """That somebody is in the workspace, whatever they hold."""
    standing, facts = there.inside[holder], there.facts.get(holder, {})
    owner = any(gift.role == OWNER_ROLE for way in there.ways[holder] for gift in _gifts(there, way))
    return (
        str(holder), holder.type, *_person(there, holder), _STANDING[holder.type], None, None, None, None, None, owner,
        any(way.pii for way in there.ways[holder]), *_given((standing,)),
        _expiry((standing,)) or facts.get("expires_at"), facts.get("last_used_at"),
    )  # fmt: skip


def _held(there: Holdings, holder: Object, way: Way) -> Iterator[Row]:
    """The roles of one way; a role on several single resources is one row."""
    gifts = _gifts(there, way)
    kinds: dict[tuple[str, str], list[Gift]] = defaultdict(list)
    for gift in gifts:
        kinds[gift.role, gift.on].append(gift)
    facts = there.facts.get(holder, {})
    for (role, on), some in kinds.items():
        reaches = len({one for gift in some for one in there.reached(gift)}) if there.counts(some[0]) else None
        tuples = (there.inside[holder], *way.tuples, *(each for gift in some for each in gift.tuples))
        yield (
            str(holder), holder.type, *_person(there, holder), role, on, _targets(tuple(some)),
            reaches, _policy(way), way.through, role == OWNER_ROLE,
            way.pii or role == OWNER_ROLE, *_given(tuples), _expiry(tuples), facts.get("last_used_at"),
        )  # fmt: skip


def _policy(way: Way) -> str | None:
    return str(way.policy) if way.policy is not None else None


def _on(gift: Gift) -> str:
    return gift.on


def _targets(gifts: tuple[Gift, ...]) -> str | None:
    named = {words.label_text(one) for gift in gifts if gift.on == LABELS for one in gift.labels}
    named |= {str(gift.resource) for gift in gifts if gift.resource is not None}
    return _joined(sorted(named))


def _joined(texts: Iterable[str]) -> str | None:
    return " ".join(texts) or None


def _newest(tuples: tuple[StoredTuple | None, ...]) -> StoredTuple:
    return max((one for one in tuples if one is not None), key=lambda one: one.since)


def _given(tuples: tuple[StoredTuple | None, ...]) -> tuple[str | None, int | None, str | None, str | None]:
    """Since when all of them stand, and by whom and why the last of them was written."""
    if not any(tuples):
        return None, None, None, None
    newest = _newest(tuples)
    return newest.at.isoformat(), newest.since, newest.by, newest.reason


def _expiry(tuples: tuple[StoredTuple | None, ...]) -> str | None:
    ends = [one.tuple.expires_at for one in tuples if one is not None and one.tuple.expires_at is not None]
    return min(ends).isoformat() if ends else None
