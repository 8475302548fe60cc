# shellcheck shell=bash
# LLVM's ranlib, by the options of Apple's, which makes a universal library out of an archive of universal objects.
exec "@staticMacho@/bin/static-macho" ranlib --ranlib "@llvm@/bin/llvm-ranlib" --libtool "@llvm@/bin/llvm-libtool-darwin" -- "$@"
