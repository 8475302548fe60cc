# shellcheck shell=bash
# licence_of FILE: what a package.json says of its licence, also in the older form of a table with a `type`.
licence_of() {
  local found
  found=$(tr -d '\n' <"$1" | grep -oE '"licenses?"[[:space:]]*:[[:space:]]*[[{[:space:]]*("type"[[:space:]]*:[[:space:]]*)?"[^"]*"' |
    head -n 1 | sed -E 's/.*"([^"]*)"$/\1/' || true)
  echo "${found:-not stated}"
}
