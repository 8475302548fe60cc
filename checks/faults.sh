#!/usr/bin/env bash
# Kills and disturbs runs that write, and counts the damage: faults.sh CROSSLOOM [ROUNDS]. In every round each command is
# killed at a random moment, eight run at once, and some write to a full disk and to a folder that is read-only. Right
# after each no file may be a wrong one; after the next undisturbed run nothing may be left over; no import may be lost.
# Works in a temporary folder, with made-up sources, a made-up SDK, and a Nix store of its own; downloads nothing.
set -euo pipefail

crossloom=$(realpath "$1")
rounds=${2:-20}
work=$(mktemp -d)
server=
finish() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  chmod -R u+w "$work"
  rm -rf "$work"
}
trap finish EXIT
export NIX_REMOTE="local?root=$work/root" XDG_CACHE_HOME=$work/cache CROSSLOOM_LOG=error
cd "$work"

killed=0 ended=0 wrong=0 leftovers=0 lost=0 failed=0
wrong() { wrong=$((wrong + 1)) && echo "WRONG: $1" >&2; }
# ok NAME STATUS: an undisturbed run has to succeed.
ok() { [ "$2" = 0 ] || { failed=$((failed + 1)) && echo "FAILED: $1: $(tail -n 3 "$work/said")" >&2; }; }

# What is built from, in two variants, and what each has to come out as.
matrix() {
  cat <<END
crossloom = 1

[build]
systems = ["x86_64-linux", "aarch64-darwin"]

[ci]
surfaces = ["github"]

[musl-gcc]
targets = [$1]
gcc = [$2]

[darwin]
targets = ["x86_64-apple-darwin22"]
sdk = ["zig", "mine"]

[sdk.mine]
kind = "file"
END
}
sdk=$work/MacOSX15.5.sdk
mkdir -p "$sdk/usr/include/sys" "$sdk/usr/lib"
echo '{"CanonicalName": "macosx15.5", "Version": "15.5"}' >"$sdk/SDKSettings.json"
echo 'typedef int t;' >"$sdk/usr/include/sys/types.h"
echo '--- !tapi-tbd' >"$sdk/usr/lib/libSystem.tbd"
for i in $(seq 300); do head -c 3000 /dev/zero >"$sdk/usr/include/$i.h"; done
import=(sdk import --name mine "$sdk")

# variant NAME TARGETS VERSIONS: an undisturbed project.
variant() {
  mkdir -p "$work/ref/$1"
  cd "$work/ref/$1"
  matrix "$2" "$3" >matrix.toml
  "$crossloom" lock
  cp matrix.lock bare.lock
  "$crossloom" "${import[@]}" >/dev/null
  # Links into the store are not what is compared.
  rm -rf .crossloom
  "$crossloom" generate
  cd "$work"
}
variant a '"x86_64-linux-musl"' '"14.2.0"'
variant b '"x86_64-linux-musl", "i686-linux-musl", "aarch64-linux-musl"' '"14.2.0", "15.3.0"'
cp -r ref/a project
cd project

# Sources that a lock of their own pins: files, and the archive of a tree.
mkdir -p "$work/from" "$work/tree/top/sub" "$work/fetch"
for i in $(seq 200); do head -c 20000 /dev/urandom >"$work/tree/top/sub/$i"; done
tar -C "$work/tree" -czf "$work/from/tree.tar.gz" top
python3 -m http.server --bind 127.0.0.1 --directory "$work/from" 0 >"$work/served" 2>&1 &
server=$!
for _ in $(seq 100); do
  port=$(grep -o 'port [0-9]*' "$work/served" | cut -d ' ' -f 2 || true)
  [ -z "$port" ] || break
  sleep 0.1
done
cp "$work/ref/a/matrix.toml" "$work/fetch/"
nar=$(nix-hash --type sha256 "$work/tree/top")
python3 - "$work" "$port" "$nar" <<'END'
import base64, hashlib, json, os, pathlib, sys
work, port, nar = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
lock = json.loads((work / "ref/a/matrix.lock").read_text())
sri = lambda digest: "sha256-" + base64.b64encode(digest).decode()
sums = []
for i, (name, source) in enumerate(sorted(lock["sources"].items())):
    source.pop("tree", None)
    if i == 0:
        source |= {"file": "tree.tar.gz", "sha256": sri(bytes.fromhex(nar)), "tree": True}
        source.pop("size", None)
        sums.append(hashlib.sha256((work / "from/tree.tar.gz").read_bytes()).hexdigest())
    else:
        data = os.urandom(3_000_000)
        (work / "from" / f"{name}.tar").write_bytes(data)
        source |= {"file": f"{name}.tar", "sha256": sri(hashlib.sha256(data).digest()), "size": len(data)}
        sums.append(hashlib.sha256(data).hexdigest())
    source["own"] = True
    source["urls"] = [f"http://127.0.0.1:{port}/{source['file']}"]
