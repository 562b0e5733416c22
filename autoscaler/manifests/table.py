"""The policies that there are: the `kind` in the file, and the reader that makes a plan of it."""

from collections.abc import Mapping

from autoscaler.manifests.flink import read_flink
from autoscaler.manifests.hpa import read_hpa
from autoscaler.manifests.keda import read_scaled_object
from autoscaler.manifests.kinds import Kind
from autoscaler.manifests.own import read_custom, read_fixed, read_schedule
from autoscaler.manifests.weir import read_weir

KINDS: Mapping[str, Kind] = {
    "HorizontalPodAutoscaler": Kind(read=read_hpa, api_versions=("autoscaling/v2",)),
    "ScaledObject": Kind(read=read_scaled_object, api_versions=("keda.sh/v1alpha1",)),
    "WeirPolicy": Kind(read=read_weir, api_versions=("weir/v1",)),
    "FlinkPolicy": Kind(read=read_flink, api_versions=("weir/v1",)),
    "FixedPolicy": Kind(read=read_fixed, api_versions=("weir/v1",)),
    "SchedulePolicy": Kind(read=read_schedule, api_versions=("weir/v1",)),
    "CustomPolicy": Kind(read=read_custom, api_versions=("weir/v1",)),
}
