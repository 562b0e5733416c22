"""What processes use: CPU and memory of whole sessions, since a worker leads one of its own with all its children."""

import os
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Vitals:
    """CPU of a session so far, with its ended children; memory that it holds, pages shared by two counted twice."""

    cpu_seconds: float
    memory_bytes: float


def session_vitals(leaders: Collection[int]) -> Mapping[int, Vitals]:
    """Of the sessions that these processes lead; one whose processes cannot be looked at is missing."""
    vitals: dict[int, Vitals] = {}
    for leader, members in _members(leaders).items():
        known = [v for v in map(_vitals, members) if v]
        if known:
            vitals[leader] = Vitals(sum(v.cpu_seconds for v in known), sum(v.memory_bytes for v in known))
    return vitals


def _members(leaders: Collection[int]) -> Mapping[int, list[int]]:
    """One pass over all processes: asking each worker for its children would be a pass for each."""
    members: dict[int, list[int]] = defaultdict(list)
    for pid in psutil.pids() if leaders else ():
        try:
            session = os.getsid(pid)
        except OSError:  # it has just ended
            continue
        if session in leaders:
            members[session].append(pid)
    return members


def _vitals(pid: int) -> Vitals | None:
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            cpu = process.cpu_times()
            memory = process.memory_info().rss
    except psutil.Error:
        return None
    return Vitals(cpu.user + cpu.system + cpu.children_user + cpu.children_system, float(memory))
