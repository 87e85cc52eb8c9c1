"""Lists and trees over HTTP: pages, streams, scopes of what is refused."""

from __future__ import annotations

import json
import re

from tests.service.client import Client


def _filled(client: Client, home: str) -> None:
    tuples = [
        {"subject": "member:ada", "relation": "member", "object": "group:eng"},
        {"subject": "group:eng#member", "relation": "viewer", "object": "resource:a"},
        {"subject": "member:ada", "relation": "owner", "object": "resource:b"},
        {"subject": "member:*", "relation": "viewer", "object": "resource:c"},
    ]
    assert 200 == client.post(f"{home}/tuples/write", {"writes": tuples}).status


def test_objects_come_in_pages_and_as_a_stream(client: Client, home: str) -> None:
    """Page by page and as JSON lines, the same objects; a cursor goes on in the revision it began at, which
    can be asked for by its number too.
    """
    _filled(client, home)
    asked = {"subject": "member:ada", "relation": "viewer", "type": "resource"}
    first = client.post(f"{home}/list-objects", asked | {"limit": 2}).json
    assert ["resource:a", "resource:b"] == first["objects"]
    rest = asked | {"limit": 2, "cursor": first["next_cursor"]}
    last = client.post(f"{home}/list-objects", rest).json
    assert (["resource:c"], False) == (last["objects"], "next_cursor" in last)
    lines = client.post(f"{home}/list-objects?stream=true", asked).body.decode().splitlines()
    said = [json.loads(line) for line in lines]
    assert [{"object": f"resource:{one}"} for one in "abc"] == said[:-1]
    assert {"end": {"zookie": last["zookie"]}} == said[-1]
    change = {
        "writes": [
            {"subject": who, "relation": "owner", "object": "resource:d"} for who in ("member:ada", "member:eve")
        ]
    }
    assert 200 == client.post(f"{home}/tuples/write", change).status
    assert last == client.post(f"{home}/list-objects", rest).json
    now = client.get(home).json["revision"]
    for path, ids, at in (("", "abc", now - 1), ("?stream=true", "abc", now - 1), ("", "abcd", now)):
        body: dict[str, object] = {**asked, "at_revision": at}
        text = client.post(f"{home}/history/list-objects{path}", body).body.decode()
        assert [f'"resource:{one}"' for one in ids] == re.findall('"resource:."', text)
    of = {"object": "resource:d", "relation": "viewer", "type": "member"}
    then = [client.post(f"{home}/history/list-subjects", of | {"at_revision": one}).json for one in (now - 1, now)]
    assert [[], ["member:ada", "member:eve"]] == [one["subjects"] for one in then]
    for wrong in ({}, {"at_revision": 99}, {"at_revision": now, "zookie": last["zookie"]}):
        assert 400 == client.post(f"{home}/history/list-subjects", of | wrong).status


def test_subjects_usersets_and_everybody(client: Client, home: str) -> None:
    """Members, usersets and the wildcard are told; a kind that is none is refused."""
    _filled(client, home)
    asked = {"object": "resource:a", "relation": "viewer", "type": "member"}
    assert ["member:ada"] == client.post(f"{home}/list-subjects", asked).json["subjects"]
    sets = client.post(f"{home}/list-subjects", asked | {"type": "group#member"}).json
    assert ["group:eng#member"] == sets["subjects"]
    everybody = client.post(f"{home}/list-subjects", asked | {"object": "resource:c"}).json
    assert (True, [], []) == (everybody["wildcard"], everybody["subjects"], everybody["except"])
    streamed = client.post(f"{home}/list-subjects?stream=true", asked | {"object": "resource:c"}).body.decode()
    assert {"wildcard": True} == json.loads(streamed.splitlines()[0])
    for kind in ("member:*", "", "nothing", "group#nothing"):
        assert 400 == client.post(f"{home}/list-subjects", asked | {"type": kind}).status


def test_all_access_and_the_tree(client: Client, home: str) -> None:
    """All a subject can do, and what stands behind a relation."""
    _filled(client, home)
    access = client.post(f"{home}/list-access", {"subject": "member:ada", "types": ["group", "resource"]}).json[
        "access"
    ]
    assert {
        "group#member": ["group:eng"],
        "resource#owner": ["resource:b"],
        "resource#viewer": ["resource:a", "resource:b", "resource:c"],
    } == {f"{one['type']}#{one['relation']}": one["objects"] for one in access}
    found = client.post(f"{home}/expand", {"object": "resource:a", "relation": "viewer"}).json
    assert not found["truncated"]
    (union,) = found["tree"]["children"]
    assert ("union", ["direct", "relation"]) == (union["kind"], [one["kind"] for one in union["children"]])
    (eng,) = union["children"][0]["children"]
    assert ("group:eng#member", ["member:ada"]) == (eng["userset"], eng["children"][0]["subjects"])
