"""Where a command acts: a service it asks by HTTP, or Neo4j itself."""

from __future__ import annotations

import getpass
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from iamgraph.cli.output import Out
from iamgraph.errors import RequestError

if TYPE_CHECKING:
    from iamgraph.access.access import Access
    from iamgraph.access.callers import UseKeeper
    from iamgraph.access.sessions import Sessions
    from iamgraph.access.words import Caller
    from iamgraph.authorizer import Authorizer
    from iamgraph.cli.remote import Remote
    from iamgraph.cli.verbs import Papers, Verbs
    from iamgraph.keys import Keys
    from iamgraph.printing import Report
    from iamgraph.review import ReviewQuestion
    from iamgraph.settings import Settings
    from iamgraph.wiring import Connection

    # Both take the same questions and give the same values.
    Door: TypeAlias = Authorizer | Remote


# A whole workspace is read and written at once, and somebody asked in between.
ACCESS_SECONDS: Final = 900.0
DEFAULT_STORE: Final = "default"


@dataclass(frozen=True, slots=True)
class Place:
    """The service at `url`, or without one the Neo4j of the environment, else the private one."""

    url: str | None
    key: str | None = field(repr=False)
    out: Out

    @contextmanager
    def door(self) -> Iterator[Door]:
        """What questions are put to."""
        if self.url is None:
            with self.connection() as connection:
                yield connection.authorizer
        else:
            with self.remote() as remote:
                yield remote

    @contextmanager
    def keys(self) -> Iterator[Keys | Remote]:
        """What makes, shows and ends keys."""
        if self.url is None:
            from iamgraph.keys import Keys  # noqa: PLC0415 - ids and hashes only where keys are made

            with self.connection() as connection:
                yield Keys(connection.keeper)
        else:
            with self.remote() as remote:
                yield remote

    def review(self, asked: ReviewQuestion) -> Report:
        """A whole review as a report."""
        if self.url is not None:
            with self.remote() as remote:
                return remote.review(asked)
        from iamgraph.review import review_report  # noqa: PLC0415 - only where it is used

        with self.connection() as connection:
            page = connection.authorizer.until(time.monotonic() + ACCESS_SECONDS).review(asked)
        return review_report(page, f"user {_user()}", one_path=asked.one_path)

    @contextmanager
    def documents(self, store: str, reason: str | None = None, *, founding: bool = False) -> Iterator[Papers]:
        """Workspaces as documents, here or on a service. `founding` makes the store here if there is none."""
        if self.url is not None:
            from iamgraph.cli.routes import RemoteDocuments  # noqa: PLC0415 - only where it is used

            check_no_store(store)
            with self.remote() as remote:
                yield RemoteDocuments(remote, reason)
        else:
            with self._local(store, founding=founding) as (access, _):
                yield access.saying(reason).documents

    @contextmanager
    def verbs(self, store: str, *, founding: bool = False) -> Iterator[Verbs]:
        """What the caller can do with workspaces, here or on a service."""
        if self.url is not None:
            from iamgraph.cli.routes import RemoteVerbs  # noqa: PLC0415 - only where it is used

            check_no_store(store)
            with self.remote() as remote:
                yield RemoteVerbs(remote)
        else:
            from iamgraph.cli.verbs import LocalVerbs  # noqa: PLC0415 - as above

            with self._local(store, founding=founding) as (access, sessions):
                yield LocalVerbs(access, sessions)

    @contextmanager
    def _local(self, store: str, *, founding: bool) -> Iterator[tuple[Access, Sessions]]:
        from iamgraph.access.access import Access, found_store  # noqa: PLC0415 - only where it is used
        from iamgraph.access.sessions import Sessions  # noqa: PLC0415 - as above

        with self.connection() as connection:
            authorizer = connection.authorizer.until(time.monotonic() + ACCESS_SECONDS)
            if founding:
                found_store(authorizer, store)
            sessions = Sessions(authorizer, connection.keeper, store)
            caller = self._caller(sessions, connection.keeper)
            yield Access.by(caller, authorizer, connection.keeper, store), sessions

    def _caller(self, sessions: Sessions, keeper: UseKeeper) -> Caller:
        """Whose secret `--key` is; without one of a token or session, whoever has Neo4j's password, who may all."""
        from iamgraph.access.callers import Callers  # noqa: PLC0415 - only where it is used
        from iamgraph.access.secrets import SESSION, TOKEN, kind_of  # noqa: PLC0415 - as above
        from iamgraph.access.words import Caller  # noqa: PLC0415 - as above

        if self.key is None or kind_of(self.key) not in (SESSION, TOKEN):
            return Caller(None, f"user {_user()}")
        found = Callers(sessions, keeper).find(self.key)
        if found is None:
            raise RequestError("the key is not known, has expired or was revoked", code="unauthenticated")
        return found

    def remote(self) -> Remote:
        """The service at `url`."""
        from iamgraph.cli.remote import Remote  # noqa: PLC0415 - HTTP only where it is spoken

        assert self.url is not None
        return Remote(self.url, self.key)

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection to Neo4j, for what no service answers."""
        if self.url is not None:
            raise RequestError(
                "this command works on Neo4j itself, not on a service: leave out `--url` and IAMGRAPH_URL",
                code="direct_only",
            )
        from iamgraph.wiring import open_connection  # noqa: PLC0415 - the driver only where Neo4j is asked

        connection = open_connection(read_settings(), tell=self.out.tell)
        with connection.authorizer:
            yield connection


def check_no_store(store: str) -> None:
    """`RequestError` where a store is named for a service, whose workspaces are in the one it was started for."""
    if store != DEFAULT_STORE:
        raise RequestError("a service has its own store of workspaces: leave out `--store`", code="direct_only")


def _user() -> str:
    """The operating system's name of whoever runs the command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return str(os.getuid())


def read_settings(**chosen: Any) -> Settings:
    """The environment's settings, overridden by what is chosen and not None."""
    from pydantic import ValidationError  # noqa: PLC0415 - as above

    from iamgraph.settings import Settings  # noqa: PLC0415 - as above

    try:
        return Settings(**{name: value for name, value in chosen.items() if value is not None})
    except ValidationError as fault:
        raise RequestError(_said(fault.errors(include_input=False)[0]), code="invalid_settings") from fault


def _said(fault: Any) -> str:
    """The first fault by the variable's name, never with its value, which may be a secret."""
    if not fault["loc"]:
        return str(fault["ctx"]["error"])
    name = str(fault["loc"][0])
    variable = name if name.isupper() else f"IAMGRAPH_{name.upper()}"
    return f"{variable}: {fault['msg'][0].lower()}{fault['msg'][1:]}"
