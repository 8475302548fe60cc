# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

mkdir "$out"
words "$archives"
files=("${words[@]}")
words "$places"
folders=("${words[@]}")
words "$origins"
names=("${words[@]}")
for index in "${!files[@]}"; do
  folder=$out/${folders[index]}
  mkdir -p "$folder"
  # Archives name their top directory differently; modes in them are those of somebody's machine.
  tar -xzf "${files[index]}" -C "$folder" --strip-components=1 --no-same-owner --no-same-permissions
  chmod -R u+rwX,go+rX "$folder"
  if [ ! -f "$folder/package.json" ]; then
    echo "error: the archive of ${names[index]} has no package.json in its folder" >&2
    exit 1
  fi
  native=$(cd "$folder" && find . -type f \( -name binding.gyp -o -name '*.node' \) | LC_ALL=C sort | head -n 1)
  if [ -n "$native" ]; then
    echo "error: ${names[index]#npm:} has native code (${native#./}), which a static runtime cannot load" >&2
    echo 'hint: take a package that is JavaScript alone' >&2
    exit 1
  fi
  licence=$(tr -d '\n' <"$folder/package.json" | grep -oE '"license"[[:space:]]*:[[:space:]]*"[^"]*"' | head -n 1 | cut -d '"' -f 4 || true)
  printf '%s\t%s\t%s\n' "${folders[index]}" "${names[index]}" "${licence:-not stated}" >>"$out/origins"
done
if find "$out" -type l | grep .; then
  echo 'error: packages have no links' >&2
  exit 1
fi
