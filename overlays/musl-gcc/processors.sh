# shellcheck shell=bash disable=SC2154 # the derivation's attributes and what ways.sh declares arrive as variables
# What some processors have and others don't.

case $target in
x86_64-* | i?86-* | aarch64*)
  # Pointers to nested functions in C, without an executable stack: the code that they need is on the heap.
  check 'nested 12' "$target-gcc" "$processors/nested.c" -ftrampoline-impl=heap
  ;;
esac
case $target in
aarch64*) check 'lse as the processor: 1 of 1' "$target-gcc" "$processors/lse.c" ;;
esac
case $target in
x86_64-*)
  # Programs of several processes share 16 bytes: by the processor's instruction, and never by a lock in the program.
  if has libatomic; then
    "$target-objdump" -dr "$("$target-gcc" -print-file-name=libatomic.a)" >work/libatomic
    for function in load store exchange compare_exchange fetch_add; do
      awk -v of="<__atomic_${function}_16>:" '$2 == of { in_it = 1; next } in_it && NF == 0 { exit } in_it' work/libatomic >work/function
      if ! grep -q 'cmpxchg16b' work/function || grep -q 'libat_lock' work/function; then
        echo "libatomic's $function of 16 bytes is not the processor's" >&2
        exit 1
      fi
    done
  fi
  ;;
esac
