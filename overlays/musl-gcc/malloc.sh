# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

mkdir work "$out"
export TMPDIR=$PWD/work
sysroot=$("$target-gcc" -print-sysroot)

# run FORM COMMAND…: the program says that it has mimalloc, wherever it runs.
run() {
  local form=$1 status=0 ran='' text
  shift
  text=$("$@" 2>&1) || status=$?
  if [ "$status" != 126 ]; then
    ran=kernel
    echo "$form [kernel]: $text" | tee -a "$out/output"
    [ "$status" = 0 ] && [ "$text" = "mimalloc $version" ] || return 1
  fi
  if [ -n "$qemu" ]; then
    ran=$qemu
    status=0
    text=$("$qemu" "$@" 2>&1) || status=$?
    echo "$form [${qemu##*/}]: $text" | tee -a "$out/output"
    [ "$status" = 0 ] && [ "$text" = "mimalloc $version" ] || return 1
  fi
  if [ -z "$ran" ]; then
    echo "error: the kernel does not run programs of $target, and no emulator for them is at hand" >&2
    return 1
  fi
}

# without FILE: there is no allocator in it.
without() {
  "$target-nm" "work/$1" >work/symbols
  if grep ' mi_' work/symbols; then
    echo "error: $1 has an allocator of its own" >&2
    return 1
  fi
}

for form in -static '-static-pie -fPIE'; do
  # shellcheck disable=SC2086 # flags
  "$target-gcc" -O2 -Wall -Werror $form "$programs/main.c" -o work/program
  run "${form%% *}" work/program
done
"$target-gcc" -O2 -shared -fPIC "$programs/shared.c" -o work/libshared.so
without libshared.so
for form in -no-pie '-pie -fPIE'; do
  # shellcheck disable=SC2086 # flags
  "$target-gcc" -O2 -Wall -Werror -DSHARED $form "$programs/main.c" -Lwork -lshared -o work/program
  run "dynamic, ${form%% *}" "$sysroot/lib/libc.so" --library-path "$sysroot/lib:work" work/program
done
# A compiler call that links no program.
"$target-gcc" -r "$programs/shared.c" -o work/shared.o
without shared.o
