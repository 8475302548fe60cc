"""Runs static x86_64 Mach-O executables of macOS on another system.

The processor is emulated by Unicorn; the kernel's side of a process is here: a loader for static executables, an
address space, the BSD system calls, Mach traps and MIG routines that Valgrind's tools make, signals, and a file layer
that shows the guest chosen files of the host. There is one thread, no dynamic linker, no network, and
time is simulated, so a run gives the same output each time.

A call that is not implemented ends the run with an error that names it. Nothing is answered with a made-up success.

    PYTHONPATH=checks python -m emulator TOOL -- ARGS…
"""
