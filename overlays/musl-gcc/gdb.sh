# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

mkdir work "$out"
export TMPDIR=$PWD/work HOME=$PWD/work
sysroot=$("$target-gcc" -print-sysroot)
server=$gdb/$target/bin/gdbserver
line=$(grep -n 'stop here' "$source/program.c" | cut -d: -f1)
size=$("$target-gcc" -dM -E -x c /dev/null | awk '$2 == "__SIZEOF_POINTER__" { print $3 }')

# session HOW PROGRAM CONNECT: a whole session. CONNECT is GDB's command that reaches the program.
session() {
  local how=$1 program=$2 connect=$3 status=0
  timeout 300 "$target-gdb" --nx --batch \
    -ex 'set width 0' \
    -ex "set solib-search-path $sysroot/lib" \
    -ex "$connect" \
    -ex 'break move' \
    -ex 'continue' \
    -ex 'backtrace' \
    -ex 'info threads' \
    -ex 'info sharedlibrary' \
    -ex 'print *point' \
    -ex 'print by + sizeof (struct point *)' \
    -ex 'finish' \
    -ex 'delete' \
    -ex "tbreak program.c:$line" \
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
  says "$how" \
    'Breakpoint 1, move \(point=0x[0-9a-f]+, by=2\) at .*program\.c:' \
    '^#1 .* in second \(point=0x[0-9a-f]+\) at .*program\.c:' \
    '^\* 2 .*move' \
    '= \{x = 40, y = 0\.5, name = "corner"\}' \
    "= $((2 + size))\$" \
    'Value returned is \$[0-9]+ = 42' \
    "Temporary breakpoint 2, main \\(\\) at .*program\\.c:$line" \
    '\[Inferior 1 \(.*\) exited normally\]' || return 1
  case $how in dynamic*) says "$how" '^0x.* Yes.*(libc\.so|ld-musl)' ;; esac
}

# says HOW PATTERN…: GDB said a line for each pattern.
says() {
  local how=$1 pattern
  shift
  for pattern; do
    if ! grep -E -- "$pattern" work/said >/dev/null; then
      echo "error: $how: no line of GDB's matches '$pattern'" >&2
      return 1
    fi
  done
}

# prints HOW: the program printed the value that GDB had set.
prints() {
  if ! grep -F 'x is 7' work/printed work/said >/dev/null; then
    cat work/printed >&2
    echo "error: $1: the program does not print the value that GDB has set" >&2
    return 1
  fi
}

# by_server FORM PROGRAM: where the kernel itself runs the program.
by_server() {
  local how="$1, gdbserver" status=0
  "$2" >work/printed 2>&1 || status=$?
  if [ "$status" = 126 ]; then return; fi
  # A kernel may have been told to run programs of the target under QEMU, where no program can control another.
  if [ -n "$qemu" ]; then
    timeout 60 "$server" --once - "$2" </dev/null >work/printed 2>&1 || true
    if grep -E 'Function not implemented|Cannot trace|ptrace' work/printed >/dev/null; then
      echo "$1: not debugged over gdbserver: the kernel has an emulator run it" | tee -a "$out/summary"
      return
    fi
  fi
  session "$how" "$2" "target remote | $server --once - $2 2>work/printed"
  prints "$how"
  echo "$1: debugged over gdbserver" | tee -a "$out/summary"
}

# by_emulator FORM PROGRAM
by_emulator() {
  local how="$1, ${qemu##*/}" waited=0 emulator
  rm -f work/socket
  "$qemu" -L "$sysroot" -g work/socket "$2" >work/printed 2>&1 &
  emulator=$!
  until [ -S work/socket ]; do
    waited=$((waited + 1))
    if [ "$waited" -gt 300 ] || ! kill -0 "$emulator" 2>/dev/null; then
      cat work/printed >&2
      echo "error: $how: QEMU does not wait for a debugger" >&2
      return 1
    fi
    sleep 0.1
  done
  session "$how" "$2" 'target remote work/socket'
  wait "$emulator" || { cat work/printed >&2; echo "error: $how: QEMU ends with another status" >&2; return 1; }
  prints "$how"
  echo "$1: debugged over ${qemu##*/}" | tee -a "$out/summary"
}

if [ ! -e "$gdb/$target/lib/libc.so" ]; then
  echo "error: GDB has no libraries of the target beside it" >&2
  exit 1
fi
if [ -e "$server" ]; then
  # gdbserver is static, and starts under the emulator.
  if "$target-readelf" -lW "$server" | grep INTERP >/dev/null; then
    echo "error: gdbserver is not static" >&2
    exit 1
  fi
  if [ -n "$qemu" ]; then
    "$qemu" "$server" --version >work/version 2>&1 || { cat work/version >&2; echo "error: gdbserver does not start" >&2; exit 1; }
    grep '^GNU gdbserver' work/version | tee -a "$out/output"
  fi
fi

touch "$out/summary"
"$target-gcc" -O0 -g -static "$source/program.c" -o work/static
# With the loader's own name, which QEMU finds in the sysroot, and with a loader that the kernel finds.
"$target-gcc" -O0 -g -fPIE -pie "$source/program.c" -o work/dynamic
"$target-gcc" -O0 -g -fPIE -pie -Wl,--dynamic-linker="$sysroot/lib/libc.so" "$source/program.c" -o work/dynamic-here
if [ -e "$server" ]; then
  by_server static work/static
  by_server dynamic work/dynamic-here
fi
if [ -n "$qemu" ]; then
  by_emulator static work/static
  by_emulator dynamic work/dynamic
fi
if ! grep 'debugged over' "$out/summary" | grep -v 'not debugged' >/dev/null; then
  echo "error: the kernel does not run programs of $target, and no emulator for them is at hand" >&2
  exit 1
fi
