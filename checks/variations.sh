#!/usr/bin/env bash
# Builds nodes again under other circumstances (another directory, one core, another time zone, locale, umask, home,
# host, kernel, clock, order of files, addresses) and prints a table: nodes × variations, identical or not.
#   variations.sh [--each] [--build] [--known] CROSSLOOM EXAMPLE… [NODE…]
# EXAMPLE is a folder of examples/, NODE a pattern for names of nodes, or a cell, which stands for its node; without one
# all nodes are taken. Nodes that are not in the store are left out and named.
#   --each    every variation by itself, too, to tell which one shows
#   --build   build nodes that are not in the store
#   --known   build nothing: print what earlier runs found
# Exits 1 when a node differs that should not, or no longer does though checks/variations/unreproducible.nix lists it.
set -euo pipefail

each='' build='' known=''
while :; do
  case ${1-} in
  --each) each=1 ;;
  --build) build=1 ;;
  --known) known=1 ;;
  *) break ;;
  esac
  shift
done
crossloom=$(realpath "$1")
shift
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"
# The examples named, and where each is rendered.
declare -A matrix
examples=() wanted=()
for name; do
  if [ -f "examples/$name/matrix.toml" ]; then examples+=("$name") matrix[$name]=$(example "$name"); else wanted+=("$name"); fi
done
if [ "${#examples[@]}" = 0 ]; then
  echo "usage: variations.sh [--each] [--build] [--known] CROSSLOOM EXAMPLE… [NODE…]" >&2
  exit 2
fi
system=$(uname -m)-linux
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

run() { "$crossloom" --quiet nix --matrix "${matrix[$1]}" "${@:2}"; }
# folder EXAMPLE: what is rendered of it.
folder() { echo "${matrix[$1]%/*}/crossloom"; }
# Whether the store has all of these; what a build that was stopped left behind is none.
valid() {
  local path
  for path in "${@:2}"; do [ -e "$path" ] || return 1; done
  run "$1" path-info "${@:2}" >/dev/null 2>&1
}

# What is there: nodes with the cells that are made of them, and reasons for differences.
# shellcheck disable=SC2016 # Nix's
facts='flake:
  let
    inherit (builtins) attrNames concatMap concatStringsSep filter map;
    all = flake { };
    nodes = all.legacyPackages.${system};
    packages = all.packages.${system};
    line = concatStringsSep "\t";
    cells = node: filter (cell: packages.${cell} == nodes.${node}) (attrNames packages);
    outputs = node: map (output: builtins.unsafeDiscardStringContext "${node.${output}}") node.outputs;
    path = drv: builtins.unsafeDiscardStringContext drv.outPath;
    variation = node: name: let it = nodes.${node}.variations.${name}; in
      line [ "variation" node name (path it.report) "because:${it.reason}" ];
  in concatStringsSep "" (map (fact: fact + "\n") (concatMap (node: [
    (line [ "node" node "${concatStringsSep " " (outputs nodes.${node})}" (concatStringsSep " " ([ node ] ++ cells node)) ])
  ] ++ map (variation node) (attrNames nodes.${node}.variations)) (attrNames nodes)))'

# What is known of a node, by the example that it was first met in and its name.
declare -A seen report reason verdict matched called
order=() unbuilt=()
for example in "${examples[@]}"; do
  run "$example" eval --raw --file "$(folder "$example")" '' \
    --apply "let system = \"$system\"; in $facts" >"$work/facts"
  while IFS=$'\t' read -r kind node first second; do
    at=$example/$node
    case $kind in
    variation)
      report[$at/$first]=${second%%$'\t'*}
      reason[$at/$first]=${second#*because:}
      ;;
    node)
      taken=
      if [ "${#wanted[@]}" = 0 ]; then taken=1; fi
      for pattern in "${wanted[@]}"; do
        for name in $second; do
          # shellcheck disable=SC2053 # a pattern
          if [[ $name == $pattern ]]; then taken=1 matched[$pattern]=1; fi
        done
      done
      # One node of two examples is one.
      if [ -z "$taken" ] || [ -n "${seen[$first]-}" ]; then continue; fi
      seen[$first]=1
      # shellcheck disable=SC2086 # paths in the store
      if [ -z "$build" ] && ! valid "$example" $first; then
        unbuilt+=("$node")
        continue
      fi
      order+=("$at")
      called[$node]=$((${called[$node]-0} + 1))
      ;;
    esac
  done <"$work/facts"
