"""The figures, and what they were measured on."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import psutil

from iamgraph.bench.load import Load

_HERE: Final = Path(__file__).parent
_CPU: Final = Path("/proc/cpuinfo")

Value = float | int | Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Figure:
    """What one measure found in one case: values by name, each name ending in its unit; answers it verified."""

    measure: str
    case: str
    values: Mapping[str, Value]
    verified: int = 0

    def said(self) -> dict[str, Any]:
        """The figure as JSON."""
        return {"measure": self.measure, "case": self.case, **self.values}


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of a run in which every answer was right."""

    about: Mapping[str, Any]
    figures: tuple[Figure, ...]
    notes: tuple[str, ...]

    def said(self) -> dict[str, Any]:
        """The report as JSON."""
        return {
            "about": dict(self.about),
            "verified": sum(one.verified for one in self.figures),
            "wrong": 0,
            "figures": [one.said() for one in self.figures],
            "notes": list(self.notes),
        }


def percentile(ordered: tuple[float, ...], part: float) -> float:
    """The value below which that part lies; 0 where there is none."""
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * part))], 3) if ordered else 0.0


def of_times(times: tuple[float, ...]) -> dict[str, Value]:
    """Median and p99 of milliseconds in order of size."""
    return {"p50_ms": percentile(times, 0.5), "p99_ms": percentile(times, 0.99)}


def of_load(load: Load, done: int) -> dict[str, Value]:
    """What clients saw: how much was done a second; median, p99 and errors of their calls."""
    return {"per_second": round(done / load.seconds, 1), **of_times(load.times), "errors": dict(load.errors)}


def machine() -> dict[str, Any]:
    """The machine, what runs on it, and when."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "iamgraph": version("iamgraph"),
        "commit": _commit(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "cpu": _cpu(),
        "cores": psutil.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        # More than a fraction before anything was started: somebody else was at work.
        "load_before": round(os.getloadavg()[0], 2),
    }


def _cpu() -> str:
    if _CPU.exists():
        for line in _CPU.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _commit() -> str | None:
    """The commit of a checkout; None of an installed package, or without git."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty"],  # noqa: S607 - whichever git is there
            cwd=_HERE,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
