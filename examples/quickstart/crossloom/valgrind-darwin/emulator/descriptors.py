"""The guest's table of file descriptors."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .errors import DarwinError, Errno
from .files import Node, Stream


@dataclass(frozen=True)
class Descriptor:
    """An entry of the table."""

    node: Node
    close_on_exec: bool = False


class Descriptors:
    """Numbers to open files. `limit` is the first number that can't be used (RLIMIT_NOFILE)."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._table = {number: Descriptor(Stream(number)) for number in range(3)}

    def get(self, number: int) -> Descriptor:
        """Raises EBADF for a number that is not open."""
        try:
            return self._table[number]
        except KeyError:
            raise DarwinError(Errno.EBADF) from None

    def add(self, descriptor: Descriptor, lowest: int = 0) -> int:
        """Puts it at the lowest free number from `lowest` on, and returns that. Raises EINVAL or EMFILE."""
        if not 0 <= lowest < self.limit:
            raise DarwinError(Errno.EINVAL)
        for number in range(lowest, self.limit):
            if number not in self._table:
                self._table[number] = descriptor
                return number
        raise DarwinError(Errno.EMFILE)

    def put(self, number: int, descriptor: Descriptor) -> None:
        """Puts it at `number`, closing what was there."""
        if not 0 <= number < self.limit:
            raise DarwinError(Errno.EBADF)
        if number in self._table:
            self.close(number)
        self._table[number] = descriptor

    def set_close_on_exec(self, number: int, value: bool) -> None:
        """FD_CLOEXEC of one number."""
        self._table[number] = replace(self.get(number), close_on_exec=value)

    def close(self, number: int) -> None:
        """Removes a number; the file itself is closed with its last one."""
        node = self.get(number).node
        del self._table[number]
        if all(other.node is not node for other in self._table.values()):
            node.close()
