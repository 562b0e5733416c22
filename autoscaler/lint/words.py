"""Numbers and lists in sentences."""

from collections.abc import Sequence


def counted(number: int, thing: str) -> str:
    """`1 worker`, `1,200 workers`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def have(names: Sequence[str], where: str) -> str:
    """`app in Deployment worker has`, `app, proxy in Deployment worker have`."""
    return f"{', '.join(names)} in {where} {'has' if len(names) == 1 else 'have'}"
