"""A list is exactly what checks allow: over random models and tuples, at several page sizes, on a real Neo4j.

`IAMGRAPH_LISTS` says how many lists to make at least, `IAMGRAPH_SEED` where the randomness starts.
"""

from __future__ import annotations

import itertools
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from ulid import ULID

from iamgraph.authorizer import Authorizer
from iamgraph.check.contract import AskingMany, Decisions
from iamgraph.check.graph import GraphChecker
from iamgraph.errors import ConflictError, IamgraphError, RequestError
from iamgraph.expand import ExpandQuestion, Node, NodeKind
from iamgraph.listing import ListAccess, ListObjects, ListSubjects
from iamgraph.questions import WriteRequest
from iamgraph.store.contract import TupleReader
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.store.overlay import Overlay
from iamgraph.tuples import Kind, Object, RelationTuple, Subject, Userset, Wildcard, kind_of, parse_subject, parse_tuple
from tests.generators import NOW, Case, cases, wide_model_text
from tests.oracle import Oracle

pytestmark = pytest.mark.long

LISTS: Final = int(os.environ.get("IAMGRAPH_LISTS", "200"))
# From more lists on, all that a subject can do is listed as well.
SHORT: Final = 200
SEED: Final = int(os.environ.get("IAMGRAPH_SEED", "20261125"))
SECONDS: Final = 30.0
PAGES: Final = (1, 2, 1000)
UNHEARD: Final = "unheard-of"


def test_lists_are_what_the_oracle_allows(keeper: Neo4jKeeper) -> None:
    """Every list of objects and of subjects, page by page, is the set of which the oracle says yes; an error where it
    cannot say."""
    lists = unknown = named = 0
    for case in cases(SEED, 10**9):
        for right, seen in _compared(case, keeper):
            assert right == seen
            lists += 1
            unknown += right is None
            named += len(right or ())
        if lists >= LISTS:
            break
    print(f"{lists} lists, {named} named, {unknown} unknown")  # noqa: T201
    assert named > lists * 0.3
    assert unknown < lists * 0.5


MODEL: Final = """\
model
  schema 1.1
type member
type group
  relations
    define member: [member, group#member]
type source
  relations
    define banned: [member]
    define open: [member:*]
    define viewer: [member, group#member]
    define can_view: (viewer or open) but not banned
"""
VIEW: Final = Object("source", "orders")
A: Final = "source:a#viewer@member:ada"
B: Final = "source:b#viewer@member:ada"


def _write(authorizer: Authorizer, store: str, *tuples: str) -> None:
    authorizer.write(WriteRequest(store, tuple(map(parse_tuple, tuples))))


@pytest.fixture
def wiki(authorizer: Authorizer, store: str) -> str:
    """A store with the model above."""
    authorizer.write_model(store, MODEL)
    return store


def test_everybody_but_those_excepted(authorizer: Authorizer, wiki: str) -> None:
    """Where everybody may, those are named of whom a tuple speaks, and those who may not."""
    _write(authorizer, wiki, "source:orders#open@member:*", "source:orders#viewer@member:ada")
    _write(authorizer, wiki, "source:orders#banned@member:eve", "source:orders#banned@member:bob")
    page = authorizer.list_subjects(ListSubjects(wiki, VIEW, "can_view", Kind("member"), whole=True))
    assert (True, ["member:ada"], ["member:bob", "member:eve"]) == (
        page.wildcard,
        list(map(str, page.subjects)),
        list(map(str, page.excepted)),
    )
    authorizer.write(WriteRequest(wiki, deletes=(parse_tuple("source:orders#open@member:*"),)))
    page = authorizer.list_subjects(ListSubjects(wiki, VIEW, "can_view", Kind("member")))
    assert (False, (parse_subject("member:ada"),), ()) == (page.wildcard, page.subjects, page.excepted)


