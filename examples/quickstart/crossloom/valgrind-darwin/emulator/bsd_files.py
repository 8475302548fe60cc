"""BSD system calls about files."""

from __future__ import annotations

import posixpath
import struct

from .calls import BSD, Result, signed
from .descriptors import Descriptor
from .errors import DarwinError, Errno
from .files import (
    DEVICE,
    FILE_TIME,
    GROUP,
    O_ACCMODE,
    O_APPEND,
    O_ASYNC,
    O_CLOEXEC,
    O_NONBLOCK,
    O_RDONLY,
    O_WRONLY,
    OWNER,
    PipeEnd,
    Status,
)
from .process import Process

AT_FDCWD = -2
AT_SYMLINK_NOFOLLOW = 0x20
F_DUPFD_CLOEXEC = 67
SETTABLE = O_NONBLOCK | O_APPEND | O_ASYNC
"""Flags that F_SETFL can change."""
TERMINAL_QUERIES = {0x40487413: "TIOCGETA", 0x40087468: "TIOCGWINSZ", 0x4004667A: "FIODTYPE"}
R_OK, W_OK, X_OK = 4, 2, 1
S_IFMT, S_IFIFO = 0o170000, 0o010000
MAXIMUM_TRANSFER = (1 << 31) - 1
"""Bytes of one read or write; Darwin refuses more."""
POLLIN, POLLOUT, POLLNVAL = 0x1, 0x4, 0x20


@BSD.add(3, 396)
def read(process: Process, number: int, place: int, size: int) -> Result:
    """Returns how many bytes were read; 0 at the end."""
    entry = process.descriptors.get(signed(number))
    data = entry.node.read(_transfer(size))
    process.memory.write(place, data)
    return len(data)


@BSD.add(153, 414)
def pread(process: Process, number: int, place: int, size: int, offset: int) -> Result:
    """Like read, at an offset, leaving the position alone."""
    entry = process.descriptors.get(signed(number))
    if signed(offset, 64) < 0:
        raise DarwinError(Errno.EINVAL)
    data = entry.node.pread(_transfer(size), offset)
    process.memory.write(place, data)
    return len(data)


@BSD.add(4, 397)
def write(process: Process, number: int, place: int, size: int) -> Result:
    """Returns how many bytes were written."""
    entry = process.descriptors.get(signed(number))
    return entry.node.write(process.memory.read(place, _transfer(size)))


@BSD.add(121, 412)
def writev(process: Process, number: int, vectors: int, count: int) -> Result:
    """Writes from several places."""
    entry = process.descriptors.get(signed(number))
    if not 0 < signed(count) <= 1024:
        raise DarwinError(Errno.EINVAL)
    words = process.memory.unpack(f"{2 * signed(count)}Q", vectors)
    pairs = zip(words[::2], words[1::2], strict=True)
    return entry.node.write(b"".join(process.memory.read(place, _transfer(size)) for place, size in pairs))


@BSD.add(5, 398)
def open_(process: Process, path: int, flags: int, mode: int) -> Result:
    """Returns a descriptor."""
    return _open(process, process.memory.string(path), flags, mode)


@BSD.add(463, 464)
def openat(process: Process, directory: int, path: int, flags: int, mode: int) -> Result:
    """open, with a relative path counted from an open directory."""
    return _open(process, _path_at(process, directory, path), flags, mode)


@BSD.add(6, 399)
def close(process: Process, number: int) -> Result:
    """Raises EBADF for what is not open."""
    process.descriptors.close(signed(number))
    return 0


@BSD.add(10)
def unlink(process: Process, path: int) -> Result:
    """Removes a name."""
    process.files.unlink(process.memory.string(path))
    return 0


@BSD.add(14)
def mknod(process: Process, path: int, mode: int, device: int) -> Result:
    """FIFOs only: devices take root's rights, which the guest does not have."""
    if mode & S_IFMT != S_IFIFO:
        raise DarwinError(Errno.EPERM)
    process.files.make_fifo(process.memory.string(path))
    return 0


