# shellcheck shell=bash disable=SC2154 # the program is the script's
# To be sourced by scripts that run at the repository's top, with the program in $crossloom.

# example NAME: prints the path of an example's matrix, beside which everything is rendered as it is today. Only the
# quickstart is rendered in git; the others are rendered into a copy below target/, which keeps what was built from it.
example() {
  local matrix
  if [ "$1" = quickstart ]; then
    echo "$PWD/examples/$1/matrix.toml"
    return
  fi
  matrix=$(locked "$1") || return
  if ! cmp "examples/$1/matrix.lock" "${matrix%.toml}.lock" >&2; then
    echo "error: examples/$1/matrix.lock is stale" >&2
    echo "hint: make examples" >&2
    return 1
  fi
  "$crossloom" --quiet generate --matrix "$matrix" >&2 || return
  echo "$matrix"
}

# locked NAME: prints the path of the matrix in the copy of an example, with its locks as they would be written today.
locked() {
  local to file
  to=$(realpath -m "${CARGO_TARGET_DIR:-target}")/examples/$1
  mkdir -p "$to" || return
  # A file that the example no longer has must not be left in the copy.
  for file in "$to"/*; do
    rendered "$file" || rm -rf "$file" || return
  done
  for file in "examples/$1"/*; do
    rendered "$file" || cp -r "$file" "$to/" || return
  done
  "$crossloom" --quiet lock --matrix "$to/matrix.toml" >&2 || return
  echo "$to/matrix.toml"
}

# rendered FILE: whether it is what crossloom writes beside a matrix, and is not copied.
rendered() {
  case ${1##*/} in
  crossloom | flake.nix | flake.lock) return 0 ;;
  *) return 1 ;;
  esac
}

# examples: prints their names.
examples() {
  local matrix
  for matrix in examples/*/matrix.toml; do basename "$(dirname "$matrix")"; done
}

# derivations EXAMPLE MATRIX NIX…: prints `example system kind attribute derivation` for every output that has a seed.
# NIX… is `crossloom nix` or what runs it. Nothing is built or fetched for that, under Nix 2.8 as under newer ones.
derivations() {
  local name=$1 folder
  folder=$(realpath "$(dirname "$2")")/crossloom
  shift 2
  local -x NIX_CONFIG="${NIX_CONFIG:-}"$'\nallow-import-from-derivation = false'
  "$@" eval --impure --raw --file checks/derivations.nix '' \
    --apply "lines: lines { name = \"$name\"; folder = \"$folder\"; }"
}
