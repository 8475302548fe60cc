#!/usr/bin/env bash
# Builds for one target on two kinds of machines, x86_64-linux and aarch64-linux, and compares what they made, file by file.
# QEMU runs the programs of aarch64-linux, inside Nix's sandbox.
#   aarch64.sh --set-up    lets this machine run aarch64-linux programs: changes the running kernel, as root, until --undo or
#                          the next boot
#   aarch64.sh --undo      takes that back
#   aarch64.sh --ready     whether it was done
#   aarch64.sh CROSSLOOM [NODE…]   builds and compares: static-macho, and the kernels, boot loaders and disk images of
#                          examples/bare-metal; or only these nodes, by patterns for their names. Takes hours.
# Exits 1 when a file differs or something does not build.
set -euo pipefail

binfmt=/proc/sys/fs/binfmt_misc
# The name under which --set-up registers QEMU, so that --undo finds it.
handler='crossloom-aarch64'
state=$(realpath -m "${CARGO_TARGET_DIR:-target}")/aarch64

die() {
  echo "error: $1" >&2
  [ -z "${2:-}" ] || echo "hint: $2" >&2
  exit 2
}

# prints the handler that Nix's sandbox can use. F opened the interpreter when it was registered: the sandbox has no QEMU.
registered() {
  local file
  for file in "$binfmt"/*; do
    case ${file##*/} in
    register | status | '*') continue ;;
    esac
    if grep -qx enabled "$file" && grep -q '^flags: .*F' "$file" && grep -q '^magic 7f454c460201010*0200b700$' "$file"; then
      echo "${file##*/}"
      return
    fi
  done
}

is_root() { [ "$(id -u)" = 0 ] || die "$1 changes the running kernel, which takes root" "sudo checks/aarch64.sh $1"; }

set_up() {
  local known interpreter
  if [ "$(uname -m)" = aarch64 ]; then die 'this machine runs aarch64-linux programs by itself'; fi
  is_root --set-up
  if ! grep -qw binfmt_misc /proc/filesystems && ! modprobe binfmt_misc 2>/dev/null; then
    die 'this kernel has no binfmt_misc, by which it would call QEMU' 'it needs CONFIG_BINFMT_MISC'
  fi
  mkdir -p "$state"
  if [ ! -e "$binfmt/register" ]; then
    mount -t binfmt_misc binfmt_misc "$binfmt" || die "binfmt_misc cannot be mounted" 'a container may not: set it up on its host'
    touch "$state/mounted"
    echo "mounted $binfmt"
  fi
  known=$(registered)
  if [ -n "$known" ]; then
    echo "$known runs aarch64-linux programs already"
    return
  fi
  if [ -e "$binfmt/$handler" ]; then
    die "$binfmt/$handler is there, and not usable" 'checks/aarch64.sh --undo removes it'
  fi
  # QEMU keeps a program's argv[0] if it is called by this name. Without that no applet of busybox finds itself.
  interpreter=/usr/libexec/qemu-binfmt/aarch64-binfmt-P
  if [ ! -e "$interpreter" ]; then
    interpreter=$state/qemu/usr/libexec/qemu-binfmt/aarch64-binfmt-P
    if [ ! -e "$interpreter" ]; then
      if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
        die 'there is no QEMU that runs aarch64-linux programs' 'install qemu-user-static (qemu-user-binfmt on newer systems)'
      fi
      mkdir -p "$state/package"
      (cd "$state/package" && apt-get download -qq -o APT::Sandbox::User=root qemu-user-static) ||
        die 'qemu-user-static cannot be downloaded' 'apt-get update'
      dpkg-deb -x "$state"/package/qemu-user-static_*.deb "$state/unpacked"
      mkdir -p "$state/qemu"
      mv "$state/unpacked/usr" "$state/qemu/usr"
      rm -rf "$state/package" "$state/unpacked"
      echo "unpacked Debian's package qemu-user-static into $state/qemu; nothing was installed"
    fi
  fi
  [ ${#interpreter} -lt 128 ] || die "the path of QEMU is too long for binfmt_misc: $interpreter" 'set CARGO_TARGET_DIR to a shorter one'
  # P: argv[0] is handed on. The kernel reads the escapes.
  printf '%s' ":$handler:M::"'\x7f\x45\x4c\x46\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:'\
'\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:'"$interpreter:PF" >"$binfmt/register"
  [ "$(registered)" = "$handler" ] || die 'the kernel did not take the registration'
  echo "registered $binfmt/$handler: every program of this machine can now start programs for aarch64-linux"
  echo "checks/aarch64.sh --undo takes it back; so does the next boot"
}

undo() {
  is_root --undo
  if [ -e "$binfmt/$handler" ]; then
    echo -1 >"$binfmt/$handler"
    echo "removed $binfmt/$handler"
  fi
  if [ -e "$state/mounted" ]; then
    if [ -n "$(find "$binfmt" -type f -not -name register -not -name status)" ]; then
      echo "$binfmt stays mounted: others have registered there since"
    elif mountpoint -q "$binfmt"; then
      umount "$binfmt"
      echo "unmounted $binfmt"
    fi
    rm "$state/mounted"
  fi
  if [ -e "$state/qemu" ]; then
    rm -rf "$state/qemu"
    echo "removed $state/qemu"
  fi
  rm -rf "$state/package" "$state/unpacked"
}

# Whether builds can be compared here.
ready() {
  [ "$(uname -m)" = x86_64 ] || die "this compares with what x86_64-linux makes, and this machine is $(uname -m)"
  [ -n "$(registered)" ] || die 'this machine does not run aarch64-linux programs' \
    'sudo checks/aarch64.sh --set-up; it says what it changes, and --undo takes it back'
}

case ${1:-} in
--ready)
  ready
  exit
  ;;
--set-up)
  set_up
  exit
  ;;
