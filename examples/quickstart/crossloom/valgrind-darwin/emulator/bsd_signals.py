"""BSD system calls about signals."""

from __future__ import annotations

from .calls import BSD, Result, signed
from .errors import DarwinError, EmulatorError, Errno
from .ports import THREAD
from .process import PROCESS_ID, KeepRegisters, Process
from .signals import (
    COUNT,
    SIGKILL,
    SIGSTOP,
    SS_DISABLE,
    SS_ONSTACK,
    Action,
    AlternateStack,
    Pending,
    bit,
    restore,
)

MINIMUM_STACK = 32768
"""MINSIGSTKSZ, in bytes."""


@BSD.add(46)
def sigaction(process: Process, number: int, new: int, old: int) -> Result:
    """`new` is struct __sigaction, with a trampoline; `old` struct sigaction, without one."""
    number = signed(number)
    if not 0 < number < COUNT or (new and number in (SIGKILL, SIGSTOP)):
        raise DarwinError(Errno.EINVAL)
    action = process.signals.action(number)
    if new:
        handler, trampoline, mask, flags = process.memory.unpack("QQII", new)
        process.signals.actions[number] = Action(handler, trampoline, mask, flags)
    if old:
        process.memory.pack("QII", old, action.handler, action.mask, action.flags)
    return 0


@BSD.add(48, 329)
def sigprocmask(process: Process, how: int, new: int, old: int) -> Result:
    """sigprocmask, and __pthread_sigmask, which is the same where there is one thread."""
    signals = process.signals
    before = signals.mask
    if new:
        (mask,) = process.memory.unpack("I", new)
        match signed(how):
            case 1:  # SIG_BLOCK
                mask |= before
            case 2:  # SIG_UNBLOCK
                mask = before & ~mask
            case 3:  # SIG_SETMASK
                pass
            case _:
                raise DarwinError(Errno.EINVAL)
        signals.mask = mask & ~(bit(SIGKILL) | bit(SIGSTOP))
    if old:
        process.memory.pack("I", old, before)
    return 0


@BSD.add(52)
def sigpending(process: Process, place: int) -> Result:
    """The set of signals that are pending."""
    found = 0
    for pending in process.signals.pending:
        found |= bit(pending.number)
    process.memory.pack("I", place, found)
    return 0


@BSD.add(111, 410)
def sigsuspend(process: Process, mask: int) -> Result:
    """Waits for a signal; with none to come the guest would never go on."""
    deliverable = [entry for entry in process.signals.pending if not mask & bit(entry.number)]
    if not deliverable:
        raise EmulatorError("the guest's only thread waits for a signal that nobody will send (sigsuspend)")
    raise process.unsupported("sigsuspend with a signal pending")


@BSD.add(53)
def sigaltstack(process: Process, new: int, old: int) -> Result:
    """The stack for handlers that ask for one."""
    signals = process.signals
    if old:
        stack = signals.stack
        flags = SS_ONSTACK if signals.on_stack else stack.flags
        process.memory.pack("QQi4x", old, stack.base, stack.size, flags)
    if new:
        base, size, flags = process.memory.unpack("QQi", new)
        if flags & ~SS_DISABLE:
            raise DarwinError(Errno.EINVAL)
        if signals.on_stack:
            raise DarwinError(Errno.EPERM)
        if not flags & SS_DISABLE and size < MINIMUM_STACK:
            raise DarwinError(Errno.ENOMEM)
        signals.stack = AlternateStack(base, size, flags)
    return 0


@BSD.add(37)
def kill(process: Process, target: int, number: int) -> Result:
    """Signals to the guest itself; there is no other process."""
    if signed(target) not in (PROCESS_ID, 0):
        raise DarwinError(Errno.ESRCH)
    return _post(process, signed(number))


@BSD.add(328)
def pthread_kill(process: Process, thread: int, number: int) -> Result:
    """Takes the thread's Mach port."""
    if thread & 0xFFFFFFFF != THREAD:
        raise DarwinError(Errno.ESRCH)
    return _post(process, signed(number))


@BSD.add(184)
def sigreturn(process: Process, context: int, style: int) -> Result:
    """Ends a handler. Nothing of the call itself is left in registers."""
    restore(process, context)
    raise KeepRegisters


def _post(process: Process, number: int) -> Result:
    if not 0 <= number < COUNT:
        raise DarwinError(Errno.EINVAL)
    if number:
        pending = Pending(number, 0x10001, sender=PROCESS_ID, why="the guest sent it to itself")
        process.signals.pending.append(pending)
    return 0
