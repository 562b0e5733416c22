"""`weir loadtest compare-policies`: options in, a contest by `loadtests.contest`, one page and an exit code out."""

import asyncio
import json
import secrets
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

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
from contract.errors import SettingsError
from contract.interrupts import run_interruptible
from contract.kafka import KafkaSettings
from contract.logs import set_up_logs
from contract.record import RunDirectory
from contract.scenario import PolicyScaler, Scenario, read_scenario, with_policy
from loadtests import standings_text
from loadtests.blindness import read_blindness
from loadtests.contest import Ground, play_contest
from loadtests.contest_plan import (
    Contender,
    Contest,
    distinct_names,
    draw_turns,
    read_contest,
    resumed,
)
from loadtests.host import describe_host, weir_version
from loadtests.preflight import check_scenario
from loadtests.report import read_run
from loadtests.report.document import write_document
from loadtests.report.policies_page import render_policies
from loadtests.shipped import ScenarioArgument, find_policy, find_scenario, policy_names
from loadtests.standings import Played, Standing, standings

EXIT_LOST, EXIT_FAILED, EXIT_MISSED, EXIT_INTERRUPTED = 1, 2, 3, 130
SEED_MAX = 1_000_000

EPILOG = """
Examples:

  weir loadtest compare-policies init-storm --scaler hpa-cpu-unprotected --scaler keda-lag --scaler weir

  weir loadtest compare-policies my.yaml --scaler mine.yaml --scaler hpa.yaml --repeat 5 --out runs/tuesday

  weir loadtest compare-policies my.yaml --scaler mine.yaml --scaler hpa.yaml --repeat 5 --out runs/tuesday --resume

  weir loadtest compare-policies my.yaml --scaler a.yaml --scaler b.yaml --expect b --set slo.violation_seconds_max=10

The load's own seed is the scenario's (--set seed=7); --seed draws the order of the runs.  In DIR: policies.html (the
page), standings.json, contest.json (the plan and how far it came), runs/ (a run directory with its report each).

Exit codes: 0 all runs were carried out, nothing was lost, and policies named by --expect met the SLO in every repeat;
1 events were lost; 2 bad input or a run that could not be carried out; 3 an expected policy missed its SLO;
130 interrupted (what was finished is on the page; --resume goes on).
"""


def compare_policies(  # noqa: PLR0917  # typer passes them by name
    scenario: ScenarioArgument,
    scaler: Annotated[
        list[str],
        typer.Option(
            metavar="POLICY.yaml",
            help="A policy file, or the name of one that ships; give two or more.",
            autocompletion=policy_names,
        ),
    ],
    repeat: Annotated[int, typer.Option(min=1, max=1_000, help="Runs of each policy.")] = 1,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Default runs/NAME-policies-TIME.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the contest in --out.")] = False,  # noqa: FBT002  # typer's way to declare a flag
    seed: Annotated[int | None, typer.Option(min=0, help="Draws the order of the runs; default: by chance.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a field of the scenario.")
    ] = None,
    expect: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Exit 3 unless this policy meets the SLO every time.")
    ] = None,
    kafka: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            envvar="WEIR_LOADTEST_KAFKA",
            help="Use this cluster (security from WEIR_KAFKA_*) for all runs.",
        ),
    ] = None,
    backend: Backend = BackendName.PROCESS,
    image: Image = None,
    network: Network = None,
    container_label: ContainerLabels = None,
    secrets_volume: Secrets = None,
) -> None:
    """Play SCENARIO with the same seed against every policy, in random order, and write one page."""
    where = read_containers(backend, image, network, kafka=kafka, labels=container_label or (), secrets=secrets_volume)
    external = KafkaSettings.read(bootstrap_servers=kafka) if kafka else None
    refuse_told_password(where, external)
    wanted = read_scenario(find_scenario(scenario), settings or [])
    check_scenario(wanted)
    contenders = read_contenders(wanted, [find_policy(name) for name in scaler])
    _refuse_unknown(expect or (), contenders)
    if resume and out is None:
        raise SettingsError("--resume: say with --out which contest is to go on")
    folder = out or Path("runs") / f"{wanted.name}-policies-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    contest = _plan(wanted, contenders, repeat=repeat, seed=_order_seed(seed, folder, resume=resume), kafka=kafka)
    contest = contest.model_copy(update={"backend": str(backend), "image": image})
    contest = resumed(read_contest(folder / "contest.json"), contest) if resume else contest
    _make_folder(folder, resume=resume)
    set_up_logs("loadtest")
    ground = Ground(out=folder, console=Console(), external=external, containers=where)
    ground.say(f"{len(contenders)} policies, {len(contest.turns)} runs, order drawn with --seed {contest.order_seed}")
    interrupted = _carry_out(contest, ground)
    ended, played = read_played(read_contest(folder / "contest.json"), ground)
    conclude(ended, played, ground)
    raise typer.Exit(EXIT_INTERRUPTED if interrupted else exit_code(ended, played, expect or ()))


