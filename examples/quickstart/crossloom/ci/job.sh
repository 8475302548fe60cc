#!/usr/bin/env bash
# What the jobs for GitHub and GitLab run, at the top of the repository: job.sh tool, job.sh build SYSTEM JOB. The words that a
# job builds are in jobs.txt beside this file.
#
#   CROSSLOOM_GIT, CROSSLOOM_REV  the repository and the commit that crossloom is built from
#   MIRRORS                       the text of a mirrors.toml
#
# Everything that outlives a job is in one of four folders:
#   crossloom-tool     crossloom itself, from the first job to the others
#   crossloom-store    the nodes that the job built, as a binary cache, from one run to the next
#   crossloom-shared   the same of the job that comes before this one
#   crossloom-results  archives, their digests, and the hashes of all nodes that were built here
set -euo pipefail

top=$PWD
here=$(dirname "$0")
program=$top/crossloom-tool/bin/crossloom
export XDG_CACHE_HOME=$top/crossloom-downloads

crossloom() {
  "$program" "$@"
}

# Nix of Debian 12 has neither command without being asked.
plain_nix() {
  nix --extra-experimental-features 'nix-command flakes' "$@"
}

# GitHub shows a line of this form beside the job.
warn() {
  if [ -n "${GITHUB_ACTIONS-}" ]; then echo "::warning::$1"; else echo "warning: $1" >&2; fi
}

tool() {
  if [ -z "${CROSSLOOM_REV-}" ]; then
    warn 'no commit of crossloom is named, so this is the newest: its recipes may differ. Set crossloom-rev in [ci] of matrix.toml'
  fi
  # What a cache brought was built from the same commit: it is in the cache's key.
  if [ ! -x "$program" ]; then
    cargo install --locked --root crossloom-tool --git "${CROSSLOOM_GIT:?is not set: name a repository, or crossloom-git in \
[ci] of matrix.toml}" ${CROSSLOOM_REV:+--rev "$CROSSLOOM_REV"} crossloom
  fi
  crossloom lock --check
  crossloom generate --check
}

# Nodes that another job or another run built. Nix checks each against its hash, and builds everything else.
take() {
  local -a paths
  [ -e "$1/nix-cache-info" ] || return 0
  # Nix of Debian 12 gives all paths of a cache wrong names, so --all fails.
  mapfile -t paths < <(sed -n 's/^StorePath: //p' "$1"/*.narinfo)
  plain_nix copy --no-check-sigs --from "file://$top/$1" "${paths[@]}"
}

# All nodes in the store, for the next run.
keep() {
  local -a paths
  mapfile -t paths < <(crossloom plan --store --nodes | awk -F '\t' -v machine="$1" '$1 == machine && $5 == "present" { print $6 }' | sort -u)
  rm -rf crossloom-store
  [ "${#paths[@]}" -gt 0 ] || return 0
  plain_nix copy --to "file://$top/crossloom-store?compression=zstd" "${paths[@]}"
}

# Archives among what was built, and the hashes that others compare their own builds with.
results() {
  local path archive
  mkdir -p crossloom-results
  for path in "$@"; do
    while IFS= read -r -d '' archive; do cp -f "$archive" crossloom-results/; done \
      < <(find -H "$path" -maxdepth 1 -type f -name '*.tar.*' -print0)
  done
  # If everything came from a cache, nothing was built here, and there is nothing to vouch for.
  crossloom --quiet digests --write crossloom-results/digests.json || warn 'everything came from a cache, so there is no digests.json'
  rm -f crossloom-results/SHA256SUMS
  local sums
  sums=$(cd crossloom-results && find . -maxdepth 1 -type f -exec sha256sum {} +)
  printf '%s\n' "$sums" >crossloom-results/SHA256SUMS
}

build() {
  local system=$1 job=$2 words built status=0
  local -a all paths
  words=$(awk -F '\t' -v machine="$system" -v job="$job" '$1 == machine && $2 == job { print $3 }' "$here/jobs.txt")
  if [ -z "$words" ]; then
    echo "error: $here/jobs.txt has no job $job for $system" >&2
    exit 2
  fi
  read -r -a all <<<"$words"
  chmod +x "$program"
  if [ -n "${MIRRORS-}" ]; then
    printf '%s\n' "$MIRRORS" >crossloom-mirrors.toml
    export CROSSLOOM_MIRRORS=$top/crossloom-mirrors.toml
  fi
  if ! command -v nix >/dev/null; then
    apt-get update
    apt-get install -y --no-install-recommends nix-bin
  fi
  take crossloom-store
  take crossloom-shared
  case $system in
  *-linux) built=$(crossloom build --keep-going "${all[@]}") || status=$? ;;
  # macOS has no seed: the tools of nixpkgs build there, and no check runs.
  *)
    crossloom fetch "${all[@]}"
    all=("${all[@]/#/.#}")
    built=$(plain_nix build --keep-going --no-link --print-out-paths --print-build-logs "${all[@]}") || status=$?
    ;;
  esac
  # Nodes that were built before another one failed need not be built again.
  keep "$system"
  [ "$status" = 0 ] || exit "$status"
  mapfile -t paths <<<"$built"
  results "${paths[@]}"
}

case ${1-} in
tool) tool ;;
build) build "$2" "$3" ;;
*)
  echo "error: job.sh tool, or job.sh build SYSTEM JOB" >&2
  exit 2
  ;;
esac
