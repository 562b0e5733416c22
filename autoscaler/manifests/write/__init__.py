"""A policy as YAML for a cluster, where that form can express it; what it cannot is named, never dropped in silence."""

from autoscaler.manifests.write.sketch import Form, Names, Sketch
from autoscaler.manifests.write.write import Written, write_manifest

__all__ = ["Form", "Names", "Sketch", "Written", "write_manifest"]
