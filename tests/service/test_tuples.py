"""Tuples, changes, models and stores over HTTP: each route's happy path, and what a change leaves behind."""

from __future__ import annotations

from typing import Final

from ulid import ULID

from tests.service.client import Client
from tests.service.conftest import MODEL

TUPLE: Final = {"subject": "member:ada", "relation": "viewer", "object": "resource:wiki"}
OTHER: Final = {"subject": "member:bob", "relation": "viewer", "object": "resource:wiki"}


def test_a_write_is_one_revision(client: Client, home: str) -> None:
    """A write with deletes and writes raises the revision by one and answers with it."""
    first = client.post(f"{home}/tuples/write", {"writes": [TUPLE]})
    second = client.post(f"{home}/tuples/write", {"deletes": [TUPLE], "writes": [OTHER]})
    assert [(200, 2), (200, 3)] == [(one.status, one.json["revision"]) for one in (first, second)]
    assert second.json["zookie"] == client.get(home).json["zookie"]


def test_deletes_take_tuples_away(client: Client, home: str) -> None:
    """A deleted tuple no longer allows; deleting it again is a conflict unless what is missing may be ignored."""
    client.post(f"{home}/tuples/write", {"writes": [TUPLE]})
    assert 200 == client.post(f"{home}/tuples/delete", {"tuples": [TUPLE]}).status
    assert False is client.post(f"{home}/check", TUPLE).json["allowed"]
    assert (409, "tuple_not_found", None) == client.post(f"{home}/tuples/delete", {"tuples": [TUPLE]}).problem
    assert 200 == client.post(f"{home}/tuples/delete", {"tuples": [TUPLE], "on_missing": "ignore"}).status


def test_what_is_there_is_replaced_refused_or_left(client: Client, home: str) -> None:
    """`on_existing` decides what becomes of a tuple written again; what changes nothing is no revision."""
    assert 2 == client.post(f"{home}/tuples/write", {"writes": [TUPLE]}).json["revision"]
    failing = client.post(f"{home}/tuples/write", {"writes": [TUPLE], "on_existing": "fail"})
    assert (409, "tuple_exists", "/writes/0") == failing.problem
    assert 2 == client.post(f"{home}/tuples/write", {"writes": [TUPLE], "on_existing": "ignore"}).json["revision"]
    assert 3 == client.post(f"{home}/tuples/write", {"writes": [TUPLE], "on_existing": "touch"}).json["revision"]
    wrong = client.post(f"{home}/tuples/write", {"writes": [TUPLE], "on_existing": "replace"})
    assert (400, "invalid_request", "/on_existing") == wrong.problem


def test_tuples_are_deleted_by_filter(client: Client, home: str) -> None:
    """A dry run shows what matches, the deletion takes it in one change, and its key gives the same answer again."""
    client.post(f"{home}/tuples/write", {"writes": [TUPLE, OTHER]})
    body = {"object": "resource:", "subject": "member:ada"}
    dry = client.post(f"{home}/tuples/delete-by-filter", body | {"dry_run": True}).json
    assert (1, 2, True) == (dry["deleted"], dry["revision"], dry["dry_run"])
    assert ["member:ada"] == [one["subject"] for one in dry["tuples"]]
    once = body | {"idempotency_key": "k1", "reason": "left"}
    done = client.post(f"{home}/tuples/delete-by-filter", once).json
    assert {"revision": 3, "deleted": 1, "dry_run": False} == {k: v for k, v in done.items() if k != "zookie"}
    assert done == client.post(f"{home}/tuples/delete-by-filter", once).json
    assert ["member:bob"] == [one["subject"] for one in client.post(f"{home}/tuples/read", {}).json["tuples"]]


def test_a_filter_must_say_something(client: Client, home: str) -> None:
    """A filter without a field is refused, an empty field is malformed, and more than `limit` delete nothing."""
    client.post(f"{home}/tuples/write", {"writes": [TUPLE, OTHER]})
    path = f"{home}/tuples/delete-by-filter"
    assert (400, "empty_filter", None) == client.post(path, {}).problem
    assert (400, "malformed_object", "/object") == client.post(path, {"object": ""}).problem
    assert (400, "malformed_object", "/subject") == client.post(path, {"subject": ""}).problem
    assert (422, "too_many_tuples", "/limit") == client.post(path, {"object": "resource:", "limit": 1}).problem
    assert 2 == len(client.post(f"{home}/tuples/read", {"subject": "member:"}).json["tuples"])


