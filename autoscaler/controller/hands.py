"""What the reconciler asked for, done with the backend."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from autoscaler.backends.base import Backend
from autoscaler.controller.holds import Holds
from autoscaler.reconciler.model import Action, Kill, Launch, Stop
from autoscaler.releases import Releases


@dataclass(slots=True)
class Hands:
    """`actions` counts what was done, and what failed, by the kind of the action."""

    backend: Backend
    releases: Releases
    holds: Holds
    actions: "Counter[tuple[type[Action], bool]]" = field(default_factory=Counter)

    async def carry_out(self, actions: Sequence[Action]) -> None:
        """All of them: those of different workers at the same time."""
        await asyncio.gather(*(self._in_order(of_one) for of_one in _by_name(actions)))

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


def _by_name(actions: Sequence[Action]) -> Iterable[Sequence[Action]]:
    names = dict.fromkeys(action.name for action in actions)
    return [[action for action in actions if action.name == name] for name in names]
