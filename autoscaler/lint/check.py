"""Asks every rule about every policy of a file, and writes the cures into it."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from textwrap import dedent

import yaml
from pydantic import ValidationError

from autoscaler.cluster import HpaClusterSettings
from autoscaler.errors import PolicyError
from autoscaler.lint.document import Manifest, read_manifests
from autoscaler.lint.fix import can_fix, fixed, meant
from autoscaler.lint.model import Finding, Severity, Unchecked
from autoscaler.lint.setting import Setting
from autoscaler.lint.table import RULES
from autoscaler.lint.views import made_by_keda
from autoscaler.lint.workload import target_document
from autoscaler.manifests.read import SETTINGS
from autoscaler.manifests.table import KINDS
from contract.settings import explain

ROUNDS_MAX = 100
LOWER_KINDS = {kind.lower(): kind for kind in (*KINDS, SETTINGS)}
NEAR = 0.9
"""As near as a slip of the pen; VerticalPodAutoscaler is none."""
BOUNDS = ((), ("maxReplicas",), ("minReplicas",), ("maxReplicaCount",), ("min_replicas",))
"""Fields whose refusal, where the bounds contradict each other, is just that.  Flink's options are refused together."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found, and what could not be looked at."""

    policies: tuple[str, ...]
    findings: tuple[Finding, ...]
    unchecked: tuple[Unchecked, ...]
    passed_over: tuple[str, ...]
    """Documents of the file that nothing looked at."""

    @property
    def clean(self) -> bool:
        """Whether there is nothing to complain about; what is only worth to know is no complaint."""
        return all(finding.severity is Severity.INFO for finding in self.findings)


def lint(text: str, setting: Setting | None = None) -> Report:
    """Everything that is wrong with the policies in a YAML text.  Raises yaml.YAMLError for what is not YAML."""
    manifests = read_manifests(text)
    policies, setting = _policies(manifests), _surrounded(manifests, setting or Setting())
    findings: list[Finding] = []
    unchecked: list[Unchecked] = []
    for manifest in policies:
        said = list(_asked(manifest, setting))
        found = [each for each in said if isinstance(each, Finding)]
        findings += [_placed(each, manifest, text) for each in _once(found)]
        unchecked += [each for each in said if isinstance(each, Unchecked)]
    titles = tuple(manifest.title for manifest in policies)
    passed_over = tuple(_passed_over(manifests, policies))
    return Report(titles, tuple(findings), tuple(dict.fromkeys(unchecked)), passed_over)


def cured(text: str, setting: Setting | None = None) -> str:
    """The text with every cure that follows without a choice.

    One finding at a time, because a cure may be another one's place.  A cure that changes nothing or comes again ends
    it.  Raises PolicyError for one after which the text would not say what was meant.
    """
    seen, manifests = {text}, read_manifests(text)
    for _ in range(ROUNDS_MAX):
        change = _one_fix(text, manifests, setting or Setting(), seen)
        if change is None:
            break
        text, manifests = change
        seen.add(text)
    return text


def _one_fix(
    text: str, manifests: Sequence[Manifest], setting: Setting, seen: set[str]
) -> tuple[str, tuple[Manifest, ...]] | None:
    """The text after one cure, and its documents."""
    for manifest in _policies(manifests):
        for finding in _asked(manifest, _surrounded(manifests, setting)):
            if isinstance(finding, Finding) and finding.edits and can_fix(manifest, finding.edits):
                after = fixed(text, manifest, finding.edits)
                if after not in seen:
                    return after, _read_again(after, manifests, manifest, finding)
    return None


def _read_again(after: str, manifests: Sequence[Manifest], edited: Manifest, finding: Finding) -> tuple[Manifest, ...]:
    """The documents after a cure.  Raises PolicyError unless they are as before, and the edited one as it is meant."""
    wanted = [meant(each, finding.edits) if each is edited else each.data for each in manifests]
    try:
        found = read_manifests(after)
    except yaml.YAMLError:
        found = ()
    if [each.data for each in found] != wanted:
        edits = ", ".join(map(str, finding.edits))
        raise PolicyError(
            f"--fix cannot write {edits} for {finding.code} at line {edited.line(finding.path)} ({edited.title}): read "
            "again, the file would say something else.  Nothing was written; correct this place by hand."
        )
    return found


def _policies(manifests: Sequence[Manifest]) -> list[Manifest]:
    """Those of a known kind; an HPA that KEDA made for a ScaledObject is KEDA's own affair."""
    return [manifest for manifest in manifests if manifest.kind in KINDS and not made_by_keda(manifest)]


def _passed_over(manifests: Sequence[Manifest], policies: Sequence[Manifest]) -> Iterator[str]:
    """What is neither a policy, nor what one scales, nor how the cluster is set up."""
    scaled = [target.node for target in map(target_document, policies) if target is not None]
    for manifest in manifests:
        if manifest in policies or manifest.kind == SETTINGS or manifest.node in scaled:
            continue
        near = difflib.get_close_matches(manifest.kind.lower(), LOWER_KINDS, n=1, cutoff=NEAR)
        hint = f" (did you mean {LOWER_KINDS[near[0]]}?)" if near else ""
        yield manifest.title + (" (KEDA made it)" if made_by_keda(manifest) else hint)


def _surrounded(manifests: Sequence[Manifest], setting: Setting) -> Setting:
    """With the cluster's settings that stand in the same file.  Raises PolicyError."""
    for manifest in manifests:
        if manifest.kind == SETTINGS:
            spec = manifest.get("spec", default={})
            given = setting.cluster.model_dump() | (spec if isinstance(spec, dict) else {})
            try:
                setting = replace(setting, cluster=HpaClusterSettings.model_validate(given))
            except ValidationError as error:
                raise PolicyError(explain(error, f"{manifest.title}, spec", given)) from error
    return setting


def _asked(manifest: Manifest, setting: Setting) -> Iterator[Finding | Unchecked]:
    for rule in RULES:
        yield from rule(manifest, setting)


def _once(findings: Sequence[Finding]) -> Iterator[Finding]:
    """The reader's refusal says nothing new where a rule has told the bounds apart."""
    told = any(finding.code == "min-above-max" for finding in findings)
    for finding in findings:
        if not (told and finding.code == "refused" and finding.path[1:] in BOUNDS):
            yield finding


def _placed(finding: Finding, manifest: Manifest, text: str) -> Finding:
    """With its line, and with the corrected lines as `cured` would write them."""
    edits = finding.edits if can_fix(manifest, finding.edits) else ()
    by_hand = "" if edits else "\n".join(map(str, finding.edits))
    corrected = finding.corrected or by_hand or _lines(text, fixed(text, manifest, edits))
    return replace(finding, document=manifest.title, line=manifest.line(finding.path), corrected=corrected, edits=edits)


def _lines(before: str, after: str) -> str:
    """The lines that are new in `after`."""
    changes = difflib.ndiff(before.splitlines(), after.splitlines())
    return dedent("\n".join(line[2:] for line in changes if line.startswith("+ ")))
