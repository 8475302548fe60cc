# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
# Fails where builds differ that should not, and where they no longer do though a reason says so.

read -r verdict _ <"$report"
case $verdict/${reason:+known} in
identical/) cp "$report" "$out" ;;
differs/known)
  # Each difference has a line of its own, what is said of it stands below; of very many the first are there.
  sed 1,2d "$report" | grep -v '^ ' >differences
  others=0
  grep -vE "^($files): ($difference)\$" differences || others=$?
  if [ "$others" -gt 1 ]; then
    echo "($files): ($difference) is no pattern" >&2
    exit 1
  fi
  if [ "$others" = 0 ] || [ "$(sed -n '2s/ .*//p' "$report")" != "$(wc -l <differences)" ]; then
    echo "these differ, too, or more than are shown, beside what is known to: $reason" >&2
    exit 1
  fi
  cp "$report" "$out"
  ;;
differs/)
  cat "$report" >&2
  exit 1
  ;;
*)
  echo "the builds are identical, though they are listed as different: $reason" >&2
  exit 1
  ;;
esac
