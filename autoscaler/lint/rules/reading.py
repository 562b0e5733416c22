"""What the reader of the kind refuses: the API server, KEDA's webhook, or Weir, which cannot honour it."""

import re
from collections.abc import Iterator

from autoscaler.lint.document import Manifest
from autoscaler.lint.model import Finding, Path, Severity
from autoscaler.lint.setting import Setting
from autoscaler.manifests.kinds import Context, Refusal
from autoscaler.manifests.table import KINDS

PART = re.compile(r"([^.\[\]]+)|\[([^\]]*)\]")


def refused(manifest: Manifest, setting: Setting) -> Iterator[Finding]:
    """Every fault of the document as a finding at its field."""
    kind = KINDS.get(manifest.kind)
    if kind is None:
        return
    version = manifest.get("apiVersion")
    if kind.api_versions and version not in kind.api_versions:
        yield _fault(("apiVersion",), f"expected {' or '.join(kind.api_versions)}, found {version!r}")
        return
    try:
        kind.read(manifest.data, Context(cluster=setting.cluster, signals=setting.signals))
    except Refusal as refusal:
        for fault in refusal.faults:
            path, _, what = fault.partition(": ")
            yield _fault(path_in(path), what)


def path_in(text: str) -> Path:
    """A path as it is written: `spec.metrics[0].object`."""
    parts = (name or (int(item) if item.isdecimal() else item) for name, item in PART.findall(text))
    return tuple(parts)


def _fault(path: Path, what: str) -> Finding:
    return Finding(
        code="refused",
        severity=Severity.ERROR,
        path=path,
        what=f"It cannot be used: {what}{'' if what.endswith('?') else '.'}",
        why="A manifest is taken as a whole or not at all.",
    )
