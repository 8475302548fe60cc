"""Signals: what the guest asked for, and delivery to its handlers with Darwin's frames.

Source: bsd/dev/i386/unix_signal.c and bsd/sys/_types/_ucontext64.h of xnu.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .cpu import BREAKPOINT, DIVIDE_ERROR, GENERAL, GENERAL_PROTECTION, INVALID_OPCODE, MemoryFault, Trap
from .errors import EmulatorError, Killed

if TYPE_CHECKING:
    from .process import Process

SIGILL, SIGTRAP, SIGFPE, SIGKILL, SIGBUS, SIGSEGV, SIGSTOP = 4, 5, 8, 9, 10, 11, 17
COUNT = 32
"""Signals are 1 to 31; bit N-1 of a mask is signal N."""
IGNORED_BY_DEFAULT = {16, 19, 20, 23, 28, 29}
"""SIGURG, SIGCONT, SIGCHLD, SIGIO, SIGWINCH, SIGINFO."""
STOPPING = {17, 18, 21, 22}
"""SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU: nobody could continue the guest."""
DEFAULT, IGNORE = 0, 1
SA_ONSTACK, SA_RESETHAND, SA_NODEFER, SA_SIGINFO = 0x1, 0x4, 0x10, 0x40
SS_ONSTACK, SS_DISABLE = 1, 4
TRADITIONAL, FLAVOR = 1, 30
"""How a trampoline is told to call its handler: with the number alone, or with siginfo and context."""
RED_ZONE = 128
"""Bytes below the stack pointer that belong to the interrupted function."""
FLOAT_SIZE = 524
MCONTEXT_SIZE = 712
UCONTEXT_LAYOUT = "<iI QQi4x QQQ"
SIGINFO_SIZE = 104


@dataclass(frozen=True)
class Action:
    """struct __sigaction. `mask` is a set of signals."""

    handler: int = DEFAULT
    trampoline: int = 0
    mask: int = 0
    flags: int = 0


@dataclass(frozen=True)
class Pending:
    """A signal that waits for delivery. `address` is that of the fault."""

    number: int
    code: int = 0
    address: int = 0
    sender: int = 0
    why: str = ""


@dataclass(frozen=True)
class AlternateStack:
    """sigaltstack: `size` bytes from `base`."""

    base: int = 0
    size: int = 0
    flags: int = SS_DISABLE


@dataclass
class Signals:
    """A thread's signal state. Signals are delivered after the system call or fault at which they arise."""

    actions: dict[int, Action] = field(default_factory=dict)
    mask: int = 0
    pending: list[Pending] = field(default_factory=list)
    stack: AlternateStack = AlternateStack()
    on_stack: bool = False

    def action(self, number: int) -> Action:
        """What happens on a signal; the default action if nothing was set."""
        return self.actions.get(number, Action())


def bit(number: int) -> int:
    """A signal's bit in a mask."""
    return 1 << number - 1


def post_event(process: Process, event: MemoryFault | Trap) -> None:
    """Turns a fault of the processor into a signal. Raises Killed when the guest blocks it, as the kernel would."""
    place = process.cpu.get("rip")
    if isinstance(event, MemoryFault):
        # A missing page is SIGSEGV, a forbidden access to one that is there is SIGBUS.
        number = SIGBUS if event.mapped else SIGSEGV
        pending = Pending(
            number,
            2 if event.mapped else 1,
            event.address,
            why=(
                f"{event.access.value} of {'protected' if event.mapped else 'unmapped'} memory at {event.address:#x} "
                f"by the instruction at {place:#x}"
            ),
        )
    elif event.vector == DIVIDE_ERROR:
        pending = Pending(SIGFPE, 7, place, why=f"division by zero at {place:#x}")
    elif event.vector == BREAKPOINT:
        pending = Pending(SIGTRAP, 1, place, why=f"breakpoint before {place:#x}")
    elif event.vector == INVALID_OPCODE:
        pending = Pending(SIGILL, 1, place, why=f"invalid instruction at {place:#x}")
    elif event.vector == GENERAL_PROTECTION:
        pending = Pending(SIGSEGV, 0, 0, why=f"general protection fault at {place:#x}")
    else:
        raise EmulatorError(f"exception {event.vector} of the processor\n  {process.registers()}")
    signals = process.signals
    if signals.mask & bit(pending.number) or signals.action(pending.number).handler == IGNORE:
        raise Killed(pending.number, f"{pending.why}, while the signal was blocked\n  {process.registers()}")
    signals.pending.append(pending)


def deliver_pending(process: Process) -> None:
    """Delivers what is pending and not blocked. Raises Killed when a default action ends the guest."""
    signals = process.signals
    for pending in list(signals.pending):
        if signals.mask & bit(pending.number):
            continue
        signals.pending.remove(pending)
        action = signals.action(pending.number)
        if action.handler == IGNORE or (action.handler == DEFAULT and pending.number in IGNORED_BY_DEFAULT):
            continue
        if action.handler == DEFAULT:
            if pending.number in STOPPING:
                raise EmulatorError(f"signal {pending.number} stops the guest, and nobody could continue it")
            registers = "" if pending.sender else f"\n  {process.registers()}"
            raise Killed(pending.number, pending.why + registers)
        _call_handler(process, action, pending)


