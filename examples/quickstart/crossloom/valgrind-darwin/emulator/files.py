"""The files that the guest sees: mapped host files and directories, /dev/null, pipes and standard streams.

Nothing else exists for the guest, and nothing can be written except below a directory that was mapped as writable. What
the host would betray (inode numbers, owners, times) is replaced by fixed values, so that runs are the same everywhere.
"""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field

from .errors import DarwinError, EmulatorError, Errno, errno_of

O_ACCMODE, O_RDONLY, O_WRONLY, O_RDWR = 3, 0, 1, 2
O_NONBLOCK, O_APPEND, O_NOFOLLOW, O_CREAT, O_TRUNC, O_EXCL = 0x4, 0x8, 0x100, 0x200, 0x400, 0x800
O_NOCTTY, O_DIRECTORY, O_CLOEXEC = 0x20000, 0x100000, 0x1000000
O_ASYNC = 0x40
"""SIGIO when there is something to read: taken note of, since nobody else writes."""
_KNOWN_FLAGS = (
    O_ACCMODE | O_NONBLOCK | O_APPEND | O_NOFOLLOW | O_CREAT | O_TRUNC | O_EXCL | O_NOCTTY | O_DIRECTORY | O_CLOEXEC
)

OWNER, GROUP = 501, 20
"""The first user of a Mac, and the group staff."""
DEVICE = 0x1000004
"""The device number that every file is on."""
FILE_TIME = 1_704_067_200
"""Every file's times, in seconds since 1970: 2024-01-01."""


@dataclass(frozen=True)
class Status:
    """What stat reports. `size` is in bytes."""

    mode: int
    inode: int
    size: int


class Node:
    """An open file, the same one for every descriptor that was duplicated from it.

    `path` is the guest's name of it, or empty. `flags` are those of open that F_GETFL reports.
    """

    path = ""
    flags = 0

    def status(self) -> Status:
        """What fstat reports."""
        raise NotImplementedError

    def read(self, size: int) -> bytes:
        """Up to `size` bytes from the current position; none at the end."""
        raise DarwinError(Errno.EBADF)

    def write(self, data: bytes) -> int:
        """Writes, and returns how many bytes."""
        raise DarwinError(Errno.EBADF)

    def pread(self, size: int, offset: int) -> bytes:
        """Like read, at `offset` bytes from the start."""
        raise DarwinError(Errno.ESPIPE)

    def seek(self, offset: int, whence: int) -> int:
        """The new position in bytes."""
        raise DarwinError(Errno.ESPIPE)

    def truncate(self, size: int) -> None:
        """Sets the size in bytes."""
        raise DarwinError(Errno.EINVAL)

    def host_descriptor(self) -> int:
        """A descriptor of the host that can be mapped. Raises ENODEV where there is none."""
        raise DarwinError(Errno.ENODEV)

    def close(self) -> None:
        """Called when the last descriptor is gone."""


class Null(Node):
    """/dev/null."""

    path = "/dev/null"

    def __init__(self, flags: int) -> None:
        self.flags = flags

    def status(self) -> Status:
        return Status(stat.S_IFCHR | 0o666, 3, 0)

    def read(self, size: int) -> bytes:
        return b""

    def write(self, data: bytes) -> int:
        return len(data)

    def seek(self, offset: int, whence: int) -> int:
        return 0


