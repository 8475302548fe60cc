# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

mkdir -p "$out/packages"
cp -r "$src" "$out/tree"
chmod -R u+w "$out/tree"

# Each manifest with the name of its package, if it has one.
cd "$out/tree" || exit
find . -name Cargo.toml -type f | LC_ALL=C sort | while read -r manifest; do
  # [package] ends where the next table begins.
  name=$(awk '/^[ \t]*\[/ { within = /^[ \t]*\[[ \t]*package[ \t]*\]/ }
    within && /^[ \t]*name[ \t]*=/ { sub(/^[^=]*=[ \t]*["\047]/, ""); sub(/["\047].*/, ""); print; exit }' "$manifest")
  if [ -n "$name" ]; then echo "$name ${manifest%/Cargo.toml}"; fi
done >"$NIX_BUILD_TOP/manifests"

# root FOLDER: the closest folder from there upwards that is a workspace.
root() {
  local folder=$1
  while :; do
    if grep -qE '^[[:blank:]]*\[[[:blank:]]*workspace' "$folder/Cargo.toml" 2>/dev/null; then
      echo "$folder"
      return
    fi
    if [ "$folder" = . ]; then return; fi
    folder=${folder%/*}
  done
}

words "$packages"
for package in "${words[@]}"; do
  name=${package%@*} version=${package#*@}
  mapfile -t folders < <(sed -n "s|^$name ||p" "$NIX_BUILD_TOP/manifests")
  if [ "${#folders[@]}" != 1 ]; then
    echo "error: $url has ${#folders[@]} packages that are called $name: ${folders[*]}" >&2
    exit 1
  fi
  folder=${folders[0]}
  # cargo reads a directory's packages one level down, and looks for a workspace above: it has to be told where that is.
  workspace=$(root "$folder")
  if [ -n "$workspace" ] && [ "$workspace" != "$folder" ]; then
    place=../../tree${workspace#.}
    awk -v place="$place" '/^[ \t]*\[/ { within = /^[ \t]*\[[ \t]*package[ \t]*\]/; print; if (within) print "workspace = \"" place "\""; next }
      !(within && /^[ \t]*workspace[ \t]*=/)' "$folder/Cargo.toml" >"$NIX_BUILD_TOP/manifest"
    cp "$NIX_BUILD_TOP/manifest" "$folder/Cargo.toml"
  fi
  # Packages from git have no checksum in Cargo.lock, and the tree as a whole was checked.
  echo '{"files":{},"package":null}' >"$folder/.cargo-checksum.json"
  ln -s "../tree/${folder#./}" "$out/packages/$name-$version"
done

# What cargo has to know: each way to ask for this commit is a source of its own.
while IFS= read -r reference; do
  echo "[source.\"$url ${reference:-HEAD}\"]"
  echo "git = \"$url\""
  if [ -n "$reference" ]; then echo "${reference%%=*} = \"${reference#*=}\""; fi
  echo "replace-with = \"$out\""
  echo
done <<<"$references" >"$out/config.toml"
cat >>"$out/config.toml" <<EOF
[source."$out"]
directory = "$out/packages"

EOF