done
for pattern in "${wanted[@]}"; do
  if [ -z "${matched[$pattern]-}" ]; then
    echo "$pattern: no node and no cell of ${examples[*]} is called that" >&2
    exit 2
  fi
done
if [ "${#order[@]}" = 0 ]; then
  echo "none of these nodes is in the store: build them, or pass --build" >&2
  exit 1
fi
variations=(together)
if [ -n "$each" ]; then
  mapfile -t alone < <(awk -F'\t' '$1 == "variation" && $3 != "together" { print $3 }' "$work/facts" | sort -u)
  variations+=("${alone[@]}")
fi

failed=0
# account EXAMPLE NODE VARIATION: what the comparison has to say, and diffoscope, where it is installed.
account() {
  cat "${report[$1/$2/$3]}"
  if ! command -v diffoscope >/dev/null; then return 0; fi
  local output once varied
  for output in $(run "$1" eval --raw --file "$(folder "$1")" "legacyPackages.$system.\"$2\"" \
    --apply 'node: builtins.concatStringsSep " " node.outputs'); do
    once=$(attribute "$1" "$2" "$output") varied=$(attribute "$1" "$2" "variations.$3.varied.$output")
    diffoscope --text - "$once" "$varied" | head -n 100 || true
  done
}
# attribute EXAMPLE NODE OUTPUT
attribute() { run "$1" eval --raw --file "$(folder "$1")" "legacyPackages.$system.\"$2\".$3.outPath"; }

for at in "${order[@]}"; do
  example=${at%%/*} node=${at#*/}
  for variation in "${variations[@]}"; do
    if [ -n "$build" ]; then "$crossloom" --quiet fetch --matrix "${matrix[$example]}" "$node"; fi
    if ! valid "$example" "${report[$at/$variation]}"; then
      if [ -n "$known" ]; then
        verdict[$at/$variation]='not compared'
        continue
      fi
      echo "building $node: $variation" >&2
      if ! run "$example" build --print-build-logs --no-link --file "$(folder "$example")" \
        "legacyPackages.$system.\"$node\".variations.$variation.report" >"$work/log" 2>&1; then
        tail -n 40 "$work/log" >&2
        verdict[$at/$variation]='**does not build**'
        failed=1
        continue
      fi
    fi
    read -r said rest <"${report[$at/$variation]}"
    known_reason=${reason[$at/$variation]}
    case $said/${known_reason:+known} in
    identical/) verdict[$at/$variation]="identical ($rest)" ;;
    differs/known)
      # The check knows which files may.
      if run "$example" build --print-build-logs --no-link --file "$(folder "$example")" \
        "legacyPackages.$system.\"$node\".variations.$variation" >"$work/log" 2>&1; then
        verdict[$at/$variation]="differs, as known: $known_reason"
      else
        verdict[$at/$variation]="**differs**: $rest"
        failed=1
        tail -n 40 "$work/log" >&2
      fi
      ;;
    differs/)
      verdict[$at/$variation]="**differs**: $rest"
      failed=1
      echo "$node differs ($variation)" >&2
      account "$example" "$node" "$variation" >&2
      ;;
    *)
      verdict[$at/$variation]="identical, though listed as different: $known_reason"
      failed=1
      ;;
    esac
  done
done

printf '| node |'
printf ' %s |' "${variations[@]}"
printf '\n|---|'
for variation in "${variations[@]}"; do printf -- '---|'; done
printf '\n'
for at in "${order[@]}"; do
  example=${at%%/*} node=${at#*/}
  # Of two nodes of one name, each is called by its example.
  if [ "${called[$node]}" -gt 1 ]; then node="$node ($example)"; fi
  # shellcheck disable=SC2016 # Markdown's
  printf '| `%s` |' "$node"
  for variation in "${variations[@]}"; do printf ' %s |' "${verdict[$at/$variation]}"; done
  printf '\n'
done
if [ "${#unbuilt[@]}" != 0 ]; then
  echo
  echo "SKIPPED: not built, and so not varied: $(printf '%s, ' "${unbuilt[@]}" | sed 's/, $//')"
fi
exit "$failed"
