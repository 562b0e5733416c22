"""The small parts: cold start, handler thread, timers, metrics, options."""

import asyncio
import threading
import time
from typing import Any

import numpy as np
import psutil
import pytest
from prometheus_client import generate_latest
from typer.testing import CliRunner

from contract.errors import SettingsError
from contract.kafka import KafkaSettings
from contract.worker import HandlerSpec, InitCost, WorkerSettings
from processor import cli
from processor.__main__ import main
from processor.app import Worker, worker_name
from processor.coldstart import hold_memory, pay
from processor.life import Life
from processor.looptimer import watch_timers
from processor.member import consumer_options
from processor.meters import BulkHistogram, Meters
from processor.progress import Progress
from processor.thread import HandlerThread


def test_memory_is_really_held() -> None:
    """Every page is touched, so the process grows by what was asked for."""
    before = psutil.Process().memory_info().rss
    held = hold_memory(64)
    assert psutil.Process().memory_info().rss - before > 60 << 20
    assert len(held) == 64 << 20


def test_a_cold_start_can_be_given_up() -> None:
    """Neither burning nor waiting goes on when told to stop."""
    stop = threading.Event()
    stop.set()
    began = time.process_time()
    pay(InitCost(cpu_seconds=3600, wait_seconds=3600), stop)
    pay(InitCost(cpu_seconds=3600, threads=3, wait_seconds=3600), stop)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "threads", [pytest.param(1, id="in the handler thread"), pytest.param(3, id="in three threads at once")]
)
def test_a_cold_start_burns_the_cpu_asked_for(threads: int) -> None:
    """It is the sum over the threads, whatever the wall clock says."""
    began = time.process_time()
    pay(InitCost(cpu_seconds=0.15, threads=threads), threading.Event())
    assert 0.14 < time.process_time() - began < 0.4


def test_the_handler_thread_hands_over_results_and_errors() -> None:
    """One call after the other, off the caller's thread."""
    thread = HandlerThread()
    assert thread.submit(lambda: threading.current_thread().name).result(10) == "handler"
    with pytest.raises(ZeroDivisionError):
        thread.submit(lambda: 1 // 0).result(10)
    thread.shutdown()
    assert "handler" not in {alive.name for alive in threading.enumerate()}


async def test_a_starved_loop_shows() -> None:
    """A timer that comes late is reported with its delay."""
    reports: list[float] = []
    reported = asyncio.Event()

    def report(seconds: float) -> None:
        reports.append(seconds)
        reported.set()

    watching = asyncio.create_task(watch_timers(report, interval_seconds=0.001))
    await asyncio.sleep(0)
    time.sleep(0.05)  # noqa: ASYNC251  # starving the loop is the point
    await reported.wait()
    watching.cancel()
    assert reports[0] >= 0.045


def a_progress() -> Progress:
    """Of a worker that has just been launched."""
    return Progress("w", Life(lambda: 0.0, lambda _phase, _reason: None), lambda: 0.0)


def test_histograms_count_single_values_and_arrays_alike() -> None:
    """Cumulative buckets, a sum and a count, as Prometheus wants them."""
    one, many = (BulkHistogram("pipeline_end_to_end_latency_seconds") for _ in range(2))
    for seconds in (0.0005, 0.002, 0.002, 7.0, 99.0):
        one.observe(seconds)
    many.record_micros(np.array([500, 2_000, 2_000, 7_000_000, 99_000_000]))
    values = [{s.labels.get("le", s.name): s.value for f in h.collect() for s in f.samples} for h in (one, many)]
    assert values[0]["0.001"] == 1
    assert values[0]["0.0025"] == 3
    assert values[0]["10.0"] == 4
    assert values[0]["+Inf"] == 5
    assert values[1] == pytest.approx(values[0], rel=0.001)


def test_every_metric_of_the_worker_is_exposed() -> None:
    """Rows of the table with a worker's name, nothing measured yet included."""
    progress = a_progress()
    text = generate_latest(Meters(progress).registry).decode()
    for name in ("worker_events_processed_total 0.0", "worker_ready 0.0", "event_loop_lag_seconds NaN"):
        assert f"\n{name}\n" in text
    assert 'worker_phase{phase="starting"} 1.0' in text
    assert 'worker_cpu_seconds_total{part="work"} 0.0' in text


def test_cpu_after_the_cold_start_is_that_of_the_work() -> None:
    progress = a_progress()
    progress.cold_start_is_over()
    burn = sum(number * number for number in range(300_000))
    assert burn
    families = {family.name: family for family in Meters(progress).registry.collect()}
    cpu = {sample.labels["part"]: sample.value for sample in families["worker_cpu_seconds"].samples}
    assert cpu["init"] == progress.cpu_seconds()[0]
    assert cpu["work"] > 0


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[WorkerSettings, KafkaSettings]]:
    """Whoever starts a worker through the command line only leaves its settings here."""
    seen: list[tuple[WorkerSettings, KafkaSettings]] = []

    async def work(settings: WorkerSettings, kafka: KafkaSettings) -> None:
        seen.append((settings, kafka))

    monkeypatch.setattr(cli, "_work", work)
    monkeypatch.setattr(cli, "set_up_logs", lambda _service, **_bound: None)
    return seen


