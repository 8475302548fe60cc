# shellcheck shell=bash
# Apple's libtool, by LLVM's, which makes static libraries only. With Apple's, -static is the default, too.
set -eu
arguments=()
for argument; do
  case $argument in
  -V)
    # zlib's configure script looks for the name.
    echo "Apple's libtool, by LLVM: $("@llvm@/bin/llvm-libtool-darwin" -V | xargs)"
    exit
    ;;
  -dynamic)
    echo "error: libtool -dynamic is not there; @target@-clang -dynamiclib links shared libraries" >&2
    exit 1
    ;;
  # These are about obsolete kinds of symbols, and about the index, which LLVM's always writes.
  -static | -a | -c | -s) ;;
  *) arguments+=("$argument") ;;
  esac
done
exec "@llvm@/bin/llvm-libtool-darwin" -static "${arguments[@]}"
