"""BSD system calls about the process, its limits, the time and the system."""

from __future__ import annotations

import struct

from .calls import BSD, MACHINE, Result, signed
from .errors import DarwinError, Errno, Exited
from .files import GROUP, OWNER
from .macho import PAGE
from .memory import TOP
from .process import PARENT_ID, PROCESS_ID, Process

INFINITY = 0x7FFFFFFFFFFFFFFF
STACK, OPEN_FILES = 3, 8
DEFAULT_LIMITS = {
    0: (INFINITY, INFINITY),
    1: (INFINITY, INFINITY),
    2: (INFINITY, INFINITY),
    STACK: (8 << 20, 65_520 << 10),
    4: (0, INFINITY),
    5: (INFINITY, INFINITY),
    6: (INFINITY, INFINITY),
    7: (1392, 2088),
    OPEN_FILES: (256, INFINITY),
}
"""Soft and hard limits of a login on macOS, by resource number."""
MAXIMUM_OPEN_FILES = 10240
"""OPEN_MAX: what the kernel really allows where the limit says infinity."""
THREAD_ID = 0x1001
"""What __thread_selfid returns."""
PROC_INFO_PIDINFO, REGION_PATH = 2, 8
PATH_LIMIT = 1024
USER_STACK = 0x7FF7_C000_0000
"""kern.usrstack64: where stacks of executables that ask for none would end."""


@BSD.add(1)
def exit_(process: Process, status: int) -> Result:
    """The low 8 bits are what a parent sees."""
    raise Exited(status & 0xFF)


@BSD.add(20)
def getpid(process: Process) -> Result:
    """Always the same."""
    return PROCESS_ID


@BSD.add(39)
def getppid(process: Process) -> Result:
    """Always the same."""
    return PARENT_ID


@BSD.add(81)
def getpgrp(process: Process) -> Result:
    """The group that the parent made."""
    return PARENT_ID


@BSD.add(24, 25)
def getuid(process: Process) -> Result:
    """Real and effective user."""
    return OWNER


@BSD.add(43, 47)
def getgid(process: Process) -> Result:
    """Real and effective group."""
    return GROUP


@BSD.add(79)
def getgroups(process: Process, count: int, place: int) -> Result:
    """One group, the effective one."""
    if signed(count):
        process.memory.pack("I", place, GROUP)
    return 1


@BSD.add(327)
def issetugid(process: Process) -> Result:
    """No rights were gained by exec."""
    return 0


@BSD.add(372)
def thread_selfid(process: Process) -> Result:
    """A number that no other thread of the system has."""
    return THREAD_ID


@MACHINE.add(3)
def thread_fast_set_cthread_self(process: Process, base: int) -> Result:
    """Sets the base of GS, through which thread-local data is reached."""
    process.cpu.set("gs_base", base)
    return 0


@BSD.add(194)
def getrlimit(process: Process, resource: int, place: int) -> Result:
    """Soft limit, hard limit."""
    process.memory.pack("QQ", place, *process.limits[_resource(process, resource)])
    return 0


@BSD.add(195)
def setrlimit(process: Process, resource: int, place: int) -> Result:
    """A hard limit can be lowered and not raised."""
    number = _resource(process, resource)
    soft, hard = process.memory.unpack("QQ", place)
    if soft > hard:
        raise DarwinError(Errno.EINVAL)
    if hard > process.limits[number][1]:
        raise DarwinError(Errno.EPERM)
    if number == OPEN_FILES:
        if soft > MAXIMUM_OPEN_FILES:
            raise DarwinError(Errno.EINVAL)
        process.descriptors.limit = soft
    process.limits[number] = (soft, hard)
    return 0


@BSD.add(116)
def gettimeofday(process: Process, place: int, zone: int, absolute: int) -> Result:
    """Simulated time; `absolute` takes it in the ticks of mach_absolute_time, which are nanoseconds here."""
    seconds, rest = divmod(process.clock, 1_000_000)
    if place:
        process.memory.pack("qi4x", place, seconds, rest)
    if zone:
        process.memory.pack("ii", zone, 0, 0)
    if absolute:
        process.memory.pack("Q", absolute, process.clock * 1000)
    return 0


