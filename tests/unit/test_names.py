"""The public names of the package."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

import iamgraph

LOADED: Final = "import iamgraph, sys; print(*sorted({'lark', 'neo4j', 'flask'} & sys.modules.keys()))"


def test_every_name_is_there() -> None:
    """Each public name leads to what it names."""
    assert [] == [name for name in iamgraph.__all__ if getattr(iamgraph, name, None) is None]
    assert sorted(iamgraph.__all__) == iamgraph.__all__


def test_importing_the_package_loads_little() -> None:
    """Neither the driver nor the language's parser is loaded before somebody asks for what needs them."""
    assert (
        "" == subprocess.run([sys.executable, "-c", LOADED], check=True, capture_output=True, text=True).stdout.strip()
    )