(work / "fetch/matrix.lock").write_text(json.dumps(lock, indent=2) + "\n")
(work / "sums").write_text("".join(f"{sum}\n" for sum in sorted(sums)))
END
fetch=(fetch --quiet --matrix "$work/fetch" --system aarch64-darwin --to "$work/to")

# left FOLDER…: counts what an undisturbed run should not have left.
left() {
  local found
  found=$(find "$@" \( -name '.crossloom-*-*' -o -name '*.part' \) -print)
  [ -z "$found" ] && return
  leftovers=$((leftovers + $(wc -l <<<"$found")))
  echo "LEFT: $found" >&2
}

# either FILE: whether it is one of a reference, where it is there at all.
either() { [ ! -e "$1" ] || cmp -s "$1" "$work/ref/a/$1" || cmp -s "$1" "$work/ref/b/$1"; }

# files: every file of the project is a whole one of either variant.
files() {
  local file
  while read -r file; do
    either "$file" || wrong "$1: $file"
  done < <(find crossloom flake.nix flake.lock .github -type f ! -name '.crossloom-tmp-*' 2>/dev/null)
  either matrix.lock || cmp -s matrix.lock "$work/ref/a/bare.lock" || cmp -s matrix.lock "$work/ref/b/bare.lock" ||
    wrong "$1: matrix.lock"
}

# is VARIANT WHAT: the project is that variant, whole.
is() {
  cmp -s matrix.lock "$work/ref/$1/matrix.lock" || wrong "$2: matrix.lock is not that of $1"
  diff -rq "$work/ref/$1/crossloom" crossloom >&2 || wrong "$2: crossloom/ is not that of $1"
  diff -rq "$work/ref/$1/.github" .github >&2 || wrong "$2: .github/ is not that of $1"
}

# collected WHAT [whole]: every file in the folder has a right digest, and stands there once.
collected() {
  local got
  [ -d "$work/to" ] || return 0
  got=$(find "$work/to" -maxdepth 1 -type f ! -name '*.part' -exec sha256sum {} + | cut -d ' ' -f 1 | sort)
  [ -z "$(comm -23 <(echo "$got") "$work/sums")" ] || wrong "$1: a collected file is not right, or stands there twice"
  [ "${2:-}" != whole ] || [ "$got" = "$(cat "$work/sums")" ] || wrong "$1: not every file was collected once"
}

# killing MILLISECONDS ARGUMENT…: runs crossloom and kills it at some moment before.
killing() {
  local pid wait=$((RANDOM * 32768 + RANDOM))
  wait=$((wait % $1))
  shift
  "$crossloom" "$@" >/dev/null 2>&1 &
  pid=$!
  sleep "$((wait / 1000)).$(printf %03d $((wait % 1000)))"
  if kill -9 "$pid" 2>/dev/null; then killed=$((killed + 1)); else ended=$((ended + 1)); fi
  wait "$pid" 2>/dev/null || true
}

# run NAME ARGUMENT…: an undisturbed run.
run() {
  local status=0
  "$crossloom" "${@:2}" >"$work/said" 2>&1 || status=$?
  ok "$1" "$status"
}

# takes ARGUMENT…: how many milliseconds a run takes.
takes() {
  local start
  start=$(date +%s%3N)
  "$crossloom" "$@" >/dev/null
  echo $(($(date +%s%3N) - start + 1))
}

# refusing COMMAND…: a run that cannot write ends with an error, not with success, and not by a signal.
refusing() {
  local status=0
  "$@" >"$work/said" 2>&1 || status=$?
  [ "$status" = 2 ] || { failed=$((failed + 1)) && echo "FAILED: status $status of: $*" >&2; }
}
# A file larger than 1 KB cannot be written, and to write one gives an error.
full() { (trap '' XFSZ && ulimit -f 1 && exec "$crossloom" "$@"); }
if [ "$(id -u)" = 0 ]; then
  readonly_run() {
    # shellcheck disable=SC2016 # expanded by the shell that is started
    unshare -m sh -c 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && cd "$0" && exec "$@"' "$PWD" "$@"
  }
  readonly_run true 2>/dev/null || unset -f readonly_run
