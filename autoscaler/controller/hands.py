"""What the reconciler asked for, done with the backend."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from autoscaler.backends.base import Backend
from autoscaler.controller.holds import Holds
from autoscaler.reconciler.model import Action, Kill, Launch, Stop
from autoscaler.releases import Releases

PATIENCE_SECONDS = 3.0
"""For how long a tick waits for what it asked for: an engine may need a minute for a single container."""


@dataclass(slots=True)
class Hands:
    """`actions` counts what was done, and what failed, by the kind of the action."""

    backend: Backend
    releases: Releases
    holds: Holds
    actions: "Counter[tuple[type[Action], bool]]" = field(default_factory=Counter)
    patience_seconds: float = PATIENCE_SECONDS
    _under_way: "dict[str, asyncio.Task[None]]" = field(default_factory=dict)

    async def carry_out(self, actions: Sequence[Action]) -> None:
        """All of them: those of different workers at the same time.

        What takes longer goes on by itself; until it is done nothing else is done with that worker.
        """
        self._under_way = {name: task for name, task in self._under_way.items() if not task.done()}
        begun = {}
        for name, of_one in _by_name(actions).items():
            if name in self._under_way:
                self.holds.failed("backend", f"{name}: {_words(of_one)} has to wait: an action is still under way")
            else:
                begun[name] = asyncio.create_task(self._in_order(of_one))
        self._under_way |= begun
        if begun:
            await asyncio.wait(begun.values(), timeout=self.patience_seconds)

    async def _in_order(self, actions: Sequence[Action]) -> None:
        """One worker's actions, one after the other: its remains are removed before it is launched again."""
        for action in actions:
            done = await self.holds.guard("backend", self._act(action))
            self.actions[type(action), bool(done)] += 1

    async def _act(self, action: Action) -> bool:
        """True: the guard makes None of a failure."""
        match action:
            case Launch():
                await self.backend.launch(action.name, action.generation, self.releases.template(action.revision))
            case Stop():
                await self.backend.stop(action.name)
            case Kill():
                await self.backend.kill(action.name)
            case _:
                await self.backend.remove(action.name)
        return True


def _by_name(actions: Sequence[Action]) -> Mapping[str, Sequence[Action]]:
    names = dict.fromkeys(action.name for action in actions)
    return {name: [action for action in actions if action.name == name] for name in names}


def _words(actions: Sequence[Action]) -> str:
    return ", ".join(type(action).__name__.lower() for action in actions)