def test_every_change_takes_a_key(client: Client, home: str) -> None:
    """A model and an object's deletion sent again with their keys answer as they did and change nothing."""
    client.post(f"{home}/tuples/write", {"writes": [TUPLE]})
    calls = (
        (f"{home}/models", {"text": MODEL, "idempotency_key": "k1"}),
        (f"{home}/objects/delete", {"object": "resource:wiki", "idempotency_key": "k2"}),
    )
    first = [client.post(path, body).json for path, body in calls]
    assert first == [client.post(path, body).json for path, body in calls]
    assert 4 == client.get(home).json["revision"]


def test_a_failed_delete_undoes_the_whole_write(client: Client, home: str) -> None:
    """A write beside the delete of a missing tuple leaves nothing behind."""
    assert 409 == client.post(f"{home}/tuples/write", {"writes": [TUPLE], "deletes": [OTHER]}).status
    assert [] == client.post(f"{home}/tuples/read", {}).json["tuples"]


def test_preconditions_are_kept(client: Client, home: str) -> None:
    """A write happens if its preconditions hold, and else is a conflict that changes nothing."""
    needs = {"writes": [TUPLE], "preconditions": [{"tuple": OTHER, "must_exist": False}]}
    assert 200 == client.post(f"{home}/tuples/write", needs).status
    needs = {"deletes": [TUPLE], "preconditions": [{"tuple": OTHER}]}
    assert (409, "precondition_failed", "/preconditions/0") == client.post(f"{home}/tuples/write", needs).problem
    assert True is client.post(f"{home}/check", TUPLE).json["allowed"]


def test_an_idempotency_key_gives_the_first_answer_again(client: Client, home: str) -> None:
    """The same key with the same body answers the same; with another body it is a conflict."""
    body = {"writes": [TUPLE], "idempotency_key": "k1"}
    first, again = client.post(f"{home}/tuples/write", body), client.post(f"{home}/tuples/write", body)
    assert first.json == again.json
    other = client.post(f"{home}/tuples/write", body | {"reason": "another"})
    assert (409, "idempotency_key_reused", None) == other.problem
    assert 2 == len(client.get(f"{home}/changes").json["changes"])


def test_changes_tell_who_and_why(client: Client, home: str) -> None:
    """Changes come oldest first with author and reason; without `by` the key's name stands there."""
    client.post(f"{home}/tuples/write", {"writes": [TUPLE], "by": "carol", "reason": "on call: ünïcode"})
    client.post(f"{home}/tuples/delete", {"tuples": [TUPLE]})
    model, written, deleted = client.get(f"{home}/changes").json["changes"]
    assert client.get(f"{home}/models/current").json["id"] == model["model"]
    assert ([TUPLE], [], "carol by key service tests", "on call: ünïcode") == tuple(
        written[name] for name in ("writes", "deletes", "by", "reason")
    )
    assert ([], [TUPLE], "service tests") == tuple(deleted[name] for name in ("writes", "deletes", "by"))


def test_changes_go_on_after_a_revision(client: Client, home: str) -> None:
    """`since` and `limit` walk the changes without a gap; after the newest there are none."""
    for i in range(3):
        client.post(f"{home}/tuples/write", {"writes": [TUPLE | {"object": f"resource:{i}"}]})
    revisions, since = [], 0
    while page := client.get(f"{home}/changes?since={since}&limit=1").json["changes"]:
        since = page[0]["revision"]
        revisions.append(since)
    assert [1, 2, 3, 4] == revisions
    assert [] == client.get(f"{home}/changes?since={2**63 - 1}").json["changes"]


def test_pages_hold_every_tuple_once(client: Client, home: str) -> None:
    """Small pages together hold what one large page holds, in the same order."""
    client.post(f"{home}/tuples/write", {"writes": [TUPLE | {"object": f"resource:{i}"} for i in range(23)]})
    whole = client.post(f"{home}/tuples/read", {"object": "resource:", "limit": 1000}).json["tuples"]
    paged, cursor = [], None
    while True:
        body = {"object": "resource:", "limit": 5} | ({"cursor": cursor} if cursor is not None else {})
        page = client.post(f"{home}/tuples/read", body).json
        paged += page["tuples"]
        cursor = page.get("next_cursor")
        if cursor is None:
            break
    assert 23 == len(whole)
    assert whole == paged


