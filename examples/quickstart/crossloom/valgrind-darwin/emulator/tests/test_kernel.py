"""The address space, messages and files, without a guest."""

from __future__ import annotations

import os
import struct
import tempfile
import unittest

from emulator.cpu import Cpu
from emulator.descriptors import Descriptors
from emulator.errors import DarwinError, EmulatorError, Errno, UnsupportedCall
from emulator.files import O_CREAT, O_RDWR, FileSystem, Mount
from emulator.mach_messages import Header, transact
from emulator.mach_traps import mach_msg, mach_msg2
from emulator.memory import ALL, EXECUTE, READ, WRITE, Backing, Memory, Region
from emulator.ports import TASK
from emulator.process import Process

LOW = 0x1_0000_0000
PAGE = 0x1000


def process() -> Process:
    """A process with an empty address space and no files."""
    cpu = Cpu()
    return Process(cpu, Memory(cpu.unicorn, LOW), FileSystem(()), Descriptors(256))


def mapped(space: Memory, address: int, pages: int, protection: int = READ | WRITE, maximum: int = ALL) -> None:
    """Maps zeroed pages."""
    size = pages * PAGE
    space.map(Region(address, address + size, protection, maximum, Backing.zeroed(size), 0))


class AddressSpace(unittest.TestCase):
    """`Memory`."""

    def setUp(self) -> None:
        self.space = process().memory

    def fails(self, errno: Errno) -> unittest.case._AssertRaisesContext[DarwinError]:
        """Expects a DarwinError with this number."""
        return self.assertRaisesRegex(DarwinError, f"^{errno.name}$")

    def test_splitting_keeps_contents(self) -> None:
        mapped(self.space, LOW, 4)
        self.space.write(LOW, b"".join(bytes([page]) * PAGE for page in range(4)))
        self.space.unmap(LOW + PAGE, LOW + 2 * PAGE)
        self.space.protect(LOW + 2 * PAGE, LOW + 3 * PAGE, READ)
        found = [(region.start - LOW, region.size, region.protection) for region in self.space.regions()]
        self.assertEqual(found, [(0, PAGE, 3), (2 * PAGE, PAGE, 1), (3 * PAGE, PAGE, 3)])
        self.assertEqual(self.space.read(LOW + 3 * PAGE - 1, 2), b"\2\3")

    def test_access_is_checked_and_nothing_is_half_written(self) -> None:
        mapped(self.space, LOW, 1)
        mapped(self.space, LOW + PAGE, 1, READ)
        with self.fails(Errno.EFAULT):
            self.space.write(LOW + PAGE - 2, b"1234")
        self.assertEqual(self.space.read(LOW + PAGE - 2, 4), bytes(4))
        with self.fails(Errno.EFAULT):
            self.space.read(LOW + 2 * PAGE - 1, 2)
        with self.fails(Errno.EFAULT):
            self.space.read(0, 1)

    def test_protect_needs_all_pages_and_heeds_the_maximum(self) -> None:
        mapped(self.space, LOW, 1, READ | EXECUTE, READ | EXECUTE)
        with self.fails(Errno.EACCES):
            self.space.protect(LOW, LOW + PAGE, READ | WRITE)
        with self.fails(Errno.ENOMEM):
            self.space.protect(LOW, LOW + 2 * PAGE, READ)

    def test_free_range_fills_holes_and_ends(self) -> None:
        mapped(self.space, LOW, 1)
        mapped(self.space, LOW + 3 * PAGE, 1)
        self.assertEqual(self.space.free_range(2 * PAGE, 0), LOW + PAGE)
        self.assertEqual(self.space.free_range(3 * PAGE, 0), LOW + 4 * PAGE)
        with self.fails(Errno.ENOMEM):
            self.space.free_range(1 << 47, 0)

    def test_strings(self) -> None:
        mapped(self.space, LOW, 2)
        self.space.write(LOW + PAGE - 2, b"four\0")
        self.assertEqual(self.space.string(LOW + PAGE - 2), "four")
        with self.fails(Errno.ENAMETOOLONG):
            self.space.string(LOW + PAGE - 2, 4)