@BSD.add(500)
def getentropy(process: Process, place: int, size: int) -> Result:
    """Bytes that are the same in each run, which is what a check wants of them."""
    if size > 256:
        raise DarwinError(Errno.EINVAL)
    process.memory.write(place, bytes((17 + 73 * index) % 256 for index in range(size)))
    return 0


@BSD.add(202)
def sysctl(process: Process, names: int, count: int, old: int, old_size: int, new: int, new_size: int) -> Result:
    """A value by number; see `_values`."""
    if not 2 <= signed(count) <= 12:
        raise DarwinError(Errno.EINVAL)
    key = process.memory.unpack(f"{signed(count)}I", names)
    for (number, _), value in _values(process).items():
        if number == key:
            return _answer(process, value, old, old_size, new)
    raise process.unsupported(f"sysctl {'.'.join(map(str, key))}")


@BSD.add(274)
def sysctlbyname(process: Process, name: int, length: int, old: int, old_size: int, new: int, new_size: int) -> Result:
    """A value by name; see `_values`."""
    wanted = process.memory.read(name, min(length, PATH_LIMIT)).rstrip(b"\0").decode("ascii", "replace")
    for (_, known), value in _values(process).items():
        if known == wanted:
            return _answer(process, value, old, old_size, new)
    raise process.unsupported(f"sysctl {wanted}")


@BSD.add(336)
def proc_info(process: Process, call: int, target: int, flavor: int, argument: int, place: int, size: int) -> Result:
    """proc_pidinfo for PROC_PIDREGIONPATHINFO alone: the region at or after an address, and the file that it maps."""
    if (signed(call), signed(flavor)) != (PROC_INFO_PIDINFO, REGION_PATH):
        raise process.unsupported(f"proc_info with call {signed(call)} and flavor {signed(flavor)}")
    if signed(target) != PROCESS_ID:
        raise DarwinError(Errno.ESRCH)
    region = process.memory.at_or_after(argument)
    if region is None:
        raise DarwinError(Errno.EINVAL)
    # struct proc_regioninfo (96 bytes), then struct vnode_info (152) and the path.
    info = struct.pack(
        "<4IQ14IQQ",
        region.protection, region.max_protection, 1, 0,
        region.offset if region.backing.path else 0,
        0, 0, region.tag, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0,
        region.start, region.size,
    )  # fmt: skip
    path = region.backing.path.encode("utf-8", "surrogateescape")[: PATH_LIMIT - 1]
    answer = info + bytes(152) + path.ljust(PATH_LIMIT, b"\0")
    if signed(size) < len(answer):
        raise DarwinError(Errno.ENOMEM)
    process.memory.write(place, answer)
    return len(answer)


def _resource(process: Process, resource: int) -> int:
    # The bit says that the caller wants POSIX's behaviour.
    number = signed(resource) & ~0x1000
    if number not in process.limits:
        raise DarwinError(Errno.EINVAL)
    return number


def _values(process: Process) -> dict[tuple[tuple[int, ...], str], bytes]:
    """What sysctl knows, by number and name. Strings end in 0, numbers have 4 or 8 bytes."""

    def text(value: str) -> bytes:
        return value.encode() + b"\0"

    return {
        ((1, 1), "kern.ostype"): text("Darwin"),
        ((1, 2), "kern.osrelease"): text(process.release),
        ((1, 8), "kern.argmax"): struct.pack("<I", 1 << 20),
        ((1, 10), "kern.hostname"): text("emulated.local"),
        ((1, 59), "kern.usrstack64"): struct.pack("<Q", min(USER_STACK, TOP)),
        ((6, 1), "hw.machine"): text("x86_64"),
        ((6, 3), "hw.ncpu"): struct.pack("<I", 1),
        ((6, 7), "hw.pagesize"): struct.pack("<I", PAGE),
        ((6, 24), "hw.memsize"): struct.pack("<Q", 8 << 30),
        ((6, 25), "hw.availcpu"): struct.pack("<I", 1),
    }


def _answer(process: Process, value: bytes, old: int, old_size: int, new: int) -> Result:
    if new:
        raise DarwinError(Errno.EPERM)
    if old_size:
        if old:
            (room,) = process.memory.unpack("Q", old_size)
            process.memory.write(old, value[:room])
            process.memory.pack("Q", old_size, min(room, len(value)))
            if room < len(value):
                raise DarwinError(Errno.ENOMEM)
        else:
            process.memory.pack("Q", old_size, len(value))
    return 0
