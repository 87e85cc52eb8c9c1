"""The description of the service: every route is in it, every path in it answers, every error has its status."""

from __future__ import annotations

import re
from typing import Any, Final

from iamgraph.access.access import shipped_model
from iamgraph.errors import IamgraphError
from iamgraph.questions import Scope
from iamgraph.service.app import create_app
from iamgraph.service.doors import METRICS
from iamgraph.service.problems import POINTER_OF_CODE, SCIM_TYPE_OF_CODE, STATUS_OF_CLASS, STATUS_OF_CODE, status_of
from iamgraph.service.scopes import OPEN_ROUTES
from iamgraph.settings import Settings
from tests.service.client import Client
from tests.service.process import ROOT
from tests.service.wrong_calls import NOWHERE

UNDESCRIBED: Final = frozenset({"HEAD", "OPTIONS"})


def described(client: Client) -> dict[str, Any]:
    """What `/openapi.json` says of paths."""
    said = client.get("/openapi.json").json
    assert "3.1.0" == said["openapi"]
    return dict(said["paths"])


def test_every_route_is_described(client: Client) -> None:
    """Each rule but those beside the API stands in the description with each of its methods, and no other.

    SCIM describes itself.
    """
    rules = create_app(Settings()).url_map.iter_rules()
    routed = {
        (str(rule).replace("<", "{").replace(">", "}"), method.lower())
        for rule in rules
        if rule.endpoint not in {*OPEN_ROUTES, METRICS} and not rule.endpoint.startswith("scim.")
        for method in (rule.methods or set()) - UNDESCRIBED
    }
    assert routed == {(path, method) for path, item in described(client).items() for method in item}


def test_every_described_path_answers(client: Client) -> None:
    """Each documented call is routed: it is refused for its store or its body, never for its path or method."""
    for path, item in described(client).items():
        for method in item:
            asked = path.replace("/v1/stores/{store}", NOWHERE).replace("{model}", "current")
            asked = asked.replace("{resource}", "source:none").replace("{label}", "brand:none")
            asked = re.sub(r"\{\w+\}", "nobody", asked)
            taken = set(item[method].get("requestBody", {}).get("content", {}))
            header = {"Content-Type": "text/csv"} if taken == {"text/csv"} else {}
            reply = client.send(method.upper(), asked, "{}", header)
            code = reply.json.get("code")
            assert reply.status in (200, 400, 404), (method, path, reply)
            assert code not in {"route_not_found", "method_not_allowed"}, (method, path)


def test_every_call_describes_its_answers(client: Client) -> None:
    """Each documented call has a success, the problems every call can end with, and says what it asks for.

    That is a key, and for what is done in workspaces, else the secret of a token or session.
    """
    for path, item in described(client).items():
        for method, operation in item.items():
            answers = set(operation["responses"])
            assert {"400", "401", "403", "404", "409", "422", "503"} < answers, (method, path)
            assert [one for one in answers if one[0] == "2"], (method, path)
            asked, *others = operation["security"]
            assert [asked["key"]] in [[[one.value]] for one in Scope], (method, path)
            assert others in ([], [{"token": []}, {"session": []}]), (method, path)
            assert path.startswith("/v1/workspaces") <= bool(others), (method, path)
    assert {"key", "token", "session"} == set(client.get("/openapi.json").json["components"]["securitySchemes"])


def test_every_error_has_a_status() -> None:
    """Each child of `IamgraphError` stands in the table once, so no error of ours ends as 500."""
    children = set(IamgraphError.__subclasses__())
    assert children == set(STATUS_OF_CLASS)
    for child in children:
        assert STATUS_OF_CLASS[child] == status_of(child("a fault"))
    grandchildren = [one for child in children for one in child.__subclasses__()]
    assert all(issubclass(one, tuple(STATUS_OF_CLASS)) for one in grandchildren)


def test_codes_with_a_status_of_their_own_are_raised_somewhere() -> None:
    """The tables of codes name no code that nothing raises; what is not there is told by its type."""
    files = {*(ROOT / "iamgraph").rglob("*.py"), *(ROOT / "service").rglob("*.py")}
    sources = "\n".join(file.read_text() for file in files if file.name != "problems.py")
    types = re.findall(r"^type (\w+)$", shipped_model(), re.MULTILINE)
    missing = {f"{one}_not_found" for one in types}
    unknown = [code for code in (*STATUS_OF_CODE, *POINTER_OF_CODE, *SCIM_TYPE_OF_CODE) if f'"{code}"' not in sources]
    assert set() == set(unknown) - missing


def test_what_is_not_there_is_404() -> None:
    """Each type of the access model whose objects a request can name has its code in the table."""
    types = set(re.findall(r"^type (\w+)$", shipped_model(), re.MULTILINE)) - {"email", "regime", "scim_user"}
    assert {404} == {STATUS_OF_CODE.get(f"{one}_not_found") for one in types}
