"""`@factory`: cells that a function makes, found again by its arguments."""

import inspect
from collections.abc import Callable
from functools import update_wrapper
from typing import Any, Generic, ParamSpec

from segue.engine.step.cell import Cell

P = ParamSpec("P")


class _Factory(Generic[P]):
    """A function that makes cells, with the cells that it has made."""

    __qualname__: str

    def __init__(self, make: Callable[P, Cell]) -> None:
        self.make = make
        self.signature = inspect.signature(make)
        self.cells: dict[tuple[Any, ...], Cell] = {}
        update_wrapper(self, make)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Cell:
        bound = self.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        given = tuple(bound.arguments.values())
        key = tuple((type(each), each) for each in given)
        if key not in self.cells:
            made = self.make(*args, **kwargs)
            object.__setattr__(made, "made", (self, given))
            self.cells[key] = made
        return self.cells[key]

    def __reduce__(self) -> str:
        return self.__qualname__


def factory(make: Callable[P, Cell]) -> Callable[P, Cell]:
    """Mark a function that makes cells, so that they can be pickled: by its arguments.

    Equal arguments give the same cell, and with it all that was traced and compiled. The function
    stands at the top of a module, and its arguments, which have names, can be hashed and pickled.

    Example:
        >>> import segue
        >>> @segue.factory
        ... def leaky(rate: float) -> segue.Cell:
        ...     @segue.cell
        ...     def leaky(x: "H", h: "H"):
        ...         h = rate * h + x
        ...         return h, (h,)
        ...     return leaky
        >>> leaky(0.5) is leaky(rate=0.5)
        True
    """
    return _Factory(make)