def read_contenders(scenario: Scenario, files: Sequence[Path]) -> tuple[Contender, ...]:
    """The policies as the scenario's run would read them.  Raises SettingsError with the faults of all files."""
    if len(files) < 2:  # noqa: PLR2004  # one policy is `weir loadtest run`
        raise SettingsError("--scaler: give two policies or more; for one there is weir loadtest run --scaler")
    plans, faults = [], []
    for file in files:
        changed = with_policy(scenario, file.resolve()).scaler
        assert isinstance(changed, PolicyScaler)
        try:
            plans.append(read_scaler(changed, scenario.topic.name))
        except SettingsError as error:
            faults.append(str(error))
    if faults:
        raise SettingsError("\n".join(dict.fromkeys(faults)))
    names = distinct_names([(plan.name, file) for plan, file in zip(plans, files, strict=True)])
    return tuple(
        Contender(name=name, kind=plan.kind, file=file.resolve(), document=plan.document or {})
        for name, plan, file in zip(names, plans, files, strict=True)
    )


def read_played(contest: Contest, ground: Ground) -> tuple[Contest, list[Played]]:
    """The records of every finished run, scored anew; one that cannot be read any more counts as failed."""
    played = []
    for turn in contest.turns:
        if turn.outcome != "finished" or not turn.folder:
            continue
        try:
            records = read_run(ground.out / turn.folder)
        except SettingsError as error:
            ground.say(str(error))
            contest = contest.after(turn.model_copy(update={"outcome": "failed", "detail": str(error)}))
            continue
        played.append(
            Played(
                policy=turn.policy,
                kind=contest.contender(turn.policy).kind,
                repeat=turn.repeat,
                records=replace(records, entries=()),  # nobody needs the ledger here, and many take a lot of memory
                blindness=read_blindness(RunDirectory(records.path).decisions_jsonl),
            )
        )
    return contest, played


def conclude(contest: Contest, played: Sequence[Played], ground: Ground) -> None:
    """The page, standings.json and the table of what there is."""
    if not played:
        ground.say(f"no run was finished, so there is nothing to compare; see {ground.out}")
        return
    entered = rank(contest, played)
    (ground.out / "standings.json").write_text(
        json.dumps(standings_text.as_document(contest, entered), indent=2) + "\n", encoding="utf-8"
    )
    page = ground.out / "policies.html"
    write_document(render_policies(contest, entered, played), page)
    standings_text.render(entered, ground.console)
    ground.say(f"\npage     {page.resolve()}")


def rank(contest: Contest, played: Sequence[Played]) -> list[Standing]:
    """The standings of a contest."""
    lost = [turn.policy for turn in contest.turns if turn.outcome == "failed"]
    policies = [(contender.name, contender.kind) for contender in contest.contenders]
    return standings(policies, played, {name: lost.count(name) for name in lost})


def exit_code(contest: Contest, played: Sequence[Played], expected: Sequence[str]) -> int:
    """For CI: what is worst counts."""
    verdicts = [(run.policy, run.records.summary.verdict) for run in played]
    if any(verdict == "ledger failed" for _, verdict in verdicts):
        return EXIT_LOST
    if any(turn.outcome != "finished" for turn in contest.turns):
        return EXIT_FAILED
    return EXIT_MISSED if any(name in expected and verdict != "passed" for name, verdict in verdicts) else 0


def _plan(
    scenario: Scenario, contenders: tuple[Contender, ...], *, repeat: int, seed: int, kafka: str | None
) -> Contest:
    return Contest(
        scenario=scenario,
        order_seed=seed,
        repeat=repeat,
        contenders=contenders,
        turns=draw_turns([contender.name for contender in contenders], repeat=repeat, seed=seed),
        started_at=datetime.now(UTC).isoformat(timespec="seconds"),
        command=shlex.join(["weir", *sys.argv[1:]]),
        weir_version=weir_version(),
        host=describe_host(),
        kafka=kafka,
    )


def _order_seed(seed: int | None, folder: Path, *, resume: bool) -> int:
    """The one given, else that of the contest that goes on, else one by chance."""
    if seed is not None:
        return seed
    return read_contest(folder / "contest.json").order_seed if resume else secrets.randbelow(SEED_MAX)


def _refuse_unknown(expected: Sequence[str], contenders: Sequence[Contender]) -> None:
    names = [contender.name for contender in contenders]
    unknown = [name for name in expected if name not in names]
    if unknown:
        raise SettingsError(f"--expect {', '.join(unknown)}: the policies are called {', '.join(names)}")


def _make_folder(folder: Path, *, resume: bool) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        taken = any(folder.iterdir())
    except OSError as error:
        raise SettingsError(f"cannot create {folder}: {error.strerror}") from error
    if taken and not resume:
        raise SettingsError(f"{folder} is not empty: choose a new --out, or go on with a contest by --resume")


def _carry_out(contest: Contest, ground: Ground) -> bool:
    """Play; the first Ctrl-C ends the present run in order, a second one at once.  True = interrupted."""
    heard = "interrupted: ending this run, then the page of what there is (once more: stop at once) …"
    try:
        _, interrupted = run_interruptible(lambda stop: play_contest(contest, ground, stop), lambda: ground.say(heard))
    except asyncio.CancelledError:
        ground.say(f"stopped at once; what was recorded is in {ground.out}")
        return True
    return interrupted