--undo)
  undo
  exit
  ;;
'' | -*)
  sed -n '2,10s/^# \{0,1\}//p' "$0" >&2
  exit 2
  ;;
esac

crossloom=$(realpath "$1")
shift
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"
ready
export NIX_CONFIG="${NIX_CONFIG:-}"$'\nextra-platforms = aarch64-linux'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# nix EXAMPLE ARG…
nix() { "$crossloom" --quiet nix --matrix "${matrix[$1]}" "${@:2}"; }
folder() { echo "${matrix[$1]%/*}/crossloom"; }

# build EXAMPLE SYSTEM NODE: prints the path of its output.
build() {
  local attribute="legacyPackages.$2.\"$3\"" started=$SECONDS
  "$crossloom" --quiet fetch --matrix "${matrix[$1]}" --system "$2" "$3" >&2 || return
  if ! nix "$1" build --print-build-logs --no-link --file "$(folder "$1")" "$attribute" >"$work/log" 2>&1; then
    tail -n 40 "$work/log" >&2
    return 1
  fi
  echo "== $2: $3 ($((SECONDS - started)) s)" >&2
  nix "$1" eval --raw --file "$(folder "$1")" "$attribute.outPath"
}

# sums FOLDER: digest, permissions and name of each file, and where each link points: its place in the store has another
# name on each kind of machine.
sums() {
  (
    cd "$1"
    find . -type f -printf '%#m %P\0' | while read -rd '' mode name; do
      echo "$(sha256sum <"$name" | cut -c -64) $mode $name"
    done
    find . -type l -printf 'link %l %P\n' | sed -E 's,/nix/store/[0-9a-z]{32}-,/nix/store/,g'
  ) | LC_ALL=C sort
}

