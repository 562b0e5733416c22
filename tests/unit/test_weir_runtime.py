"""`make demo` installs the runtime requirements alone: the command line must start with nothing else."""

import subprocess
import sys

import pytest

DEV_ONLY = ("confluent_kafka", "cryptography", "hypothesis", "pytest")


@pytest.mark.parametrize("module", ["weir.cli", "producer.__main__", "processor.__main__", "loadtests.__main__"])
def test_no_program_imports_what_only_developers_have(module: str) -> None:
    hide = f"import sys; sys.modules.update(dict.fromkeys({DEV_ONLY}))"
    started = subprocess.run(
        [sys.executable, "-c", f"{hide}; import {module}"], capture_output=True, text=True, timeout=60, check=False
    )
    assert started.returncode == 0, started.stderr
