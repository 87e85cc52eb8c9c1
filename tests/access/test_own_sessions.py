"""Whose sessions somebody may begin, see and end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from iamgraph.access.own_sessions import OwnSessions
from iamgraph.access.sessions import ENDED, Sessions
from iamgraph.access.words import Caller
from iamgraph.errors import RequestError
from iamgraph.tuples import parse_object
from tests.access.organisation import Organisation
from tests.access.python import PythonDoor


def _of(standing: Organisation, who: str | None) -> OwnSessions:
    door = standing.door
    assert isinstance(door, PythonDoor)
    caller = Caller(None, "key root") if who is None else Caller.of(parse_object(standing.named(who)))
    return OwnSessions(Sessions(door.authorizer, door.keeper, door.store), caller)


@pytest.mark.parametrize("who", ["mia", "olga", "$T-own"])
def test_others_are_refused(standing: Organisation, who: str) -> None:
    """An owner, a member and a token begin no session, and neither see nor end another's."""
    session, _ = _of(standing, None).issue("jane")
    asked: dict[str, Callable[[OwnSessions], object]] = {
        "relation_missing": lambda own: own.issue("jane"),
        "sessions_not_held": lambda own: own.all("jane"),
        "session_not_found": lambda own: own.end(session.id),
    }
    for code, ask in asked.items():
        with pytest.raises(RequestError) as refused:
            ask(_of(standing, who))
        assert code == refused.value.code
    assert None is {one.id: why for one, why in _of(standing, "jane").all("jane")}[session.id]


def test_ones_own_are_ended(standing: Organisation) -> None:
    """A member sees and ends their own sessions, though they may not begin one."""
    session, _ = _of(standing, None).issue("ken")
    _of(standing, "ken").end(session.id)
    assert [ENDED] == [why for one, why in _of(standing, "ken").all("ken") if one.id == session.id]
    with pytest.raises(RequestError) as refused:
        _of(standing, "ken").issue("ken")
    assert "relation_missing" == refused.value.code