compared=0 same=0 failed=0
# compare NAME FOLDER FOLDER
compare() {
  local identical different
  sums "$2" >"$work/x86_64"
  sums "$3" >"$work/aarch64"
  identical=$(LC_ALL=C comm -12 "$work/x86_64" "$work/aarch64" | wc -l)
  # A file that one of them lacks differs, too.
  LC_ALL=C comm -3 "$work/x86_64" "$work/aarch64" | tr -d '\t' | cut -d ' ' -f 3- | LC_ALL=C sort -u >"$work/different"
  different=$(wc -l <"$work/different")
  if [ $((identical + different)) = 0 ]; then
    echo "$1: there is nothing to compare" >&2
    failed=1
  fi
  sed "s|^|DIFFERENT  $1: |" "$work/different"
  rows+=("| $1 | $((identical + different)) | $identical |")
  compared=$((compared + identical + different)) same=$((same + identical))
}

# Which machine made a program of a build machine shows in it. What it makes of one file has to be the same.
program='__attribute__((used)) static const char text[] = "compared"; int main(void) { return text[0]; }'
edits() {
  local machine
  printf '%s\n' "$program" >"$work/program.c"
  "$1/bin/x86_64-apple-darwin22-clang" -nostdlib -Wl,-no_pie,-e,_main -o "$work/program" "$work/program.c" || return
  for machine in "$2" "$3"; do
    mkdir "$work/$machine"
    "${paths[$machine]}/bin/static-macho" show "$work/program" >"$work/$machine/shown" || return
    "${paths[$machine]}/bin/static-macho" make "$work/program" -o "$work/$machine/static" || return
    (cd "$work/$machine" && "${paths[$machine]}/bin/static-macho" check --static static >checked) || return
  done
}

# What is compared: nodes by their examples. Not compared are programs of the build machine, which are for it.
declare -A matrix
nodes=()
for name in darwin-hello bare-metal; do
  matrix[$name]=$(example "$name")
  while read -r node; do
    case $name/$node in
    darwin-hello/static-macho) ;;
    darwin-hello/* | bare-metal/rust-* | bare-metal/host-tool-* | bare-metal/disk-image | bare-metal/run-*) continue ;;
    esac
    taken=$([ $# -gt 0 ] || echo 1)
    # shellcheck disable=SC2053 # a pattern
    for pattern; do if [[ $node == $pattern ]]; then taken=1; fi; done
    [ -z "$taken" ] || nodes+=("$name/$node")
  done < <("$crossloom" plan --nodes --matrix "${matrix[$name]}" | awk -F'\t' '$1 == "aarch64-linux" && $2 == "node" { print $3 }')
done
[ "${#nodes[@]}" != 0 ] || die 'no node has such a name' 'crossloom plan --nodes --matrix examples/bare-metal prints them'

rows=()
declare -A paths
for of in "${nodes[@]}"; do
  name=${of%%/*} node=${of#*/}
  for system in x86_64-linux aarch64-linux; do
    if ! paths[$system]=$(build "$name" "$system" "$node"); then
      echo "$node: does not build on $system" >&2
      rows+=("| $node | does not build on $system | |")
      failed=1
      continue 2
    fi
  done
  if [ "${paths[x86_64-linux]}" = "${paths[aarch64-linux]}" ]; then
    echo "$node: both machines gave one and the same store path: nothing was compared" >&2
    exit 1
  fi
  if [ "$node" = static-macho ]; then
    compiler=$(build "$name" x86_64-linux darwin-cc-x86_64-apple-darwin22)
    edits "$compiler" x86_64-linux aarch64-linux || die 'static-macho does not run (above)'
    compare 'static-macho: what it makes of a program' "$work/x86_64-linux" "$work/aarch64-linux"
  else
    compare "$node" "${paths[x86_64-linux]}" "${paths[aarch64-linux]}"
  fi
done

echo '| node | files | identical, built on x86_64-linux and on aarch64-linux |'
echo '|---|---|---|'
printf '%s\n' "${rows[@]}"
echo "$compared files compared, $same identical"
[ "$failed" = 0 ] && [ "$compared" = "$same" ]
