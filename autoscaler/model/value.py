"""`value`: a frozen dataclass for type checkers, and one without the price of a frozen one at run time.

Apart because it is a trick, and should be one in one place.  A frozen dataclass stores each field through
`object.__setattr__`, some ten times the price of a plain store: that was a fourth of the time in which
`weir decide` reads a line.  So immutability is held by mypy, which sees `dataclasses.dataclass` here, by a test that no
pure module assigns to another object's fields, and by one that every policy leaves what it was given as it was.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as value
else:
    from dataclasses import dataclass

    def value(*, frozen: bool, slots: bool, kw_only: bool = False):  # noqa: ANN201  # a type checker never sees it
        """The decorator, with the options of a frozen dataclass: equal by fields, hashable, replaceable."""
        assert frozen, "a value is frozen"
        return dataclass(slots=slots, kw_only=kw_only, eq=True, unsafe_hash=True)


__all__ = ["value"]
