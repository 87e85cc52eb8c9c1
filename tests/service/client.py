"""A client of the service for tests: one kept connection, and answers as frozen values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any, Final, Self

TIMEOUT_SECONDS: Final = 90.0


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its status, its headers by lower-case name, and its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """What the body says."""
        return json.loads(self.body)

    @property
    def problem(self) -> tuple[int, str | None, str | None]:
        """Status, code and pointer of a problem document."""
        said = self.json
        return self.status, said.get("code"), said.get("pointer")


class Client:
    """Sends requests over one kept connection; not for several threads."""

    def __init__(self, port: int, secret: str | None) -> None:
        """`secret` goes along as the key of each request, where there is one."""
        self.port = port
        self._secret = secret
        self._connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get(self, path: str) -> Reply:
        """The answer to a GET."""
        return self.send("GET", path)

    def post(self, path: str, body: object) -> Reply:
        """The answer to a POST of a value as JSON."""
        return self.send("POST", path, json.dumps(body))

    def call(self, method: str, path: str, body: object = None) -> Reply:
        """The answer to a request with a value as JSON, or, where it is None, without a body."""
        return self.send(method, path, None if body is None else json.dumps(body))

    def delete(self, path: str) -> Reply:
        """The answer to a DELETE."""
        return self.send("DELETE", path)

    def send(
        self, method: str, path: str, body: str | bytes | None = None, headers: Mapping[str, str | None] | None = None
    ) -> Reply:
        """The answer to any request; a header that is None is left out."""
        sent = self._headers(body) | dict(headers or {})
        raw = body.encode() if isinstance(body, str) else body
        try:
            return self._exchange(method, path, raw, {name: value for name, value in sent.items() if value is not None})
        except (ConnectionError, HTTPException):
            # The service ends a kept connection after some idle seconds; a request it never read is sent again.
            self.close()
            return self._exchange(method, path, raw, {name: value for name, value in sent.items() if value is not None})

    def _headers(self, body: str | bytes | None) -> dict[str, str | None]:
        return {
            "Authorization": f"Bearer {self._secret}" if self._secret is not None else None,
            "Content-Type": "application/json" if body is not None else None,
        }

    def _exchange(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        self._connection.request(method, path, body, dict(headers))
        answer = self._connection.getresponse()
        names = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, names, answer.read())
