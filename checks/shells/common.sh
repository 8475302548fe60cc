# shellcheck shell=bash
# answers LOG: whether a configure script of a Linux target got from config.site what it can't run programs for.
answers() {
  local name
  for name in malloc_0_nonnull realloc_0_nonnull chown_works getgroups_works strcoll_works lstat_dereferences_slashed_symlink \
    mmap_fixed_mapped; do
    grep -qx "ac_cv_func_$name=yes" "$1" || { echo "configure does not know ac_cv_func_$name" >&2; return 1; }
  done
}

# words_of TARGET: what file(1) says of a program for it.
words_of() {
  local target=$1
  case $target in
  *-apple-darwin*) echo "Mach-O 64-bit.* ${target%%-*}" ;;
  i?86-*) echo 'ELF 32-bit LSB.* Intel 80386' ;;
  x86_64-linux-musl) echo 'ELF 64-bit LSB.* x86-64' ;;
  aarch64-*) echo 'ELF 64-bit LSB.* ARM aarch64' ;;
  arm-* | armv*) echo 'ELF 32-bit LSB.* ARM, EABI5' ;;
  riscv64-*) echo 'ELF 64-bit LSB.* UCB RISC-V' ;;
  powerpc-*) echo 'ELF 32-bit MSB.* PowerPC' ;;
  s390x-*) echo 'ELF 64-bit MSB.* IBM S/390' ;;
  *) echo "$target: nobody has said what a program for it looks like" >&2; return 1 ;;
  esac
}

# quietly COMMAND…: what it says only where it fails.
quietly() { "$@" >log 2>&1 || { cat log >&2; echo "failed: $*" >&2; return 1; }; }

# programs FOLDER: those that CMake or another build tool made there; expect is the caller's.
programs() {
  expect 'C counts to 55' "$1/tally-c"
  expect 'C++ counts to 55' "$1/tally-cxx"
}
