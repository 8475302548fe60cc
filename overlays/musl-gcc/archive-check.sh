# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
# Below root there is the archive, a folder to work in and one for temporary files. The name of the archive's folder is another
# one than it was made with.
mkdir -p root/work root/tmp root/lib root/unpacked "$out"
tar -xzf "$archive"/*.tar.gz -C root/unpacked --no-same-owner
mv root/unpacked/* root/tools
rmdir root/unpacked

say() {
  echo "$*" | tee -a "$out/output"
}
fail() {
  echo "error: $*" >&2
  exit 1
}

# The seed has both programs in busybox alone.
if [ -n "${busybox:-}" ]; then
  unshare=("$busybox/bin/busybox" unshare -r) chroot=("$busybox/bin/busybox" chroot root)
else
  unshare=("$(type -P unshare)" -r) chroot=("$(type -P chroot)" root)
fi
if ! "${unshare[@]}" "$(type -P true)"; then
  fail 'this machine gives builds no user namespaces, so nothing can be hidden from the programs of the archive'
fi

# alone [NAME=VALUE]… PROGRAM ARG…: in that root, with no other variable.
alone() {
  local -a variables=()
  while [[ $1 == *=* ]]; do
    variables+=("$1")
    shift
  done
  env -i "${variables[@]}" "${unshare[@]}" "${chroot[@]}" "$@"
}

say "archive: $(stat -c %s "$archive"/*.tar.gz) bytes, unpacked: $(du -sk root/tools | cut -f 1) KiB"
if grep -rlF "$NIX_STORE/" root/tools; then fail 'these files name the store'; fi

# Every program starts.
count=0
for program in root/tools/bin/*; do
  # A script for the machine that it runs on, with its shell and its pkg-config.
  case $program in *-pkg-config) continue ;; esac
  alone "${program#root}" --version >version.log 2>&1 || { cat version.log >&2; fail "$program does not start"; }
  count=$((count + 1))
done
say "programs that start: $count"

cp "$programs"/* root/work/
cat >root/work/one.c <<'END'
#include <stdio.h>
int answer(int);
int main(void) {
  int found = answer(2);
  printf("answer %d, known while compiling: %d\n", found, __builtin_constant_p(found));
  return 0;
}
END
echo 'int answer(int half) { return half * 21; }' >root/work/two.c
cp "root/tools/$target/lib/libc.so" root/lib/
for loader in "root/tools/$target"/lib/ld-musl-*; do ln -s libc.so "root/lib/${loader##*/}"; done

gcc=/tools/bin/$target-gcc gxx=/tools/bin/$target-g++
warnings=(-O2 -Wall -Werror)

# runs TEXT PROGRAM: it prints the text.
runs() {
  local status=0
  if [ -n "$qemu" ]; then
    "$qemu" -L "root/tools/$target" "root$2" >output 2>&1 || status=$?
  else
    alone "LD_LIBRARY_PATH=/tools/$target/lib" "$2" >output 2>&1 || status=$?
  fi
  say "$2: $(cat output)"
  if [ "$status" != 0 ] || ! grep -qF -- "$1" output; then fail "$2: status $status, expected '$1' in its output"; fi
}

# every TEXT COMPILER SOURCE…: each way of linking.
every() {
  local text=$1 compiler=$2 how name
  shift 2
  for how in -static '-fPIE -static-pie' '' '-fPIE -pie' '-flto -static' '-flto -fPIE -static-pie' '-flto'; do
    name=/work/out-${1##*/}${how// /}
    # shellcheck disable=SC2086 # words
    alone "$compiler" "${warnings[@]}" $how "$@" -o "$name"
    runs "$text" "$name"
  done
}

every 'hello from C, ' "$gcc" /work/hello.c
every 'answer 42' "$gcc" /work/one.c /work/two.c
if [ -n "$cxx" ]; then every 'hello from C++, sum 60' "$gxx" /work/hello.cc; fi
if [ -n "$fortran" ]; then
  cp "$fortran/hello.f90" root/work/
  every 'hello from Fortran,' "/tools/bin/$target-gfortran" -J/work /work/hello.f90
fi

# Link-time optimisation takes place: the compiler knows what the other file's function gives.
for how in '' -flto; do
  for part in one two; do alone "$gcc" -O2 ${how:+"$how"} -c /work/$part.c -o /work/$part.o; done
  alone "$gcc" -O2 ${how:+"$how"} -static /work/one.o /work/two.o -o /work/linked
  known=0
  if [ -n "$how" ]; then known=1; fi
  runs "answer 42, known while compiling: $known" /work/linked
  # As a member of an archive, too, for which machine code is taken.
  rm -f root/work/libtwo.a
  alone "/tools/bin/$target-gcc-ar" rcs /work/libtwo.a /work/two.o
  alone "$gcc" -O2 ${how:+"$how"} -static /work/one.o -L/work -ltwo -o /work/linked
  runs 'answer 42' /work/linked
done

# refused TEXT ARG…: the compiler says so.
refused() {
  local text=$1
  shift
  if alone "$gcc" "$@" >output 2>&1; then fail "$* is no error"; fi
  grep -F -- "$text" output || { cat output >&2; fail "$*: '$text' is not what it says"; }
}
refused 'are supported only with linker plugin' -flto -fno-fat-lto-objects -c /work/one.c -o /work/slim.o
refused 'not supported in this configuration' -flto -fuse-linker-plugin /work/one.o /work/two.o -o /work/linked

# A precompiled header of this compiler is one that it takes: any other one is a warning.
echo '#include <stdio.h>' >root/work/all.h
echo '#include "all.h"
int main(void) { puts("precompiled"); return 0; }' >root/work/uses.c
alone "$gcc" -O2 -x c-header /work/all.h -o /work/all.h.gch
echo '#error it is not the precompiled one' >root/work/all.h
alone "$gcc" -O2 -Winvalid-pch -Werror -static /work/uses.c -o /work/uses
runs precompiled /work/uses

# In a folder whose name has a blank.
mv root/tools 'root/other tools'
for how in -flto -flto=2; do
  alone "/other tools/bin/$target-gcc" -O2 $how -static /work/one.c /work/two.c -o "/work/blank$how"
done
mv 'root/other tools' root/tools
for how in -flto -flto=2; do runs 'answer 42, known while compiling: 1' "/work/blank$how"; done
