# The Rust compiler for kernels: rustc, cargo and LLVM's linker, with the standard library's own sources.
# Its packages are pinned by locks of their own, and not by the seed's. So every seed compiles kernels with the same
# compiler, and kernels do not depend on the choice of the seed. Each release is a recipe, so that only its packages are
# fetched.
{
  stdenv,
  version,
  # The LLVM in the compiler, whose linker it takes.
  llvm,
  # The lock of each build system.
  locks,
  # What else is done when it is laid out.
  more ? "",
}:
let
  inherit (stdenv.buildPlatform) system;
  lock = locks.${system} or (throw "there is no pinned rustc ${version} for ${system}");
  packages = import ../seed { lock = builtins.fromJSON (builtins.readFile lock); };
in
stdenv.mkDerivation {
  pname = "rust";
  inherit version;
  inherit (packages) tree;

  phases = [ "installPhase" ];
  installPhase =
    builtins.replaceStrings [ "llvm-19" ] [ "llvm-${llvm}" ] (builtins.readFile ./rust.sh) + more;

  meta.description = "rustc ${version}, cargo, and the standard library's sources";
}
