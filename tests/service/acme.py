"""A workspace of a test's own in the service's store, and who comes to it with what."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ulid import ULID

from tests.service.client import Client


@dataclass(frozen=True, slots=True)
class Acme:
    """A workspace, by the client of a key that may all."""

    client: Client
    id: str
    olga: str

    @property
    def home(self) -> str:
        """Its path."""
        return f"/v1/workspaces/{self.id}"

    def post(self, path: str, status: int = 201, **body: Any) -> Any:
        """What a POST below its path, or of a whole path, gives."""
        return self._said("POST", path, status, body)

    def put(self, path: str, **body: Any) -> Any:
        """What a PUT below its path gives."""
        return self._said("PUT", path, 200, body)

    def patch(self, path: str, **body: Any) -> Any:
        """What a PATCH below its path gives."""
        return self._said("PATCH", path, 200, body)

    def get(self, path: str = "") -> Any:
        """What a GET below its path gives."""
        return self._said("GET", path, 200, None)

    def delete(self, path: str) -> Any:
        """What a DELETE below its path gives."""
        return self._said("DELETE", path, 200, None)

    def _said(self, method: str, path: str, status: int, body: Any) -> Any:
        reply = self.client.call(method, path if path.startswith("/v1/") else self.home + path, body)
        assert status == reply.status, reply.body
        return reply.json

    def member(self, name: str, role: str = "member") -> str:
        """The id of a new member."""
        return str(self.post("/members", email=f"{name}@{self.id}.example", name=name, role=role)["id"])

    def source(self, *labels: str) -> str:
        """The id of a new source that carries these."""
        return str(self.post("/resources", type="source", name="a source", labels=list(labels))["id"])

    def session(self, member: str) -> str:
        """The secret of a new session."""
        return str(self.post("/v1/sessions", member=member)["secret"])

    def token(self, **more: Any) -> str:
        """The secret of a new token."""
        return str(self.post("/tokens", description="for a test", **more)["secret"])

    @contextmanager
    def by(self, secret: str | None) -> Iterator[Client]:
        """A client that sends a secret."""
        with Client(self.client.port, secret) as client:
            yield client


def made(client: Client) -> Acme:
    """A new workspace, owned by olga."""
    id_ = f"w{ULID()}".lower()
    body = {"id": id_, "name": "Acme", "owner": f"olga@{id_}.example"}
    reply = client.post("/v1/workspaces", body)
    assert 201 == reply.status, reply.body
    (olga,) = client.get(f"/v1/workspaces/{id_}/members").json["members"]
    return Acme(client, id_, olga["id"])
