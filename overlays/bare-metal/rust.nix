# The Rust compiler for kernels: rustc, cargo and LLVM's linker, with the standard library's own sources.
# Its packages are pinned by locks of their own, and not by the seed's. So every seed compiles kernels with the same
# compiler, and kernels do not depend on the choice of the seed.
{
  stdenv,
  version,
}:
let
  inherit (stdenv.buildPlatform) system;
  locks = {
    "1.85.0" = {
      x86_64-linux = ./rust/1.85.0-x86_64-linux.json;
      aarch64-linux = ./rust/1.85.0-aarch64-linux.json;
    };
  };
  lock = locks.${version}.${system} or (throw "there is no pinned rustc ${version} for ${system}");
  packages = import ../seed { lock = builtins.fromJSON (builtins.readFile lock); };
in
stdenv.mkDerivation {
  pname = "rust";
  inherit version;
  inherit (packages) tree;

  phases = [ "installPhase" ];
  installPhase = builtins.readFile ./rust.sh;

  meta.description = "rustc ${version}, cargo, and the standard library's sources";
}
