#!/usr/bin/env bash
# The actions and the image of generator/data/pins.toml: pins.sh [--release]. Every one has a whole digest, and the project's own
# workflows name no other action. With --release, every digest that was not confirmed is compared with its publisher's
# now, and one that is wrong or cannot be compared is an error.
set -euo pipefail
cd "$(dirname "$0")/.."

pins() {
  python3 - <<'PYTHON'
import re, sys, tomllib

with open("generator/data/pins.toml", "rb") as file:
    pins = tomllib.load(file)
for key, pin in pins.items():
    action = "/" in pin.get("name", "")
    digest = r"[0-9a-f]{40}" if action else r"sha256:[0-9a-f]{64}"
    if not re.fullmatch(digest, pin.get("digest", "")):
        sys.exit(f"error: {key} has no digest in generator/data/pins.toml")
    for field in ("version", "seen"):
        if not pin.get(field):
            sys.exit(f"error: {key} has no {field} in generator/data/pins.toml")
    if not isinstance(pin.get("confirmed"), bool):
        sys.exit(f"error: {key} does not say whether it is confirmed in generator/data/pins.toml")
    print(pin["name"], pin["version"], pin["digest"], "yes" if pin["confirmed"] else "no", sep="\t")
PYTHON
}

# The digest that the publisher gives a version; nothing if it cannot be had.
published() {
  case $1 in
  */*)
    # An annotated tag is a separate object; the line with ^{} has the commit that it points to.
    git ls-remote "https://github.com/$1" "refs/tags/$2" "refs/tags/$2^{}" | sort -k 2 | tail -n 1 | cut -f 1
    ;;
  *) docker buildx imagetools inspect "$1:$2" --format '{{.Manifest.Digest}}' ;;
  esac
}

list=$(pins)
while IFS= read -r line; do
  used=$(sed -E 's/.*uses: *"?([^" ]+)"?( *#.*)?$/\1/' <<<"$line")
  if ! awk -F '\t' -v used="$used" '$1 "@" $3 == used { found = 1 } END { exit !found }' <<<"$list"; then
    echo "error: .github/workflows names $used, which is not in generator/data/pins.toml" >&2
    exit 1
  fi
done < <(grep -hE '^ *(- )?uses:' .github/workflows/*.yml)

while IFS= read -r used; do
  if ! awk -F '\t' -v used="$used" '$1 ":" $2 "@" $3 == used { found = 1 } END { exit !found }' <<<"$list"; then
    echo "error: .github/workflows names the image $used, which is not in generator/data/pins.toml" >&2
    exit 1
  fi
done < <(sed -nE 's/^ *image: *"?([^" ]+)"?$/\1/p' .github/workflows/*.yml)

unconfirmed=0
wrong=0
while IFS=$'\t' read -r name version digest confirmed; do
  [ "$confirmed" = no ] || continue
  unconfirmed=$((unconfirmed + 1))
  [ "${1-}" = --release ] || continue
  there=$(published "$name" "$version") || there=
  if [ "$there" != "$digest" ]; then
    echo "error: $name $version is pinned as $digest, and its publisher has ${there:-not answered}" >&2
    wrong=$((wrong + 1))
  fi
done <<<"$list"
echo "$(wc -l <<<"$list") pins, $unconfirmed not confirmed"
[ "$wrong" = 0 ]
