"""Golden files fail when they should: a comparison that always passes would prove nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.golden import FOLDER, WRITES, assert_golden

ROOT = FOLDER.parents[1]


def test_a_golden_file_equal_to_the_text_passes() -> None:
    """The very text of a file is accepted."""
    assert_golden("__init__.py", (FOLDER / "__init__.py").read_text(encoding="utf-8"))


def _in_fresh_python(code: str, mode: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, WRITES: mode}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_a_different_text_fails_with_a_diff() -> None:
    """A changed line is shown as removed and added."""
    found = _in_fresh_python("from tests.golden import assert_golden; assert_golden('__init__.py', 'other')", "")
    assert 1 == found.returncode
    assert "+other" in found.stderr
    assert "-from __future__ import annotations" in found.stderr


def test_a_missing_file_fails() -> None:
    """A golden file nobody wrote is no reason to pass."""
    found = _in_fresh_python("from tests.golden import assert_golden; assert_golden('never/was.txt', '')", "")
    assert 1 == found.returncode
    assert "no golden file `never/was.txt`" in found.stderr


@pytest.mark.parametrize("text", ["", "no newline at the end", "one\r\ntwo\n", "über\n"])
def test_writing_makes_the_file_what_the_text_is(tmp_path: Path, text: str) -> None:
    """With the environment variable set the file is written, byte for byte, and compares equal afterwards."""
    name = str(tmp_path / "deep" / "one.txt")
    for mode in ("write", ""):
        found = _in_fresh_python(f"from tests.golden import assert_golden; assert_golden({name!r}, {text!r})", mode)
        assert (0, "") == (found.returncode, found.stderr)
    assert text.encode() == Path(name).read_bytes()