def test_facing_diamonds_end_in_time(authorizer: Authorizer, wiki: str) -> None:
    """Two facing diamonds of 20 layers, a million ways each, are listed from either end."""
    layers = [
        f"group:{side}-{layer}-{one}#member@group:{side}-{layer + 1}-{other}#member"
        for side in ("a", "b")
        for layer in range(20)
        for one in "lr"
        for other in "lr"
    ]
    _write(authorizer, wiki, *layers, "source:orders#viewer@group:a-0-l#member")
    meet = [f"group:a-20-{one}#member@group:b-0-{other}#member" for one in "lr" for other in "lr"]
    _write(authorizer, wiki, *meet, "group:b-20-l#member@member:ada")
    ada = parse_subject("member:ada")
    quick = authorizer.until(time.monotonic() + 20)
    assert (VIEW,) == quick.list_objects(ListObjects(wiki, ada, "can_view", "source")).items
    assert (ada,) == quick.list_subjects(ListSubjects(wiki, VIEW, "can_view", Kind("member"))).subjects
    groups = quick.list_objects(ListObjects(wiki, ada, "member", "group", whole=True)).items
    assert 83 == len(groups)


def test_a_cursor_holds_for_its_question_and_revision(authorizer: Authorizer, wiki: str) -> None:
    """A cursor of another question or store, or a damaged one, is refused; whatever is written, it goes on as it
    began, and is refused where a newer answer is asked for."""
    _write(authorizer, wiki, A, B)
    asked = ListObjects(wiki, parse_subject("member:ada"), "can_view", "source", limit=1)
    cursor = authorizer.list_objects(asked).next_cursor
    assert cursor is not None
    last = authorizer.list_objects(replace(asked, cursor=cursor))
    assert ((Object("source", "b"),), None) == (last.items, last.next_cursor)
    for other in (
        replace(asked, relation="viewer", cursor=cursor),
        replace(asked, cursor=cursor[:-4] + "AAA="),
        replace(asked, cursor="\N{SNOWMAN}"),
        replace(asked, cursor=""),
        replace(asked, cursor=last.revision.zookie()),
    ):
        with pytest.raises(RequestError) as refused:
            authorizer.list_objects(other)
        assert "malformed_cursor" == refused.value.code
    authorizer.write(WriteRequest(wiki, (parse_tuple("source:c#viewer@member:ada"),), (parse_tuple(B),)))
    authorizer.write_model(wiki, MODEL.replace("can_view: (viewer or open) but not banned", "can_read: viewer"))
    assert last == authorizer.list_objects(replace(asked, cursor=cursor))
    with pytest.raises(ConflictError) as moved:
        authorizer.list_objects(replace(asked, cursor=cursor, zookie=authorizer.get_store(wiki).revision.zookie()))
    assert "list_moved" == moved.value.code


def test_a_cursor_holds_at_its_time(keeper: Neo4jKeeper, store: str) -> None:
    """What expires between two pages is in the list still, which is of the first page's time."""
    hours = iter(range(3))
    authorizer = Authorizer(
        keeper, GraphChecker(keeper), deadline=SECONDS, clock=lambda: NOW + timedelta(hours=next(hours))
    )
    authorizer.write_model(store, MODEL)
    authorizer._keeper.write(
        WriteRequest(store, tuple(replace(parse_tuple(one), expires_at=NOW + timedelta(hours=2)) for one in (A, B))),
        authorizer.get_model(store).id,
        NOW,
    )
    asked = ListObjects(store, parse_subject("member:ada"), "viewer", "source", limit=1)
    first = authorizer.list_objects(asked)
    last = authorizer.list_objects(replace(asked, cursor=first.next_cursor))
    assert ((Object("source", "a"),), (Object("source", "b"),)) == (first.items, last.items)


