"""What keeps a tick from going on as it should: each failure is counted, and told as a reason to hold."""

from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import TypeVar

Value = TypeVar("Value")


@dataclass(slots=True)
class Holds:
    """`failures` counts over all ticks, by part; the reasons are those of the present one."""

    failures: Counter[str] = field(default_factory=Counter)
    _reasons: list[str] = field(default_factory=list)

    def begin(self) -> None:
        """A new tick."""
        self._reasons = []

    async def guard(self, part: str, doing: Awaitable[Value]) -> Value | None:
        """What `doing` gives, or None when it fails."""
        try:
            return await doing
        except Exception as error:  # noqa: BLE001  # the loop survives every failure of its parts
            self.failed(part, f"{part}: {str(error) or type(error).__name__}")
            return None

    def failed(self, part: str, why: str) -> None:
        """A part could not do what it should."""
        self.failures[part] += 1
        self._reasons.append(why)

    @property
    def words(self) -> str | None:
        """Every reason of this tick; None = there is none."""
        return "; ".join(self._reasons) or None
