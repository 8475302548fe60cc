# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
# Applies the user's patches, and says which one does not fit and to which files.

# applied PATCH NAME: patch's own words go to the log, and those files that it could not change to the end of it.
applied() {
  # Nobody is here to answer: -f asks nothing, and neither takes a patch back that is there already.
  if patch -p1 -f --no-backup-if-mismatch -i "$1" >"$NIX_BUILD_TOP/patch.log" 2>&1; then
    cat "$NIX_BUILD_TOP/patch.log"
    return
  fi
  cat "$NIX_BUILD_TOP/patch.log"
  echo "error: the patch $2 does not apply to $tree:"
  awk '
    /^(patching|checking) (file|symbolic link) / { file = $3 }
    /FAILED at|hunks? (FAILED|ignored)|already applied|does not exist|git binary diffs/ { if (file != "") failed[file] }
    # A file that is not there is named by the lines of the patch that patch shows.
    /^\|\+\+\+ / { split($2, words, "\t"); name = words[1]; sub(/^[^\/]*\//, "", name) }
    /^\|diff --git / { name = $NF; sub(/^[^\/]*\//, "", name) }
    # It cannot be read as a patch.
    /^patch: \*\*\*\* / { failed[substr($0, 13)] }
    /^No file to patch/ { failed[name " (no such file)"] }
    END { for (file in failed) print "  " file }
  ' "$NIX_BUILD_TOP/patch.log" | sort
  return 1
} >&2

for patch in $patches; do
  file=${patch##*/}
  # A store path has a digest and a hyphen before the name.
  file=${file#*-}
  echo "applying $file"
  applied "$patch" "$file" || exit 1
done
