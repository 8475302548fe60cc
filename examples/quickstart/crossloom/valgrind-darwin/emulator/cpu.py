"""The emulated processor: registers by name, and running until the guest needs the kernel."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

import unicorn
from unicorn import x86_const as x86

from .errors import EmulatorError

CARRY = 1
"""The bit of RFLAGS by which a BSD system call says that it failed."""

GENERAL = "rax rbx rcx rdx rdi rsi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 rip rflags cs fs gs".split()
_IDS = {
    name: getattr(x86, f"UC_X86_REG_{name.upper()}")
    for name in [*GENERAL, "mxcsr", "fpcw", "fpsw", "fptag", "fs_base", "gs_base"]
}
_XMM = [getattr(x86, f"UC_X86_REG_XMM{index}") for index in range(16)]
_FP = [getattr(x86, f"UC_X86_REG_FP{index}") for index in range(8)]

CR4_OSFXSR, CR4_OSXMMEXCPT = 1 << 9, 1 << 10
DIVIDE_ERROR, BREAKPOINT, INVALID_OPCODE, GENERAL_PROTECTION = 0, 3, 6, 13


class Access(Enum):
    """What a faulting instruction tried to do with memory."""

    READ = "read"
    WRITE = "write"
    EXECUTE = "execute"


@dataclass(frozen=True)
class SystemCall:
    """The guest executed `syscall`; the program counter stands after it."""


@dataclass(frozen=True)
class MemoryFault:
    """An access that the memory map forbids; the program counter stands at the instruction."""

    access: Access
    address: int
    mapped: bool


@dataclass(frozen=True)
class Trap:
    """An exception other than a memory fault, by x86 vector; the program counter stands as the processor leaves it."""

    vector: int


Event = SystemCall | MemoryFault | Trap

_FAULTS = {
    unicorn.UC_MEM_READ_UNMAPPED: (Access.READ, False),
    unicorn.UC_MEM_WRITE_UNMAPPED: (Access.WRITE, False),
    unicorn.UC_MEM_FETCH_UNMAPPED: (Access.EXECUTE, False),
    unicorn.UC_MEM_READ_PROT: (Access.READ, True),
    unicorn.UC_MEM_WRITE_PROT: (Access.WRITE, True),
    unicorn.UC_MEM_FETCH_PROT: (Access.EXECUTE, True),
}


class Cpu:
    """One x86_64 processor in user mode.

    The model is a Nehalem: it has SSE4.2 and no AVX, which Unicorn 2.1's core does not translate although later models
    announce it. Valgrind asks CPUID and keeps to what it finds.
    """

    def __init__(self) -> None:
        self.unicorn: Any = unicorn.Uc(unicorn.UC_ARCH_X86, unicorn.UC_MODE_64)
        self.unicorn.ctl_set_cpu_model(x86.UC_CPU_X86_NEHALEM)
        # What a kernel sets up before the first process: SSE is an invalid opcode otherwise. Then the state that a
        # process starts with: all exceptions masked, x87 with 64 bits of mantissa and an empty stack.
        self.unicorn.reg_write(x86.UC_X86_REG_CR4, CR4_OSFXSR | CR4_OSXMMEXCPT)
        self.set("mxcsr", 0x1F80)
        self.set("fpcw", 0x37F)
        self.set("fptag", 0xFFFF)
        self._event: Event | None = None
        self.unicorn.hook_add(unicorn.UC_HOOK_INSN, self._on_syscall, None, 1, 0, x86.UC_X86_INS_SYSCALL)
        self.unicorn.hook_add(unicorn.UC_HOOK_MEM_INVALID, self._on_fault)
        self.unicorn.hook_add(unicorn.UC_HOOK_INTR, self._on_trap)

    def get(self, name: str) -> int:
        """A register's value, unsigned."""
        return int(self.unicorn.reg_read(_IDS[name]))

    def set(self, name: str, value: int) -> None:
        """Sets a register; of wider values the low 64 bits count."""
        self.unicorn.reg_write(_IDS[name], value & (1 << 64) - 1)

    def vectors(self) -> list[int]:
        """XMM0 to XMM15, 128 bits each."""
        return [int(self.unicorn.reg_read(number)) for number in _XMM]

    def set_vectors(self, values: list[int]) -> None:
        """Sets XMM0 to XMM15."""
        for number, value in zip(_XMM, values, strict=True):
            self.unicorn.reg_write(number, value)

    def floats(self) -> list[tuple[int, int]]:
        """ST0 to ST7 as 64 bits of mantissa and 16 of sign and exponent."""
        return [tuple(self.unicorn.reg_read(_FP[self._slot(index)])) for index in range(8)]

    def set_floats(self, values: list[tuple[int, int]]) -> None:
        """Sets ST0 to ST7. The status word, which says which register is the top, comes first."""
        for index, value in enumerate(values):
            self.unicorn.reg_write(_FP[self._slot(index)], value)

    def _slot(self, index: int) -> int:
        """Which register ST(index) is: they count from the top of stack in the status word."""
        return ((self.get("fpsw") >> 11) + index) % 8

    def run(self) -> Event:
        """Executes until the guest makes a system call or faults. Raises EmulatorError when Unicorn itself fails."""
        self._event = None
        try:
            self.unicorn.emu_start(self.get("rip"), 0)
        except unicorn.UcError as error:
            if self._event is None:
                if error.errno != unicorn.UC_ERR_INSN_INVALID:
                    raise EmulatorError(f"Unicorn gave up at {self.get('rip'):#x}: {error}") from error
                self._event = Trap(INVALID_OPCODE)
        if self._event is None:
            raise EmulatorError(f"Unicorn stopped without a reason at {self.get('rip'):#x}")
        return self._event

    def _on_syscall(self, uc: Any, _: Any) -> None:
        self._event = SystemCall()
        uc.emu_stop()

    def _on_fault(self, uc: Any, access: int, address: int, size: int, value: int, _: Any) -> bool:
        kind, mapped = _FAULTS[access]
        self._event = MemoryFault(kind, address & (1 << 64) - 1, mapped)
        return False

    def _on_trap(self, uc: Any, vector: int, _: Any) -> None:
        self._event = Trap(vector)
        uc.emu_stop()
