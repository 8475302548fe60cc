# crossloom itself, by nixpkgs' rustc: the seed's, 1.85, is older than the language that crossloom is written in. The crates
# are fixed outputs by the checksums of Cargo.lock, and cargo builds offline.
{
  lib,
  stdenv,
  rustPlatform,
  installShellFiles,
}:
rustPlatform.buildRustPackage {
  pname = "crossloom";
  inherit ((builtins.fromTOML (builtins.readFile ../Cargo.toml)).workspace.package) version;
  src = ../.;
  cargoLock.lockFile = ../Cargo.lock;
  cargoBuildFlags = [ "--package=crossloom" ];
  # Tests drive Nix itself, which a sandbox has not.
  doCheck = false;
  nativeBuildInputs = [ installShellFiles ];
  postInstall = lib.optionalString (stdenv.buildPlatform.canExecute stdenv.hostPlatform) ''
    "$out/bin/crossloom" man --output manual
    installManPage manual/*
    for shell in bash fish zsh; do
      "$out/bin/crossloom" completions "$shell" > "crossloom.$shell"
      installShellCompletion --cmd crossloom --"$shell" "crossloom.$shell"
    done
  '';
  meta = {
    description = "Reads a target matrix and emits Nix derivations for cross toolchains";
    mainProgram = "crossloom";
  };
}