def test_reads_filter_by_every_side(client: Client, home: str) -> None:
    """Object, type, relation and subject each narrow a read, and together."""
    owned = {"subject": "member:ada", "relation": "owner", "object": "resource:plan"}
    client.post(f"{home}/tuples/write", {"writes": [TUPLE, OTHER, owned]})
    counts = [
        len(client.post(f"{home}/tuples/read", wanted).json["tuples"])
        for wanted in (
            {},
            {"object": "resource:wiki"},
            {"object": "group:"},
            {"relation": "owner"},
            {"subject": "member:ada"},
            {"subject": "member:ada", "relation": "viewer", "object": "resource:"},
        )
    ]
    assert [3, 2, 0, 1, 2, 1] == counts


def test_an_object_goes_with_its_tuples(client: Client, home: str) -> None:
    """Deleting an object takes every tuple it stands in, on either side, and says how many."""
    joined = {"subject": "member:ada", "relation": "member", "object": "group:eng"}
    client.post(f"{home}/tuples/write", {"writes": [TUPLE, OTHER, joined]})
    reply = client.post(f"{home}/objects/delete", {"object": "member:ada", "by": "carol", "reason": "left"})
    assert (200, 2) == (reply.status, reply.json["deleted"])
    assert [OTHER["subject"]] == [one["subject"] for one in client.post(f"{home}/tuples/read", {}).json["tuples"]]
    newest = client.get(f"{home}/changes?since=2").json["changes"][-1]
    assert ("carol by key service tests", "left") == (newest["by"], newest["reason"])
    assert 0 == client.post(f"{home}/objects/delete", {"object": "member:ada"}).json["deleted"]


def test_a_new_model_takes_the_place_of_the_old(client: Client, home: str) -> None:
    """The newest model counts at once, the old one can still be had, and the list starts with the newest."""
    old = client.get(f"{home}/models/current").json
    new = client.post(f"{home}/models", {"text": MODEL + "    define editor: [member]\n"})
    assert 201 == new.status
    assert [new.json, old] == client.get(f"{home}/models").json["models"]
    assert [old, new.json] == [client.get(f"{home}/models/{one}").json for one in (old["id"], "current")]
    assert 200 == client.post(f"{home}/check", TUPLE | {"relation": "editor"}).status


def test_a_wrong_model_names_every_fault(client: Client, home: str) -> None:
    """A model with two faults is 422 with both, each with its line and column, and the old model stays."""
    text = MODEL.replace("[member]", "[memberr]").replace("or owner", "or ownerr")
    reply = client.post(f"{home}/models", {"text": text})
    assert 422 == reply.status
    assert {9, 10} == {one["line"] for one in reply.json["errors"]}
    assert {"line", "column", "detail"} == set(reply.json["errors"][0])
    assert MODEL == client.get(f"{home}/models/current").json["text"]


def test_a_store_without_a_model_cannot_be_asked(client: Client) -> None:
    """A new store has revision 0 and no model: checks and writes say that it has none."""
    name = f"http-{ULID()}"
    home = f"/v1/stores/{name}"
    made = client.post("/v1/stores", {"id": name})
    try:
        assert (201, name, 0) == (made.status, made.json["id"], made.json["revision"])
        assert "model" not in made.json
        assert (404, "model_not_found", None) == client.get(f"{home}/models/current").problem
        assert (404, "model_not_found", None) == client.post(f"{home}/check", TUPLE).problem
        assert (404, "model_not_found", None) == client.post(f"{home}/tuples/write", {"writes": [TUPLE]}).problem
        assert {"models": []} == client.get(f"{home}/models").json
    finally:
        client.delete(home)


def test_a_deleted_store_is_gone(client: Client, home: str) -> None:
    """After its deletion a store is in no list and no route finds it."""
    name = home.rpartition("/")[2]
    assert name in {one["id"] for one in client.get("/v1/stores").json["stores"]}
    reply = client.delete(home)
    assert (204, b"") == (reply.status, reply.body)
    assert name not in {one["id"] for one in client.get("/v1/stores").json["stores"]}
    for _ in range(6):
        assert (404, "store_not_found", None) == client.post(f"{home}/check", TUPLE).problem


def test_stores_do_not_see_each_other(client: Client, home: str, shared: str) -> None:
    """A tuple written in one store allows nothing in another with the same model and ids."""
    client.post(f"{home}/tuples/write", {"writes": [TUPLE]})
    assert [True, False] == [client.post(f"{one}/check", TUPLE).json["allowed"] for one in (home, shared)]
