#!/usr/bin/env bash
# Development shells, as users enter them: shells.sh CROSSLOOM [SHELL…]; without names all of the quickstart's. In each, CMake,
# Meson, a configure script and cargo build a program for the target, and none of them is told about the target by a flag.
set -euo pipefail

crossloom=$(realpath "$1")
shift
top=$(realpath "$(dirname "$0")/..")
quickstart=$top/examples/quickstart
shells=("$@")
if [ "${#shells[@]}" = 0 ]; then
  plan=$("$crossloom" plan --matrix "$quickstart/matrix.toml")
  mapfile -t shells < <(awk -F'\t' -v of="$(uname -m)-linux" \
    '$1 == of && $2 == "cell" && sub(/^(musl-gcc|darwin)-/, "", $3) { print $3 }' <<<"$plan")
fi
if [ "${#shells[@]}" = 0 ]; then
  echo "the quickstart's matrix has no shell for this machine" >&2
  exit 1
fi

work=$(mktemp -d)
trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT
# What every build must overlook: a package of this machine's, and a start-up file that makes the prompt anew each time.
mkdir -p "$work/packages" "$work/text" "$work/array"
printf 'Name: foreign\nDescription: none of the target\nVersion: 1\n' >"$work/packages/foreign.pc"

printf '%s\n' "PROMPT_COMMAND='PS1=\"mine> \";'" >"$work/text/.bashrc"
printf '%s\n' "PROMPT_COMMAND=(true 'PS1=\"mine> \"')" >"$work/array/.bashrc"

# prompt SHELL HOME: an interactive bash of nix develop, with a person's own start-up file.
prompt() {
  local said
  # shellcheck disable=SC2016 # for the shell there
  said=$(printf '%s\n' 'echo "prompt: ${PS1@P}"' exit |
    HOME=$work/$2 script -qec "'$crossloom' nix --matrix '$quickstart/matrix.toml' develop '$quickstart#$1'" /dev/null)
  grep -oF "prompt: [$1] mine> " <<<"$said" || { echo "$said" >&2; echo "the prompt does not name $1" >&2; return 1; }
}

passed=0
for shell in "${shells[@]}"; do
  echo "== nix develop .#$shell"
  "$crossloom" fetch --matrix "$quickstart/matrix.toml" "$shell"
  prompt "$shell" text
  prompt "$shell" array
  # Nix asks no nixpkgs for an interactive bash, which it would download and build, and has nothing to warn of.
  "$crossloom" nix --matrix "$quickstart/matrix.toml" develop "$quickstart#$shell" --command true 2>"$work/said"
  if grep -iE 'warning|error|nixpkgs' "$work/said" >&2; then echo "$shell is not entered in silence" >&2; exit 1; fi
  mkdir "$work/$shell"
  # shellcheck disable=SC2016 # CC is the shell's
  (cd "$work/$shell" && LC_ALL=C.UTF-8 SOURCE_DATE_EPOCH=1700000000 PKG_CONFIG_PATH=$work/packages "$crossloom" nix --matrix "$quickstart/matrix.toml" \
    develop "$quickstart#$shell" --command bash -c 'exec bash "$0" "${CC%-*}" "$1"' "$top/checks/shells/inside.sh" "$top/checks/shells")
  passed=$((passed + 1))
done
echo "$passed passed, 0 failed"
