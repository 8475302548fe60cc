#!/bin/sh
# `nix run .#crossloom`: crossloom as nixpkgs' Rust builds it (package.nix). As a file of the flake, this lets nixpkgs be
# fetched when it is run, and not whenever someone looks at the flake's apps.
set -eu
flake=$(dirname -- "$(dirname -- "$0")")
# Not `nix run`, which would find this again.
exec nix --extra-experimental-features 'nix-command flakes' shell "path:$flake#crossloom" --command crossloom "$@"
