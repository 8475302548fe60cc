# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
# A file for each observation, by its circumstance's name and what follows a dash; `steady` and what stands beside it must
# never differ.
mkdir -p "$out"
pwd >"$out/directory"
echo "$NIX_BUILD_CORES" >"$out/cores"
date -d @0 +%H:%M >"$out/timezone"
printf '%s\n' b A a B | sort >"$out/locale"
touch file
stat -c %a file >"$out/umask"
echo "$HOME ${USER-}" >"$out/home"
uname -n >"$out/hostname"
uname -rv >"$out/kernel"
date +%Y >"$out/clock-date"
perl -e 'print 1900 + (gmtime)[5], "\n"' >"$out/clock-perl"
printf '%(%Y)T\n' -1 >"$out/clock-shell"
date -r file +%Y >"$out/clock-file"
mkdir directory
for name in {a..z}; do : >"directory/$name"; done
ls -U directory >"$out/order-ls"
find directory >"$out/order-find"
# Where the stack ends; where it begins depends on what the environment holds.
sed -n 's/^[0-9a-f]*-\([0-9a-f]*\).*\[stack\]$/\1/p' /proc/self/maps >"$out/aslr"
# A program that none declared, and a header that a kernel must not see.
if type -P git >/dev/null; then echo found; fi >"$out/tools-program"
if ! cc -D__KERNEL__ -E -x c - <<<'#include <stdio.h>' >/dev/null 2>&1; then echo found; fi >"$out/tools-header"

# The node's own name in contents, names and links.
echo "$out" >"$out/steady"
echo "$out" >"$out/steady-of-${out##*/}"
ln -s "$out/steady" "$out/steady-link"
# A digest of that name, in a program that holds it.
echo 'const char *name = NAME; int main(void) { return *name; }' | cc -DNAME="\"$out\"" -Wl,--build-id -x c - -o "$out/steady-program"
grep -qF "$out" "$out/steady-program"
readelf -n "$out/steady-program" | grep -q 'Build ID'
{
  # What a program is given of its own stays.
  printf '%s\n' b A a B | LC_ALL=C sort
  TZ=UTC date -d @0 +%H:%M
  PATH=$seed/bin env sh -c 'if command -v git; then echo a program behind a PATH of its own; fi'
  # A directory is read, gone back in, and emptied.
  cd directory && rm -r -- * && ls -A && cd ..
} >>"$out/steady"

# make believes files' times: what was made is newer, whatever sets the time, and none is of the future.
mkdir made
cd made || exit
printf '%s\n' 'all: a b' 'a: source; cp -p source a && touch a' 'b: a archived; cat a archived > b' >Makefile
echo 1 >source
touch -d '2020-02-02 UTC' archived
tar -cf archive archived && rm archived && tar -xf archive
{
  make 2>&1
  make 2>&1
  TZ=UTC date -r archived +%F
  sleep 0.01
  touch archived
  make 2>&1
  cp -p b c && [ ! b -nt c ] && [ ! c -nt b ] && echo alike
} | sed "s,$PWD,here," >"$out/steady-make"
grep -q 'Nothing to be done' "$out/steady-make"
# Waiting until a moment ends at that moment.
timeout 20 perl -e 'select(undef, undef, undef, 0.05)'
