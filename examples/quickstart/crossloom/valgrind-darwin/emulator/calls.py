"""Tables of calls, filled by the modules that implement them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Result = int | tuple[int, int] | None
"""What a call returns: RAX, or RAX and RDX, or nothing, which is 0."""


@dataclass(frozen=True)
class Call:
    """One implemented call: it takes the process and `arity` arguments, each an unsigned 64-bit word."""

    handler: Callable[..., Any]
    arity: int


class Table:
    """Numbers to calls."""

    def __init__(self) -> None:
        self._calls: dict[int, Call] = {}

    def add(self, *numbers: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Decorates an implementation: its parameters are the process, then the arguments."""

        def register(handler: Callable[..., Any]) -> Callable[..., Any]:
            for number in numbers:
                if number in self._calls:
                    raise AssertionError(f"call {number} is implemented twice")
                self._calls[number] = Call(handler, len(inspect.signature(handler).parameters) - 1)
            return handler

        return register

    def get(self, number: int) -> Call | None:
        """The call, if it is implemented."""
        return self._calls.get(number)


def signed(value: int, bits: int = 32) -> int:
    """The low `bits` of a register as a signed number: what a C int or off_t argument means."""
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> bits - 1 else value


BSD = Table()
MACH = Table()
MACHINE = Table()
