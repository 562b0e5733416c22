"""From a file to a plan: finds the one policy among the YAML documents, and tells every fault at once.

Apart from the readers of single kinds, which see one document each and know nothing of files.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from autoscaler.cluster import HpaClusterSettings
from autoscaler.errors import PolicyError
from autoscaler.manifests.kinds import Context, Refusal
from autoscaler.manifests.table import KINDS
from autoscaler.model import Plan
from contract.settings import explain
from contract.yaml_text import read_yaml_documents

SETTINGS = "ClusterSettings"
"""A document of this kind beside a policy (weir/v1) says how the cluster is set up that the policy is from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPolicy:
    """A policy and where it came from.

    `passed_over` names the other documents of the file, `cluster` is how the cluster is set up as far as it is known.
    """

    name: str
    kind: str
    plan: Plan
    document: Mapping[str, Any]
    text: str = ""
    """The whole file, from which the same policy can be read again."""
    passed_over: tuple[str, ...] = ()
    cluster: HpaClusterSettings = field(default_factory=HpaClusterSettings)


def read_policy(path: Path, context: Context | None = None) -> ReadPolicy:
    """The policy in a file.  Raises PolicyError naming the file and every field that cannot be honoured."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise PolicyError(f"cannot read the policy {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PolicyError(f"{path} is not UTF-8 text: {error}") from error
    return read_policy_text(text, str(path), context)


def read_policy_text(text: str, source: str, context: Context | None = None) -> ReadPolicy:
    """The same from text; `source` is how messages call it."""
    try:
        documents = list(_documents(data for _, data in read_yaml_documents(text)))
    except yaml.YAMLError as error:
        raise PolicyError(f"{source} is not YAML: {error}") from error
    policies = _policies(documents)
    others = tuple(_name(d) for d in documents if d not in policies and d.get("kind") != SETTINGS)
    if len(policies) != 1:
        found = ", ".join(_name(document) for document in documents) or "nothing"
        raise PolicyError(f"{source}: expected one policy ({', '.join(KINDS)}), found {len(policies)}; it has: {found}")
    policy = _read(policies[0], source, _surrounded(documents, source, context or Context()), others)
    return replace(policy, text=text)


def _surrounded(documents: Sequence[Mapping[str, Any]], source: str, context: Context) -> Context:
    """The context with the cluster's settings that stand beside the policy, which win over those from outside."""
    for document in documents:
        if document.get("kind") != SETTINGS:
            continue
        spec = document.get("spec")
        try:
            given = context.cluster.model_dump() | dict(spec if isinstance(spec, dict) else {})
            context = replace(context, cluster=HpaClusterSettings.model_validate(given))
        except ValidationError as error:
            raise PolicyError(explain(error, f"{source}, {_name(document)}, spec", spec)) from error
    return context


def _policies(documents: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those of a known kind.  Beside a ScaledObject an HPA is passed over: KEDA makes its own, that is what counts."""
    known = [document for document in documents if str(document.get("kind")) in KINDS]
    scaled = [document for document in known if document["kind"] == "ScaledObject"]
    rest = [document for document in known if document["kind"] != "HorizontalPodAutoscaler"]
    return rest if scaled else known


def _read(document: Mapping[str, Any], source: str, context: Context, passed_over: tuple[str, ...]) -> ReadPolicy:
    kind = KINDS[document["kind"]]
    version = document.get("apiVersion")
    if kind.api_versions and version not in kind.api_versions:
        fault = f"apiVersion: expected {' or '.join(kind.api_versions)}, found {version!r}"
        raise PolicyError(f"{source}: {fault}", [fault])
    try:
        plan = kind.read(document, context)
    except Refusal as refusal:
        faults = "\n".join(f"  {fault}" for fault in refusal.faults)
        raise PolicyError(
            f"{len(refusal.faults)} fault(s) in {source}, {_name(document)}:\n{faults}", refusal.faults
        ) from refusal
    return ReadPolicy(
        name=str(_metadata(document).get("name") or document.get("name") or document["kind"]),
        kind=document["kind"],
        plan=plan,
        document=document,
        passed_over=passed_over,
        cluster=context.cluster,
    )


def _documents(loaded: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    """Every object in the file, also those inside a `kind: List`, as `kubectl get -o yaml` prints it."""
    for document in loaded:
        if isinstance(document, dict) and document.get("kind") == "List":
            items = document.get("items") or []
            if not isinstance(items, list):
                raise yaml.YAMLError(f"items of a List: expected a list, found {type(items).__name__}")
            yield from _documents(items)
        elif isinstance(document, dict):
            yield document
        elif document is not None:
            raise yaml.YAMLError(f"expected a mapping with a `kind`, found {type(document).__name__}")


def _name(document: Mapping[str, Any]) -> str:
    name = _metadata(document).get("name") or document.get("name") or ""
    return f"{document.get('kind', 'no kind')} {name}".strip()


def _metadata(document: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = document.get("metadata")
    return metadata if isinstance(metadata, dict) else {}