def test_a_cursor_ends_with_the_past(authorizer: Authorizer, keeper: Neo4jKeeper, wiki: str) -> None:
    """Where the changes since the first page are gone, its cursor is refused, and so is its revision."""
    _write(authorizer, wiki, A, B)
    asked = ListObjects(wiki, parse_subject("member:ada"), "can_view", "source", limit=1)
    first = authorizer.list_objects(asked)
    _write(authorizer, wiki, "source:c#viewer@member:ada")
    keeper.trim(wiki, datetime.now(UTC) + timedelta(minutes=1))
    for refused, question in (
        ("list_moved", replace(asked, cursor=first.next_cursor)),
        ("changes_gone", replace(asked, at=first.revision.number)),
        ("revision_unknown", replace(asked, at=99)),
    ):
        with pytest.raises(IamgraphError) as fault:
            authorizer.list_objects(question)
        assert refused == fault.value.code


class _Counting:
    """A checker that counts what it decides, and may take its time."""

    def __init__(self, checker: GraphChecker, seconds: float = 0.0) -> None:
        self._checker, self._seconds, self.decided = checker, seconds, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._checker, name)

    def check_in(self, reader: TupleReader, asking: AskingMany) -> Decisions:
        """The decisions of the checker."""
        self.decided += len(asking.questions)
        time.sleep(self._seconds)
        return self._checker.check_in(reader, asking)


def test_a_page_decides_what_it_needs(authorizer: Authorizer, keeper: Neo4jKeeper, wiki: str) -> None:
    """Of a thousand members the first page decides little more than it names; a stream is decided as it is read."""
    _write(authorizer, wiki, *(f"group:eng#member@member:{i:04}" for i in range(999)))
    _write(authorizer, wiki, "source:orders#viewer@group:eng#member")
    checker = _Counting(GraphChecker(keeper))
    counted = Authorizer(keeper, checker, deadline=SECONDS)
    page = counted.list_subjects(ListSubjects(wiki, VIEW, "viewer", Kind("member"), limit=100))
    assert [f"member:{i:04}" for i in range(100)] == list(map(str, page.subjects))
    assert checker.decided <= 102
    pages = counted.subject_pages(ListSubjects(wiki, VIEW, "viewer", Kind("member"), limit=10))
    checker.decided = 0
    next(pages)
    assert checker.decided <= 12


def test_a_late_page_is_short(keeper: Neo4jKeeper, authorizer: Authorizer, wiki: str) -> None:
    """Where deciding takes long a page has fewer than wanted and a cursor, and all pages together are the list,
    whatever comes and goes meanwhile.
    """
    _write(authorizer, wiki, *(f"source:{i:04}#viewer@member:ada" for i in range(600)))
    slow = Authorizer(keeper, _Counting(GraphChecker(keeper), 0.8), deadline=3.0)
    asked = ListObjects(wiki, parse_subject("member:ada"), "viewer", "source", limit=1000)
    pages = []
    for page in slow.object_pages(asked):
        pages.append(page)
        if len(pages) == 1:
            change = [parse_tuple(f"source:{one}#viewer@member:ada") for one in ("0570", "0580-new")]
            authorizer.write(WriteRequest(wiki, (change[1],), (change[0],)))
    assert len(pages) > 1
    assert [f"source:{i:04}" for i in range(600)] == [str(one) for page in pages for one in page.items]


def test_what_cannot_have_changed_is_not_walked(authorizer: Authorizer, keeper: Neo4jKeeper, wiki: str) -> None:
    """After a write that concerns one of them, only that one of a page is decided by what was there then."""
    _write(
        authorizer, wiki, *(f"source:{one}#viewer@group:eng#member" for one in "abcd"), "group:eng#member@member:ada"
    )
    asked = ListObjects(wiki, parse_subject("member:ada"), "can_view", "source", limit=1)
    first = authorizer.list_objects(asked)
    _write(authorizer, wiki, "source:c#banned@member:ada", "source:b#banned@member:eve", "group:eng#member@member:bob")
    walked: list[str] = []

    class Noting(_Counting):
        def check_in(self, reader: TupleReader, asking: AskingMany) -> Decisions:
            walked.extend(one.object.id for one in asking.questions if isinstance(reader, Overlay))
            return super().check_in(reader, asking)

    rest = replace(asked, limit=10, cursor=first.next_cursor)
    found = Authorizer(keeper, Noting(GraphChecker(keeper)), deadline=SECONDS).list_objects(rest)
    assert (["b", "c", "d"], ["c"]) == ([one.id for one in found.items], walked)


