#!/usr/bin/env bash
# Runs the commands of the README and of the how-to pages: docs.sh CROSSLOOM [PAGE…]
#
# Every ```sh block of a page is run, in the order of the page and in one temporary folder for each page. A block after
# `<!-- not run: REASON -->` is skipped, and the reason printed. A ```text block after `<!-- output -->` has to be what the
# block before it printed; blanks within lines are compared as one. Ends in one line of counts, and exits 1 when a block
# fails or prints something else.
set -euo pipefail

crossloom=$(realpath "$1")
shift
pages=("$@")
[ "${#pages[@]}" -gt 0 ] || pages=(README.md docs/*.md docs/how-to/*.md)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
ln -s "$crossloom" "$work/bin/crossloom"
export PATH=$work/bin:$PATH
# Nothing of this machine's settings may decide how a page's commands of git end.
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
ran=0
failed=0
skipped=()

# blocks PAGE DIR: writes the page's blocks to DIR/NUMBER.sh, with NUMBER.skip where one is not run, and NUMBER.output.
# A comment counts for the block that follows, with blank lines at most between. Blocks in lists are indented.
blocks() {
  awk -v to="$2" '
    function start(name) { file = sprintf("%s/%s", to, name); printf "" >file }
    !inside && match($0, /^ *<!-- not run: .* -->$/) { reason = $0; gsub(/^ *<!-- not run: | -->$/, "", reason); next }
    !inside && /^ *<!-- output -->$/ { output = 1; next }
    !inside && /^ *```/ {
      inside = 1; file = ""; indent = match($0, /`/) - 1
      language = substr($0, indent + 4)
      if (language == "sh") {
        number++; id = sprintf("%03d", number)
        if (reason != "") { start(id ".skip"); print reason >file }
        start(id ".sh")
      } else if (reason != "") {
        print FILENAME ": line " FNR ": a comment says why something is not run, and no sh block follows" >"/dev/stderr"; exit 1
      } else if (output) {
        if (language != "text" || !number) {
          print FILENAME ": line " FNR ": expected a text block with the output of a sh block" >"/dev/stderr"; exit 1
        }
        start(id ".output")
      } else if (language ~ /^(bash|console|shell|shell-session)$/) {
        print FILENAME ": line " FNR ": a block of commands is ```sh" >"/dev/stderr"; exit 1
      }
      reason = ""; output = 0
      next
    }
    inside && /^ *```$/ { inside = 0; next }
    inside && file != "" { print substr($0, 1, indent) ~ /^ *$/ ? substr($0, indent + 1) : $0 >file; next }
    !inside && /[^ ]/ { reason = ""; output = 0 }
    END { if (inside) { print FILENAME ": a block has no end" >"/dev/stderr"; exit 1 } }
  ' "$1"
}

squeezed() { sed -E 's/[[:blank:]]+/ /g; s/ $//' "$1"; }

for page in "${pages[@]}"; do
  dir=$work/pages/${page//\//_}
  mkdir -p "$dir/blocks" "$dir/project"
  blocks "$page" "$dir/blocks"
  echo "$dir/project" >"$dir/folder"
  for block in "$dir"/blocks/*.sh; do
    [ -e "$block" ] || continue
    id=${block%.sh}
    if [ -e "$id.skip" ]; then
      skipped+=("$page, block $((10#$(basename "$id"))): $(cat "$id.skip")")
      continue
    fi
    ran=$((ran + 1))
    status=0
    # `set -e` overlooks a failure before `&&`.
    sed '/ && /{/||/!s/$/ || exit/}' "$block" >"$id.bash"
    # A block may change the folder for those after it.
    (cd "$(cat "$dir/folder")" && FOLDER=$dir/folder bash -eu -o pipefail -c \
      'trap "pwd >\"$FOLDER\"" EXIT; source "$1"' - "$id.bash") >"$id.stdout" 2>"$id.stderr" || status=$?
    if [ "$status" != 0 ]; then
      failed=$((failed + 1))
      echo "FAILED ($status): $page, block $((10#$(basename "$id")))"
      sed 's/^/    /' "$block" "$id.stdout" "$id.stderr"
      # Those after it stand on it.
      break
    fi
    if [ -e "$id.output" ] && ! diff -u --label "$page" --label printed <(squeezed "$id.output") <(squeezed "$id.stdout"); then
      failed=$((failed + 1))
      echo "DIFFERENT: $page, block $((10#$(basename "$id"))) prints something else than the page says"
    fi
  done
done

[ "${#skipped[@]}" = 0 ] || printf 'not run: %s\n' "${skipped[@]}"
echo "${#pages[@]} pages: $ran blocks run, $failed failed, ${#skipped[@]} not run"
if [ "$ran" = 0 ]; then
  echo 'no block was run' >&2
  exit 1
fi
[ "$failed" = 0 ]
