"""Workers as containers of a Docker engine."""

from autoscaler.backends.docker.backend import DEFAULT_IMAGE, DEFAULT_NETWORK, DockerBackend
from autoscaler.backends.docker.engine import Engine

__all__ = ["DEFAULT_IMAGE", "DEFAULT_NETWORK", "DockerBackend", "Engine"]