class Messages(unittest.TestCase):
    """`transact`."""

    def setUp(self) -> None:
        self.process = process()
        mapped(self.process.memory, LOW, 1)
        mapped(self.process.memory, LOW + 4 * PAGE, 2, READ)
        self.port = self.process.ports.new_reply()

    def region(self, address: int, room: int = 12) -> tuple[int, ...]:
        """Calls mach_vm_region_recurse: the reply's number and code, and address, size, depth, count and words."""
        body = bytes(8) + struct.pack("<QII", address, 0, room)
        self.process.memory.write(LOW, bytes(24) + body)
        header = Header(0x1513, TASK, self.port, 4815)
        self.assertEqual(transact(self.process, LOW, 3, header, 24 + len(body), 200), 0)
        reply = self.process.memory.read(LOW, 200)
        (size,) = struct.unpack_from("<I", reply, 4)
        self.assertIn(size, (36, 60 + 48))
        return struct.unpack_from("<i" if size == 36 else "<iQQII12I", reply, 32)

    def test_region(self) -> None:
        code, address, size, depth, count, protection, maximum, *_ = self.region(LOW + PAGE)
        self.assertEqual((code, address, size, depth, count), (0, LOW + 4 * PAGE, 2 * PAGE, 0, 12))
        self.assertEqual((protection, maximum), (READ, ALL))

    def test_region_errors(self) -> None:
        self.assertEqual(self.region(LOW + 6 * PAGE), (1,))
        self.assertEqual(self.region(LOW, room=11), (4,))

    def test_both_traps_read_the_header(self) -> None:
        # The older trap finds it in memory, the newer one in registers, two words in each.
        space = self.process.memory
        body = bytes(8) + struct.pack("<QII", LOW, 0, 12)
        words = (0x1513, 24 + len(body), TASK, self.port, 0, 4815)
        space.write(LOW, struct.pack("<6I", *words) + body)
        self.assertEqual(mach_msg(self.process, LOW, 3, words[1], 200, self.port, 0, 0), 0)
        old = space.read(LOW, 120)
        space.write(LOW, bytes(24) + body)
        pairs = (words[1] << 32 | words[0], self.port << 32 | TASK, 4815 << 32, self.port << 32, 200)
        self.assertEqual(mach_msg2(self.process, LOW, 3, *pairs, 0), 0)
        self.assertEqual(space.read(LOW, 120), old)
        self.assertEqual(struct.unpack_from("<I", old, 20), (4915,))

    def test_unknown_routine_is_named(self) -> None:
        header = Header(0x1513, TASK, self.port, 3402)
        with self.assertRaisesRegex(UnsupportedCall, r"3402 \(task_threads\)"):
            transact(self.process, LOW, 3, header, 24, 200)


class Files(unittest.TestCase):
    """`FileSystem`."""

    def setUp(self) -> None:
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        for name in ("shown", "out"):
            os.mkdir(f"{self.directory.name}/{name}")
        with open(f"{self.directory.name}/shown/file", "w") as stream:
            stream.write("content")
        mounts = (
            Mount("/shown", f"{self.directory.name}/shown"),
            Mount("/a/out", f"{self.directory.name}/out", writable=True),
        )
        self.files = FileSystem(mounts, "/shown")

    def test_reading(self) -> None:
        node = self.files.open("../shown/./file", 0, 0)
        self.assertEqual((node.path, node.read(100), node.pread(3, 4)), ("/shown/file", b"content", b"ent"))
        node.close()

    def test_only_mapped_files_exist(self) -> None:
        for path in ("/etc/passwd", "../../etc/passwd", "/shown/none", ""):
            with self.subTest(path), self.assertRaisesRegex(DarwinError, "ENOENT"):
                self.files.open(path, 0, 0)
        self.assertTrue(self.files.status("/a").mode & 0o040000)

    def test_writing_is_refused_but_below_outputs(self) -> None:
        for path in ("/shown/file", "/shown/new"):
            with self.subTest(path), self.assertRaisesRegex(DarwinError, "EROFS"):
                self.files.open(path, O_RDWR | O_CREAT, 0o600)
        node = self.files.open("/a/out/new", O_RDWR | O_CREAT, 0o600)
        node.write(b"text")
        node.close()
        self.assertEqual(os.listdir(f"{self.directory.name}/out"), ["new"])

    def test_waiting_for_ever_ends_the_run(self) -> None:
        self.files.make_fifo("/a/out/fifo")
        with self.assertRaisesRegex(EmulatorError, "wait for ever"):
            self.files.open("/a/out/fifo", 0, 0).read(1)


if __name__ == "__main__":
    unittest.main()
