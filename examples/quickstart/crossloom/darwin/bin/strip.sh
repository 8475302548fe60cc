# shellcheck shell=bash
# LLVM's strip, by the options of Apple's.
exec "@staticMacho@/bin/static-macho" strip --strip "@llvm@/bin/llvm-strip" -- "$@"
