"""`weir loadtest …`: run a scenario, make its report again, compare runs."""

import asyncio
import secrets
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autoscaler.api.server import read_address
from autoscaler.options import (
    Backend,
    BackendName,
    ContainerLabels,
    Image,
    Network,
    Secrets,
    read_containers,
    refuse_told_password,
)
from autoscaler.scaler import read_scaler
from contract.interrupts import run_interruptible
from contract.kafka import KafkaSettings
from contract.logs import set_up_logs
from contract.record import RunDirectory
from contract.scenario import FixedScaler, Scenario, read_scenario, with_policy
from loadtests.clean_cli import EPILOG as CLEAN_EPILOG
from loadtests.clean_cli import clean
from loadtests.live import LiveView
from loadtests.policies_cli import EPILOG as COMPARE_POLICIES_EPILOG
from loadtests.policies_cli import compare_policies
from loadtests.preflight import check_scenario
from loadtests.report import render_text, write_report
from loadtests.report_cli import COMPARE_EPILOG, REPORT_EPILOG, compare, report
from loadtests.run import RunOrder, run_scenario
from loadtests.score import EXIT_CODES, Summary
from loadtests.shipped import SCENARIOS, ScenarioArgument, find_policy, find_scenario, policy_names

EXIT_INTERRUPTED = 130

app = typer.Typer(no_args_is_help=True, help="Run a scenario on a real Kafka, report on it, compare runs.")

RUN_EPILOG = """
Examples:

  weir loadtest run step                                   # a scenario that ships with Weir

  weir loadtest run init-storm --scaler my-hpa.yaml        # who decides how many workers there are

  weir loadtest run my.yaml --set load.shape.rate=50000 --set scaler.replicas=2

  weir loadtest run init-storm --api 127.0.0.1:8080        # and watch it in a browser

  weir loadtest run my.yaml --kafka broker1:9092 --out runs/tuesday

  weir loadtest run init-storm --backend docker            # workers are containers, held to their limits (make image)

Exit codes: 0 all held, 1 events were lost, 2 bad input or a run that could not be carried out, 3 an SLO was missed,
130 interrupted.
"""

SCENARIOS_EPILOG = """
Example:

  weir loadtest scenarios                                  # name, length, and what it is about

A name stands for its file wherever a scenario is asked for.  Exit codes: 0 listed.
"""

VALIDATE_EPILOG = """
Examples:

  weir loadtest validate my.yaml                           # fields, policies, handler, trace and replay files

  weir loadtest validate step                              # one that ships with Weir

Exit codes: 0 it can be run, 2 it cannot; every fault is told.
"""


@app.command(epilog=RUN_EPILOG)
def run(  # noqa: PLR0917  # typer passes them by name
    scenario: ScenarioArgument,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a field of the scenario.")
    ] = None,
    scaler: Annotated[
        str | None,
        typer.Option(
            metavar="POLICY.yaml",
            help="The policy that decides; a file, or one that ships with Weir.",
            autocompletion=policy_names,
        ),
    ] = None,
    backend: Backend = BackendName.PROCESS,
    image: Image = None,
    network: Network = None,
    container_label: ContainerLabels = None,
    secrets_volume: Secrets = None,
    kafka: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            envvar="WEIR_LOADTEST_KAFKA",
            help="Use this cluster (security from WEIR_KAFKA_*) instead of our own.",
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Run directory; default runs/NAME-TIME.")] = None,
    keep_topics: Annotated[bool, typer.Option("--keep-topics", help="Leave the run's topics in the cluster.")] = False,  # noqa: FBT002  # typer's way to declare a flag
    api: Annotated[
        str,
        typer.Option(
            metavar="HOST:PORT",
            envvar="WEIR_LOADTEST_API",
            help="Serve the live page and the API here; none = off, port 0 = any.",
        ),
    ] = "none",
    token_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            envvar="WEIR_LOADTEST_TOKEN_FILE",
            help="The token that orders need.",
            show_default="made, in the workers' folder",
        ),
    ] = None,
) -> None:
    """Run SCENARIO: start Kafka and workers, send the load, prove what arrived, report."""
    where = read_containers(backend, image, network, kafka=kafka, labels=container_label or (), secrets=secrets_volume)
    external = KafkaSettings.read(bootstrap_servers=kafka) if kafka else None
    refuse_told_password(where, external)
    address = read_address(api, token_file)
    wanted = read_scenario(find_scenario(scenario), settings or [])
    if scaler is not None:
        wanted = with_policy(wanted, find_policy(scaler).resolve())
    run_id = f"{wanted.name}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    order = RunOrder(
        scenario=wanted,
        run_id=run_id,
        out=out or Path("runs") / run_id,
        external=external,
        containers=where,
        keep_topics=keep_topics,
        api=address,
        command=shlex.join(["weir", *sys.argv[1:]]),
    )
    set_up_logs("loadtest", run=run_id)
    console = Console()
    summary, interrupted = _carry_out(order, LiveView(console, wanted.name, wanted.seconds))
    directory = RunDirectory.open(order.out)
    write_report(directory)
    render_text(summary, directory.read_json(directory.run_json), console)
    console.print(f"report   {directory.report_html.resolve()}", soft_wrap=True)
    raise typer.Exit(EXIT_INTERRUPTED if interrupted else EXIT_CODES[summary.verdict])


app.command(epilog=REPORT_EPILOG)(report)
app.command(epilog=COMPARE_EPILOG)(compare)
app.command(epilog=CLEAN_EPILOG)(clean)
app.command(name="compare-policies", epilog=COMPARE_POLICIES_EPILOG)(compare_policies)


@app.command(epilog=SCENARIOS_EPILOG)
def scenarios() -> None:
    """List the scenarios that ship with Weir."""
    for path in sorted(SCENARIOS.glob("*.yaml")):
        scenario = read_scenario(path)
        typer.echo(f"{scenario.name:24} {scenario.seconds:6g} s   {scenario.description}")


@app.command(epilog=VALIDATE_EPILOG)
def validate(scenario: ScenarioArgument) -> None:
    """Check a scenario and all that it names, and say what it would do, without running it."""
    wanted = read_scenario(find_scenario(scenario))
    check_scenario(wanted)
    typer.echo(f"{wanted.name}: {wanted.seconds:g} s, {wanted.topic.partitions} partitions, {_workers(wanted)}")


def _workers(scenario: Scenario) -> str:
    scaler = read_scaler(scenario.scaler, scenario.topic.name)
    deciding = "" if isinstance(scenario.scaler, FixedScaler) else f", then {scaler.name} ({scaler.kind}) decides"
    return f"{scaler.replicas} workers with the handler {scenario.worker.handler.name}{deciding}"


def _carry_out(order: RunOrder, view: LiveView) -> tuple[Summary, bool]:
    """Run it; the first Ctrl-C ends the load, a second one everything."""
    heard = "interrupted: ending the load, then draining and auditing (once more: stop at once) …"
    try:
        return run_interruptible(lambda stop: run_scenario(order, view, stop), lambda: view.say(heard))
    except asyncio.CancelledError:
        view.say("stopped; workers and topics are gone, what was recorded is in " + str(order.out))
        raise typer.Exit(EXIT_INTERRUPTED) from None
