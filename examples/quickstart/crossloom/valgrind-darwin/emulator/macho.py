"""Reads static x86_64 Mach-O executables, as strictly as Darwin's kernel does.

Source: mach-o/loader.h, and bsd/kern/mach_loader.c of xnu for what is refused.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from .errors import MachoError

PAGE = 0x1000
"""Bytes of a page."""

MAGIC_64 = 0xFEEDFACF
CPU_TYPE_X86_64 = 0x01000007
TYPE_EXECUTE = 2
LC_REQ_DYLD = 0x80000000
LC_UNIXTHREAD = 0x5
LC_SEGMENT_64 = 0x19
DYNAMIC = {
    0xC: "LC_LOAD_DYLIB",
    0xE: "LC_LOAD_DYLINKER",
    0x28 | LC_REQ_DYLD: "LC_MAIN",
    0x22 | LC_REQ_DYLD: "LC_DYLD_INFO_ONLY",
    0x33 | LC_REQ_DYLD: "LC_DYLD_EXPORTS_TRIE",
    0x34 | LC_REQ_DYLD: "LC_DYLD_CHAINED_FIXUPS",
}
"""Load commands that only a dynamic linker can act on."""
THREAD_STATE64 = 4
THREAD_STATE64_COUNT = 42
THREAD_REGISTERS = "rax rbx rcx rdx rdi rsi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 rip rflags cs fs gs".split()
"""Order of x86_thread_state64_t: 21 words of 64 bits."""
MINIMUM_PAGEZERO = 0x1_0000_0000
"""Bytes that x86_64 processes must leave unmapped at address 0."""


@dataclass(frozen=True)
class Segment:
    """One LC_SEGMENT_64. Addresses and sizes are in bytes; protections are bits 1 read, 2 write, 4 execute."""

    name: str
    address: int
    size: int
    file_offset: int
    file_size: int
    max_protection: int
    protection: int

    @property
    def end(self) -> int:
        """The first address after the segment, rounded up to a page."""
        return -(-(self.address + self.size) // PAGE) * PAGE


@dataclass(frozen=True)
class Image:
    """An executable: its segments in file order, and the registers that it asks to start with."""

    segments: tuple[Segment, ...]
    registers: dict[str, int]

    @property
    def lowest_address(self) -> int:
        """The end of __PAGEZERO: the kernel maps nothing below it."""
        return next(segment.end for segment in self.segments if segment.address == 0)


def parse(data: bytes) -> Image:
    """The image in `data`, a whole file. Raises MachoError naming the first fault."""
    if len(data) < 32:
        raise MachoError(f"not a Mach-O file: {len(data)} bytes are too few for a header")
    magic, cpu, _, kind, count, size, _, _ = struct.unpack_from("<8I", data)
    if magic != MAGIC_64:
        raise MachoError(f"not a 64-bit Mach-O file: it begins with {magic:#010x}, not {MAGIC_64:#010x}")
    if cpu != CPU_TYPE_X86_64:
        raise MachoError(f"not for x86_64: its processor type is {cpu:#x}")
    if kind != TYPE_EXECUTE:
        raise MachoError(f"not an executable: its file type is {kind}, not {TYPE_EXECUTE}")
    if 32 + size > len(data):
        raise MachoError(f"truncated: {size} bytes of load commands do not fit in a file of {len(data)}")
    segments: list[Segment] = []
    registers: dict[str, int] | None = None
    for command, body in _commands(data[32 : 32 + size], count):
        if command in DYNAMIC:
            raise MachoError(f"not static: it has {DYNAMIC[command]}, which needs a dynamic linker")
        if command == LC_SEGMENT_64:
            segments.append(_segment(body, len(data)))
        elif command == LC_UNIXTHREAD:
            if registers is not None:
                raise MachoError("it has more than one LC_UNIXTHREAD")
            registers = _thread(body)
    if registers is None:
        raise MachoError("it has no LC_UNIXTHREAD, so a static executable has no entry point")
    image = Image(tuple(segments), registers)
    _check(image)
    return image


def _commands(data: bytes, count: int) -> Iterator[tuple[int, bytes]]:
    """Each load command's number and its bytes, header included."""
    offset = 0
    for index in range(count):
        if offset + 8 > len(data):
            raise MachoError(f"load command {index} of {count} lies outside of the load commands")
        command, size = struct.unpack_from("<II", data, offset)
        if size < 8 or size % 8 or offset + size > len(data):
            raise MachoError(f"load command {index} ({command:#x}) has an impossible size, {size}")
        yield command, data[offset : offset + size]
        offset += size


def _segment(body: bytes, file_length: int) -> Segment:
    if len(body) < 72:
        raise MachoError(f"LC_SEGMENT_64 has {len(body)} bytes, not 72 or more")
    raw, address, size, offset, file_size, max_protection, protection = struct.unpack_from("<16s4Q2I", body, 8)
    name = raw.rstrip(b"\0").decode("ascii", "replace")
    if address % PAGE or offset % PAGE:
        raise MachoError(f"{name} is not aligned to pages: address {address:#x}, file offset {offset:#x}")
    if offset + file_size > file_length:
        raise MachoError(f"{name} lies outside of the file: {offset:#x} + {file_size:#x} of {file_length:#x}")
    if file_size > -(-size // PAGE) * PAGE:
        raise MachoError(f"{name} has more bytes in the file ({file_size:#x}) than in memory ({size:#x})")
    if protection & ~max_protection:
        raise MachoError(f"{name} asks for protection {protection}, more than its maximum {max_protection}")
    return Segment(name, address, size, offset, file_size, max_protection, protection)


def _thread(body: bytes) -> dict[str, int]:
    if len(body) < 16 + 4 * THREAD_STATE64_COUNT:
        raise MachoError(f"LC_UNIXTHREAD has {len(body)} bytes, too few for x86_THREAD_STATE64")
    flavor, count = struct.unpack_from("<II", body, 8)
    if (flavor, count) != (THREAD_STATE64, THREAD_STATE64_COUNT):
        raise MachoError(f"LC_UNIXTHREAD has flavor {flavor} and count {count}, not x86_THREAD_STATE64 (4) and 42")
    return dict(zip(THREAD_REGISTERS, struct.unpack_from("<21Q", body, 16), strict=True))


def _check(image: Image) -> None:
    """What the kernel refuses though each command by itself is sound."""
    mapped = sorted((segment for segment in image.segments if segment.size), key=lambda segment: segment.address)
    for below, above in pairwise(mapped):
        if below.end > above.address:
            raise MachoError(f"{below.name} ({below.address:#x} to {below.end:#x}) overlaps {above.name}")
    zero = mapped[0] if mapped else None
    if zero is None or zero.address != 0 or zero.protection or zero.end < MINIMUM_PAGEZERO:
        raise MachoError("it has no inaccessible __PAGEZERO of 4 GiB, which x86_64 executables must have")
    entry = image.registers["rip"]
    if not any(s.address <= entry < s.end and s.protection & 4 for s in mapped):
        raise MachoError(f"its entry point {entry:#x} is in no executable segment")
    stack = image.registers["rsp"]
    if not any(s.address < stack <= s.end and s.protection & 3 == 3 for s in mapped):
        raise MachoError(f"its stack pointer {stack:#x} is in no writable segment (there is no __UNIXSTACK for it)")
