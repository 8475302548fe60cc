"""Starts a process as execve does: segments, comm page, stack and registers."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from .bsd_process import DEFAULT_LIMITS, OPEN_FILES
from .cpu import Cpu
from .descriptors import Descriptors
from .errors import DarwinError, MachoError
from .files import FileSystem
from .macho import PAGE, Image, parse
from .memory import TOP, Backing, Memory, Region, page_up
from .process import Process

COMM_PAGE = TOP
"""Address of the page that the kernel shares with every process. It is no region of the process's own."""
COMM_PAGE_VERSION = 14
FLAGS = 0x202
"""RFLAGS at the start: interrupts enabled, and the bit that is always 1."""


def start(
    path: str,
    files: FileSystem,
    arguments: Sequence[str],
    environment: Sequence[str],
    release: str = "22.6.0",
    trace: bool = False,
) -> Process:
    """A process about to execute its first instruction.

    `path` is the guest's; `arguments` follow the program's name; `environment` holds NAME=VALUE strings; `release` is
    Darwin's version. Raises MachoError when the file is not an executable that Darwin would start.
    """
    data = _contents(files, path)
    try:
        image = parse(data)
    except MachoError as error:
        raise MachoError(f"{path}: {error}") from error
    cpu = Cpu()
    memory = Memory(cpu.unicorn, image.lowest_address)
    limits = dict(DEFAULT_LIMITS)
    descriptors = Descriptors(limits[OPEN_FILES][0])
    process = Process(cpu, memory, files, descriptors, release=release, limits=limits, trace=trace)
    _map_segments(memory, image, data, path)
    _map_comm_page(cpu)
    for name, value in image.registers.items():
        if name not in ("cs", "fs", "gs"):
            cpu.set(name, value)
    cpu.set("rflags", FLAGS)
    cpu.set("rsp", _build_stack(memory, image.registers["rsp"], path, [path, *arguments], environment))
    return process


def _contents(files: FileSystem, path: str) -> bytes:
    try:
        node = files.open(path, 0, 0)
        size = node.status().size
        data = node.pread(size, 0)
        node.close()
    except DarwinError as error:
        raise MachoError(f"{path}: can't be read ({error.errno.name})") from error
    return data


def _map_segments(memory: Memory, image: Image, data: bytes, path: str) -> None:
    for segment in image.segments:
        if segment.address == 0 or segment.size == 0:
            continue
        size = page_up(segment.size)
        # Whole pages, as the kernel maps them: behind a segment's last byte stands what follows in the file.
        content = data[segment.file_offset : segment.file_offset + page_up(segment.file_size)]
        in_file = min(page_up(segment.file_size), size)
        if in_file:
            backing = Backing.zeroed(in_file, content, path)
            memory.map(
                Region(
                    segment.address, segment.address + in_file, segment.protection, segment.max_protection, backing, 0
                )
            )
        if size > in_file:
            start, end = segment.address + in_file, segment.address + size
            backing = Backing.zeroed(end - start)
            memory.map(Region(start, end, segment.protection, segment.max_protection, backing, 0))


def _map_comm_page(cpu: Cpu) -> None:
    """The fields that say what the machine is; the kernel's clocks in it stand at 0 (osfmk/i386/cpu_capabilities.h)."""
    page = bytearray(PAGE)
    struct.pack_into("<16s", page, 0x00, b"commpage 64-bit\0")
    struct.pack_into("<H", page, 0x1E, COMM_PAGE_VERSION)
    struct.pack_into("<BBBB", page, 0x22, 1, 12, 12, 0)  # processors; page shifts of kernel and user
    struct.pack_into("<BBB", page, 0x34, 1, 1, 1)  # active, physical and logical processors
    struct.pack_into("<Q", page, 0x38, 8 << 30)  # bytes of memory
    cpu.unicorn.mem_map(COMM_PAGE, PAGE, 1)
    cpu.unicorn.mem_write(COMM_PAGE, bytes(page))


def _build_stack(memory: Memory, top: int, path: str, arguments: Sequence[str], environment: Sequence[str]) -> int:
    """Strings, then the vectors of pointers to them, then the count of arguments, where the result points."""
    apple = [
        f"executable_path={path}",
        "stack_guard=0x00f1e2d3c4b5a697",
        "malloc_entropy=0x0011223344556677,0x8899aabbccddeeff",
        "ptr_munge=0x00000001",
    ]
    strings = bytearray()
    offsets: list[list[int]] = []
    for group in (apple, arguments, environment):
        places = []
        for text in group:
            places.append(len(strings))
            strings += text.encode("utf-8", "surrogateescape") + b"\0"
        offsets.append(places)
    base = (top - len(strings)) // 16 * 16
    apple_places, argument_places, environment_places = ([base + at for at in group] for group in offsets)
    words = [len(arguments), *argument_places, 0, *environment_places, 0, *apple_places, 0]
    pointer = (base - 8 * len(words)) // 16 * 16
    try:
        memory.write(base, bytes(strings))
        memory.pack(f"{len(words)}Q", pointer, *words)
    except DarwinError as error:
        raise MachoError(f"{path}: arguments and environment do not fit on its stack") from error
    return pointer