else
  readonly_run() {
    local status=0
    chmod -R a-w . && "$@" || status=$?
    chmod -R u+w .
    return "$status"
  }
fi

# Toggled by removing what is written, so that there is something to write.
t_lock=$(rm matrix.lock && takes lock)
cp "$work/ref/a/bare.lock" matrix.lock
t_import=$(takes "${import[@]}")
t_generate=$(rm -rf crossloom flake.nix .github && takes generate)
t_fetch=$(takes "${fetch[@]}")
echo "a run of lock takes $t_lock ms, import $t_import ms, generate $t_generate ms, fetch $t_fetch ms; $rounds rounds"

for round in $(seq "$rounds"); do
  variant=a
  [ $((round % 2)) = 0 ] || variant=b
  cp "$work/ref/$variant/matrix.toml" matrix.toml

  # lock, onto the lock of the other variant. The import in that has to stay.
  killing "$t_lock" lock
  files "lock, killed"
  grep -q '"mine"' matrix.lock || lost=$((lost + 1))
  run lock lock
  cmp -s matrix.lock "$work/ref/$variant/matrix.lock" || wrong "lock after a killed one"
  left . || true

  killing "$t_generate" generate
  files "generate, killed"
  run generate generate
  is "$variant" generate
  left . || true

  cp "$work/ref/$variant/bare.lock" matrix.lock
  killing "$t_import" "${import[@]}"
  files "sdk import, killed"
  run 'sdk import' "${import[@]}"
  is "$variant" 'sdk import'
  left . || true

  rm -rf "$work/to"
  from=()
  [ $((round % 4)) -lt 2 ] || from=(--from "$work/from")
  killing "$t_fetch" "${fetch[@]}" "${from[@]}"
  collected "fetch, killed"
  run fetch "${fetch[@]}" "${from[@]}"
  collected fetch whole
  left "$work/to" || true

  # Everything at once.
  rm -rf "$work/to" crossloom flake.nix
  cp "$work/ref/$variant/bare.lock" matrix.lock
  rm -f "$work"/said.*
  pids=()
  n=0
  while read -r -a arguments; do
    n=$((n + 1))
    "$crossloom" "${arguments[@]}" >"$work/said.$n" 2>&1 &
    pids+=($!)
  done <<END
lock
sdk import --name mine $sdk
generate
lock
${fetch[*]} --from $work/from
generate
${fetch[*]} --from $work/from
${fetch[*]}
END
  for n in "${!pids[@]}"; do
    status=0
    wait "${pids[$n]}" || status=$?
    cp "$work/said.$((n + 1))" "$work/said"
    ok "number $((n + 1)) of eight at once" "$status"
  done
  grep -q '"mine"' matrix.lock || lost=$((lost + 1))
  collected 'eight at once' whole
  run generate generate
  is "$variant" 'eight at once'
  left . "$work/to" || true

  # A full disk, and then a read-only folder, with the other variant to be written: the old files stay.
  other=a
  [ "$variant" = b ] || other=b
  cp "$work/ref/$other/matrix.toml" matrix.toml
  refusing full lock
  is "$variant" 'lock on a full disk'
  cp "$work/ref/$other/matrix.lock" matrix.lock
  refusing full generate
  cp "$work/ref/$variant/matrix.lock" matrix.lock
  is "$variant" 'generate on a full disk'
  rm -rf "$work/to"
  refusing full "${fetch[@]}"
  collected 'fetch on a full disk'
  if declare -F readonly_run >/dev/null; then
    refusing readonly_run "$crossloom" lock
    is "$variant" 'a read-only folder'
  fi
  left . || true
done

declare -F readonly_run >/dev/null || echo "SKIPPED: a read-only folder: this root may not mount"
echo "$rounds rounds: $killed runs killed ($ended ended before), 8 at once $rounds times;" \
  "$wrong wrong files, $leftovers leftovers, $lost imports lost, $failed runs that ended as they should not"
[ "$wrong$leftovers$lost$failed" = 0000 ]
