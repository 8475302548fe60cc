#!/bin/sh
# `nix run .#crossloom`: crossloom as nixpkgs' Rust builds it (package.nix). As a file of the flake, this lets nixpkgs be
# fetched when it is run, and not whenever someone looks at the flake's apps.
set -eu
flake=$(dirname -- "$(dirname -- "$0")")
# `crossloom nix` has Nix build everything itself, which is not meant for nixpkgs' compilers.
NIX_CONFIG=$(printf '%s\n' "${NIX_CONFIG-}" | sed '/^substitute = false$/d')
export NIX_CONFIG
# Not `nix run`, which would find this again. Options of the command that runs this, as another input's, don't reach it.
exec nix --extra-experimental-features 'nix-command flakes' shell "path:$flake#crossloom" --command crossloom "$@"
