"""What a cluster would really do with a manifest: rules over the YAML document, before a cluster does it."""

from autoscaler.lint.check import Report, cured, lint
from autoscaler.lint.document import Manifest, read_manifests
from autoscaler.lint.model import Edit, Finding, Put, Rename, Severity, Unchecked, Workload
from autoscaler.lint.setting import Setting, setting_of
from autoscaler.lint.table import RULES

__all__ = [
    "RULES",
    "Edit",
    "Finding",
    "Manifest",
    "Put",
    "Rename",
    "Report",
    "Setting",
    "Severity",
    "Unchecked",
    "Workload",
    "cured",
    "lint",
    "read_manifests",
    "setting_of",
]
