# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

sysroot=$("$target-gcc" -print-sysroot)
mkdir work "$out"

# expect TEXT PROGRAM ARG…: everyone who can run the program prints the text. 126 is "cannot execute".
expect() {
  local text=$1 status=0 runs=0
  shift
  "$@" >work/output 2>&1 || status=$?
  if [ "$status" != 126 ]; then
    report "$text" "$status" kernel "$*"
    runs=1
  fi
  if [ -n "$qemu" ]; then
    status=0
    "$qemu" "$@" >work/output 2>&1 || status=$?
    report "$text" "$status" "${qemu##*/}" "$*"
    runs=1
  fi
  if [ "$runs" = 0 ]; then
    echo "$target: the kernel does not run $1, and no emulator for it is at hand" >&2
    return 1
  fi
}

# report TEXT STATUS RUNNER COMMAND
report() {
  sed "s|^|[$3] |" work/output | tee -a "$out/output"
  if [ "$2" != 0 ] || ! grep -qF "$1" work/output; then
    echo "$4 under $3: status $2, expected '$1' in its output" >&2
    return 1
  fi
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
