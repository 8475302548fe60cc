"""BSD system calls about memory."""

from __future__ import annotations

import mmap as host_mmap
import os

from .calls import BSD, Result, signed
from .errors import DarwinError, Errno, errno_of
from .macho import PAGE
from .memory import ALL, WRITE, Backing, Region, page_up
from .process import Process

MAP_SHARED, MAP_PRIVATE, MAP_FIXED, MAP_ANONYMOUS = 0x1, 0x2, 0x10, 0x1000
HINTS = 0x40 | 0x100 | 0x200 | 0x400 | 0x800
"""MAP_NORESERVE, NOEXTEND, HASSEMAPHORE, NOCACHE and JIT: they change nothing that a guest could see here."""
MAXIMUM_SIZE = 1 << 36
"""Bytes of one mapping; more is a mistake, and would not fit into the host."""


@BSD.add(197)
def mmap(
    process: Process, address: int, size: int, protection: int, flags: int, descriptor: int, offset: int
) -> Result:
    """New memory, or a file's bytes. For anonymous memory the descriptor's high byte is a tag, or it is -1."""
    flags &= 0xFFFFFFFF
    if flags & ~(MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | HINTS):
        raise process.unsupported(f"mmap with flags {flags:#x}")
    size = page_up(size)
    if not size or offset % PAGE or bool(flags & MAP_SHARED) == bool(flags & MAP_PRIVATE):
        raise DarwinError(Errno.EINVAL)
    if size > MAXIMUM_SIZE:
        raise DarwinError(Errno.ENOMEM)
    number = signed(descriptor)
    shared = bool(flags & MAP_SHARED)
    if flags & MAP_ANONYMOUS:
        if number != -1 and (number & 0xFFFFFF or offset):
            raise DarwinError(Errno.EINVAL)
        tag, maximum = (0 if number == -1 else number >> 24 & 0xFF), ALL
    else:
        tag, maximum = 0, ALL
        if shared and process.descriptors.get(number).node.flags & 3 == os.O_RDONLY:
            maximum = ALL & ~WRITE
    protection &= ALL
    if protection & ~maximum:
        raise DarwinError(Errno.EACCES)
    if flags & MAP_FIXED:
        if address % PAGE or not process.memory.in_bounds(address, address + size):
            raise DarwinError(Errno.EINVAL)
    else:
        address = process.memory.free_range(size, page_up(address))
    backing = Backing.zeroed(size) if flags & MAP_ANONYMOUS else _file(process, number, size, offset, shared)
    process.memory.map(Region(address, address + size, protection, maximum, backing, 0, tag, shared))
    return address


@BSD.add(73)
def munmap(process: Process, address: int, size: int) -> Result:
    """Unmapping what is not mapped is no error."""
    end = address + page_up(size)
    if address % PAGE or not size or not process.memory.in_bounds(address, end):
        raise DarwinError(Errno.EINVAL)
    process.memory.unmap(address, end)
    return 0


@BSD.add(74)
def mprotect(process: Process, address: int, size: int, protection: int) -> Result:
    """Raises ENOMEM when some page is not mapped."""
    if address % PAGE:
        raise DarwinError(Errno.EINVAL)
    if protection & 0xFFFFFFFF & ~ALL:
        raise process.unsupported(f"mprotect with protection {protection:#x}")
    process.memory.protect(address, address + page_up(size), protection & ALL)
    return 0


@BSD.add(75)
def madvise(process: Process, address: int, size: int, advice: int) -> Result:
    """The advice that only concerns speed (0 to 4) is taken note of; what changes contents is not implemented."""
    if not 0 <= signed(advice) <= 4:
        raise process.unsupported(f"madvise with advice {signed(advice)}")
    return 0


@BSD.add(65, 405)
def msync(process: Process, address: int, size: int, flags: int) -> Result:
    """Shared mappings are the host's own, so there is nothing to write back."""
    if address % PAGE:
        raise DarwinError(Errno.EINVAL)
    return 0


def _file(process: Process, number: int, size: int, offset: int, shared: bool) -> Backing:
    """A file's bytes as memory. Private ones are a copy; pages past the end are zero, where Darwin would fault."""
    entry = process.descriptors.get(number)
    host = entry.node.host_descriptor()
    try:
        if not shared:
            return Backing.zeroed(size, os.pread(host, size, offset), entry.node.path)
        length = os.fstat(host).st_size
        if offset + size > page_up(length):
            raise process.unsupported(f"a shared mapping past the end of {entry.node.path}")
        if entry.node.flags & 3 == os.O_RDONLY:
            # Nobody writes to such a file here, so a copy looks the same.
            return Backing.zeroed(size, os.pread(host, size, offset), entry.node.path)
        access = host_mmap.PROT_READ | host_mmap.PROT_WRITE
        # The mapping is whole pages all the same; Python counts bytes, and not beyond the file's end.
        count = min(size, length - offset)
        return Backing(host_mmap.mmap(host, count, host_mmap.MAP_SHARED, access, offset=offset), entry.node.path)
    except OSError as error:
        raise DarwinError(errno_of(error)) from error