def test_ids_are_in_one_order_past_the_first_plane(authorizer: Authorizer, wiki: str) -> None:
    """Pages miss and repeat nothing, whatever characters the ids have."""
    ids = ["\uffee", "\U0001f600", "a", "Z", "\U00010000", "#", "\uac00"]
    _write(authorizer, wiki, *(f"{Object('source', one)}#viewer@member:ada" for one in ids))
    asked = ListObjects(wiki, parse_subject("member:ada"), "can_view", "source", limit=2)
    assert frozenset(str(Object("source", one)) for one in ids) == _objects(authorizer, asked)


def test_all_that_a_subject_can_do(authorizer: Authorizer, wiki: str) -> None:
    """Every relation with something in it is told, each as its own list would."""
    _write(authorizer, wiki, "group:eng#member@member:ada", "source:a#viewer@group:eng#member")
    _write(authorizer, wiki, "source:b#open@member:*", "source:c#viewer@member:ada", "source:c#banned@member:ada")
    found = authorizer.list_access(ListAccess(wiki, parse_subject("member:ada"), limit=1)).access
    seen = {f"{one.type}#{one.relation}": ([str(each) for each in one.objects], one.more) for one in found}
    assert {
        "group#member": (["group:eng"], False),
        "source#banned": (["source:c"], False),
        "source#open": (["source:b"], False),
        "source#viewer": (["source:a"], True),
        "source#can_view": (["source:a"], True),
    } == seen


def test_what_does_not_hold_on_the_way_is_not_followed(authorizer: Authorizer, keeper: Neo4jKeeper, store: str) -> None:
    """Of all a subject can do nothing is decided above a policy that does not hold, and all above one that does."""
    authorizer.write_model(store, POLICIES)
    sources = [f"{i:02}" for i in range(30)]
    _write(authorizer, store, *(f"source:{one}#{by}@policy:{by}" for one in sources for by in ("reader", "admin")))
    _write(authorizer, store, *(f"policy:{by}#direct@member:ada" for by in ("reader", "admin")))
    _write(authorizer, store, "policy:admin#inside@member:ada")
    counting = _Counting(GraphChecker(keeper))
    asked = ListAccess(store, parse_subject("member:ada"), frozenset({"source"}))
    found = Authorizer(keeper, counting, deadline=SECONDS).list_access(asked).access
    assert [("can_edit", 30, False)] == [(one.relation, len(one.objects), one.more) for one in found]
    assert 32 == counting.decided


POLICIES: Final = """\
model
  schema 1.1
type member
type policy
  relations
    define direct: [member]
    define inside: [member]
    define holder: direct and inside
type source
  relations
    define reader: [policy]
    define admin: [policy]
    define can_read: holder from reader
    define can_edit: holder from admin
"""


def test_what_takes_long_is_said_to_be_more(keeper: Neo4jKeeper, authorizer: Authorizer, wiki: str) -> None:
    """Where most that a relation leads to is denied, what was found in time is told, and that there may be more."""
    sources = [f"{i:03}" for i in range(300)]
    _write(authorizer, wiki, "group:eng#member@member:ada")
    _write(authorizer, wiki, *(f"source:{one}#viewer@group:eng#member" for one in sources))
    _write(authorizer, wiki, *(f"source:{one}#banned@member:ada" for one in sources[:-1]))
    slow = Authorizer(keeper, _Counting(GraphChecker(keeper), 0.6), deadline=6.0)
    asked = ListAccess(wiki, parse_subject("member:ada"), frozenset({"source"}), limit=2)
    found = {one.relation: one for one in slow.list_access(asked).access}
    assert ((), True) == (found["can_view"].objects, found["can_view"].more)
    whole = authorizer.list_access(asked).access
    assert [("source:299",)] == [tuple(map(str, one.objects)) for one in whole if one.relation == "can_view"]


