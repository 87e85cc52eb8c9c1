"""Neo4j's own files: fetched once, each against the SHA-256 this version of iamgraph was tested with."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

from iamgraph.errors import StoreError

NEO4J_VERSION: Final = "2026.09.0"
CONNECTIONS: Final = 8
TIMEOUT_SECONDS: Final = 20
_MARKER: Final = "verified"

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Jar:
    """One file: its SHA-256, and where it lies in a Maven repository."""

    sha256: str
    path: str

    @property
    def coordinates(self) -> tuple[str, str, str, str]:
        """Group, artifact, version and classifier, which may be empty."""
        *group, artifact, version, name = self.path.split("/")
        return ".".join(group), artifact, version, name[len(artifact) + len(version) + 1 : -len(".jar")].lstrip("-")


def classpath(cache: Path, tell: Tell) -> list[Path]:
    """Every file Neo4j runs from, fetched into `cache` if need be; `tell` hears of the progress.

    Raises `StoreError` (`neo4j_not_fetched`) where they cannot be had.
    """
    folder = cache / f"neo4j-{NEO4J_VERSION}"
    folder.mkdir(parents=True, exist_ok=True)
    listed = _list()
    wanted = [_parse(line) for line in listed.splitlines()]
    with _locked(folder / "lock"):
        if not fetched(cache):
            _fetch(folder, wanted, tell)
            (folder / _MARKER).write_text(_mark(listed))
    return [folder / jar.path for jar in wanted]


def fetched(cache: Path) -> bool:
    """Whether all of them are there, so that a start needs no network."""
    folder = cache / f"neo4j-{NEO4J_VERSION}"
    listed = _list()
    marker = folder / _MARKER
    there = marker.exists() and marker.read_text() == _mark(listed)
    return there and all((folder / _parse(line).path).exists() for line in listed.splitlines())


def _mark(listed: str) -> str:
    return hashlib.sha256(listed.encode()).hexdigest()


def _list() -> str:
    return (resources.files("iamgraph.local") / "jars.sha256").read_text()


def _parse(line: str) -> Jar:
    sha256, path = line.split()
    return Jar(sha256, path)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fetch(folder: Path, wanted: list[Jar], tell: Tell) -> None:
    # Imported here: only the first start needs it.
    from jgo.maven import MavenContext, PythonResolver  # noqa: PLC0415

    maven = MavenContext(resolver=PythonResolver(), repo_cache=folder, timeout=TIMEOUT_SECONDS)

    def fetch(jar: Jar) -> None:
        path = folder / jar.path
        # A file cut short by an earlier failure would be taken for whole.
        if path.exists() and _sha256(path) != jar.sha256:
            path.unlink()
        group, artifact, version, classifier = jar.coordinates
        maven.project(group, artifact).at_version(version).artifact(classifier).resolve()
        if _sha256(path) != jar.sha256:
            path.unlink()
            raise _not_fetched(f"`{path.name}` is not the file this version was tested with")

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        _wait([pool.submit(fetch, jar) for jar in wanted], tell)


def _wait(fetches: list[Future[None]], tell: Tell) -> None:
    for done, fetch in enumerate(as_completed(fetches), start=1):
        try:
            fetch.result()
        except StoreError:
            _cancel(fetches)
            raise
        except Exception as fault:  # the resolver's own errors, and those of the network below it
            _cancel(fetches)
            raise _not_fetched(str(fault).partition("\n")[0]) from fault
        if done % 20 == 0 or done == len(fetches):
            tell(f"fetching Neo4j {NEO4J_VERSION}, once: {done} of {len(fetches)} files")


def _cancel(fetches: list[Future[None]]) -> None:
    for one in fetches:
        one.cancel()


def _not_fetched(why: str) -> StoreError:
    return StoreError(
        f"Neo4j cannot be fetched: {why}; connect this machine to the network and start again, what was fetched is"
        " kept; or set NEO4J_URI, NEO4J_USER and NEO4J_PASSWORD to use a Neo4j of yours",
        code="neo4j_not_fetched",
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
