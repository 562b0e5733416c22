"""The command line as a whole: every command can be had alone, and alone it costs only what it needs."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from weir.cli import COMMANDS, application


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_be_had_alone(name: str) -> None:
    """As `weir NAME` mounts it: it has its name, and a help."""
    told = CliRunner().invoke(application([name]), [name, "--help"])
    assert told.exit_code == 0, told.output
    assert f"weir {name}" in told.output


def test_the_help_lists_all_commands() -> None:
    told = CliRunner().invoke(application(COMMANDS), ["--help"])
    assert all(f"│ {name} " in told.output for name in COMMANDS)


def test_an_unknown_command_is_refused() -> None:
    told = subprocess.run([sys.executable, "-m", "weir", "nosuch"], capture_output=True, text=True, check=False)
    assert (told.returncode, "No such command 'nosuch'" in told.stderr) == (2, True)


def test_deciding_loads_neither_kafka_nor_data_frames() -> None:
    """What stands in a pipe must be there at once."""
    code = (
        "import sys; sys.argv = ['weir', 'decide', '--schema']; from weir.cli import main\n"
        "try: main()\n"
        "except SystemExit: print([name for name in ('aiokafka', 'pyarrow', 'uvicorn') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.endswith("[]\n")
