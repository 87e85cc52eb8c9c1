"""gunicorn's configuration, and the server `iamgraph serve` runs: one driver a worker, made after the fork."""

from __future__ import annotations

import atexit
import ipaddress
import os
import shutil
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, Final

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from iamgraph.errors import RequestError
from iamgraph.service.app import create_app
from iamgraph.service.balance import Balance
from iamgraph.service.doors import close_doors, open_doors
from iamgraph.service.exporting import check_tracing, start_tracing
from iamgraph.service.logs import GunicornLog, configure
from iamgraph.service.metrics import Metrics, forget, share
from iamgraph.service.worker import Worker
from iamgraph.settings import Settings
from iamgraph.store.neo4j import Neo4jServer
from iamgraph.wiring import join

# What a worker is told to end by.
ENDS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)


def options(settings: Settings) -> dict[str, Any]:
    """gunicorn's settings."""
    return {
        "bind": [settings.address, *([settings.metrics] if settings.metrics is not None else [])],
        "worker_class": Worker,
        "workers": settings.workers or os.cpu_count() or 1,
        "threads": settings.threads,
        "preload_app": True,
        "keepalive": 5,
        "timeout": 30,
        "graceful_timeout": 30,
        "max_requests": 0,
        "control_socket_disable": True,
        "proc_name": "iamgraph",
        "logger_class": GunicornLog,
        "loglevel": "warning",
    }


class Parent(Arbiter):
    """gunicorn's parent of the workers, whose signals reach them from the first on.

    A new worker has its parent's handlers, which only note a signal down, until it has its own: told to end then, it
    would serve on, and the service wait for it in vain.
    """

    def spawn_worker(self) -> int:
        """In the parent and, as long as it lives, in the worker."""
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
        try:
            return int(super().spawn_worker())
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)


def _end_at_once(_number: int, _frame: FrameType | None) -> None:
    os._exit(0)  # no client has been let in yet


class Service(BaseApplication):
    """The service under gunicorn, on one Neo4j."""

    def __init__(self, settings: Settings, server: Neo4jServer, started: Callable[[], None]) -> None:
        """`started` is called once the service listens."""
        check_exposure(settings)
        if settings.traces != "off":
            check_tracing()
        configure(settings.log_level)
        self._settings = settings
        self._server = server
        self._started = started
        self._folder = _own_folder()
        share(self._folder)
        self._metrics = Metrics(self._folder)
        self._balance = Balance()
        self._end_tracing: Callable[[], None] = lambda: None
        self._app = create_app(settings, self._metrics)
        super().__init__()

    def load_config(self) -> None:
        """gunicorn asks for its settings here."""
        hooks = {
            "when_ready": lambda _arbiter: self._started(),
            "pre_fork": lambda _arbiter, worker: worker.enter(self._balance),
            "post_fork": lambda _arbiter, _worker: self._open(),
            "worker_exit": lambda _arbiter, _worker: self._close(),
            "child_exit": lambda _arbiter, worker: self._forget(worker),
        }
        for name, value in (options(self._settings) | hooks).items():
            self.cfg.set(name, value)

    def run(self) -> None:
        """Serve until told to end."""
        Parent(self).run()

    def load(self) -> Flask:  # type: ignore[override] # the stubs ask for a plain function
        """gunicorn asks for the application here."""
        return self._app

    def _open(self) -> None:
        for number in ENDS:
            signal.signal(number, _end_at_once)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)
        self._metrics.start()
        if self._settings.traces != "off":
            self._end_tracing = start_tracing()
        connection = join(self._server, self._settings, observer=self._metrics)
        open_doors(self._app, connection, keys=not self._settings.no_auth)

    def _forget(self, worker: Worker) -> None:
        self._balance.leave(worker.place)
        forget(self._folder, int(worker.pid))  # the stubs say it is text

    def _close(self) -> None:
        close_doors(self._app)
        self._end_tracing()


def _own_folder() -> Path:
    """A new folder for the counts of this service, removed when this process ends; not when a worker does."""
    folder, owner = Path(tempfile.mkdtemp(prefix="iamgraph-metrics-")), os.getpid()
    atexit.register(lambda: shutil.rmtree(folder) if os.getpid() == owner else None)
    return folder


def check_exposure(settings: Settings) -> None:
    """`RequestError` where a service without keys could be reached from elsewhere."""
    if settings.no_auth and not _loopback(settings.host):
        raise RequestError(
            f"without keys the service listens on loopback only, not on `{settings.host}`: leave out `--no-auth`",
            code="exposed",
        )


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