def run(*arguments: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`python -m processor ARGUMENTS`."""
    monkeypatch.setattr("sys.argv", ["processor", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0


def test_options_win_over_the_environment(started: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Field by field, also within handler and cold start."""
    monkeypatch.setenv("WEIR_WORKER_GROUP", "from-environment")
    monkeypatch.setenv("WEIR_WORKER_HANDLER", '{"name":"burn","cpu_micros":50,"attempts":7}')
    monkeypatch.setenv("WEIR_KAFKA_BOOTSTRAP_SERVERS", "there:1")
    run("--cpu-micros", "9", "--init-memory-mib", "5", "--kafka", "here:2", monkeypatch=monkeypatch)
    settings, kafka = started[0]
    assert (settings.group, kafka.bootstrap_servers) == ("from-environment", "here:2")
    assert settings.handler == HandlerSpec(name="burn", cpu_micros=9, attempts=7)
    assert settings.init == InitCost(memory_mib=5)


def test_the_environment_alone_is_enough(started: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """What a launcher writes with `to_environment`, a worker without options reads back."""
    wanted = WorkerSettings(
        worker_id="w7", topic="t", ledger_topic="l", init=InitCost(cpu_seconds=2), handler=HandlerSpec(name="count")
    )
    for name, value in (wanted.to_environment() | KafkaSettings(client_id="c").to_environment()).items():
        monkeypatch.setenv(name, value)
    run(monkeypatch=monkeypatch)
    assert started[0][0] == wanted
    assert started[0][1].client_id == "c"


def test_bad_settings_are_all_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With their names, by an error that ends in exit code 2."""
    monkeypatch.setenv("WEIR_WORKER_COMMIT_INTERVAL_SECONDS", "0")
    with pytest.raises(SettingsError, match=r"(?s)events.*commit_interval_seconds") as caught:
        cli.process(events="xml")
    assert caught.value.exit_code == 2


def test_the_help_has_examples() -> None:
    """One for each thing that people come for."""
    import typer  # noqa: PLC0415  # only this test needs it

    app = typer.Typer()
    app.command()(cli.process)
    text = CliRunner().invoke(app, ["--help"]).output
    for words in ("--handler burn --cpu-micros 50", "mymodule:handle", "/readyz"):
        assert words in text


def test_a_worker_without_a_name_is_called_after_host_and_process() -> None:
    """So names are unique where nobody chose them."""
    assert worker_name(WorkerSettings()) != worker_name(WorkerSettings(worker_id="w"))
    assert worker_name(WorkerSettings(worker_id="w")) == "w"


def test_aiokafkas_defaults_are_not_relied_on() -> None:
    """Each of them would be a trap: skipping the backlog, committing what was not processed, another assignor."""
    options = consumer_options(WorkerSettings(session_timeout_seconds=8), KafkaSettings(), "w")
    assert options["auto_offset_reset"] == "earliest"
    assert options["enable_auto_commit"] is False
    assert (options["session_timeout_ms"], options["rebalance_timeout_ms"]) == (8_000, 8_000)
    assert len(options["partition_assignment_strategy"]) == 1
    assert options["fetch_min_bytes"] == 1


async def test_a_worker_that_cannot_start_has_failed_and_says_why(caplog: pytest.LogCaptureFixture) -> None:
    """The phase, the reason and the error are one and the same; in its log it is an error."""
    nobody = KafkaSettings(bootstrap_servers="127.0.0.1:9", request_timeout_seconds=0.5)
    worker = Worker(WorkerSettings(), nobody)
    ports: list[int] = []
    with pytest.raises(Exception, match="no Kafka at 127"):
        await worker.run(asyncio.Event(), ports.append)
    assert ports
    assert worker.status().phase == "failed"
    assert "no Kafka" in (worker.status().reason or "")
    assert ("ERROR", "failed") in [(record.levelname, record.getMessage()) for record in caplog.records]
