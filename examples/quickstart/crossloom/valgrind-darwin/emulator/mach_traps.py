"""Mach traps: ports of the task itself, virtual memory, semaphores, and the way to messages."""

from __future__ import annotations

from .calls import MACH, Result, signed
from .errors import DarwinError, EmulatorError, KernReturn, MachError
from .mach_messages import Header, transact
from .macho import PAGE
from .memory import ALL, READ, WRITE, Backing, Region, page_down, page_up
from .ports import HOST, TASK, THREAD
from .process import PROCESS_ID, Process

VM_FLAGS_ANYWHERE = 1
TIMEBASE = (1, 1)
"""mach_absolute_time counts nanoseconds, as on every Intel Mac."""


@MACH.add(26)
def mach_reply_port(process: Process) -> Result:
    """A new port for replies."""
    return process.ports.new_reply()


@MACH.add(27)
def thread_self(process: Process) -> Result:
    """The port of the only thread."""
    return THREAD


@MACH.add(28)
def task_self(process: Process) -> Result:
    """The port of this task."""
    return TASK


@MACH.add(29)
def host_self(process: Process) -> Result:
    """The port of the host."""
    return HOST


@MACH.add(10)
def vm_allocate(process: Process, task: int, place: int, size: int, flags: int) -> Result:
    """Zeroed memory, anywhere or at the address that `place` holds; the high byte of the flags is a tag."""
    _own_task(task)
    flags &= 0xFFFFFFFF
    if flags & 0xFFFFFF & ~VM_FLAGS_ANYWHERE:
        raise process.unsupported(f"mach_vm_allocate with flags {flags:#x}")
    (wanted,) = process.memory.unpack("Q", place)
    size = page_up(size)
    if not size:
        process.memory.pack("Q", place, 0)
        return KernReturn.SUCCESS
    address = _place(process, wanted, size, bool(flags & VM_FLAGS_ANYWHERE))
    process.memory.map(Region(address, address + size, READ | WRITE, ALL, Backing.zeroed(size), 0, flags >> 24))
    process.memory.pack("Q", place, address)
    return KernReturn.SUCCESS


@MACH.add(12)
def vm_deallocate(process: Process, task: int, address: int, size: int) -> Result:
    """Unmapping what is not mapped is no error."""
    _own_task(task)
    if size:
        process.memory.unmap(page_down(address), page_up(address + size))
    return KernReturn.SUCCESS


@MACH.add(14)
def vm_protect(process: Process, task: int, address: int, size: int, maximum: int, protection: int) -> Result:
    """Sets the current protection; setting the maximum is not implemented."""
    _own_task(task)
    if signed(maximum):
        raise process.unsupported("mach_vm_protect of the maximum protection")
    try:
        process.memory.protect(page_down(address), page_up(address + size), protection & ALL)
    except DarwinError as error:
        missing = error.errno.name == "ENOMEM"
        raise MachError(KernReturn.INVALID_ADDRESS if missing else KernReturn.PROTECTION_FAILURE) from error
    return KernReturn.SUCCESS


@MACH.add(18)
def port_deallocate(process: Process, task: int, name: int) -> Result:
    """References are not counted: the ports of this emulator live as long as the task."""
    _own_task(task)
    name &= 0xFFFFFFFF
    known = {TASK, THREAD, HOST} | process.ports.replies | set(process.ports.semaphores)
    if name not in known:
        raise MachError(KernReturn.INVALID_NAME)
    return KernReturn.SUCCESS


@MACH.add(31)
def mach_msg(
    process: Process, place: int, options: int, send_size: int, room: int, name: int, timeout: int, notify: int
) -> Result:
    """A message whose header is in memory."""
    bits, _, remote, local, _, identifier = process.memory.unpack("6I", place)
    header = Header(bits, remote, local, identifier)
    return transact(process, place, options, header, send_size & 0xFFFFFFFF, room & 0xFFFFFFFF)


@MACH.add(47)
def mach_msg2(
    process: Process,
    place: int,
    options: int,
    bits_and_size: int,
    ports: int,
    voucher_and_id: int,
    count_and_name: int,
    room_and_priority: int,
    timeout: int,
) -> Result:
    """A message whose header is in registers, two words in each (Darwin 22 on)."""
    header = Header(bits_and_size & 0xFFFFFFFF, ports & 0xFFFFFFFF, ports >> 32, voucher_and_id >> 32)
    return transact(process, place, options, header, bits_and_size >> 32, room_and_priority & 0xFFFFFFFF)


@MACH.add(33)
def semaphore_signal(process: Process, name: int) -> Result:
    """Lets one wait pass."""
    name &= 0xFFFFFFFF
    process.ports.semaphores[name] = process.ports.semaphore(name) + 1
    return KernReturn.SUCCESS


@MACH.add(36)
def semaphore_wait(process: Process, name: int) -> Result:
    """Passes, or ends the run: nobody else could signal."""
    name &= 0xFFFFFFFF
    count = process.ports.semaphore(name)
    if count <= 0:
        raise EmulatorError("the guest's only thread waits for a semaphore that nobody will signal")
    process.ports.semaphores[name] = count - 1
    return KernReturn.SUCCESS


@MACH.add(46)
def pid_for_task(process: Process, task: int, place: int) -> Result:
    """The process that a task belongs to."""
    _own_task(task)
    process.memory.pack("i", place, PROCESS_ID)
    return KernReturn.SUCCESS


@MACH.add(59, 60, 61)
def switch(process: Process) -> Result:
    """swtch_pri, swtch and thread_switch: there is no other thread to switch to."""
    return 0


@MACH.add(89)
def timebase_info(process: Process, place: int) -> Result:
    """Nanoseconds per tick, as a fraction."""
    process.memory.pack("II", place, *TIMEBASE)
    return KernReturn.SUCCESS


def _own_task(name: int) -> None:
    if name & 0xFFFFFFFF != TASK:
        raise MachError(KernReturn.INVALID_ARGUMENT)


def _place(process: Process, wanted: int, size: int, anywhere: bool) -> int:
    if anywhere:
        try:
            return process.memory.free_range(size, 0)
        except DarwinError as error:
            raise MachError(KernReturn.NO_SPACE) from error
    address = page_down(wanted)
    following = process.memory.at_or_after(address)
    if address % PAGE or not process.memory.in_bounds(address, address + size):
        raise MachError(KernReturn.INVALID_ADDRESS)
    if following is not None and following.start < address + size:
        raise MachError(KernReturn.NO_SPACE)
    return address
