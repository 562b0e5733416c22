"""`weir decide`: what a policy would do on recorded states, one JSON object per line in and out."""

import gc
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import orjson
import typer

from autoscaler.decide import decide as decide_once
from autoscaler.errors import PolicyError, StateError
from autoscaler.journal import Tick
from autoscaler.lines import VERSION, line_schema, read_state, write_decision
from autoscaler.manifests import ReadPolicy, read_policy
from autoscaler.manifests.kinds import Context
from autoscaler.model import Memory, Plan
from autoscaler.options import ClusterSettings, MetricNames, read_cluster, read_names

EPILOG = """
Examples:

  weir decide --scaler hpa.yaml < states.jsonl                             # a decision for each state

  weir decide --scaler hpa.yaml --metric my_lag=total_lag < states.jsonl   # my_lag in the manifest is the total lag

  weir decide --scaler hpa.yaml --cluster tolerance=0.05 < states.jsonl    # another cluster's settings

  weir decide --schema                                                     # the format, as a JSON Schema

Exit codes: 0 every line was answered, 2 a policy or a line that cannot be used (the lines before it were answered).
"""


def decide(
    scaler: Annotated[
        Path | None,
        typer.Option(metavar="POLICY.yaml", help="The policy: a manifest from a cluster, or one of Weir's."),
    ] = None,
    metric: MetricNames = None,
    cluster: ClusterSettings = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of the format and end.")] = False,  # noqa: FBT002  # typer's way to declare a flag
) -> None:
    """Decide on states from standard input, one JSON object per line; pure: no Kafka, no workers.

    A line may leave out `memory` to continue from the line before.  The format is described in docs/decide.md.
    """
    if schema:
        typer.echo(schema_text(), nl=False)
        return
    if scaler is None:
        raise PolicyError("--scaler POLICY.yaml is missing: which policy is to decide?")
    policy = read_policy(scaler, Context(signals=read_names(metric or ()), cluster=read_cluster(cluster or ())))
    _tell(policy)
    _answer(policy.plan)


def schema_text() -> str:
    """The format's schema, as it stands in docs/decide.schema.json."""
    return orjson.dumps(line_schema(VERSION, Tick), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def answers(lines: Iterable[bytes], plan: Plan) -> Iterator[bytes]:
    """A line for each state, and for each tick of a journal in which the policy was asked; blank lines have none.

    Raises StateError at the first that cannot be read.
    """
    memory, before = Memory(), float("-inf")
    for number, line in enumerate(lines, start=1):
        if line.isspace():
            continue
        state = read_state(line, number)
        if state.memory is not None:
            memory = state.memory
        elif state.seen.at_seconds < before:
            raise StateError(
                f"line {number}: at_seconds: {state.seen.at_seconds:g} is before the last line's {before:g}; "
                "time goes forward, or give a memory to start again"
            )
        before = state.seen.at_seconds
        if not state.asked:
            continue
        decision, memory = decide_once(state.seen, memory, plan)
        yield write_decision(decision, memory, number)


def _tell(policy: ReadPolicy) -> None:
    """What was passed over, and what to do if nothing comes: on stderr, as stdout is for answers."""
    for document in policy.passed_over:
        typer.echo(f"weir: passed over {document}: not a policy", err=True)
    if sys.stdin.isatty():
        typer.echo("weir: reading states from the terminal, one JSON object per line; Ctrl-D ends", err=True)


def _answer(plan: Plan) -> None:
    """Each answer is written before the next line is read, so that a program can ask and wait."""
    out = sys.stdout.buffer
    gc.freeze()  # what was imported stays: the collector need not look through it again and again
    for answer in answers(sys.stdin.buffer, plan):
        out.write(answer)
        out.flush()
