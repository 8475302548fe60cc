"""The guest's address space: regions as Darwin keeps them, over memory that Unicorn executes from.

Every region is one mapping of Unicorn, backed by memory that Python holds. So splitting a region copies nothing, and
the kernel's side reads and writes the same bytes as the guest without asking Unicorn.
"""

from __future__ import annotations

import ctypes
import mmap
import struct
from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import Any

from .errors import DarwinError, EmulatorError, Errno
from .macho import PAGE

READ, WRITE, EXECUTE = 1, 2, 4
"""Bits of a protection, the same for PROT_*, VM_PROT_* and Unicorn."""
ALL = READ | WRITE | EXECUTE
TOP = 0x7FFF_FFE0_0000
"""The first address that a process can't map (MACH_VM_MAX_ADDRESS); the comm page lies there."""


class Backing:
    """Host memory behind regions, `size` bytes at `pointer`. `path` is the guest's name of the file, or empty."""

    def __init__(self, store: mmap.mmap, path: str = "") -> None:
        self._store = store
        self.path = path
        self.size = page_up(len(store))
        self.pointer = ctypes.addressof(ctypes.c_char.from_buffer(store))

    @classmethod
    def zeroed(cls, size: int, content: bytes = b"", path: str = "") -> Backing:
        """`size` bytes that begin with `content`; the rest is zero."""
        store = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        store[: len(content)] = content
        return cls(store, path)


@dataclass(frozen=True)
class Region:
    """A run of pages with the same attributes: [start, end). `offset` is that of `start` in `backing`."""

    start: int
    end: int
    protection: int
    max_protection: int
    backing: Backing
    offset: int
    tag: int = 0
    shared: bool = False

    @property
    def size(self) -> int:
        """Bytes."""
        return self.end - self.start

    def host(self, address: int) -> int:
        """The host's address of a guest address in the region."""
        return self.backing.pointer + self.offset + address - self.start


