"""`make demo` installs the runtime requirements alone: every program must start with nothing else."""

import subprocess
import sys

import pytest

DEV_ONLY = ("confluent_kafka", "hypothesis", "pytest")


@pytest.mark.parametrize(
    "start",
    [
        pytest.param("from weir.cli import main; main()", id="weir"),
        *(
            pytest.param(f"import runpy; runpy.run_module({name!r}, run_name='__main__')", id=f"python -m {name}")
            for name in ("broker", "producer", "processor", "loadtests")
        ),
    ],
)
def test_a_program_starts_without_what_only_developers_have(start: str) -> None:
    hide = f"import sys; sys.modules.update(dict.fromkeys({DEV_ONLY})); sys.argv = ['weir', '--help']"
    started = subprocess.run(
        [sys.executable, "-c", f"{hide}; {start}"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (started.returncode, started.stderr) == (0, "")
    assert "Usage:" in started.stdout
