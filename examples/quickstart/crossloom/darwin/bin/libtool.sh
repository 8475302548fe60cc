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
  # About symbols that compilers do not make any more, and the index, which there always is.
  -static | -a | -c | -s) ;;
  *) arguments+=("$argument") ;;
  esac
done
exec "@llvm@/bin/llvm-libtool-darwin" -static "${arguments[@]}"
