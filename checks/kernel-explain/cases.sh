# shellcheck shell=bash disable=SC2154,SC2034,SC2317 # the derivation's attributes arrive as variables, others go to a script
# Each case is a fragment whose first line says `# ARCH BASE`, and what is to be said of it: by all kernels, or by those of
# one series. Where nothing is, all of it has to be granted. With `file` for a base it is a whole configuration, of which a
# list says what is lost.
mkdir source
tar -xf "$src" -C source --strip-components=1 --wildcards --no-anchored 'Kconfig*' 'Makefile*' Kbuild 'scripts/*' 'arch/*/configs/*'
cd source

failed=0
for case in "$cases"/*.config; do
  read -r _ arch base <"$case"
  rm -f .config config.dropped
  status=0
  (
    set -e
    fragments=$case baseFiles=
    if [ "$base" = file ]; then fragments='' baseFiles=$case base=''; fi
    kernelMake() { make "ARCH=$arch" HOSTCC=cc "CONFIG_SHELL=$SHELL" "SHELL=$SHELL" "$@"; }
    # shellcheck disable=SC1090 # the recipe's
    source "$configure"
  ) >log 2>said || status=$?
  name=$(basename "$case" .config)
  grep -E -A1000 '^error: ' said >told || true
  expected=$cases/$name-${version%.*}.txt
  if [ ! -e "$expected" ]; then expected=$cases/$name.txt; fi
  refused=1
  if [ ! -e "$expected" ]; then expected=/dev/null refused=0; fi
  dropped=$cases/$name.dropped
  if [ ! -e "$dropped" ]; then dropped=/dev/null; fi
  if [ "$status" != 0 ] || [ ! -e config.dropped ]; then : >config.dropped; fi
  if [ "$status" != "$refused" ] || ! diff "$expected" told >&2 || ! diff "$dropped" config.dropped >&2; then
    echo "$name: ended with $status instead of $refused, or says something else:" >&2
    cat log said >&2
    failed=1
  else
    echo "$name: $(if [ "$status" != 0 ]; then head -n 1 told; elif [ -s config.dropped ]; then echo "$(wc -l <config.dropped) dropped"; else echo all obtained; fi)" >>"$out"
  fi
done
[ "$failed" = 0 ]
