"""Everything that can end a run, and the error numbers that the guest sees."""

from __future__ import annotations

from enum import IntEnum


class Errno(IntEnum):
    """BSD error numbers of Darwin (sys/errno.h). They differ from Linux's from 35 on, and in EDEADLK."""

    EPERM = 1
    ENOENT = 2
    ESRCH = 3
    EINTR = 4
    EIO = 5
    EBADF = 9
    EDEADLK = 11
    ENOMEM = 12
    EACCES = 13
    EFAULT = 14
    EBUSY = 16
    EEXIST = 17
    EXDEV = 18
    ENODEV = 19
    ENOTDIR = 20
    EISDIR = 21
    EINVAL = 22
    EMFILE = 24
    ENOTTY = 25
    EFBIG = 27
    ENOSPC = 28
    ESPIPE = 29
    EROFS = 30
    EPIPE = 32
    ERANGE = 34
    EAGAIN = 35
    EOPNOTSUPP = 102
    ENOTSUP = 45
    ELOOP = 62
    ENAMETOOLONG = 63
    ENOTEMPTY = 66
    ENOSYS = 78
    EOVERFLOW = 84
    ENOATTR = 93


class DarwinError(Exception):
    """A system call that fails, as it would on Darwin: the guest gets `errno` and goes on."""

    def __init__(self, errno: Errno) -> None:
        super().__init__(errno.name)
        self.errno = errno


class KernReturn(IntEnum):
    """Results of Mach calls (mach/kern_return.h)."""

    SUCCESS = 0
    INVALID_ADDRESS = 1
    PROTECTION_FAILURE = 2
    NO_SPACE = 3
    INVALID_ARGUMENT = 4
    INVALID_NAME = 15
    INVALID_RIGHT = 17


class MachError(Exception):
    """A Mach call that fails, as it would on Darwin: the guest gets `code` and goes on."""

    def __init__(self, code: KernReturn) -> None:
        super().__init__(code.name)
        self.code = code


class EmulatorError(Exception):
    """Ends the run: the guest can't go on here. The message says what was wanted, and by whom."""


class MachoError(EmulatorError):
    """The executable is not one that Darwin's kernel would start, or not one that this emulator can."""


class UnsupportedCall(EmulatorError):
    """The guest asked for something that is not implemented."""


class Exited(Exception):
    """The guest called exit: not an error, but it ends the run. `status` is 0 to 255."""

    def __init__(self, status: int) -> None:
        super().__init__(f"exit status {status}")
        self.status = status


class Killed(Exception):
    """A signal's default action ended the guest."""

    def __init__(self, signal: int, why: str) -> None:
        super().__init__(f"signal {signal}: {why}")
        self.signal = signal
        self.why = why


def errno_of(error: OSError) -> Errno:
    """The Darwin number for an error of the host, by name. Raises EmulatorError where Darwin's is not listed here."""
    import errno as host

    name = host.errorcode.get(error.errno or 0, "")
    try:
        return Errno[name]
    except KeyError:
        raise EmulatorError(f"the host answered {name or error}, which has no Darwin number here") from error
