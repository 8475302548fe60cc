# shellcheck shell=bash
# Runs a program of the target, static or not: the emulator finds musl, which loads programs, in the sysroot.
exec "@qemu@" -L "@sysroot@" "$@"
