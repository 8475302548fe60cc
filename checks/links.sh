#!/usr/bin/env bash
# Follows every link between the Markdown files of a folder, and fails when a file or a heading is not there:
# links.sh [FOLDER]. Addresses on other hosts are not looked at: tests are offline.
set -euo pipefail
cd "${1:-$(dirname "$0")/..}"

# prose FILE: the text without blocks of code, which may hold anything.
prose() {
  awk '/^(```|~~~)/ { code = !code; next } !code && !/^    /' "$1"
}

# headings FILE: the anchors of its headings, as GitHub makes them: a second heading of the same text gets `-1`.
headings() {
  prose "$1" | sed -nE 's/^#{1,6} +//p' | sed -E 's/\]\([^)]*\)//g' | tr '[:upper:]' '[:lower:]' |
    sed -E 's/[^a-z0-9 _-]//g; s/ /-/g' | awk '{ print seen[$0] ? $0 "-" seen[$0] : $0; seen[$0]++ }'
}

# links FILE: what stands in parentheses after the text of a link. Code inside of a line is no link.
links() {
  # shellcheck disable=SC2016 # these are Markdown's backquotes
  prose "$1" | sed -E 's/`[^`]*`//g' | grep -oE '\]\([^)[:space:]]+\)' | sed -E 's/^\]\((.*)\)$/\1/' || true
}

count=0
broken=0
while IFS= read -r file; do
  while IFS= read -r link; do
    case $link in
    *://* | mailto:*) continue ;;
    esac
    count=$((count + 1))
    path=${link%%#*}
    target=$file
    if [ -n "$path" ]; then target=$(dirname "$file")/$path; fi
    if [ ! -e "$target" ]; then
      echo "$file: $link: there is no $target" >&2
      broken=$((broken + 1))
    elif [[ $link == *#* ]] && ! headings "$target" | grep -qxF -e "${link#*#}"; then
      echo "$file: $link: $target has no such heading" >&2
      broken=$((broken + 1))
    fi
  done < <(links "$file")
done < <(find . -name '*.md' -not -path './target/*' -not -path './.git/*' | sort)

if [ "$broken" != 0 ]; then
  echo "error: $broken of $count links lead nowhere" >&2
  exit 1
fi
# With none it would be this script that is wrong.
[ "$count" -gt 0 ] || {
  echo 'error: no links were found' >&2
  exit 1
}
echo "$count links"
