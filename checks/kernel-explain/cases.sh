# shellcheck shell=bash disable=SC2154,SC2034,SC2317 # the derivation's attributes arrive as variables, others go to a script
# Each case is a fragment whose first line says `# ARCH BASE`, and what is to be said of it: by all kernels, or by those of
# one series. Where nothing is, all of it has to be granted.
mkdir source
tar -xf "$src" -C source --strip-components=1 --wildcards --no-anchored 'Kconfig*' 'Makefile*' Kbuild 'scripts/*' 'arch/*/configs/*'
cd source

failed=0
for case in "$cases"/*.config; do
  read -r _ arch base <"$case"
  rm -f .config
  status=0
  (
    set -e
    fragments=$case baseFiles=
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
  if [ "$status" != "$refused" ] || ! diff "$expected" told >&2; then
    echo "$name: ended with $status instead of $refused, or says something else:" >&2
    cat log said >&2
    failed=1
  else
    echo "$name: $(if [ "$status" = 0 ]; then echo all obtained; else head -n 1 told; fi)" >>"$out"
  fi
done
[ "$failed" = 0 ]
