"""This machine as a node, with the labels that every node of a cluster has."""

import platform
import socket
from collections.abc import Mapping

from autoscaler.reconciler.model import Node

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm"}
"""As Go, and so Kubernetes, calls them; others are called the same."""


def this_machine(labels: Mapping[str, str]) -> Node:
    """Named after its host.  `labels` come on top of the usual ones, and win over them."""
    host = socket.gethostname()
    machine = platform.machine()
    usual = {
        "kubernetes.io/hostname": host,
        "kubernetes.io/os": platform.system().lower(),
        "kubernetes.io/arch": _ARCHITECTURES.get(machine, machine),
    }
    return Node(name=host, labels={**usual, **labels})