class Stream(Node):
    """One of the host's standard streams, shown as a pipe whatever it is."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.flags = O_WRONLY if descriptor else O_RDONLY

    def status(self) -> Status:
        return Status(stat.S_IFIFO | 0o600, 10 + self._descriptor, 0)

    def read(self, size: int) -> bytes:
        return os.read(self._descriptor, size)

    def write(self, data: bytes) -> int:
        # All of it: a short write would make the guest's behaviour depend on the reader at the other end.
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(self._descriptor, left) :]
        except OSError as error:
            raise DarwinError(errno_of(error)) from error
        return len(data)


class PipeEnd(Node):
    """One end of a pipe or FIFO; both ends share `buffer`."""

    def __init__(self, buffer: bytearray, flags: int, path: str = "") -> None:
        self._buffer = buffer
        self.flags = flags
        self.path = path

    def status(self) -> Status:
        return Status(stat.S_IFIFO | 0o600, 5, len(self._buffer))

    def read(self, size: int) -> bytes:
        if self.flags & O_ACCMODE == O_WRONLY:
            raise DarwinError(Errno.EBADF)
        if not self._buffer:
            if self.flags & O_NONBLOCK:
                raise DarwinError(Errno.EAGAIN)
            raise EmulatorError("the guest's only thread reads from an empty pipe: it would wait for ever")
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    def write(self, data: bytes) -> int:
        if self.flags & O_ACCMODE == O_RDONLY:
            raise DarwinError(Errno.EBADF)
        self._buffer += data
        return len(data)

    def pending(self) -> int:
        """Bytes that can be read."""
        return 0 if self.flags & O_ACCMODE == O_WRONLY else len(self._buffer)


class Regular(Node):
    """A regular file of the host."""

    def __init__(self, path: str, descriptor: int, flags: int, inode: int) -> None:
        self.path = path
        self.flags = flags
        self._descriptor = descriptor
        self._inode = inode

    def status(self) -> Status:
        return _status(os.fstat(self._descriptor), self._inode)

    def read(self, size: int) -> bytes:
        self._need(O_RDONLY)
        return os.read(self._descriptor, size)

    def write(self, data: bytes) -> int:
        self._need(O_WRONLY)
        return os.write(self._descriptor, data)

    def pread(self, size: int, offset: int) -> bytes:
        self._need(O_RDONLY)
        return os.pread(self._descriptor, size, offset)

    def seek(self, offset: int, whence: int) -> int:
        if whence not in (os.SEEK_SET, os.SEEK_CUR, os.SEEK_END):
            raise DarwinError(Errno.EINVAL)
        return os.lseek(self._descriptor, offset, whence)

    def truncate(self, size: int) -> None:
        self._need(O_WRONLY)
        os.ftruncate(self._descriptor, size)

    def host_descriptor(self) -> int:
        return self._descriptor

    def close(self) -> None:
        os.close(self._descriptor)

    def _need(self, access: int) -> None:
        if self.flags & O_ACCMODE not in (access, O_RDWR):
            raise DarwinError(Errno.EBADF)


class Directory(Node):
    """A directory. It can be opened and asked for its status; listing is not implemented."""

    def __init__(self, path: str, inode: int) -> None:
        self.path = path
        self._inode = inode

    def status(self) -> Status:
        return Status(stat.S_IFDIR | 0o755, self._inode, 0)

    def read(self, size: int) -> bytes:
        raise DarwinError(Errno.EISDIR)


@dataclass(frozen=True)
class Mount:
    """Host file or directory `host`, seen by the guest as `guest`, an absolute path."""

    guest: str
    host: str
    writable: bool = False

    def translate(self, path: str) -> str | None:
        """The host's path for a guest path at or below this mount."""
        if path == self.guest:
            return self.host
        prefix = self.guest.rstrip("/") + "/"
        return os.path.join(self.host, path[len(prefix) :]) if path.startswith(prefix) else None


