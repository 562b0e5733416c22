"""The policies that there are: the `kind` in the file, and the reader that makes a plan of it."""

from collections.abc import Mapping

from autoscaler.manifests.hpa import read_hpa
from autoscaler.manifests.kinds import Kind

KINDS: Mapping[str, Kind] = {
    "HorizontalPodAutoscaler": Kind(read=read_hpa, api_versions=("autoscaling/v2",)),
}
