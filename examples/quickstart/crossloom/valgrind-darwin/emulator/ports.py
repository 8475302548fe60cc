"""Names of Mach ports, and the semaphores behind some of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from .errors import KernReturn, MachError

TASK, THREAD, HOST = 0x103, 0x203, 0x303
"""The ports of this task, its only thread, and the host. Names have an index from bit 8 on and 3 in the low bits."""


@dataclass
class Ports:
    """What the task holds: reply ports, and semaphores with their counts."""

    replies: set[int] = field(default_factory=set)
    semaphores: dict[int, int] = field(default_factory=dict)
    _next: int = 0x403

    def new_reply(self) -> int:
        """A port to receive replies on."""
        name = self._name()
        self.replies.add(name)
        return name

    def new_semaphore(self, value: int) -> int:
        """A semaphore that `value` waits pass before one blocks."""
        name = self._name()
        self.semaphores[name] = value
        return name

    def semaphore(self, name: int) -> int:
        """A semaphore's count. Raises INVALID_NAME for any other port."""
        if name not in self.semaphores:
            raise MachError(KernReturn.INVALID_NAME)
        return self.semaphores[name]

    def _name(self) -> int:
        name = self._next
        self._next += 0x100
        return name
