# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

mkdir "$out"
: >"$out/native"
: >"$out/origins"
words "$archives"
files=("${words[@]}")
words "$places"
folders=("${words[@]}")
words "$origins"
names=("${words[@]}")
# used: without the paths of what is in a package for its authors.
used() { grep -vE '/(tests?|examples?|benchmarks?)(/|$)' || true; }

left=()
for index in "${!files[@]}"; do
  folder=$out/${folders[index]}
  # Packages inside one that was left out come after it.
  for outer in "${left[@]}"; do
    if [[ ${folders[index]} == "$outer"/* ]]; then continue 2; fi
  done
  mkdir -p "$folder"
  # Archives name their top directory differently; modes in them are those of somebody's machine.
  tar -xzf "${files[index]}" -C "$folder" --strip-components=1 --no-same-owner --no-same-permissions
  chmod -R u+rwX,go+rX "$folder"
  # npm does not unpack links.
  find "$folder" -type l -printf "left out, as npm does: the link ${folders[index]}/%P\n" -delete
  if [ ! -f "$folder/package.json" ]; then
    echo "error: the archive of ${names[index]} has no package.json in its folder" >&2
    exit 1
  fi
  # Folders with a binding.gyp, and addons that were compiled for other machines.
  mapfile -t described < <(cd "$folder" && find . -type f -name binding.gyp -printf '%h\n' | used | LC_ALL=C sort)
  mapfile -t compiled < <(cd "$folder" && find . -type f -name '*.node' | LC_ALL=C sort)
  code=$(printf '%s\n' "${compiled[@]}" | used | head -n 1)
  if [ "${#described[@]}" != 0 ] || [ -n "$code" ]; then
    if [ "${#described[@]}" != 0 ]; then code=${described[0]}/binding.gyp; fi
    code=${code#./}
    if [ "$native" = keep ] && [ "${#described[@]}" != 0 ]; then
      for inner in "${described[@]}"; do
        printf '%s\t%s\t%s\n' "${folders[index]}" "$inner" "${names[index]}" >>"$out/native"
      done
    elif [[ " $optional " == *" ${folders[index]} "* ]]; then
      echo "left out, since its addon cannot be loaded, and it is optional: ${names[index]#npm:}"
      rm -r "$folder"
      left+=("${folders[index]}")
      continue
    elif [ "$native" = refuse ]; then
      echo "error: ${names[index]#npm:} has native code ($code), which a static runtime cannot load" >&2
      echo 'hint: take a package that is JavaScript alone; a dynamic Node.js, such as the runtime nodejs-24-dynamic, has native code compiled and loads it' >&2
      exit 1
    else
      echo "error: ${names[index]#npm:} has a compiled addon ($code) and no binding.gyp to compile it from" >&2
      echo 'hint: take a package that comes with its sources' >&2
      exit 1
    fi
  fi
  for file in "${compiled[@]}"; do
    echo "left out, since it was compiled for other machines: ${folders[index]}/${file#./}"
    rm "$folder/$file"
  done
  printf '%s\t%s\t%s\n' "${folders[index]}" "${names[index]}" "$(licence_of "$folder/package.json")" >>"$out/origins"
done
