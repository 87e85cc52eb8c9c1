"""Settings, read once from the environment: each has a name, a default and a line in the docs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from iamgraph.store.neo4j import Neo4jServer


class Settings(BaseSettings):
    """What the environment says. Variables begin with `IAMGRAPH_`, but for Neo4j's own three."""

    model_config = SettingsConfigDict(env_prefix="IAMGRAPH_", extra="ignore", frozen=True)

    neo4j_uri: str | None = Field(
        None, validation_alias="NEO4J_URI", description="a Neo4j of yours; else a private one"
    )
    neo4j_user: str = Field("neo4j", validation_alias="NEO4J_USER", description="its user")
    neo4j_password: SecretStr | None = Field(None, validation_alias="NEO4J_PASSWORD", description="its password")
    neo4j_database: str = Field("neo4j", validation_alias="NEO4J_DATABASE", description="its database")
    home: Path = Field(Path("~/.iamgraph"), description="where the private Neo4j is kept")
    cache: Path = Field(Path("~/.cache/iamgraph"), description="where Neo4j's own files are kept")
    heap: str = Field("1g", pattern=r"^\d+[mg]$", description="the most heap the private Neo4j may take")
    store: str = Field("default", pattern=r"^[A-Za-z0-9_-]{1,64}$", description="the store of the access model")
    host: str = Field("127.0.0.1", description="the address the service listens on")
    port: int = Field(8080, ge=0, le=65535, description="the port the service listens on")
    hosts: str = Field(
        "", description="names the page is served under, with commas, besides loopback's and the address"
    )
    workers: int = Field(0, ge=0, le=64, description="worker processes of the service; 0 for one a core")
    threads: int = Field(16, ge=1, le=64, description="threads of each worker")
    max_waiting: int = Field(64, ge=0, le=10_000, description="requests that may wait for a thread in each worker")
    max_long: int = Field(4, ge=1, le=64, description="long questions that each worker answers at a time")
    rate: float = Field(0.0, ge=0, description="requests a second of one key in each worker; 0 for any number")
    deadline: float = Field(3.0, gt=0, le=60, description="seconds within which every request is answered")
    max_body: int = Field(1_048_576, ge=1024, description="bytes a request's body may have")
    max_import: int = Field(1_073_741_824, ge=1024, description="bytes of a file to import, in gzip and out of it")
    max_tuples_read: int = Field(100_000, ge=1, description="tuples one walked check may read")
    metrics: str | None = Field(
        None,
        pattern=r"^(\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]+):[1-9]\d{0,4}$",
        description="`host:port` where `/metrics` is answered without a key, and nothing else is",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="the least that is logged")
    access_log: Literal["off", "errors", "all"] = Field(
        "errors", description="which requests get a line in the log: with `errors` those refused, failed or slow"
    )
    slow: float = Field(1.0, gt=0, description="seconds from which on a request is slow")
    traces: Literal["off", "otlp"] = Field(
        "off", description="where spans go: with `otlp` to a collector, as the `OTEL_*` variables say"
    )
    retention: float = Field(0.0, ge=0, le=36_500, description="days for which the service keeps changes; 0 for ever")
    warm: bool = Field(True, description="plan what may be asked of the access model before it is asked")
    cypher: bool = Field(False, description="answer read-only Cypher of whoever has an `admin` key for all stores")
    no_auth: bool = Field(False, description="serve without keys, on a loopback address only")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.neo4j_uri is not None and self.neo4j_password is None:
            raise ValueError("NEO4J_URI is set without NEO4J_PASSWORD")
        if self.metrics_port == str(self.port):
            raise ValueError("IAMGRAPH_METRICS needs another port than IAMGRAPH_PORT")
        return self

    @property
    def server(self) -> Neo4jServer | None:
        """The Neo4j named by the environment; None for a private one."""
        if self.neo4j_uri is None or self.neo4j_password is None:
            return None
        return Neo4jServer(self.neo4j_uri, self.neo4j_user, self.neo4j_password.get_secret_value(), self.neo4j_database)

    @property
    def address(self) -> str:
        """Where the service listens, host and port as a URL writes them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def names(self) -> frozenset[str]:
        """The host names of the page, loopback's aside; with a port or without."""
        return frozenset({self.host, *(one.strip() for one in self.hosts.split(","))} - {""})

    @property
    def metrics_port(self) -> str | None:
        """The port that answers `/metrics` without a key."""
        return self.metrics.rpartition(":")[2] if self.metrics is not None else None

    @property
    def data_dir(self) -> Path:
        """The folder of the private Neo4j."""
        return self.home.expanduser() / "neo4j"

    @property
    def cache_dir(self) -> Path:
        """The folder of Neo4j's own files."""
        return self.cache.expanduser()