class Memory:
    """The address space. Addresses are guest addresses; sizes are in bytes; ranges are whole pages."""

    def __init__(self, unicorn: Any, lowest: int) -> None:
        self._unicorn = unicorn
        self._regions: list[Region] = []
        self._lowest = lowest

    def map(self, region: Region) -> None:
        """Adds a region in place of whatever was there."""
        self.unmap(region.start, region.end)
        self._insert(region)

    def unmap(self, start: int, end: int) -> None:
        """Removes what is mapped in the range, if anything."""
        for region in self._overlapping(start, end):
            self._remove(region)
            for piece in _outside(region, start, end):
                self._insert(piece)

    def protect(self, start: int, end: int, protection: int) -> None:
        """Sets the protection. Raises ENOMEM when pages are missing, EACCES when a region's maximum forbids it."""
        regions = self._overlapping(start, end)
        at = start
        for region in regions:
            if region.start > at:
                raise DarwinError(Errno.ENOMEM)
            at = region.end
        if at < end:
            raise DarwinError(Errno.ENOMEM)
        if any(protection & ~region.max_protection for region in regions):
            raise DarwinError(Errno.EACCES)
        for region in regions:
            self._remove(region)
            for piece in _outside(region, start, end):
                self._insert(piece)
            self._insert(replace(_inside(region, start, end), protection=protection))

    def free_range(self, size: int, hint: int) -> int:
        """The lowest free address at or above `hint` with room for `size` bytes. Raises ENOMEM when there is none."""
        at = max(hint, self._lowest)
        for region in self._regions:
            if region.start >= at + size:
                break
            at = max(at, region.end)
        if at + size > TOP:
            raise DarwinError(Errno.ENOMEM)
        return at

    def in_bounds(self, start: int, end: int) -> bool:
        """Whether a process may map the range at all."""
        return self._lowest <= start <= end <= TOP

    def at_or_after(self, address: int) -> Region | None:
        """The region that holds `address`, or else the next one; what mach_vm_region and proc_info look up."""
        return next((region for region in self._regions if region.end > address), None)

    def regions(self) -> tuple[Region, ...]:
        """All regions, by address."""
        return tuple(self._regions)

    def read(self, address: int, size: int) -> bytes:
        """A copy of guest memory. Raises EFAULT when some of it can't be read."""
        parts = []
        while size:
            region = self._accessible(address, READ)
            count = min(size, region.end - address)
            parts.append(ctypes.string_at(region.host(address), count))
            address += count
            size -= count
        return b"".join(parts)

    def write(self, address: int, data: bytes) -> None:
        """Stores into guest memory. Raises EFAULT when some of it can't be written; nothing is stored then."""
        places = []
        at, left = address, len(data)
        while left:
            region = self._accessible(at, WRITE)
            count = min(left, region.end - at)
            places.append((region, at, count))
            at += count
            left -= count
        for region, start, count in places:
            ctypes.memmove(region.host(start), data[start - address : start - address + count], count)
            if region.protection & EXECUTE:
                self._forget_code()

    def string(self, address: int, limit: int = 1024) -> str:
        """A string that ends in 0 within `limit` bytes. Raises EFAULT or ENAMETOOLONG."""
        text = bytearray()
        while len(text) < limit:
            region = self._accessible(address, READ)
            chunk = self.read(address, min(region.end - address, limit - len(text)))
            head, zero, _ = chunk.partition(b"\0")
            text += head
            if zero:
                return text.decode("utf-8", "surrogateescape")
            address += len(chunk)
        raise DarwinError(Errno.ENAMETOOLONG)

    def unpack(self, layout: str, address: int) -> tuple[Any, ...]:
        """Values at `address` by a struct layout, little endian."""
        return struct.unpack("<" + layout, self.read(address, struct.calcsize("<" + layout)))

    def pack(self, layout: str, address: int, *values: int) -> None:
        """Stores values by a struct layout, little endian."""
        self.write(address, struct.pack("<" + layout, *values))

    def _accessible(self, address: int, access: int) -> Region:
        index = bisect_right(self._regions, address, key=lambda region: region.start) - 1
        if index >= 0:
            region = self._regions[index]
            if address < region.end and region.protection & access:
                return region
        raise DarwinError(Errno.EFAULT)

    def _overlapping(self, start: int, end: int) -> list[Region]:
        return [region for region in self._regions if region.start < end and start < region.end]

    def _insert(self, region: Region) -> None:
        if region.offset + region.size > region.backing.size:
            raise EmulatorError(f"a mapping at {region.start:#x} is larger than the memory behind it")
        self._unicorn.mem_map_ptr(region.start, region.size, _hardware(region.protection), region.host(region.start))
        index = bisect_right(self._regions, region.start, key=lambda other: other.start)
        self._regions.insert(index, region)

    def _remove(self, region: Region) -> None:
        self._unicorn.mem_unmap(region.start, region.size)
        self._regions.remove(region)
        if region.protection & EXECUTE:
            self._forget_code()

    def _forget_code(self) -> None:
        # Unicorn notices when the guest overwrites code that it has translated, but not when the kernel's side does.
        self._unicorn.ctl_flush_tb()


def page_down(address: int) -> int:
    """The start of the page that holds `address`."""
    return address // PAGE * PAGE


def page_up(size: int) -> int:
    """`size` rounded up to whole pages."""
    return -(-size // PAGE) * PAGE


def _hardware(protection: int) -> int:
    """What an x86 page can express: whatever may be written or executed may be read."""
    return protection | READ if protection & (WRITE | EXECUTE) else protection


def _inside(region: Region, start: int, end: int) -> Region:
    first, last = max(region.start, start), min(region.end, end)
    return replace(region, start=first, end=last, offset=region.offset + first - region.start)


def _outside(region: Region, start: int, end: int) -> list[Region]:
    pieces = []
    if region.start < start:
        pieces.append(replace(region, end=start))
    if end < region.end:
        pieces.append(replace(region, start=end, offset=region.offset + end - region.start))
    return pieces
