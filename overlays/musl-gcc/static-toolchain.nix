# A toolchain whose own programs are static, see host.nix. Everything for the target is another toolchain's, file by file: the
# libraries were built once, and both toolchains make the same programs.
{
  stdenv,
  # The programs.
  binutils,
  gcc,
  # The toolchain that has the libraries.
  toolchain,
  name,
  version,
  target,
}:
stdenv.mkDerivation {
  pname = "static-${name}";
  inherit
    version
    binutils
    gcc
    toolchain
    target
    ;
  mallocspecs = ./malloc/specs.awk;
  staticpie = ./static-pie.awk;

  phases = [ "installPhase" ];
  installPhase = builtins.readFile ./static-toolchain.sh;

  meta.description = "Cross toolchain for ${target} with static programs";
}
