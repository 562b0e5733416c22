"""A machine as a node, with the labels that every node of a cluster has."""

import platform
import socket
from collections.abc import Mapping

from autoscaler.reconciler.model import Node

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm"}
"""As Go, and so Kubernetes, calls them; others are called the same."""


def this_machine(labels: Mapping[str, str]) -> Node:
    """Named after its host."""
    return node(socket.gethostname(), platform.system().lower(), platform.machine(), labels)


def node(host: str, system: str, architecture: str, labels: Mapping[str, str]) -> Node:
    """A node with these labels on top of the usual ones, over which they win."""
    usual = {
        "kubernetes.io/hostname": host,
        "kubernetes.io/os": system,
        "kubernetes.io/arch": _ARCHITECTURES.get(architecture, architecture),
    }
    return Node(name=host, labels={**usual, **labels})
