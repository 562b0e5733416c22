"""`value` and `replace`: frozen dataclasses for type checkers, without the price of frozen ones at run time.

Apart because it is a trick, and should be one in one place.  A frozen dataclass stores each field through
`object.__setattr__`, some ten times the price of a plain store, and one with slots has no `__dict__`, from which orjson
writes it and `replace` copies it: together that was a third of the time in which `weir decide` answers a line.

So immutability is held by mypy, which sees `dataclasses.dataclass` here, by a test that no pure module writes to
another object's fields, and by one that every policy leaves what it was given as it was.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as value
    from dataclasses import replace
else:
    from dataclasses import dataclass

    def value(*, frozen: bool, slots: bool, kw_only: bool = False):  # noqa: ANN201  # a type checker never sees it
        """The decorator, with the options of a frozen dataclass: equal by fields, hashable, replaceable."""
        assert frozen, "a value is frozen"
        assert slots, "a value has no fields beside those that it names"
        return dataclass(kw_only=kw_only, eq=True, unsafe_hash=True)

    def replace(instance, /, **changes):  # noqa: ANN001, ANN003, ANN201  # a type checker never sees it
        """`dataclasses.replace` for a value, in a third of the time."""
        return type(instance)(**{**vars(instance), **changes})


__all__ = ["replace", "value"]