@dataclass
class FileSystem:
    """Names. Guest paths are absolute or relative to `directory`; `..` is resolved by name alone."""

    mounts: tuple[Mount, ...]
    directory: str = "/"
    _inodes: dict[str, int] = field(default_factory=dict)
    _fifos: dict[str, bytearray] = field(default_factory=dict)

    def absolute(self, path: str) -> str:
        """The path from the root, without `.`, `..` and doubled slashes. Raises ENOENT for an empty one."""
        if not path:
            raise DarwinError(Errno.ENOENT)
        return "/" + posixpath.normpath(posixpath.join(self.directory, path)).lstrip("/")

    def open(self, path: str, flags: int, mode: int) -> Node:
        """Opens, and creates where that is asked for. Raises DarwinError as open(2) does."""
        if flags & ~_KNOWN_FLAGS:
            raise EmulatorError(f"open of {path} with unknown flags {flags:#x}")
        path = self.absolute(path)
        access = flags & O_ACCMODE
        kept = flags & (O_ACCMODE | O_NONBLOCK | O_APPEND)
        if path == "/dev/null":
            return Null(kept)
        if path in self._fifos:
            return PipeEnd(self._fifos[path], kept, path)
        if self._is_ancestor(path):
            return self._directory(path, access)
        mount, host = self._locate(path)
        writes = access != O_RDONLY or flags & (O_CREAT | O_TRUNC)
        if os.path.isdir(host):
            return self._directory(path, access)
        if writes and not mount.writable:
            raise DarwinError(Errno.EROFS if os.path.lexists(host) or flags & O_CREAT else Errno.ENOENT)
        host_flags = {O_RDONLY: os.O_RDONLY, O_WRONLY: os.O_WRONLY, O_RDWR: os.O_RDWR}[access] | os.O_CLOEXEC
        for ours, theirs in (
            (O_CREAT, os.O_CREAT),
            (O_TRUNC, os.O_TRUNC),
            (O_EXCL, os.O_EXCL),
            (O_APPEND, os.O_APPEND),
        ):
            if flags & ours:
                host_flags |= theirs
        try:
            descriptor = os.open(host, host_flags, mode & 0o777)
        except OSError as error:
            raise DarwinError(errno_of(error)) from error
        return Regular(path, descriptor, kept, self._inode(path))

    def status(self, path: str, follow: bool = True) -> Status:
        """What stat reports, or lstat when links are not followed. Raises DarwinError as they do."""
        path = self.absolute(path)
        if path == "/dev/null":
            return Null(O_RDONLY).status()
        if path in self._fifos:
            return Status(stat.S_IFIFO | 0o600, self._inode(path), 0)
        if self._is_ancestor(path):
            return Directory(path, self._inode(path)).status()
        _, host = self._locate(path)
        try:
            return _status(os.stat(host) if follow else os.lstat(host), self._inode(path))
        except OSError as error:
            raise DarwinError(errno_of(error)) from error

    def link(self, path: str) -> str:
        """Where a symbolic link points. Raises EINVAL for anything else."""
        path = self.absolute(path)
        if not stat.S_ISLNK(self.status(path, follow=False).mode):
            raise DarwinError(Errno.EINVAL)
        return os.readlink(self._locate(path)[1])

    def make_fifo(self, path: str) -> None:
        """Makes a FIFO that exists for this run only, below a writable mount."""
        path = self.absolute(path)
        mount, host = self._locate(path)
        if path in self._fifos or os.path.lexists(host):
            raise DarwinError(Errno.EEXIST)
        if not mount.writable:
            raise DarwinError(Errno.EROFS)
        self._fifos[path] = bytearray()

    def unlink(self, path: str) -> None:
        """Removes a file or FIFO below a writable mount."""
        path = self.absolute(path)
        if self._fifos.pop(path, None) is not None:
            return
        mount, host = self._locate(path)
        if not os.path.lexists(host):
            raise DarwinError(Errno.ENOENT)
        if not mount.writable:
            raise DarwinError(Errno.EROFS)
        try:
            os.unlink(host)
        except OSError as error:
            raise DarwinError(errno_of(error)) from error

    def accessible(self, path: str, writes: bool, executes: bool) -> bool:
        """Whether access(2) allows it. Raises DarwinError when the file does not exist."""
        mode = self.status(path).mode
        path = self.absolute(path)
        if executes and not mode & 0o111:
            return False
        if not writes or path == "/dev/null":
            return True
        return not self._is_ancestor(path) and self._locate(path)[0].writable

    def _directory(self, path: str, access: int) -> Directory:
        if access != O_RDONLY:
            raise DarwinError(Errno.EISDIR)
        return Directory(path, self._inode(path))

    def _locate(self, path: str) -> tuple[Mount, str]:
        """The mount that a path lies on (the longest wins) and the host's path."""
        for mount in sorted(self.mounts, key=lambda mount: len(mount.guest), reverse=True):
            host = mount.translate(path)
            if host is not None:
                return mount, host
        raise DarwinError(Errno.ENOENT)

    def _is_ancestor(self, path: str) -> bool:
        """Whether the path is a directory only because mounts lie below it."""
        prefix = path.rstrip("/") + "/"
        paths: Iterable[str] = [*(mount.guest for mount in self.mounts), "/dev/null"]
        return any(guest.startswith(prefix) for guest in paths) and not any(
            mount.translate(path) is not None for mount in self.mounts
        )

    def _inode(self, path: str) -> int:
        return self._inodes.setdefault(path, 100 + len(self._inodes))


def _status(found: os.stat_result, inode: int) -> Status:
    # Permissions of the owner alone: what a store or a checkout leaves to others differs between machines.
    owner = found.st_mode & 0o700
    return Status(stat.S_IFMT(found.st_mode) | owner | owner >> 3 | owner >> 6, inode, found.st_size)
