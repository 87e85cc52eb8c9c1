"""Batches over HTTP: answers in order and at one revision, each question with its own answer or error."""

from __future__ import annotations

from typing import Any, Final

import pytest

from iamgraph.authorizer import MAX_CHECKS
from tests.service.client import Client
from tests.service.test_check import CONDITIONED, TUPLE, write

OTHER: Final = TUPLE | {"subject": "member:bob"}


def results(client: Client, home: str, *checks: dict[str, Any], **more: Any) -> list[Any]:
    """The results of a batch."""
    reply = client.post(f"{home}/checks", {"checks": list(checks), **more})
    assert 200 == reply.status, reply.body
    found: list[Any] = reply.json["results"]
    return found


def test_each_question_has_its_answer(client: Client, home: str) -> None:
    """Answers come in the order of the questions, equal questions included, with the zookie of the newest revision."""
    zookie = write(client, home, TUPLE)
    reply = client.post(f"{home}/checks", {"checks": [OTHER, TUPLE, OTHER, TUPLE]})
    assert [False, True, False, True] == [one["allowed"] for one in reply.json["results"]]
    assert zookie == reply.json["zookie"]


def test_no_question_is_no_fault(client: Client, home: str) -> None:
    """An empty batch is answered with the newest zookie."""
    zookie = write(client, home, TUPLE)
    reply = client.post(f"{home}/checks", {"checks": []})
    assert (200, {"results": [], "zookie": zookie}) == (reply.status, reply.json)


def test_only_what_asks_is_explained(client: Client, home: str) -> None:
    """A path comes with the questions that ask for one."""
    write(client, home, TUPLE)
    plain, explained = results(client, home, TUPLE, TUPLE | {"explain": True})
    assert {"allowed": True} == plain
    assert [TUPLE["subject"]] == [one["subject"] for one in explained["path"]]


def test_an_error_stands_in_its_place(client: Client, home: str) -> None:
    """What cannot be read, or is unknown to the model, is an error that points to it; the others are answered."""
    write(client, home, TUPLE)
    found = results(
        client,
        home,
        TUPLE,
        TUPLE | {"relation": "nobody_defined_this"},
        TUPLE | {"subject": "ada"},
        TUPLE | {"object": "nothing:wiki"},
        OTHER,
    )
    assert [True, None, None, None, False] == [one.get("allowed") for one in found]
    errors = [(one["error"]["code"], one["error"]["pointer"]) for one in found[1:4]]
    assert [
        ("relation_not_found", "/checks/1/relation"),
        ("malformed_object", "/checks/2/subject"),
        ("type_not_found", "/checks/3/relation"),
    ] == errors


def test_the_undecided_is_an_error(client: Client, home: str) -> None:
    """A question that hangs on a condition is neither allowed nor denied; the others of its batch are decided."""
    client.post(f"{home}/models", {"text": CONDITIONED})
    write(client, home, TUPLE | {"condition": {"name": "weekday"}})
    unknown, denied = results(client, home, TUPLE, OTHER)
    assert "condition_not_evaluated" == unknown["error"]["code"]
    assert "allowed" not in unknown
    assert {"allowed": False} == denied


def test_contextual_tuples_hold_for_their_question_alone(client: Client, home: str) -> None:
    """What one question adds for itself another does not see, in either order."""
    added = OTHER | {"contextual_tuples": [OTHER]}
    found = results(client, home, OTHER, added, OTHER, added)
    assert [False, True, False, True] == [one["allowed"] for one in found]


def test_a_new_model_is_known_at_once(client: Client, home: str) -> None:
    """A relation that only the newest model has is asked for right after, and one that it lacks is an error."""
    write(client, home, TUPLE)
    assert [{"allowed": True}] == results(client, home, TUPLE)
    text = client.get(f"{home}/models/current").json["text"].replace("define viewer:", "define reader:")
    assert 201 == client.post(f"{home}/models", {"text": text}).status
    old, new = results(client, home, TUPLE, TUPLE | {"relation": "reader"})
    assert "relation_not_found" == old["error"]["code"]
    assert {"allowed": False} == new


@pytest.mark.parametrize("size", [MAX_CHECKS - 1, MAX_CHECKS])
def test_the_largest_batch(client: Client, home: str, size: int) -> None:
    """A batch of `MAX_CHECKS` questions is answered, each as it would be alone."""
    write(client, home, *({**TUPLE, "object": f"resource:r{i}"} for i in range(0, size, 3)))
    found = results(client, home, *({**TUPLE, "object": f"resource:r{i}"} for i in range(size)))
    assert [i % 3 == 0 for i in range(size)] == [one["allowed"] for one in found]


def test_one_question_too_many(client: Client, home: str) -> None:
    """Past `MAX_CHECKS` nothing is answered."""
    reply = client.post(f"{home}/checks", {"checks": [TUPLE] * (MAX_CHECKS + 1)})
    assert (422, "too_many_checks", "/checks") == reply.problem


@pytest.mark.parametrize("route", ["check", "checks"])
class TestConsistency:
    """How new an answer must be, of one question and of many."""

    def ask(self, client: Client, home: str, route: str, **more: Any) -> Any:
        """The reply."""
        return client.post(f"{home}/{route}", (TUPLE if route == "check" else {"checks": [TUPLE]}) | more)

    @pytest.mark.parametrize("consistency", ["minimize_latency", "fully_consistent"])
    def test_without_a_zookie(self, client: Client, home: str, route: str, consistency: str) -> None:
        """Both modes answer at the newest revision."""
        zookie = write(client, home, TUPLE)
        assert zookie == self.ask(client, home, route, consistency=consistency).json["zookie"]

    def test_at_least_as_fresh(self, client: Client, home: str, route: str) -> None:
        """With the zookie of a write the answer has it; without one there is nothing to be as fresh as."""
        zookie = write(client, home, TUPLE)
        reply = self.ask(client, home, route, consistency="at_least_as_fresh", zookie=zookie)
        assert (200, zookie) == (reply.status, reply.json["zookie"])
        without = self.ask(client, home, route, consistency="at_least_as_fresh")
        assert (400, "zookie_required", "/zookie") == without.problem

    def test_another_stores_zookie(self, client: Client, home: str, route: str) -> None:
        """A zookie that is none of this store's is refused in every mode."""
        for consistency in ("minimize_latency", "at_least_as_fresh", "fully_consistent"):
            reply = self.ask(client, home, route, consistency=consistency, zookie="A" * 32)
            assert (400, "zookie_refused", "/zookie") == reply.problem

    def test_an_unknown_mode(self, client: Client, home: str, route: str) -> None:
        """A mode there is not is refused, and the field named."""
        reply = self.ask(client, home, route, consistency="eventually")
        assert (400, "invalid_request", "/consistency") == reply.problem
