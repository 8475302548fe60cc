# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

mkdir work "$out"
export TMPDIR=$PWD/work HOME=$PWD/work
sysroot=$("$target-gcc" -print-sysroot)
# A loader that is here, which the program names.
loader=$sysroot/lib/libc.so
rm -f work/socket

# session HOW PROGRAM COMMAND…: GDB with a program that the last arguments start, as it says that it is reached.
session() {
  local how=$1 program=$2 connect=$3 status=0
  timeout 300 "$target-gdb" --nx --batch \
    -ex 'set width 0' \
    -ex 'set print thread-events off' \
    -ex "$connect" \
    -ex 'break move' \
    -ex 'continue' \
    -ex 'backtrace' \
    -ex 'info threads' \
    -ex 'print *point' \
    -ex 'print by + sizeof (struct point *)' \
    -ex 'finish' \
    -ex 'print $' \
    -ex 'info sharedlibrary' \
    -ex 'delete' \
    -ex 'tbreak program.c:26' \
    -ex 'continue' \
    -ex 'print point.x' \
    -ex 'set variable point.x = 7' \
    -ex 'continue' \
    "$program" >work/said 2>&1 </dev/null || status=$?
  sed "s|^|[$how] |" work/said | tee -a "$out/output"
  if [ "$status" != 0 ]; then
    echo "error: $how: GDB ended with status $status" >&2
    return 1
  fi
  local size
  size=$("$target-gcc" -dM -E -x c /dev/null | awk '$2 == "__SIZEOF_POINTER__" { print $3 }')
  says "$how" \
    'Breakpoint 1, move \(point=0x[0-9a-f]+, by=2\) at .*program\.c:' \
    '^#1 .* in second \(point=0x[0-9a-f]+\) at .*program\.c:' \
    '^\* 2 .*move' \
    '= \{x = 40, y = 0\.5, name = "corner"\}' \
    "= $((2 + size))\$" \
    'Value returned is \$[0-9]+ = 42' \
    '^\$[0-9]+ = 42$' \
    'Temporary breakpoint 2, main \(\) at .*program\.c:26' \
    '\[Inferior 1 \(.*\) exited normally\]'
}

# says HOW PATTERN…: what GDB said has a line for each pattern.
says() {
  local how=$1 pattern
  shift
  for pattern; do
    if ! grep -qE -- "$pattern" work/said; then
      echo "error: $how: GDB says nothing like '$pattern'" >&2
      return 1
    fi
  done
}

# debug FORM PROGRAM: wherever the program runs. It prints what GDB made of it.
debug() {
  local form=$1 program=$2 status=0 ran=''
  "$program" >work/printed 2>&1 || status=$?
  if [ "$status" != 126 ]; then
    session "$form, gdbserver" "$program" "target remote | $gdb/$target/bin/gdbserver --once - $program 2>work/printed"
    prints "$form, gdbserver" work/said work/printed
    ran=gdbserver
    echo "$form: debugged over gdbserver" >>"$out/summary"
  fi
  if [ -n "$qemu" ]; then
    rm -f work/socket
    "$qemu" -g work/socket "$program" >work/printed 2>&1 &
    local emulator=$! waited=0
    until [ -S work/socket ]; do
      waited=$((waited + 1))
      if [ "$waited" -gt 300 ]; then
        echo "error: $qemu does not wait for a debugger" >&2
        return 1
      fi
      sleep 0.1
    done
    session "$form, ${qemu##*/}" "$program" 'target remote work/socket'
    wait "$emulator"
    prints "$form, ${qemu##*/}" work/printed
    ran=$qemu
    echo "$form: debugged over ${qemu##*/}" >>"$out/summary"
  fi
  if [ -z "$ran" ]; then
    echo "error: the kernel does not run programs of $target, and no emulator for them is at hand" >&2
    return 1
  fi
}

# prints HOW FILE…: the program printed what GDB had set.
prints() {
  local how=$1
  shift
  if ! grep -qF 'x is 7' "$@"; then
    echo "error: $how: the program does not print the value that GDB has set" >&2
    return 1
  fi
}

# It is static, and runs at all where a kernel or an emulator does.
if "$target-readelf" -lW "$gdb/$target/bin/gdbserver" | grep -q INTERP; then
  echo "error: gdbserver is not static" >&2
  exit 1
fi
if [ -n "$qemu" ]; then
  "$qemu" "$gdb/$target/bin/gdbserver" --version | tee -a "$out/output" | grep -q '^GNU gdbserver'
fi

"$target-gcc" -O0 -g -static "$source/program.c" -o work/static
debug static work/static
"$target-gcc" -O0 -g -fPIE -pie -Wl,--dynamic-linker="$loader" "$source/program.c" -o work/dynamic
debug dynamic work/dynamic
says dynamic "^0x.* Yes.* $(dirname "$(readlink -f "$loader")")/|^0x.* Yes.*libc\.so"
cat "$out/summary"
