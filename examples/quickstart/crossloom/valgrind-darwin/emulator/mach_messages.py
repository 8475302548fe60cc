"""Messages to the kernel: the MIG routines that Valgrind's tools link, answered as MIG's server side would.

Source: osfmk/mach/{message,vm_region}.h and {mach_vm,task,thread_act}.defs of xnu.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from . import names
from .errors import KernReturn, MachError
from .ports import TASK, THREAD
from .process import Process

MACH_SEND_MSG, MACH_RCV_MSG = 0x1, 0x2
MACH_SEND_INVALID_DATA, MACH_SEND_INVALID_DEST, MACH_RCV_TOO_LARGE = 0x10000002, 0x10000003, 0x10004004
COMPLEX = 0x80000000
MOVE_SEND, MOVE_SEND_ONCE = 17, 18
HEADER_SIZE = 24
TRAILER = struct.pack("<II", 0, 8)
"""The least trailer that follows a received message."""
NDR = bytes((0, 0, 0, 0, 1, 0, 0, 0))
"""NDR_record: little endian, IEEE floats, ASCII."""
REPLY = 100
"""A reply's number counts from its request's."""
REGION_INFO_WORDS = 12
"""VM_REGION_SUBMAP_SHORT_INFO_COUNT_64. A reply with more than the caller made room for is refused by MIG's stub."""
SM_PRIVATE, SM_SHARED = 2, 4
"""Share modes of a region."""


@dataclass(frozen=True)
class Header:
    """What a message's header says: bits of port dispositions, both ports, and which routine is called."""

    bits: int
    remote: int
    local: int
    identifier: int


@dataclass(frozen=True)
class Request:
    """A request: the port that it went to, and what follows its header."""

    port: int
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What follows a reply's header. Complex ones carry port rights."""

    body: bytes
    complex: bool = False


def transact(process: Process, place: int, options: int, header: Header, size: int, room: int) -> int:
    """Sends the message at `place`, `size` bytes, and receives the reply there, up to `room` bytes.

    Returns a mach_msg_return_t. Only a call to the kernel is implemented: a message that is sent and answered at once.
    """
    if options & 3 != MACH_SEND_MSG | MACH_RCV_MSG:
        raise process.unsupported(f"mach_msg with options {options:#x}, which is not a call")
    if header.local not in process.ports.replies:
        return MACH_SEND_INVALID_DATA
    if size < HEADER_SIZE:
        return MACH_SEND_INVALID_DATA
    name = names.MIG.get(header.identifier, "unnamed")
    routine = _ROUTINES.get(header.identifier)
    if routine is None:
        raise process.unsupported(f"the MIG routine {header.identifier} ({name}), called on port {header.remote:#x}")
    if header.remote not in (TASK, THREAD):
        return MACH_SEND_INVALID_DEST
    body = process.memory.read(place + HEADER_SIZE, size - HEADER_SIZE)
    try:
        reply = routine(process, Request(header.remote, body))
    except MachError as error:
        reply = Reply(NDR + struct.pack("<i", error.code))
    except struct.error as error:
        raise process.unsupported(f"{name} with a request of {size} bytes ({error})") from error
    bits = MOVE_SEND_ONCE << 8 | (COMPLEX if reply.complex else 0)
    length = HEADER_SIZE + len(reply.body)
    answer = struct.pack("<6I", bits, length, 0, header.local, 0, header.identifier + REPLY) + reply.body + TRAILER
    if len(answer) > room:
        return MACH_RCV_TOO_LARGE
    process.memory.write(place, answer)
    return 0


def _region_recurse(process: Process, request: Request) -> Reply:
    """mach_vm_region_recurse: the region at or after an address. There are no submaps, so the depth is 0."""
    _expect(request.port, TASK)
    address, _, room = struct.unpack_from("<QII", request.body, len(NDR))
    if room < REGION_INFO_WORDS:
        raise MachError(KernReturn.INVALID_ARGUMENT)
    region = process.memory.at_or_after(address)
    if region is None:
        raise MachError(KernReturn.INVALID_ADDRESS)
    share_mode = SM_SHARED if region.shared else SM_PRIVATE
    info = struct.pack(
        "<3IQIIHBBIIIH2x",
        region.protection, region.max_protection, 1, region.offset if region.backing.path else 0,
        region.tag, 1, 0, 0, share_mode, 0, 0, 0, 0,
    )  # fmt: skip
    found = struct.pack("<iQQII", KernReturn.SUCCESS, region.start, region.size, 0, REGION_INFO_WORDS)
    return Reply(NDR + found + info)


def _thread_abort(process: Process, request: Request) -> Reply:
    """thread_abort: the only thread waits for nothing that could be interrupted."""
    _expect(request.port, THREAD)
    return Reply(NDR + struct.pack("<i", KernReturn.SUCCESS))


def _semaphore_create(process: Process, request: Request) -> Reply:
    """semaphore_create: the reply carries a send right for the new port."""
    _expect(request.port, TASK)
    policy, value = struct.unpack_from("<ii", request.body, len(NDR))
    if policy < 0 or value < 0:
        raise MachError(KernReturn.INVALID_ARGUMENT)
    name = process.ports.new_semaphore(value)
    return Reply(struct.pack("<I", 1) + _port(name, MOVE_SEND), complex=True)


def _semaphore_destroy(process: Process, request: Request) -> Reply:
    """semaphore_destroy: the request carries the port."""
    _expect(request.port, TASK)
    count, name = struct.unpack_from("<II", request.body)
    if count != 1:
        raise MachError(KernReturn.INVALID_ARGUMENT)
    process.ports.semaphore(name)
    del process.ports.semaphores[name]
    return Reply(NDR + struct.pack("<i", KernReturn.SUCCESS))


def _port(name: int, disposition: int) -> bytes:
    """mach_msg_port_descriptor_t."""
    return struct.pack("<IIHBB", name, 0, 0, disposition, 0)


def _expect(port: int, wanted: int) -> None:
    if port != wanted:
        raise MachError(KernReturn.INVALID_ARGUMENT)


_ROUTINES: dict[int, Callable[[Process, Request], Reply]] = {
    3418: _semaphore_create,
    3419: _semaphore_destroy,
    3607: _thread_abort,
    4815: _region_recurse,
}
