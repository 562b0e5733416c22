"""Prometheus' own linter of metrics, where this machine has one."""

import os
import shutil
import subprocess

import pytest

PROMTOOL = os.environ.get("PROMTOOL") or shutil.which("promtool")

needs_promtool = pytest.mark.skipif(
    PROMTOOL is None, reason="no promtool on the PATH; name one by PROMTOOL=/path/to/promtool"
)


def lint(page: bytes) -> str:
    """What it says of a page; nothing if that is clean."""
    assert PROMTOOL is not None
    told = subprocess.run([PROMTOOL, "check", "metrics"], input=page, capture_output=True, check=False)
    return (told.stdout + told.stderr).decode()
