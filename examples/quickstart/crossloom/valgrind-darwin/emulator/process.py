"""A process: its parts, the loop that runs it, and the way into the kernel and back."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

from . import names
from .calls import BSD, MACH, MACHINE, Table
from .cpu import CARRY, GENERAL, Cpu, SystemCall
from .descriptors import Descriptors
from .errors import DarwinError, Exited, MachError, UnsupportedCall
from .files import FileSystem
from .memory import Memory
from .ports import Ports
from .signals import Signals, deliver_pending, post_event

PROCESS_ID = 1001
PARENT_ID = 1000
START = 1_704_067_200_000_000
"""Simulated time at the start, in microseconds since 1970: 2024-01-01."""
TICK = 100
"""Microseconds that pass with each system call."""

ARGUMENTS = ("rdi", "rsi", "rdx", "r10", "r8", "r9")


class KeepRegisters(Exception):
    """A call that has set all registers itself, so that no result goes into RAX."""


@dataclass(frozen=True)
class CallClass:
    """One of the classes of call that the high byte of RAX's low half selects."""

    title: str
    table: Table
    names: dict[int, str]


CLASSES = {
    1: CallClass("Mach trap", MACH, names.MACH),
    2: CallClass("BSD system call", BSD, names.BSD),
    3: CallClass("machine-dependent call", MACHINE, names.MACHINE),
}


@dataclass
class Process:
    """Everything that belongs to the guest. `clock` is in microseconds; `limits` are soft and hard, by resource."""

    cpu: Cpu
    memory: Memory
    files: FileSystem
    descriptors: Descriptors
    release: str = "22.6.0"
    signals: Signals = field(default_factory=Signals)
    ports: Ports = field(default_factory=Ports)
    clock: int = START
    limits: dict[int, tuple[int, int]] = field(default_factory=dict)
    trace: bool = False

    def argument(self, index: int) -> int:
        """A call's argument: six are in registers, further ones on the stack above a return address."""
        if index < len(ARGUMENTS):
            return self.cpu.get(ARGUMENTS[index])
        place = self.cpu.get("rsp") + 8 * (index - len(ARGUMENTS) + 1)
        return int(self.memory.unpack("Q", place)[0])

    def registers(self) -> str:
        """All general registers, for messages."""
        words = [f"{name}={self.cpu.get(name):#x}" for name in GENERAL if name not in ("cs", "fs", "gs")]
        return " ".join(words)

    def unsupported(self, what: str) -> UnsupportedCall:
        """The error for something that is not implemented, with where the guest stands."""
        return UnsupportedCall(f"{what} is not implemented\n  {self.registers()}")


def run(process: Process) -> int:
    """Runs until the guest exits, and returns its status. Raises Killed or EmulatorError."""
    try:
        while True:
            event = process.cpu.run()
            if isinstance(event, SystemCall):
                system_call(process)
            else:
                post_event(process, event)
            deliver_pending(process)
    except Exited as exit:
        return exit.status


def system_call(process: Process) -> None:
    """Answers the call that the guest's registers describe."""
    cpu = process.cpu
    process.clock += TICK
    word = cpu.get("rax")
    kind, number = word >> 24 & 0xFF, word & 0xFFFFFF
    # What the instruction itself leaves: the return address and the flags.
    cpu.set("rcx", cpu.get("rip"))
    cpu.set("r11", cpu.get("rflags"))
    group = CLASSES.get(kind)
    if group is None or word >> 32:
        raise process.unsupported(f"a system call of class {kind} (rax {word:#x})")
    name = group.names.get(number, "unnamed")
    call = group.table.get(number)
    if call is None:
        raise process.unsupported(f"{group.title} {number} ({name})")
    try:
        arguments = [process.argument(index) for index in range(call.arity)]
        result = call.handler(process, *arguments)
        first, second = result if isinstance(result, tuple) else (result or 0, 0)
        outcome = f"{first:#x}"
        cpu.set("rax", first)
        if group.table is BSD:
            cpu.set("rdx", second)
            cpu.set("rflags", cpu.get("rflags") & ~CARRY)
    except DarwinError as error:
        outcome = error.errno.name
        cpu.set("rax", error.errno)
        cpu.set("rflags", cpu.get("rflags") | CARRY)
    except MachError as error:
        outcome = error.code.name
        cpu.set("rax", error.code)
    except KeepRegisters:
        outcome = "registers restored"
    if process.trace:
        print(f"{name}({', '.join(f'{value:#x}' for value in arguments)}) = {outcome}", file=sys.stderr)
