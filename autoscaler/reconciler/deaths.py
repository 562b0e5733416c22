"""Processes that ended: the pod goes with it if it was to go, or else is started again, sooner or later."""

import json
import signal
from dataclasses import replace

from autoscaler.reconciler.back_off import next_wait
from autoscaler.reconciler.model import Exit, Happening, Pod, Remove
from autoscaler.reconciler.sight import without_process
from autoscaler.reconciler.world import Change, World

_SIGNALS = {number.value: number.name for number in signal.Signals}
_LAST_WORDS_LENGTH = 200


def bury(pod: Pod, world: World) -> Change:
    """End the pod if it is deleted, or else say when it is started again.

    What is left of the process stays with the backend until then, so that its log can still be looked at.
    """
    exit_ = _exit(pod, world)
    if exit_ is None or pod.launched_at is None:
        return Change(pod=pod)
    if pod.deleted_at is not None:
        gone = Happening(at_seconds=world.now, kind="gone", subject=pod.name, detail=words(exit_))
        return Change(pod=None, actions=(Remove(name=pod.name),), happenings=(gone,))
    wait, following = next_wait(pod.back_off_seconds, exit_.at_seconds - pod.launched_at, pod.spec.back_off)
    why = f"CrashLoopBackOff: {wait:g} s until restart {pod.restarts + 1}, {words(exit_)}" if wait else None
    buried = replace(
        without_process(pod, world.now),
        last_exit=exit_,
        back_off_seconds=following,
        start_at=min(exit_.at_seconds, world.now) + wait,  # backends look, and date, after the tick began
        pending_reason=why,
    )
    backing_off = (Happening(at_seconds=world.now, kind="back-off", subject=pod.name, detail=why),) if why else ()
    return Change(pod=buried, happenings=(_obituary(pod, exit_, world.now), *backing_off))


def words(exit_: Exit) -> str:
    """How it ended, in words."""
    if not exit_.started:
        return f"it could not be started: {last_line(exit_) or 'no reason was given'}"
    if exit_.oom_killed:
        return "OOMKilled: it used more memory than its limit"
    if exit_.signal is not None:
        return f"signal {exit_.signal} ({_SIGNALS.get(exit_.signal, 'unknown')})"
    return "it vanished without an exit code" if exit_.code is None else f"exit code {exit_.code}"


def last_line(exit_: Exit) -> str:
    """The last line of its log in words, cut short; empty when it said nothing."""
    return _said((exit_.last_words.strip().splitlines() or [""])[-1])[:_LAST_WORDS_LENGTH]


def _said(line: str) -> str:
    """Of a line of JSON, as our own workers write it, what happened and why; any other line as it is."""
    try:
        document = json.loads(line)
    except ValueError:
        return line
    said = [document.get(name) for name in ("event", "why")] if isinstance(document, dict) else []
    return ": ".join(str(word) for word in said if word) or line


def _exit(pod: Pod, world: World) -> Exit | None:
    """How its process ended; None while it runs, or is awaited.  One that is shown no more ended in an unknown way."""
    if not pod.running or not pod.seen:
        return None
    process = world.process(pod)
    return Exit(at_seconds=world.now) if process is None else process.exit


def _obituary(pod: Pod, exit_: Exit, now: float) -> Happening:
    """Told at the tick's time, as everything is; how long it ran is told by the backend's clock."""
    assert pod.launched_at is not None
    after = f" after {exit_.at_seconds - pod.launched_at:.1f} s" if exit_.started else ""
    parts = [words(exit_) + after]
    if pod.kill_reason:
        parts.append(f"ended for {pod.kill_reason}")
    if exit_.started and (said := last_line(exit_)):
        parts.append(f"last words: {said}")
    kind = "oom-kill" if exit_.oom_killed else "exit"
    return Happening(at_seconds=now, kind=kind, subject=pod.name, detail="; ".join(parts))
