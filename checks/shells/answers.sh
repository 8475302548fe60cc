# shellcheck shell=bash
# answers LOG: whether a configure script of a Linux target got from config.site what it can't run programs for.
answers() {
  local name
  for name in malloc_0_nonnull realloc_0_nonnull chown_works getgroups_works strcoll_works lstat_dereferences_slashed_symlink \
    mmap_fixed_mapped; do
    grep -qx "ac_cv_func_$name=yes" "$1" || { echo "configure does not know ac_cv_func_$name" >&2; return 1; }
  done
}
