# shellcheck shell=bash
# LLVM's ar, which makes a universal library where it indexes universal objects.
exec "@staticMacho@/bin/static-macho" ar --ar "@llvm@/bin/llvm-ar" --libtool "@llvm@/bin/llvm-libtool-darwin" -- "$@"
