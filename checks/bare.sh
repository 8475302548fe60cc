# shellcheck shell=bash disable=SC2154 # $work is the script's
# To be sourced by scripts that make a bare Debian and do in it what a new user does. They run as root, with a temporary folder
# in $work. Everything that they prepare there or replace is printed in lines that begin with PREPARED or REPLACED.

die() {
  echo "error: $1" >&2
  [ -z "${2:-}" ] || echo "hint: $2" >&2
  exit 2
}

# mirror: prints codename and address of Debian's archive, as this machine's apt has them.
mirror() {
  # shellcheck disable=SC2016 # apt's own variables
  apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(CODENAME) $(SITE)' 'Created-By: Packages' |
    awk '$1 == "Debian" && $2 == "main" && $3 !~ /-/ { print $3, $4; exit }'
}

# lacks: prints what this machine lacks to make a bare Debian and enter it; nothing if it can.
lacks() {
  local program
  if [ "$(uname -m)" != x86_64 ]; then
    echo 'this is about x86_64 machines'
  elif [ "$(id -u)" != 0 ]; then
    echo 'only root can make a Debian and enter it'
  else
    for program in apt-get debootstrap unshare pivot_root cargo git; do
      if ! command -v "$program" >/dev/null; then
        echo "there is no $program"
        return
      fi
    done
    [ -n "$(mirror)" ] || echo "apt's sources name no archive of Debian"
  fi
}

# bare [FOLDER]: makes a bare Debian in $work/base, from a copy of FOLDER if debootstrap has filled that before.
bare() {
  local suite address name begun=$SECONDS
  read -r suite address < <(mirror)
  if [ -n "${1:-}" ]; then
    cp -a "$1" "$work/base"
    echo "a bare Debian: a copy of $1"
  else
    debootstrap --variant=minbase "$suite" "$work/base" "$address" >"$work/log" 2>&1 || {
      tail -n 20 "$work/log" >&2
      die 'debootstrap failed'
    }
    echo "a bare Debian $suite from $address: $((SECONDS - begun)) s"
  fi
  # What a machine has of its network before anybody installs anything.
  cp -L /etc/resolv.conf "$work/base/etc/resolv.conf"
  cp -L /etc/hosts "$work/base/etc/hosts"
  mkdir -p "$work/base/usr/local/share/ca-certificates" "$work/base/given"
  find /usr/local/share/ca-certificates -name '*.crt' -exec cp -L {} "$work/base/usr/local/share/ca-certificates/" \;
  printf 'APT::Get::Assume-Yes "true";\nAPT::Keep-Downloaded-Packages "true";\n' >"$work/base/etc/apt/apt.conf.d/90first-hour"
  echo 'PREPARED: apt answers yes to its questions, and has the package lists'
  for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY CARGO_PROFILE_RELEASE_OPT_LEVEL; do
    [ -n "${!name:-}" ] || continue
    printf 'export %s=%q\n' "$name" "${!name}"
    echo "PREPARED: $name is set, as on this machine" >&2
  done >"$work/base/given/variables"
  # The first program in a copy, and the only one that sees this machine's files.
  cat >"$work/base/given/enter" <<'END'
set -euo pipefail
umount -l /old
rmdir /old
export DEBIAN_FRONTEND=noninteractive LANG=C.UTF-8
apt-get update -qq
exec bash "$@"
END
}

# repository: puts the clone that the README calls REPOSITORY into $work/base.
repository() {
  git bundle create --quiet "$work/base/given/repository" HEAD
  echo "PREPARED: REPOSITORY is a bundle of commit $(git rev-parse --short HEAD)"
  git diff --quiet HEAD || echo 'warning: changes that are not committed are not in it' >&2
}

# rust: prints what takes the place of the README's `curl … https://sh.rustup.rs | sh`. Where that address cannot be reached, the
# same script comes from the server that it downloads Rust from.
rust() {
  local address
  for address in https://sh.rustup.rs https://static.rust-lang.org/rustup/rustup-init.sh; do
    if curl --proto '=https' --tlsv1.2 -sSf --max-time 20 -o /dev/null "$address" 2>/dev/null; then
      # It asks on a terminal; -y answers.
      echo "curl --proto '=https' --tlsv1.2 -sSf $address | sh -s -- -y --profile minimal"
      echo "REPLACED: rustup comes from $address, with -y --profile minimal" >&2
      return
    fi
  done
  die 'rustup cannot be downloaded'
}

# enter FOLDER PROGRAM ARGUMENT…: runs a program of bash's as root in a copy of the Debian, after `apt-get update`. The copy is
# entered with pivot_root: below a chroot, the kernel gives no user namespaces, and Nix could not sandbox.
enter() {
  local folder=$1
  shift
  # shellcheck disable=SC2016 # the inner shell's variables
  (cd "$folder" && unshare --mount --pid --fork --kill-child bash -euo pipefail -c '
    mount --bind . .
    # A folder that was entered before is not the one that was mounted on it.
    cd "$PWD"
    mount -t proc proc proc
    mount --rbind /dev dev
    mount --rbind /sys sys
    mkdir old
    pivot_root . old
    cd /
    # Variables of this machine, such as TMPDIR, mean nothing there.
    exec env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
      chroot . bash /given/enter "$@"
  ' - "$@")
}

# leave FOLDER: removes a copy. Nix makes the folders of its store read-only.
leave() {
  chmod -R u+w "$1"
  rm -rf "${1:?}"
}

# blocks SECTION: the README's sh blocks in a section.
blocks() {
  awk -v section="## $1" '
    /^## / { inside = $0 == section; next }
    inside && $0 == "```sh" { code = 1; next }
    $0 == "```" { code = 0 }
    inside && code' README.md
}

# swap PATTERN REPLACEMENT: changes every such place of standard input. That there is none means that the README has other
# commands now, which nobody would run.
swap() {
  local text
  text=$(cat)
  grep -qE -- "$1" <<<"$text" || die "the README has no \"$1\"" "bring ${0##*/} in line with it"
  # Neither has a control character, which can stand between them.
  sed -E -- "s"$'\a'"$1"$'\a'"$2"$'\a' <<<"$text"
}
