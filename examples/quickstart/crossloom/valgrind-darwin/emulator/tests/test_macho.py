"""What the loader accepts, and what it refuses in one clear error."""

from __future__ import annotations

import struct
import unittest

from emulator.errors import MachoError
from emulator.macho import MAGIC_64, THREAD_REGISTERS, parse

BASE = 0x1_0000_0000
STACK = 0x1_2000_0000


def segment(name: str, address: int, size: int, protection: int, offset: int = 0, file_size: int = 0) -> bytes:
    """An LC_SEGMENT_64 without sections."""
    fields = (address, size, offset, file_size, protection, protection, 0, 0)
    return struct.pack("<II16s4Q4I", 0x19, 72, name.encode(), *fields)


def thread(rip: int = BASE + 0x800, rsp: int = STACK) -> bytes:
    """An LC_UNIXTHREAD."""
    registers = [0] * len(THREAD_REGISTERS)
    registers[THREAD_REGISTERS.index("rip")], registers[THREAD_REGISTERS.index("rsp")] = rip, rsp
    return struct.pack("<IIII21Q", 0x5, 184, 4, 42, *registers)


ZERO = segment("__PAGEZERO", 0, BASE, 0)
TEXT = segment("__TEXT", BASE, 0x1000, 5, 0, 0x1000)
UNIXSTACK = segment("__UNIXSTACK", STACK - 0x10000, 0x10000, 3)


def file(*commands: bytes, kind: int = 2, cpu: int = 0x01000007) -> bytes:
    """A Mach-O file of 4096 bytes with these load commands."""
    body = b"".join(commands)
    return (struct.pack("<8I", MAGIC_64, cpu, 3, kind, len(commands), len(body), 1, 0) + body).ljust(0x1000, b"\0")


class Parse(unittest.TestCase):
    """`parse`."""

    def test_static_executable(self) -> None:
        image = parse(file(ZERO, TEXT, UNIXSTACK, thread()))
        self.assertEqual([part.name for part in image.segments], ["__PAGEZERO", "__TEXT", "__UNIXSTACK"])
        self.assertEqual((image.registers["rip"], image.registers["rsp"]), (BASE + 0x800, STACK))
        self.assertEqual(image.lowest_address, BASE)

    def test_refusals(self) -> None:
        cases = {
            "too few for a header": b"\xcf\xfa\xed\xfe",
            "not a 64-bit Mach-O file": b"\x7fELF" + bytes(60),
            "not for x86_64": file(ZERO, TEXT, UNIXSTACK, thread(), cpu=0x0100000C),
            "not an executable": file(ZERO, TEXT, UNIXSTACK, thread(), kind=6),
            "no LC_UNIXTHREAD": file(ZERO, TEXT, UNIXSTACK),
            "more than one LC_UNIXTHREAD": file(ZERO, TEXT, UNIXSTACK, thread(), thread()),
            "LC_LOAD_DYLINKER": file(ZERO, TEXT, UNIXSTACK, thread(), struct.pack("<II", 0xE, 8)),
            "no inaccessible __PAGEZERO": file(TEXT, UNIXSTACK, thread()),
            "in no executable segment": file(ZERO, TEXT, UNIXSTACK, thread(rip=STACK - 8)),
            "in no writable segment": file(ZERO, TEXT, UNIXSTACK, thread(rsp=BASE + 0x1000)),
            "overlaps": file(ZERO, TEXT, segment("__DATA", BASE, 0x1000, 3), UNIXSTACK, thread()),
            "lies outside of the file": file(ZERO, segment("__TEXT", BASE, 0x2000, 5, 0, 0x2000), UNIXSTACK, thread()),
            "more bytes in the file": file(ZERO, segment("__TEXT", BASE, 0, 5, 0, 0x1000), UNIXSTACK, thread()),
            "impossible size": file(ZERO, struct.pack("<II", 0x19, 0)),
        }
        for message, data in cases.items():
            with self.subTest(message), self.assertRaisesRegex(MachoError, message):
                parse(data)

    def test_damaged_files_give_no_other_error(self) -> None:
        whole = file(ZERO, TEXT, UNIXSTACK, thread())
        for length in range(700):
            with self.subTest(length=length), self.assertRaises(MachoError):
                parse(whole[:length])
        refused = 0
        for at in range(32 + 3 * 72 + 184):
            for bits in (0x01, 0x80, 0xFF):
                damaged = bytearray(whole)
                damaged[at] ^= bits
                try:
                    parse(bytes(damaged))
                except MachoError:
                    refused += 1
        self.assertGreater(refused, 300)


if __name__ == "__main__":
    unittest.main()
