#!/bin/sh
# Starts Valgrind from wherever this package was unpacked: its launcher looks for tools in VALGRIND_LIB, and without it
# where Valgrind was configured to be installed.
self=$0
while [ -h "$self" ]; do
  to=$(readlink "$self")
  case $to in
  /*) self=$to ;;
  *) self=$(dirname "$self")/$to ;;
  esac
done
root=$(CDPATH='' cd -- "$(dirname -- "$self")/.." && pwd -P) || exit
VALGRIND_LIB=${VALGRIND_LIB:-$root/libexec/valgrind}
export VALGRIND_LIB
exec "$root/libexec/valgrind/valgrind-launcher" "$@"
