"""The command lines of the broker and of the tool that formats its folder: which flags Java gets, and why."""

from pathlib import Path

from broker.folder import Folder
from broker.java import SERVER_FLAGS, class_path, quiet_flags, tool_command
from broker.runtime import Runtime

BROKER_CLASS = "kafka.Kafka"
STORAGE_TOOL_CLASS = "kafka.tools.StorageTool"
LOG_SETTINGS = Path(__file__).with_name("log4j2-broker.properties")


def broker_command(runtime: Runtime, folder: Folder, heap_mib: int) -> list[str]:
    """Java with the broker in it."""
    return [
        str(runtime.java),
        f"-Xms{heap_mib}m",
        f"-Xmx{heap_mib}m",
        *SERVER_FLAGS,
        *quiet_flags(runtime.java),
        *cache_flags(runtime),
        f"-XX:ErrorFile={folder.console.with_name('crash.log')}",
        f"-Dweir.broker.log={folder.log}",
        f"-Dlog4j2.configurationFile={LOG_SETTINGS}",
        "-cp",
        class_path(runtime.jars),
        BROKER_CLASS,
        str(folder.properties),
    ]


def cache_flags(runtime: Runtime) -> list[str]:
    """Use the start-up cache, or record one while the broker runs and write it when it stops."""
    if runtime.startup_cache:
        return [f"-XX:AOTCache={runtime.startup_cache}"]
    if runtime.record_cache:
        return [f"-XX:AOTCacheOutput={runtime.record_cache}"]
    return []


def storage_tool_command(runtime: Runtime) -> list[str]:
    """Kafka's tool that prepares a data folder."""
    return tool_command(STORAGE_TOOL_CLASS, [], jars=runtime.jars, java=runtime.java)
