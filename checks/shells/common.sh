# shellcheck shell=bash
# answers LOG [OTHER]: whether a configure script of a Linux target got from config.site what it can't run programs for, and, if
# there is the log of one that could, whether it found the same.
answers() {
  local answer log
  for answer in func_malloc_0_nonnull=yes func_realloc_0_nonnull=yes func_chown_works=yes func_getgroups_works=yes \
    func_strcoll_works=yes func_lstat_dereferences_slashed_symlink=yes func_mmap_fixed_mapped=yes func_stat_empty_string_bug=no \
    func_lstat_empty_string_bug=no func_memcmp_working=yes func_working_mktime=yes func_strtod=yes func_strnlen_working=yes \
    func_fnmatch_works=yes func_wait3_rusage=yes func_utime_null=yes func_closedir_void=no func_setpgrp_void=yes \
    sys_restartable_syscalls=yes; do
    for log; do
      # Some shells print values in quotes.
      grep -qxE "ac_cv_${answer%=*}='?${answer#*=}'?" "$log" || { echo "$log does not have ac_cv_$answer" >&2; return 1; }
    done
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
