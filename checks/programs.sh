# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

sysroot=$("$target-gcc" -print-sysroot)
mkdir work "$out"

# run PROGRAM ARG…: directly when the kernel takes it (126 is "cannot execute"), else under the emulator.
run() {
  local status=0
  "$@" >work/output 2>work/errors || status=$?
  if [ "$status" = 126 ]; then
    if [ -z "$emulator" ]; then
      echo "$target: the kernel does not run $1 and QEMU has no emulator for it" >&2
      return 1
    fi
    status=0
    "$qemu_user/bin/qemu-$emulator" "$@" >work/output 2>work/errors || status=$?
    echo -n "[qemu-$emulator] "
  fi
  cat work/output work/errors
  return "$status"
}

# expect TEXT PROGRAM ARG…
expect() {
  local text=$1
  shift
  run "$@" | tee -a "$out/output"
  grep -qF "$text" work/output || { echo "$*: expected '$text' in its output" >&2; return 1; }
}

# check TEXT COMPILER SOURCE: both ways of linking.
check() {
  local text=$1 compiler=$2 source=$3 name
  name=work/${source##*/}
  "$compiler" -O2 -Wall -Werror -static "$source" -o "$name.static"
  file -b "$name.static" | tee -a "$out/output"
  file -b "$name.static" | grep -q 'statically linked' || { echo "$name.static is not static" >&2; return 1; }
  expect "$text" "$name.static"
  "$compiler" -O2 -Wall -Werror "$source" -o "$name.dynamic"
  expect "$text" "$sysroot/lib/libc.so" --library-path "$sysroot/lib" "$name.dynamic"
}

check 'hello from C, ' "$target-gcc" "$programs/hello.c"
if [ -n "$cxx" ]; then
  check 'hello from C++, sum 60' "$target-g++" "$programs/hello.cc"
fi
