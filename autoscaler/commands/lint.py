"""`weir lint`: what a cluster would really do with a manifest, before a cluster does it."""

import difflib
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import orjson
import typer
import yaml

from autoscaler.errors import PolicyError
from autoscaler.lint import Setting, cured, lint, setting_of
from autoscaler.lint.telling import document_of, text_of
from autoscaler.manifests.table import KINDS
from autoscaler.options import ClusterSettings, MetricNames, read_cluster, read_names
from contract.errors import SettingsError
from contract.scenario import PolicyScaler, read_scenario

COMPLAINED = 1
JSON_OPTIONS = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
REBALANCE_SECONDS_MAX = 3_600
"""The longest window that an HPA may have."""
EPILOG = """
Examples:

  weir lint hpa.yaml                                     # what is wrong with the manifest by itself

  weir lint hpa.yaml --scenario step.yaml                # with its topic, its load and its workers

  weir lint hpa.yaml --fix                               # write the corrected lines, show what changed

  weir lint hpa.yaml --metric my_lag=total_lag --format json

Exit codes: 0 nothing to complain about, 1 errors or warnings, 2 a file that cannot be read or an option that is wrong.
"""


class Format(StrEnum):
    """How findings are written."""

    TEXT = "text"
    JSON = "json"


def lint_policy(  # noqa: PLR0917  # typer passes them by name
    policy: Annotated[Path, typer.Argument(metavar="POLICY.yaml", help="A manifest, or one of Weir's kinds.")],
    scenario: Annotated[
        Path | None, typer.Option(metavar="SCENARIO.yaml", help="The load, the topic and the workers.")
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Write the corrected lines into the file.")] = False,  # noqa: FBT002  # typer's way to declare a flag
    cluster: ClusterSettings = None,
    metric: MetricNames = None,
    rebalance_seconds: Annotated[float | None, typer.Option(help="How long a rebalance was measured to take.")] = None,
    output: Annotated[Format, typer.Option("--format", help="How findings are written.")] = Format.TEXT,
) -> None:
    """Say what a cluster would really do with a policy: traps, why they are some, and the corrected lines.

    The rules are described in docs/lint.md.
    """
    setting = read_setting(scenario, cluster or [], metric or [], rebalance_seconds)
    if fix and policy.exists() and not policy.is_file():
        raise PolicyError(f"--fix writes into the file: expected a regular file, found {policy}; leave --fix out")
    text = _read(policy)
    try:
        after = cured(text, setting) if fix else text
        report = lint(after, setting)
    except yaml.YAMLError as error:
        raise PolicyError(f"{policy} is not YAML: {error}") from error
    if not report.policies:
        found = ", ".join(report.passed_over) or "nothing"
        raise PolicyError(f"{policy}: expected a policy ({', '.join(KINDS)}), found {found}")
    diff = "" if after == text else _replace(policy, text, after)
    if output is Format.JSON:
        typer.echo(orjson.dumps(document_of(report, str(policy), diff), option=JSON_OPTIONS), nl=False)
    else:
        typer.echo(diff + text_of(report, str(policy)), nl=False)
    if not report.clean:
        raise typer.Exit(COMPLAINED)


def read_setting(
    scenario: Path | None, cluster: list[str], metric: list[str], rebalance_seconds: float | None = None
) -> Setting:
    """What the options say; those of the scenario's scaler count where none is given.  Raises SettingsError."""
    if rebalance_seconds is not None and not 0 <= rebalance_seconds <= REBALANCE_SECONDS_MAX:
        raise SettingsError(
            f"--rebalance-seconds: expected 0 to {REBALANCE_SECONDS_MAX:,} s, found {rebalance_seconds:g}"
        )
    found = None if scenario is None else read_scenario(scenario)
    if found is not None and isinstance(found.scaler, PolicyScaler):
        cluster = [*(f"{key}={value}" for key, value in found.scaler.cluster.items()), *cluster]
        metric = [*(f"{name}={signal}" for name, signal in found.scaler.metrics.items()), *metric]
    return setting_of(
        found, cluster=read_cluster(cluster), signals=read_names(metric), rebalance_seconds=rebalance_seconds
    )


def _read(path: Path) -> str:
    """The text with its line ends as they are, in one go: a pipe has it only once."""
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise PolicyError(f"cannot read the policy {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PolicyError(f"{path} is not UTF-8 text: {error}") from error


def _replace(path: Path, text: str, after: str) -> str:
    """Write the cures, and tell what changed."""
    try:
        path.write_bytes(after.encode())
    except OSError as error:
        raise PolicyError(f"cannot write {path}: {error.strerror}") from error
    lines = difflib.unified_diff(text.splitlines(), after.splitlines(), f"{path} before", f"{path} after", lineterm="")
    return "\n".join(lines) + "\n\n"
