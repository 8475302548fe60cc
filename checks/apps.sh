# shellcheck shell=bash
# To be sourced. runs_and_formats FOLDER CROSSLOOM NIX…: `nix run` and `nix fmt` of this flake as users call them, with NIX… as
# `nix`. What nixpkgs would build, a stand-in answers for: there, crossloom is the program CROSSLOOM. The seed has to be fetched.
# Makes FOLDER, an absolute path.
runs_and_formats() {
  local folder=$1 program=$2 status=0 system version
  # Nix has no one to ask for the stand-in.
  local NIX_CONFIG="${NIX_CONFIG:-}"$'\nsubstituters ='
  export NIX_CONFIG
  shift 2
  system=$(uname -m)-linux
  mkdir -p "$folder"/{nixpkgs,flake/generator/data} || return
  cp -r overlays/seed "generator/data/seeds/bookworm-$system.json" "$folder/nixpkgs/" || return
  cat >"$folder/nixpkgs/flake.nix" <<EOF || return
{
  outputs = _: {
    legacyPackages.$system.callPackage = _: _: (import ./seed {
      lock = builtins.fromJSON (builtins.readFile ./bookworm-$system.json);
    }).stdenv.mkDerivation {
      name = "crossloom";
      phases = [ "installPhase" ];
      installPhase = ''
        mkdir -p "\$out/bin"
        ln -s '$program' "\$out/bin/crossloom"
      '';
    };
  };
}
EOF
  cp -r flake.nix overlays examples "$folder/flake/" && rm -rf "$folder"/flake/examples/*/.crossloom || return
  cp -r generator/data/seeds "$folder/flake/generator/data/" && cp generator/*.nix generator/run.sh "$folder/flake/generator/" || return
  cd "$folder/flake" || return
  sed -i "s|\"github:NixOS/nixpkgs/[^\"]*\"|\"path:$folder/nixpkgs\"|" flake.nix || return
  grep -q "path:$folder/nixpkgs" flake.nix || return
  "$@" flake lock . || return

  version=$("$@" run . -- --version) || return
  [ "$version" = "$("$program" --version)" ] || return
  version=$("$@" run ".#crossloom" -- --version) || return
  [ "$version" = "$("$program" --version)" ] || return
  # Arguments arrive as they are, and so does how it ended.
  "$@" run . -- format "no such.nix" 2>"$folder/said" || status=$?
  [ "$status" = 2 ] || return
  grep -qF 'cannot read no such.nix' "$folder/said" || return

  mkdir inner && echo '{a=1;}' | tee loose.nix >inner/loose.nix || return
  "$@" fmt loose.nix || return
  printf '{ a = 1; }\n' | cmp - loose.nix || return
  # Of everything that is here.
  "$@" fmt || return
  cmp loose.nix inner/loose.nix
}
