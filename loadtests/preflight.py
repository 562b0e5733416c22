"""What workers and producer would refuse at their start is refused before Kafka is started: handler, traces, replay."""

from collections.abc import Callable

from contract.errors import SettingsError, WeirError
from contract.scenario import Scenario
from processor.handlers import make_handler
from producer.replay import read_lines
from producer.trace import read_recordings


def check_scenario(scenario: Scenario) -> None:
    """Raises SettingsError with everything that cannot be used.  A handler of the user's own is imported for that."""
    checks = (lambda: make_handler(scenario.worker.handler), lambda: read_recordings(scenario.load.shape))
    faults = [fault for check in (*checks, lambda: _read_replay(scenario)) if (fault := _fault(check)) is not None]
    if faults:
        raise SettingsError("\n".join(faults))


def _read_replay(scenario: Scenario) -> None:
    if scenario.load.replay is not None:
        read_lines(scenario.load.replay, scenario.load.replay_key)


def _fault(check: Callable[[], object]) -> str | None:
    try:
        check()
    except WeirError as error:
        return str(error)
    return None
