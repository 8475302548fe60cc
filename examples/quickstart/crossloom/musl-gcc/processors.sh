# shellcheck shell=bash disable=SC2154 # the derivation's attributes and what ways.sh declares arrive as variables
# What some processors have and others don't.

case $target in
x86_64-* | aarch64*)
  # C's pointers to nested functions, with memory of their own in place of an executable stack.
  check 'nested 12' "$target-gcc" "$processors/nested.c" -ftrampoline-impl=heap
  ;;
esac
case $target in
aarch64*) check 'lse as the processor: 1 of 1' "$target-gcc" "$processors/lse.c" ;;
esac