def _call_handler(process: Process, action: Action, pending: Pending) -> None:
    """Builds the frame and lets the guest continue in its trampoline."""
    cpu, memory, signals = process.cpu, process.memory, process.signals
    was_on_stack, old_mask = signals.on_stack, signals.mask
    if action.flags & SA_ONSTACK and not was_on_stack and not signals.stack.flags & SS_DISABLE:
        top = signals.stack.base + signals.stack.size
        signals.on_stack = True
    else:
        top = cpu.get("rsp") - RED_ZONE
    context_size = struct.calcsize(UCONTEXT_LAYOUT)
    mcontext = (top - MCONTEXT_SIZE) // 16 * 16
    context = (mcontext - context_size) // 16 * 16
    info = (context - SIGINFO_SIZE) // 16 * 16
    frame = info - 8
    memory.write(mcontext, _mcontext(process, pending))
    stack = signals.stack
    memory.write(
        context,
        struct.pack(
            UCONTEXT_LAYOUT, was_on_stack, old_mask, stack.base, stack.size, stack.flags, 0, MCONTEXT_SIZE, mcontext
        ),
    )
    siginfo = struct.pack("<6iQ", pending.number, 0, pending.code, pending.sender, 0, 0, pending.address)
    memory.write(info, siginfo.ljust(SIGINFO_SIZE, b"\0"))
    memory.write(frame, bytes(8))
    signals.mask |= action.mask | (0 if action.flags & SA_NODEFER else bit(pending.number))
    if action.flags & SA_RESETHAND:
        signals.actions[pending.number] = Action()
    cpu.set("rdi", action.handler)
    cpu.set("rsi", FLAVOR if action.flags & SA_SIGINFO else TRADITIONAL)
    cpu.set("rdx", pending.number)
    cpu.set("rcx", info)
    cpu.set("r8", context)
    cpu.set("r9", 0)
    cpu.set("rsp", frame)
    cpu.set("rip", action.trampoline)


def restore(process: Process, context: int) -> None:
    """sigreturn: takes registers and mask from a context that a handler was given. Raises EFAULT."""
    memory, cpu = process.memory, process.cpu
    on_stack, mask, _, _, _, _, size, mcontext = struct.unpack(
        UCONTEXT_LAYOUT, memory.read(context, struct.calcsize(UCONTEXT_LAYOUT))
    )
    if size != MCONTEXT_SIZE:
        raise process.unsupported(f"sigreturn with a machine context of {size} bytes")
    data = memory.read(mcontext, MCONTEXT_SIZE)
    for name, value in zip(GENERAL, struct.unpack_from("<21Q", data, 16), strict=True):
        if name not in ("cs", "fs", "gs"):
            cpu.set(name, value)
    _restore_floats(process, data[184 : 184 + FLOAT_SIZE])
    process.signals.mask = mask & ~(bit(SIGKILL) | bit(SIGSTOP))
    process.signals.on_stack = bool(on_stack & 1)


def _mcontext(process: Process, pending: Pending) -> bytes:
    """struct mcontext64: exception state, 21 general registers, and the floating-point state as FXSAVE lays it out."""
    cpu = process.cpu
    exception = struct.pack("<HHIQ", 14 if pending.address else 0, 0, 0, pending.address)
    general = struct.pack("<21Q", *(cpu.get(name) for name in GENERAL))
    tags = cpu.get("fptag")
    abridged = sum(1 << index for index in range(8) if tags >> 2 * index & 3 != 3)
    floats = bytearray(FLOAT_SIZE)
    struct.pack_into("<8xHHB", floats, 0, cpu.get("fpcw"), cpu.get("fpsw"), abridged)
    struct.pack_into("<II", floats, 8 + 24, cpu.get("mxcsr"), 0xFFFF)
    for index, (mantissa, exponent) in enumerate(cpu.floats()):
        struct.pack_into("<QH", floats, 8 + 32 + 16 * index, mantissa, exponent)
    for index, vector in enumerate(cpu.vectors()):
        floats[8 + 160 + 16 * index : 8 + 176 + 16 * index] = vector.to_bytes(16, "little")
    return (exception + general + bytes(floats)).ljust(MCONTEXT_SIZE, b"\0")


def _restore_floats(process: Process, floats: bytes) -> None:
    cpu = process.cpu
    control, status, abridged = struct.unpack_from("<8xHHB", floats)
    cpu.set("fpcw", control)
    cpu.set("fpsw", status)
    cpu.set_floats([struct.unpack_from("<QH", floats, 8 + 32 + 16 * index) for index in range(8)])
    cpu.set("fptag", sum((0 if abridged >> index & 1 else 3) << 2 * index for index in range(8)))
    cpu.set("mxcsr", struct.unpack_from("<I", floats, 8 + 24)[0])
    cpu.set_vectors([int.from_bytes(floats[8 + 160 + 16 * i : 8 + 176 + 16 * i], "little") for i in range(16)])
