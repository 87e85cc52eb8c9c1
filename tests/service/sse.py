"""A reader of server-sent events for tests: one connection, events as frozen values."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from typing import Any

from tests.service.client import TIMEOUT_SECONDS


@dataclass(frozen=True, slots=True)
class Event:
    """An event: its name, its data read as JSON, and the last id that was told."""

    name: str
    data: Any
    id: str


class Stream:
    """What a server tells on one connection, and the last id it told."""

    def __init__(self, response: HTTPResponse) -> None:
        self._response = response
        self.status = response.status
        self.last_id = ""

    def events(self) -> Iterator[Event]:
        """Events as they come, until the server ends."""
        name, data = "message", ""
        for raw in self._response:
            line = raw.decode().rstrip("\n")
            field, _, value = line.partition(": ")
            if field == "id":
                self.last_id = value
            elif field == "event":
                name = value
            elif field == "data":
                data += value
            elif not line:
                if data:
                    yield Event(name, json.loads(data), self.last_id)
                name, data = "message", ""

    def problem(self) -> Any:
        """What the server says in place of events."""
        return json.loads(self._response.read())


@contextmanager
def streaming(port: int, secret: str, path: str, last_id: str | None = None) -> Iterator[Stream]:
    """A stream, ended by closing its connection."""
    connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    headers = {"Authorization": f"Bearer {secret}"}
    if last_id is not None:
        headers["Last-Event-ID"] = last_id
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    try:
        yield Stream(response)
    finally:
        response.close()
        connection.close()