@BSD.add(33)
def access(process: Process, path: int, mode: int) -> Result:
    """Raises EACCES or ENOENT."""
    name = process.memory.string(path)
    if not process.files.accessible(name, bool(mode & W_OK), bool(mode & X_OK)):
        raise DarwinError(Errno.EACCES)
    return 0


@BSD.add(41)
def dup(process: Process, number: int) -> Result:
    """The lowest free descriptor for the same file."""
    entry = process.descriptors.get(signed(number))
    return process.descriptors.add(Descriptor(entry.node))


@BSD.add(90)
def dup2(process: Process, number: int, to: int) -> Result:
    """The same file at a given number."""
    entry = process.descriptors.get(signed(number))
    if number != to:
        process.descriptors.put(signed(to), Descriptor(entry.node))
    return signed(to)


@BSD.add(42)
def pipe(process: Process) -> Result:
    """Both descriptors, the end to read from in RAX and the other in RDX."""
    buffer = bytearray()
    reader = process.descriptors.add(Descriptor(PipeEnd(buffer, O_RDONLY)))
    writer = process.descriptors.add(Descriptor(PipeEnd(buffer, O_WRONLY)))
    return reader, writer


@BSD.add(92, 406)
def fcntl(process: Process, number: int, command: int, argument: int) -> Result:
    """The commands that concern descriptors and paths."""
    table = process.descriptors
    number = signed(number)
    entry = table.get(number)
    match signed(command):
        case 0 | 67:  # F_DUPFD, F_DUPFD_CLOEXEC
            return table.add(Descriptor(entry.node, signed(command) == F_DUPFD_CLOEXEC), signed(argument))
        case 1:  # F_GETFD
            return int(entry.close_on_exec)
        case 2:  # F_SETFD
            table.set_close_on_exec(number, bool(argument & 1))
            return 0
        case 3:  # F_GETFL
            return entry.node.flags
        case 4:  # F_SETFL
            entry.node.flags = entry.node.flags & O_ACCMODE | argument & SETTABLE
            return 0
        case 50:  # F_GETPATH
            if not entry.node.path:
                raise DarwinError(Errno.EBADF)
            process.memory.write(argument, entry.node.path.encode("utf-8", "surrogateescape") + b"\0")
            return 0
        case other:
            raise process.unsupported(f"fcntl with command {other} on descriptor {number}")


@BSD.add(54)
def ioctl(process: Process, number: int, request: int, argument: int) -> Result:
    """No descriptor is a terminal; whoever asks is told so."""
    process.descriptors.get(signed(number))
    if request & 0xFFFFFFFF not in TERMINAL_QUERIES:
        raise process.unsupported(f"ioctl with request {request & 0xFFFFFFFF:#x} on descriptor {signed(number)}")
    raise DarwinError(Errno.ENOTTY)


@BSD.add(58)
def readlink(process: Process, path: int, place: int, size: int) -> Result:
    """The link's target without a final 0, cut to `size` bytes; returns their number."""
    target = process.files.link(process.memory.string(path)).encode("utf-8", "surrogateescape")[:size]
    process.memory.write(place, target)
    return len(target)


@BSD.add(188)
def stat(process: Process, path: int, place: int) -> Result:
    """struct stat as it was before inode numbers had 64 bits."""
    process.memory.write(place, _old_layout(process.files.status(process.memory.string(path))))
    return 0


@BSD.add(189)
def fstat(process: Process, number: int, place: int) -> Result:
    """stat of an open file."""
    process.memory.write(place, _old_layout(process.descriptors.get(signed(number)).node.status()))
    return 0


@BSD.add(190)
def lstat(process: Process, path: int, place: int) -> Result:
    """stat of a link itself."""
    process.memory.write(place, _old_layout(process.files.status(process.memory.string(path), follow=False)))
    return 0


@BSD.add(338)
def stat64(process: Process, path: int, place: int) -> Result:
    """struct stat64: what stat means in programs since Mac OS X 10.6."""
    process.memory.write(place, _layout(process.files.status(process.memory.string(path))))
    return 0


