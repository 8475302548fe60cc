# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

mkdir "$out"
top=$PWD
# shellcheck source=/dev/null # a copy in the store
source "$guard"

tar -tf "$src" >names
case_collisions <names >collisions
files=$(wc -l <collisions)
kept=$(tr '[:upper:]' '[:lower:]' <collisions | sort -u | wc -l)
# Where there are none any more, the guard can go.
[ "$files" -gt 0 ] || { echo "no two names of Linux $version differ by case alone" >&2; exit 1; }
cut -d / -f 2- collisions | tee -a "$out/output"
echo "$files files of Linux $version have $kept names where case does not count" | tee -a "$out/output"

# The places: one as it is, one that folds.
mkdir plain folding
cc -O2 -Wall -shared -fPIC "$fold" -o fold.so -ldl
folding() { FOLD_ROOT=$top/folding LD_PRELOAD=$top/fold.so "$@"; }

# What the guard is for: tar loses files there and says nothing.
tar -xf "$src" -C plain -T collisions
folding tar -xf "$src" -C folding -T collisions 2>tar-says || { cat tar-says >&2; exit 1; }
[ ! -s tar-says ] || { cat tar-says >&2; exit 1; }
unpacked=$(find plain -type f | wc -l)
left=$(find folding -type f | wc -l)
if [ "$unpacked" != "$files" ] || [ "$left" != "$kept" ]; then
  echo "unpacked $unpacked of $files files, and $left of $kept where case does not count" >&2
  exit 1
fi
echo "tar leaves $left of $unpacked, and reports no error" | tee -a "$out/output"

# The guard: quiet in the one place, an error with a hint in the other, and a third answer where it can't look.
need_case_sensitive "$top/plain" 2>said || { cat said >&2; exit 1; }
[ ! -s said ] || { cat said >&2; exit 1; }
# guard_fails TEXT COMMAND…
guard_fails() {
  local text=$1
  shift
  if "$@" 2>said; then
    echo "the guard lets a kernel be unpacked: $*" >&2
    exit 1
  fi
  grep -qF "$text" said || { cat said >&2; exit 1; }
  sed "s#$top/##g" said | tee -a "$out/output"
}
# The probe is made by programs that have the library: a shell of their own.
# shellcheck disable=SC2016 # that shell's arguments
guard_fails 'hint: ' folding "$SHELL" -eu -c 'source "$1"; need_case_sensitive "$2"' - "$guard" "$top/folding"
guard_fails "can't be written" need_case_sensitive "$top/nowhere"
# Nothing of the probes stays where the kernel goes.
[ -z "$(find plain folding -name '*probe*')" ] || { echo "the guard leaves its probe behind" >&2; exit 1; }
