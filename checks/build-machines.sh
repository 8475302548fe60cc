#!/usr/bin/env bash
# Whether kernels depend on the kind of build machine, as far as it can be told in seconds: build-machines.sh CROSSLOOM. cargo
# says how it would compile the kernel of examples/bare-metal, with a compiler that calls its machine x86_64, then with one that
# says aarch64. What cargo numbers packages by has to be the same. checks/aarch64.sh builds everything, and takes hours.
set -euo pipefail

crossloom=$(realpath "$1")
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"
matrix=$(example bare-metal)
recipes=$PWD/overlays/bare-metal
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT

"$crossloom" plan --nodes --matrix "$matrix" >"$work/plan"
# build START: the first node whose name begins so.
build() {
  local node
  node=$(awk -F'\t' -v of="$(uname -m)-linux" -v start="$1" \
    '$1 == of && $2 == "node" && index($3, start) == 1 { print $3; exit }' "$work/plan")
  "$crossloom" --quiet build --no-out-link --matrix "$matrix" "$node"
}
"$crossloom" --quiet fetch --matrix "$matrix" bare-metal-x86_64-unknown-none
compiler=$(build rust-)
# The crates of the kernel come first in the plan.
crates=$(build crates-)

# compiler MACHINE: the same one, which says that it runs elsewhere.
compiler() {
  local folder=$work/$1 program
  mkdir -p "$folder/bin"
  ln -s "$compiler/lib" "$folder/lib"
  for program in "$compiler"/bin/*; do ln -s "$program" "$folder/bin/"; done
  rm "$folder/bin/rustc"
  cat >"$folder/bin/rustc" <<END
#!$SHELL
if [ "\$1" = -vV ]; then
  "$compiler/bin/rustc" -vV | sed 's/^host: .*/host: $1-unknown-linux-gnu/'
else
  exec "$compiler/bin/rustc" "\$@"
fi
END
  chmod +x "$folder/bin/rustc"
}

# numbers MACHINE [bare]: the packages that are compiled for the kernel's machine, with their numbers. As target.sh and
# kernel.sh call cargo; with `bare` cargo is asked without what target.sh puts before the compiler.
# shellcheck disable=SC2317,SC2034 # the recipes call the functions and read the variables
numbers() (
  export rust=$work/$1 bare=${2:-} crates NIX_BUILD_TOP=$work/top NIX_BUILD_CORES=1 out=$work/out
  export target=x86_64-unknown-none rustflags='' package=kernel program=kernel features='' profile=release linkerScript='' targetFile=''
  export compiler='' cflags=''
  rm -rf "$work/top" "$work/source"
  mkdir "$work/top"
  cp -r examples/bare-metal/kernel "$work/source"
  cd "$work/source"
  PATH=$rust/bin:$PATH
  words() { read -r -d '' -a words <<<"$1" || true; }
  # shellcheck source=/dev/null
  source "$recipes/cargo.sh"
  cargo() {
    if [ -n "$bare" ]; then export RUSTC=$rust/bin/rustc; fi
    command cargo "$@" -Zunstable-options --build-plan 2>"$work/top/log" >"$work/top/plan" || {
      cat "$work/top/log" >&2
      exit 1
    }
    python3 - "$work/top/plan" <<'END'
import json, sys
for it in json.load(open(sys.argv[1]))["invocations"]:
    numbers = [argument for argument in it["args"] if argument.startswith("metadata=")]
    if it["kind"] and numbers:
        print(it["package_name"], it["package_version"], *numbers)
END
    exit
  }
  # shellcheck source=/dev/null
  source "$recipes/target.sh"
  # shellcheck source=/dev/null
  source "$recipes/kernel.sh"
)

for machine in x86_64 aarch64; do
  compiler "$machine"
  numbers "$machine" >"$work/$machine.numbers"
  numbers "$machine" bare >"$work/$machine.bare"
done
count=$(wc -l <"$work/x86_64.numbers")
if [ "$count" -lt 10 ]; then
  echo "cargo would compile only $count packages" >&2
  exit 1
fi
# The comparison can fail: cargo left to itself makes other kernels.
if cmp -s "$work/x86_64.bare" "$work/aarch64.bare"; then
  echo 'cargo numbers packages the same on both machines by itself: this check, and what target.sh does, can go' >&2
  exit 1
fi
diff "$work/x86_64.numbers" "$work/aarch64.numbers"
echo "$count packages, numbered the same on x86_64 and aarch64"
