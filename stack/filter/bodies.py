"""What a worker's container may be made of: each key of Docker's `create`, and what it may say.  Pure.

Its one rule: a key that is not in the table has to be absent or empty, and is not passed on.  Docker's API grows; what
it can be asked for tomorrow is refused until somebody has thought about it.  An empty one is not harmless either: the
engine takes "user" for "User", and the last one counts.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from autoscaler.backends.docker.recipe import LOG, PIDS_MAX, TMP, USER
from contract.settings import FOLDER_MOUNTED
from stack.filter.calls import RefusedError
from stack.filter.rules import Rules

Check = Callable[[Any, Rules], bool]
NANO = 1_000_000_000
ENVIRONMENT = re.compile(r"(WEIR_(WORKER|KAFKA|SETTINGS|LOG)_[A-Z0-9_]+|PYTHONUNBUFFERED)=.*", re.DOTALL)
HEALTHCHECK_KEYS = {"Test", "Interval", "Timeout", "StartPeriod", "Retries"}
SECRET = re.compile(r"[A-Z0-9_]*(PASSWORD|TOKEN|SECRET)=.+", re.DOTALL)


def worker_body(body: Any, rules: Rules) -> dict[str, Any]:
    """What of it is to be passed on: the keys of the tables alone.

    Raises RefusedError with every fault, unless it is a worker as the Docker backend makes it.
    """
    if not isinstance(body, dict) or not isinstance(body.get("HostConfig"), dict):
        raise RefusedError("expected a container's configuration with a HostConfig")
    host = body["HostConfig"]
    faults = [*_faults(body, CONTAINER, rules), *_faults(host, HOST, rules, "HostConfig.")]
    if faults:
        raise RefusedError(f"this is no worker: {'; '.join(faults)}")
    return {**_known(body, CONTAINER), "HostConfig": _known(host, HOST)}


def _known(section: Mapping[str, Any], checks: Mapping[str, tuple[Check, str]]) -> dict[str, Any]:
    return {key: value for key, value in section.items() if key in checks}


def _faults(
    section: Mapping[str, Any], checks: Mapping[str, tuple[Check, str]], rules: Rules, at: str = ""
) -> list[str]:
    unknown = [
        f"{at}{key} has to be left out" for key, value in section.items() if key not in checks and not _empty(value)
    ]
    wrong = [
        f"{at}{key} {expected}"
        for key, (holds, expected) in checks.items()
        if not _holds(holds, section.get(key), rules)
    ]
    return [*unknown, *wrong]


def _holds(check: Check, value: Any, rules: Rules) -> bool:
    try:
        return check(value, rules)
    except (TypeError, AttributeError, KeyError, ValueError):
        return False


def _empty(value: Any) -> bool:
    """What says nothing.  0 and "" are Docker's own words for it as well."""
    return value is None or value is False or value in ("", 0, [], {})


def _labels(value: Any, rules: Rules) -> bool:
    return all(value.get(name) == wanted for name, wanted in rules.labels.items())


def _environment(value: Any, _: Rules) -> bool:
    return all(ENVIRONMENT.fullmatch(entry) and not SECRET.match(entry) for entry in value or [])


def _mounts(value: Any, rules: Rules) -> bool:
    wanted = {"Type": "volume", "Source": rules.secrets, "Target": FOLDER_MOUNTED, "ReadOnly": True}
    return _empty(value) or (rules.secrets is not None and value == [wanted])


def _healthcheck(value: Any, _: Rules) -> bool:
    return _empty(value) or (value["Test"] == ["NONE"] and set(value) <= HEALTHCHECK_KEYS)


def _networking(value: Any, rules: Rules) -> bool:
    return _empty(value) or value == {"EndpointsConfig": {rules.network: {}}}


CONTAINER: Mapping[str, tuple[Check, str]] = {
    "HostConfig": (lambda value, _: isinstance(value, dict), "has to be there"),
    "Image": (lambda value, rules: value == rules.image, "has to be the workers' image"),
    "User": (lambda value, _: value == USER, f"has to be {USER}"),
    "Cmd": (lambda value, _: value == ["process"], 'has to be ["process"]'),
    "Labels": (_labels, "have to be those of a worker"),
    "Env": (
        _environment,
        "may have WEIR_WORKER_*, WEIR_KAFKA_*, WEIR_SETTINGS_*, WEIR_LOG_* and no secret, which anybody could inspect",
    ),
    "NetworkingConfig": (_networking, "may have the workers' network alone"),
    "AttachStdout": (lambda value, _: value in {None, True, False}, "is a flag"),
    "AttachStderr": (lambda value, _: value in {None, True, False}, "is a flag"),
    "Healthcheck": (_healthcheck, "has to be none"),
}
HOST: Mapping[str, tuple[Check, str]] = {
    "NetworkMode": (lambda value, rules: value == rules.network, "has to be the workers' network"),
    "NanoCpus": (
        lambda value, rules: 0 < value <= rules.cores_max * NANO,
        "has to be a limit within the filter's: worker.resources.limits.cpu",
    ),
    "Memory": (
        lambda value, rules: 0 < value <= rules.memory_bytes_max,
        "has to be a limit within the filter's: worker.resources.limits.memory",
    ),
    "MemorySwap": (lambda value, rules: 0 < value <= rules.memory_bytes_max, "has to be a limit: no swap"),
    "PidsLimit": (lambda value, _: 0 < value <= PIDS_MAX, f"has to be 1 to {PIDS_MAX}"),
    "CpuShares": (lambda value, _: value is None or 0 <= value <= 1 << 18, "has to be a share"),
    "ReadonlyRootfs": (lambda value, _: value is True, "has to be true"),
    "CapDrop": (lambda value, _: value == ["ALL"], 'has to be ["ALL"]'),
    "SecurityOpt": (lambda value, _: value == ["no-new-privileges:true"], "has to be no-new-privileges alone"),
    "IpcMode": (lambda value, _: value == "private", "has to be private"),
    "Tmpfs": (lambda value, _: value == {"/tmp": TMP}, "has to be the workers' own /tmp"),  # noqa: S108  # the container's
    "RestartPolicy": (lambda value, _: value == {"Name": "no"}, "has to be no: the autoscaler restarts"),
    "LogConfig": (lambda value, _: value == {"Type": "json-file", "Config": LOG}, "has to be bounded"),
    "Mounts": (_mounts, "may have the workers' secrets alone, read-only"),
    "Init": (lambda value, _: value in {None, True, False}, "is a flag"),
}