@BSD.add(339)
def fstat64(process: Process, number: int, place: int) -> Result:
    """stat64 of an open file."""
    process.memory.write(place, _layout(process.descriptors.get(signed(number)).node.status()))
    return 0


@BSD.add(340)
def lstat64(process: Process, path: int, place: int) -> Result:
    """stat64 of a link itself."""
    process.memory.write(place, _layout(process.files.status(process.memory.string(path), follow=False)))
    return 0


@BSD.add(470)
def fstatat64(process: Process, directory: int, path: int, place: int, flags: int) -> Result:
    """stat64 or lstat64, with a relative path counted from an open directory."""
    name = _path_at(process, directory, path)
    process.memory.write(place, _layout(process.files.status(name, not flags & AT_SYMLINK_NOFOLLOW)))
    return 0


@BSD.add(199)
def lseek(process: Process, number: int, offset: int, whence: int) -> Result:
    """The new position."""
    return process.descriptors.get(signed(number)).node.seek(signed(offset, 64), signed(whence))


@BSD.add(201)
def ftruncate(process: Process, number: int, size: int) -> Result:
    """Sets a file's size."""
    if signed(size, 64) < 0:
        raise DarwinError(Errno.EINVAL)
    process.descriptors.get(signed(number)).node.truncate(size)
    return 0


@BSD.add(95, 408)
def fsync(process: Process, number: int) -> Result:
    """Nothing is kept back here."""
    process.descriptors.get(signed(number))
    return 0


@BSD.add(230, 417)
def poll(process: Process, place: int, count: int, timeout: int) -> Result:
    """Says what is ready now. With nothing ready, simulated time passes at once."""
    ready = 0
    if not 0 <= signed(count) <= process.descriptors.limit:
        raise DarwinError(Errno.EINVAL)
    for index in range(signed(count)):
        entry = place + 8 * index
        number, wanted = process.memory.unpack("iH", entry)
        found = 0
        if number >= 0:
            try:
                found = wanted & _readiness(process, number)
            except DarwinError:
                found = POLLNVAL
        process.memory.pack("H", entry + 6, found)
        ready += bool(found)
    if not ready:
        if signed(timeout) < 0:
            raise process.unsupported("poll without a time limit on descriptors that will never be ready")
        process.clock += 1000 * signed(timeout)
    return ready


def _readiness(process: Process, number: int) -> int:
    node = process.descriptors.get(number).node
    if isinstance(node, PipeEnd):
        return POLLOUT | (POLLIN if node.pending() else 0)
    return POLLIN | POLLOUT


def _open(process: Process, name: str, flags: int, mode: int) -> int:
    flags &= 0xFFFFFFFF
    node = process.files.open(name, flags, mode)
    return process.descriptors.add(Descriptor(node, bool(flags & O_CLOEXEC)))


def _path_at(process: Process, directory: int, path: int) -> str:
    name = process.memory.string(path)
    if name.startswith("/") or signed(directory) == AT_FDCWD:
        return name
    return posixpath.join(process.descriptors.get(signed(directory)).node.path, name)


def _transfer(size: int) -> int:
    if size > MAXIMUM_TRANSFER:
        raise DarwinError(Errno.EINVAL)
    return size


def _blocks(status: Status) -> int:
    return -(-status.size // 512)


def _layout(status: Status) -> bytes:
    """struct stat64: 144 bytes."""
    times = (FILE_TIME, 0) * 4
    return struct.pack(
        "<iHHQIIi4x8QqqiIIi16x",
        DEVICE, status.mode, 1, status.inode, OWNER, GROUP, 0, *times, status.size, _blocks(status), 4096, 0, 0, 0,
    )  # fmt: skip


def _old_layout(status: Status) -> bytes:
    """struct stat with inode numbers of 32 bits: 120 bytes."""
    times = (FILE_TIME, 0) * 3
    return struct.pack(
        "<iIHHIIi6QqqiIIi16x",
        DEVICE, status.inode, status.mode, 1, OWNER, GROUP, 0, *times, status.size, _blocks(status), 4096, 0, 0, 0,
    )  # fmt: skip
