# shellcheck shell=bash
# licence_of FILE: what a package.json says of its licence, also in the older form of a table, or a list of them, with `type`.
licence_of() {
  local text flat found
  text=$(tr -d '\n' <"$1")
  # Without what is in tables of the file, such as its scripts.
  flat=$(sed -E 's/^[^{]*\{//; s/\}[^}]*$//; :again; s/\{[^{}]*\}//; t again' <<<"$text")
  found=$(grep -oE '"license"[[:space:]]*:[[:space:]]*"[^"]*"' <<<"$flat" | head -n 1 | cut -d '"' -f 4 || true)
  if [ -z "$found" ]; then
    found=$(grep -oE '"licenses?"[[:space:]]*:[[:space:]]*(\[[^]]*\]|\{[^}]*\})' <<<"$text" |
      grep -oE '"type"[[:space:]]*:[[:space:]]*"[^"]*"' | cut -d '"' -f 4 | paste -s -d '|' | sed 's/|/ OR /g' || true)
  fi
  echo "${found:-not stated}"
}
