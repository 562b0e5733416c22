"""Prepares a new data folder, as Kafka's storage tool does, but without a second start of Java where possible.

The tool writes two files: meta.properties, which is five lines, and bootstrap.checkpoint, which says which features the
cluster starts with and is the same for every cluster of one Kafka version.  So the first checkpoint that the tool makes
is kept in the cache and copied from then on (about 1 s saved per new folder).  SCRAM users are part of the
checkpoint: with them the tool runs each time, and its checkpoint is not kept.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from broker.errors import BrokerError
from broker.folder import Folder, random_id, write_identity
from broker.jars import KAFKA_VERSION, cache_folder

CHECKPOINT = "bootstrap.checkpoint"
TOOL_CLASS = "kafka.tools.StorageTool"
TOOL_SECONDS = 60


def format_folder(folder: Folder, *, tool: Sequence[str], scram: Sequence[str]) -> None:
    """Write identity and first features.  `tool` is the command line of `TOOL_CLASS`; `scram` its users.

    Raises:
        BrokerError: The tool refused the settings.
    """
    kept = cache_folder() / f"kafka-{KAFKA_VERSION}" / CHECKPOINT
    if kept.exists() and not scram:
        shutil.copyfile(kept, folder.kafka / CHECKPOINT)
        write_identity(folder)
        return
    run_storage_tool(folder, tool, scram)
    if not scram:
        keep(folder.kafka / CHECKPOINT, kept)


def run_storage_tool(folder: Folder, tool: Sequence[str], scram: Sequence[str]) -> None:
    """Let Kafka do it."""
    command = [*tool, "format", "--cluster-id", random_id(), "--config", str(folder.properties), *scram]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TOOL_SECONDS, check=False)  # noqa: S603 - ours
    except subprocess.TimeoutExpired as error:
        raise BrokerError(f"Kafka's storage tool did not end within {TOOL_SECONDS} s on {folder.kafka}") from error
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise BrokerError(f"Kafka could not prepare {folder.kafka}: {said[-1] if said else 'it gave no reason'}")


def keep(made: Path, kept: Path) -> None:
    """Into the cache, whole or not at all: another process may be doing the same."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=kept.parent, delete=False) as draft:
        draft.write(made.read_bytes())
    Path(draft.name).replace(kept)
