"""Command line: `python -m emulator [OPTIONS] TOOL [-- ARGUMENTS…]`. The status is the guest's."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

# Imported for what they register.
from . import bsd_files, bsd_memory, bsd_process, bsd_signals, mach_traps  # noqa: F401
from .errors import EmulatorError, Killed
from .files import FileSystem, Mount
from .loader import start
from .process import PARENT_ID, run

FAILED = 125
"""The status when the emulator, not the guest, gave up."""
LIBRARY = "/usr/local/libexec/valgrind"
"""Where the guest sees the directory that holds the tool."""
GUEST = "/guest"
"""The guest's working directory."""


def mapping(text: str) -> tuple[str, str]:
    """GUEST=HOST. Raises argparse's error for anything else."""
    guest, separator, host = text.partition("=")
    if not separator or not guest.startswith("/") or not host:
        raise argparse.ArgumentTypeError(f"'{text}' is not GUEST=HOST with an absolute GUEST")
    if not os.path.exists(host):
        raise argparse.ArgumentTypeError(f"{host} does not exist")
    return guest.rstrip("/") or "/", os.path.abspath(host)


def parser() -> argparse.ArgumentParser:
    """The options."""
    result = argparse.ArgumentParser(prog="emulator", description="Runs a static x86_64 Mach-O executable.")
    result.add_argument("--lib", metavar="DIR", help="directory for VALGRIND_LIB (default: the tool's own)")
    result.add_argument(
        "--map", metavar="GUEST=HOST", action="append", default=[], type=mapping, help="show a file or directory"
    )
    result.add_argument(
        "--output", metavar="GUEST=HOST", action="append", default=[], type=mapping, help="a directory to write to"
    )
    result.add_argument("--env", metavar="NAME=VALUE", action="append", default=[], help="set a variable")
    result.add_argument(
        "--release", metavar="VERSION", default="22.6.0", help="Darwin's version (default: %(default)s)"
    )
    result.add_argument("--trace", action="store_true", help="print every system call on standard error")
    result.add_argument("tool", metavar="TOOL", help="the executable, a path of the host")
    return result


def main(words: Sequence[str]) -> int:
    """Runs what the command line asks for, and returns the status to exit with."""
    words = list(words)
    own, arguments = (words[: words.index("--")], words[words.index("--") + 1 :]) if "--" in words else (words, [])
    options = parser().parse_args(own)
    tool = os.path.abspath(options.tool)
    library = os.path.abspath(options.lib or os.path.dirname(tool))
    path = f"{LIBRARY}/{os.path.basename(tool)}"
    mounts = (
        Mount(LIBRARY, library),
        Mount(path, tool),
        *(Mount(guest, host) for guest, host in options.map),
        *(Mount(guest, host, writable=True) for guest, host in options.output),
    )
    environment = [
        "HOME=/nonexistent",
        f"VALGRIND_LIB={LIBRARY}",
        "VALGRIND_LAUNCHER=/usr/local/bin/valgrind",
        f"VALGRIND_STARTUP_PWD_{PARENT_ID}_XYZZY={GUEST}",
        *options.env,
    ]
    try:
        return run(start(path, FileSystem(mounts, GUEST), arguments, environment, options.release, options.trace))
    except Killed as killed:
        print(f"emulator: the guest was killed by signal {killed.signal}: {killed.why}", file=sys.stderr)
        return 128 + killed.signal
    except EmulatorError as error:
        print(f"emulator: {error}", file=sys.stderr)
        return FAILED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
