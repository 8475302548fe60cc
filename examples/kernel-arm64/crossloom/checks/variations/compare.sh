# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
# Compares two builds of one node, output by output, after what they call themselves was made the same. The verdict's
# first line is `identical FILES` or `differs OUTPUT/FILE: KIND`, what follows is for people; comparing never fails.

read -r -a names <<<"$compared"
read -r -a ones <<<"$once"
read -r -a others <<<"$varied"

# Names of store paths differ by their first 32 characters. What was compressed keeps its own, and differs.
mask=()
for i in "${!names[@]}"; do
  one=${ones[i]##*/} other=${others[i]##*/}
  if [ "$one" = "$other" ]; then
    echo "both are one and the same store path: nothing was compared" >&2
    exit 1
  fi
  mask+=(-e "s/${other:0:32}/${one:0:32}/g")
done
masked() { sed "${mask[@]}"; }

differences=0
# differ FILE KIND [DETAIL]
differ() {
  differences=$((differences + 1))
  printf '%s: %s\n' "$1" "$2" >>differences
  if [ "$differences" -le 10 ] && [ -n "${3:-}" ]; then printf '%s\n' "$3" | sed -e '/^$/d' -e 's/^/    /' >>differences; fi
}

# listing TREE: every file's name, kind, permissions and, of a link, what it points at.
listing() { (cd "$1" && find . -mindepth 1 -printf '%P\t%y\t%m\t%l\n' && stat -c $'.\t%F' .); }
digests() { (cd "$1" && find . -type f -printf '%P\0' | sort -z | xargs -0r sha256sum --); }

# content ONE OTHER: says how two files differ, or nothing once names are masked.
content() {
  if masked <"$2" | cmp -s "$1" -; then return; fi
  local place said
  place=$(masked <"$2" | cmp "$1" - 2>&1 | sed -n -e '1s/^.*differ: \(char\|byte\) /from byte /' \
    -e '1s/^cmp: EOF on .* after/one ends after/' -e '1s/^cmp: EOF on .* which is/one is/' -e 1p)
  said=$(diff --text <(strings -n 3 "$1") <(masked <"$2" | strings -n 3) | grep -m 4 '^[<>]' | cut -c 1-200 || true)
  printf 'content, %s\n%s' "$place" "$said"
}

files=0
for i in "${!names[@]}"; do
  name=${names[i]} one=${ones[i]} other=${others[i]} mine=${ones[i]##*/} theirs=${others[i]##*/}
  if [ -f "$one" ] && [ -f "$other" ]; then
    files=$((files + 1))
    told=$(content "$one" "$other")
    if [ -n "$told" ]; then differ "$name" "${told%%$'\n'*}" "${told#*$'\n'}"; fi
    continue
  fi
  listing "$one" | sort >listed
  listing "$other" | masked | sort >listed-varied
  files=$((files + $(cut -f 2 listed | grep -c '^[fl]' || true)))
  awk -F'\t' '
    BEGIN {
      while ((getline line < "listed") > 0) { split(line, f, "\t"); kind[f[1]] = f[2]; mode[f[1]] = f[3]; link[f[1]] = f[4] }
      while ((getline line < "listed-varied") > 0) {
        split(line, f, "\t")
        if (!(f[1] in kind)) print f[1] "\tonly in the varied build"
        else if (kind[f[1]] != f[2]) print f[1] "\tkind of file, " kind[f[1]] " and " f[2]
        else if (mode[f[1]] != f[3]) print f[1] "\tpermissions, " mode[f[1]] " and " f[3]
        else if (link[f[1]] != f[4]) print f[1] "\tlink, to " link[f[1]] " and " f[4]
        met[f[1]]
      }
      for (name in kind) if (!(name in met)) print name "\tonly in the ordinary build"
    }' >told-"$i"
  # Which files to look into: those whose bytes differ before names are masked.
  digests "$one" | sort >bits
  digests "$other" | masked | sort >bits-varied
  comm -3 bits bits-varied | sed -E 's/^\t?\\?[0-9a-f]{64}  //' | sort -u >suspects
  while IFS= read -r file; do
    if [ ! -f "$one/$file" ]; then continue; fi
    there=${file//"${mine:0:32}"/${theirs:0:32}}
    if [ ! -f "$other/$there" ]; then continue; fi
    told=$(content "$one/$file" "$other/$there")
    if [ -n "$told" ]; then printf '%s\t%s\n' "$file" "${told//$'\n'/$'\037'}" >>told-"$i"; fi
  done <suspects
  sort told-"$i" >sorted
  while IFS=$'\t' read -r file told; do
    told=${told//$'\037'/$'\n'}
    differ "$name/$file" "${told%%$'\n'*}" "${told#"${told%%$'\n'*}"}"
  done <sorted
done

if [ "$differences" = 0 ]; then
  # A build without a file would be the same whatever happened.
  if [ "$files" = 0 ]; then echo "differs ${names[0]}: holds nothing"; else echo "identical $files files"; fi
else
  echo "differs $(head -n 1 differences)"
  echo "$differences differences:"
  head -n 60 differences
fi >"$out"
