"""Policy files: what stands in a cluster, or one of Weir's own kinds, read into a plan that `decide` can follow."""

from autoscaler.manifests.read import ReadPolicy, read_policy, read_policy_text

__all__ = ["ReadPolicy", "read_policy", "read_policy_text"]
