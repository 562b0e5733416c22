"""Names that a cluster would refuse are refused before they are written."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from autoscaler.errors import PolicyError
from autoscaler.manifests.write.sketch import Form, Names

WORKLOADS = ("Deployment", "StatefulSet")
_PART = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
OBJECT_NAME = re.compile(rf"(?=.{{1,253}}\Z){_PART}(\.{_PART})*")
LABEL_VALUE = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")
SERVERS = re.compile(r"[^\s,]+:\d{1,5}(,[^\s,]+:\d{1,5})*")
OBJECT_NAME_IS = "small letters, digits, '-' and '.', a letter or a digit at both ends, 253 at most"


def check_names(names: Names, form: Form) -> None:
    """Raises PolicyError with all options that cannot be used, what each has to be, and what was found."""
    faults = [*_faults(names, form)]
    if faults:
        raise PolicyError("\n".join(faults))


def check_object_name(document: Mapping[str, Any]) -> None:
    """The name may be the policy's own, and Weir's kinds may be called anything.  Raises PolicyError."""
    name = document["metadata"].get("name", "")
    if not OBJECT_NAME.fullmatch(name):
        raise PolicyError(f"the name {name!r} cannot be one in a cluster ({OBJECT_NAME_IS}): give --name NAME")


def workload(text: str) -> dict[str, str]:
    """`Deployment/NAME` as a reference; a name alone is a Deployment.  Raises PolicyError."""
    kind, _, name = text.rpartition("/")
    kind = kind if "/" in text else "Deployment"
    if kind not in WORKLOADS or not OBJECT_NAME.fullmatch(name):
        raise PolicyError(
            f"--target {text!r}: expected Deployment/NAME or StatefulSet/NAME with a name of {OBJECT_NAME_IS}"
        )
    return {"apiVersion": "apps/v1", "kind": kind, "name": name}


def _faults(names: Names, form: Form) -> Iterator[str]:
    if names.name is not None and not OBJECT_NAME.fullmatch(names.name):
        yield f"--name {names.name!r}: expected {OBJECT_NAME_IS}"
    if names.bootstrap_servers is not None and not SERVERS.fullmatch(names.bootstrap_servers):
        yield f"--bootstrap-servers {names.bootstrap_servers!r}: expected HOST:PORT, several separated by commas"
    if names.group is not None and (not names.group or not names.group.isprintable()):
        yield f"--group {names.group!r}: expected the name of a consumer group"
    if names.topic is not None and not TOPIC.fullmatch(names.topic):
        yield f"--topic {names.topic!r}: expected a topic's name, 1 to 249 letters, digits, '.', '_' and '-'"
    if form is Form.HPA:
        yield from _no_labels(names)


def _no_labels(names: Names) -> Iterator[str]:
    for option, value in (("--group", names.group), ("--topic", names.topic)):
        if value and not LABEL_VALUE.fullmatch(value):
            yield (
                f"{option} {value!r}: an HPA's selector cannot hold it, as a label's value is at most 63 letters,"
                " digits, '-', '_' and '.', with a letter or a digit at both ends"
            )