def test_a_tree_says_what_a_check_says(keeper: Neo4jKeeper) -> None:
    """Evaluated by plain sets, the tree of every question allows whom the oracle allows."""
    trees = allowed = 0
    for case in cases(SEED, LISTS // 4):
        store = f"lists-{ULID()}"
        authorizer = Authorizer(keeper, GraphChecker(keeper), deadline=SECONDS, clock=lambda: NOW)
        authorizer.create_store(store)
        try:
            tuples = _written(case, store, authorizer)
            oracle = Oracle(case.model, tuples, NOW)
            for one in case.questions[:4]:
                if not isinstance(one.subject, Object):
                    continue
                tree = authorizer.expand(ExpandQuestion(store, one.object, one.relation))
                right = oracle.check(one.subject, one.relation, one.object)
                assert not tree.truncated
                if right != "unknown":
                    assert (right == "allowed") is _in(tree.root, one.subject), f"{case.model_text}\n{one}\n{tree}"
                    trees += 1
                    allowed += right == "allowed"
        finally:
            authorizer.delete_store(store)
    assert allowed > trees * 0.05


def _in(root: Node, subject: Object) -> bool:
    """Whether the tree means the subject: the least fixpoint of what its nodes say."""
    nodes = {node.userset: node.children[0] for node in _all(root) if node.userset is not None and node.children}
    holds: set[Subject] = set()
    # What is taken away is settled below what it is taken from, so it may be asked by a fixpoint of its own.

    def says(node: Node, known: set[Subject]) -> bool:
        match node.kind:
            case NodeKind.RELATION:
                return node.userset in known
            case NodeKind.INTERSECTION:
                return all(says(one, known) for one in node.children)
            case NodeKind.EXCLUSION:
                return says(node.children[0], known) and not says(node.children[1], settled(node.children[1]))
            case _:
                named = subject in node.subjects or Wildcard(subject.type) in node.subjects
                return named or any(says(one, known) for one in node.children)

    def settled(below: Node) -> set[Subject]:
        wanted = {one.userset for one in _all(below)}
        while True:
            more = {one.userset for name in wanted if name in nodes for one in _all(nodes[name])} - wanted
            if not more:
                break
            wanted |= more
        return fixpoint({name: node for name, node in nodes.items() if name in wanted})

    def fixpoint(over: dict[Userset, Node]) -> set[Subject]:
        known: set[Subject] = set()
        while grown := {name for name, node in over.items() if name not in known and says(node, known)}:
            known |= grown
        return known

    holds = fixpoint(nodes)
    return says(root, holds)


def _all(node: Node) -> Iterator[Node]:
    yield node
    for one in node.children:
        yield from _all(one)


Found = frozenset[str] | None


def _compared(case: Case, keeper: Neo4jKeeper) -> Iterator[tuple[Found, Found]]:
    """For each list of the case, what is right and what was listed while it was written to, then and later."""
    store = f"lists-{ULID()}"
    authorizer = Authorizer(keeper, GraphChecker(keeper), deadline=SECONDS, clock=lambda: NOW)
    authorizer.create_store(store)
    try:
        writer = _Writer(case, store, authorizer, _written(case, store, authorizer))
        past: list[tuple[Found, ListObjects | ListSubjects, set[str]]] = []
        for i, one in enumerate(case.questions[:4]):
            limit = PAGES[i % len(PAGES)]
            tuples, then = writer.tuples(), authorizer.get_store(store).revision.number
            oracle = Oracle(case.model, tuples, NOW)
            asked = ListObjects(store, one.subject, one.relation, one.object.type, limit=limit)
            right = _right_objects(oracle, tuples, asked)
            yield right, _objects(authorizer, asked, writer)
            if LISTS > SHORT and i == 0:
                yield from _accessed(authorizer, case, writer.tuples(), asked)
            past.append((right, replace(asked, at=then), set()))
            if not isinstance(one.subject, Wildcard):
                tuples, then = writer.tuples(), authorizer.get_store(store).revision.number
                oracle = Oracle(case.model, tuples, NOW)
                of = ListSubjects(store, one.object, one.relation, kind_of(one.subject), limit=limit)
                known = {str(_of(of.kind, id_)) for id_ in _known(tuples, of.kind.type) | {of.object.id}}
                right = _right_subjects(oracle, tuples, of)
                yield right, _subjects(authorizer, of, known, writer)
                past.append((right, replace(of, at=then), known))
        for right, then_asked, known in past:
            if isinstance(then_asked, ListObjects):
                yield right, _objects(authorizer, then_asked, writer)
            else:
                yield right, _subjects(authorizer, then_asked, known, writer)
    finally:
        authorizer.delete_store(store)


def _accessed(
    authorizer: Authorizer, case: Case, tuples: tuple[RelationTuple, ...], asked: ListObjects
) -> Iterator[tuple[Found, Found]]:
    """For each relation of the type, what is right and what is told among all that the subject can do; none where not
    all of it can be decided."""
    try:
        found = authorizer.list_access(ListAccess(asked.store, asked.subject, frozenset({asked.type}), limit=1000))
    except IamgraphError:
        return
    told = {one.relation: frozenset(map(str, one.objects)) for one in found.access}
    type_ = case.model.type(asked.type)
    assert type_ is not None
    oracle = Oracle(case.model, tuples, NOW)
    for one in type_.relations:
        yield _right_objects(oracle, tuples, replace(asked, relation=one.name)), told.get(one.name, frozenset())


class _Writer:
    """Changes a store between the pages of a list: a tuple of the case is taken away, and later put back."""

    def __init__(self, case: Case, store: str, authorizer: Authorizer, tuples: tuple[RelationTuple, ...]) -> None:
        self._authorizer = authorizer
        self._store = store
        self._draw = random.Random(str(tuples))
        self._there = {str(one): one for one in tuples}
        self._case = [one for one in case.tuples if one.expires_at is None or one.expires_at > NOW]

    def tuples(self) -> tuple[RelationTuple, ...]:
        """What is there now."""
        return tuple(self._there.values())

    def __call__(self) -> None:
        """Change something."""
        if not self._case:
            return
        one = self._draw.choice(self._case)
        if str(one) in self._there:
            self._authorizer.write(WriteRequest(self._store, deletes=(one,)))
            del self._there[str(one)]
        else:
            self._authorizer.write(WriteRequest(self._store, (one,)))
            self._there[str(one)] = one


def _written(case: Case, store: str, authorizer: Authorizer) -> tuple[RelationTuple, ...]:
    tuples = (*case.tuples, *case.leftovers)
    authorizer.write_model(store, wide_model_text(tuples))
    if tuples:
        model = authorizer.get_model(store).id
        authorizer._keeper.write(WriteRequest(store, writes=tuples), model, NOW)  # the door refuses leftovers
    authorizer.write_model(store, case.model_text)
    return tuples


# --- what is right -----------------------------------------------------------------------------------------


def _known(tuples: tuple[RelationTuple, ...], type_: str) -> set[str]:
    ends = [end for one in tuples for end in (one.object, one.subject) if not isinstance(end, Wildcard)]
    objects = {end.object if isinstance(end, Userset) else end for end in ends}
    return {one.id for one in objects if one.type == type_} | {UNHEARD}


def _right_objects(oracle: Oracle, tuples: tuple[RelationTuple, ...], asked: ListObjects) -> Found:
    found = {
        str(one): oracle.check(asked.subject, asked.relation, one)
        for one in (Object(asked.type, id_) for id_ in _known(tuples, asked.type))
    }
    return _allowed(found)


def _right_subjects(oracle: Oracle, tuples: tuple[RelationTuple, ...], asked: ListSubjects) -> Found:
    ids = _known(tuples, asked.kind.type) | {asked.object.id}
    found = {str(one): oracle.check(one, asked.relation, asked.object) for one in (_of(asked.kind, id_) for id_ in ids)}
    return _allowed(found)


def _allowed(found: dict[str, str]) -> Found:
    if "unknown" in found.values():
        return None
    return frozenset(one for one, outcome in found.items() if outcome == "allowed")


def _of(kind: Kind, id_: str) -> Subject:
    object_ = Object(kind.type, id_)
    return object_ if kind.via is None else Userset(object_, kind.via)


# --- what is listed ----------------------------------------------------------------------------------------


def _objects(authorizer: Authorizer, asked: ListObjects, between: Callable[[], None] = lambda: None) -> Found:
    found: list[Object] = []
    try:
        while True:
            page = authorizer.list_objects(asked)
            assert len(page.items) <= asked.limit
            found += page.items
            if page.next_cursor is None:
                break
            asked = replace(asked, cursor=page.next_cursor)
            between()
    except IamgraphError as fault:
        assert "condition_not_evaluated" == fault.code
        return None
    assert sorted(set(found)) == found
    return frozenset(map(str, found))


def _subjects(authorizer: Authorizer, asked: ListSubjects, known: set[str], between: Callable[[], None]) -> Found:
    """The known subjects that the pages say may, named or by the wildcard."""
    named: list[Subject] = []
    allowed: set[str] = set()
    excepted: set[str] = set()
    try:
        while True:
            page = authorizer.list_subjects(asked)
            assert len(page.subjects) + len(page.excepted) <= asked.limit
            named += sorted((*page.subjects, *page.excepted), key=_id)
            allowed |= set(map(str, page.subjects))
            excepted |= set(map(str, page.excepted))
            if page.next_cursor is None:
                break
            asked = replace(asked, cursor=page.next_cursor)
            between()
    except IamgraphError as fault:
        assert "condition_not_evaluated" == fault.code
        return None
    assert sorted(set(named), key=_id) == named
    if page.wildcard:
        return frozenset(allowed | (known - excepted))
    assert set() == excepted
    return frozenset(allowed)


def _id(subject: Subject) -> str:
    return subject.object.id if isinstance(subject, Userset) else getattr(subject, "id", "")


def test_a_list_is_of_one_revision_while_writes_go_on(authorizer: Authorizer, wiki: str) -> None:
    """A source is handed from one of two groups to the other, in one change each: every list names exactly one."""
    for name in "ab":
        _write(authorizer, wiki, f"group:{name}#member@member:{name}")
    _write(authorizer, wiki, "source:orders#viewer@group:a#member")
    stop = threading.Event()

    def hand_over() -> None:
        names = itertools.cycle("ba")
        while not stop.is_set():
            to = next(names)
            of = "b" if to == "a" else "a"
            change = [parse_tuple(f"source:orders#viewer@group:{one}#member") for one in (to, of)]
            authorizer.write(WriteRequest(wiki, (change[0],), (change[1],)))
            time.sleep(0.005)

    thread = threading.Thread(target=hand_over)
    thread.start()
    try:
        seen = [
            authorizer.list_subjects(ListSubjects(wiki, VIEW, "can_view", Kind("member"))).subjects for _ in range(100)
        ]
    finally:
        stop.set()
        thread.join()
    assert {("member:a",), ("member:b",)} == {tuple(map(str, one)) for one in seen}
