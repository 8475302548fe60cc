# shellcheck shell=bash disable=SC2154,SC2034 # the derivation's attributes arrive as variables; arrays are filled by name
# Compares two builds of one node, output by output, after what they call themselves was made the same. The verdict's
# first line is `identical FILES` or `differs OUTPUT/FILE: KIND`, what follows is for people; comparing never fails.
# Names of files may hold anything but NUL, which parts them here.

read -r -a names <<<"$compared"
read -r -a ones <<<"$once"
read -r -a others <<<"$varied"

# Names of store paths differ by their first 32 characters. What was compressed keeps its own, and differs.
mask=() own=()
for i in "${!names[@]}"; do
  one=${ones[i]##*/} other=${others[i]##*/}
  if [ "$one" = "$other" ]; then
    echo "both are one and the same store path: nothing was compared" >&2
    exit 1
  fi
  mask+=(-e "s/${other:0:32}/${one:0:32}/g")
  own+=(-e "${one:0:32}")
done
masked() { sed "${mask[@]}"; }

differences=0
# differ FILE KIND [DETAIL]
differ() {
  local file=$1
  if [[ $file == *[[:cntrl:]]* ]]; then file=${file@Q}; fi
  differences=$((differences + 1))
  printf '%s: %s\n' "$file" "$2" >>differences
  if [ "$differences" -le 10 ] && [ -n "${3:-}" ]; then printf '%s\n' "$3" | sed -e '/^$/d' -e 's/^/    /' >>differences; fi
}

# A build id is a digest of the program, and of the output's own name where the program holds it: there, and there alone, it
# is no difference.
# build_ids FILE, in hexadecimal
build_ids() { readelf -n "$1" 2>/dev/null | sed -n 's/^ *Build ID: //p'; }
# without IDS: standard input with zeroes in their place
without() {
  perl -0777 -pe 'BEGIN { @ids = map { pack "H*", $_ } split " ", shift }
    for my $id (@ids) { s/\Q$id\E/"\0" x length $id/ge }' "$1"
}
# normal FILE: its content with names masked, and without build ids where it holds a name
normal() {
  local ids=
  if grep -qF "${own[@]}" <(masked <"$1"); then ids=$(build_ids "$1"); fi
  masked <"$1" | without "$ids"
}
# within ONE OTHER: in how many bytes all that differs lies, where it is a few and as many bytes are in both
within() {
  perl -e 'my ($one, $other) = map { local $/; open my $file, "<:raw", $_ or die "$_: $!\n"; <$file> } @ARGV;
    exit if length $one != length $other;
    my $differing = $one ^ $other;
    my $count = length $differing;
    for ($differing, scalar reverse $differing) { /^\0*/; $count -= $+[0]; }
    print $count if $count <= 64;' "$1" "$2"
}

# content ONE OTHER: says how two files differ, or nothing once names are masked.
content() {
  if masked <"$2" | cmp -s "$1" -; then return; fi
  normal "$1" >one
  normal "$2" >other
  if cmp -s one other; then
    echo >>excepted
    return
  fi
  local place said few
  few=$(within one other)
  place=$(masked <"$2" | cmp /dev/fd/3 - 2>&1 3<"$1" | sed -n -e '1s/^.*differ: \(char\|byte\) /from byte /' \
    -e '1s/^cmp: EOF on .* after/one ends after/' -e '1s/^cmp: EOF on .* which is/one is/' -e 1p)
  said=$(diff --text <(strings -n 3 "$1") <(masked <"$2" | strings -n 3) | grep -m 4 '^[<>]' | cut -c 1-200 || true)
  printf 'content, %s%s\n%s' "$place" "${few:+, within $few bytes}" "$said"
}

# digests TREE WHERE: puts each plain file's digest into the array WHERE, by the file's whole name.
digests() {
  local -n into=$2
  local record
  while IFS= read -r -d '' record; do into[${record:66}]=${record:0:64}; done \
    < <(find "$1" -type f -print0 | xargs -0r sha256sum -z --)
}

# What is in an output, its root included: by name what each file is (kind, permissions, what a link points at). The
# varied build's are listed by masked names, and `real` has the others.
files=0
for i in "${!names[@]}"; do
  name=${names[i]} one=${ones[i]} other=${others[i]}
  unset once_is varied_is real once_digest varied_digest
  declare -A once_is=() varied_is=() real=() once_digest=() varied_digest=()
  digests "$one" once_digest
  digests "$other" varied_digest
  while IFS= read -r -d '' place && IFS= read -r -d '' is; do
    once_is[$name$place]=$is
    case $is in f* | l*) files=$((files + 1)) ;; esac
  done < <(find "$one" -printf '%p\0%y, %m, %l\0' | sed -z "s,^$one,,")
  mapfile -d '' -t raw < <(find "$other" -printf '%p\0%y, %m, %l\0')
  mapfile -d '' -t made < <(printf '%s\0' "${raw[@]}" | sed -z -e "s,^$other,," "${mask[@]}")
  for ((j = 0; j < ${#raw[@]}; j += 2)); do
    place=$name${made[j]}
    if [ -n "${real[$place]-}" ]; then differ "$place" "one name of two files"; fi
    real[$place]=${raw[j]}
    varied_is[$place]=${made[j + 1]}
  done
  while IFS= read -r -d '' place; do
    is=${once_is[$place]-} there=${varied_is[$place]-}
    if [ -z "$there" ]; then
      differ "$place" "only in the ordinary build"
    elif [ -z "$is" ]; then
      differ "$place" "only in the varied build"
    elif [ "${is%%,*}" != "${there%%,*}" ]; then
      differ "$place" "kind of file, ${is%%,*} and ${there%%,*}"
    elif [ "${is%, *}" != "${there%, *}" ] && [ "${is%%,*}" != l ]; then
      is=${is#*, } there=${there#*, }
      differ "$place" "permissions, ${is%%,*} and ${there%%,*}"
    elif [ "$is" != "$there" ]; then
      is=${is#*, *, } there=${there#*, *, }
      differ "$place" "link, to $is and $there"
    elif [ "${is%%,*}" = f ]; then
      file=$one${place#"$name"}
      if [ "${once_digest[$file]}" = "${varied_digest[${real[$place]}]}" ]; then continue; fi
      told=$(content "$file" "${real[$place]}")
      if [ -n "$told" ]; then differ "$place" "${told%%$'\n'*}" "${told#"${told%%$'\n'*}"}"; fi
    fi
  done < <(printf '%s\0' "${!once_is[@]}" "${!varied_is[@]}" | LC_ALL=C sort -zu)
done

if [ "$differences" = 0 ]; then
  except=
  if [ -e excepted ]; then except=", $(wc -l <excepted) but for build ids"; fi
  # A build without a file would be the same whatever happened.
  if [ "$files" = 0 ]; then echo "differs ${names[0]}: holds nothing"; else echo "identical $files files$except"; fi
else
  echo "differs $(head -n 1 differences)"
  echo "$differences differences:"
  head -n 60 differences
fi >"$out"
