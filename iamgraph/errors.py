"""What can go wrong, by who must act. HTTP statuses are not known here: see `service/problems.py`."""

from __future__ import annotations

from typing import ClassVar


class IamgraphError(Exception):
    """Any failure iamgraph reports on purpose.

    `code` is stable and meant for programs; `pointer` is a JSON pointer to the offending field of a
    request, where one is known. The message is one lower-case line for people.
    """

    default_code: ClassVar[str] = "error"

    def __init__(self, message: str, *, code: str | None = None, pointer: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.pointer = pointer


class RequestError(IamgraphError):
    """The caller asked for something malformed or unknown; the same request will fail again."""

    default_code = "invalid_request"


class ModelError(IamgraphError):
    """The model cannot be accepted, or cannot decide; its author must act."""

    default_code = "invalid_model"


class ConflictError(IamgraphError):
    """The request does not fit the current state; try again with new data."""

    default_code = "conflict"


class LimitError(IamgraphError):
    """The request goes past a named limit; ask for less."""

    default_code = "limit_exceeded"


class StoreError(IamgraphError):
    """Neo4j could not be reached or did not answer in time; try again later."""

    default_code = "store_unavailable"
