# What a kernel's configuration says of symbols that it does not grant: the recipe's own script and program, on the Kconfig
# files of a kernel that a rendered folder has.
{
  # A rendered folder `crossloom`.
  folder,
  system,
  # The kernel's node in it.
  node,
}:
let
  scope = import ./scope.nix { inherit folder system; };
  kernel = (import folder { }).legacyPackages.${system}.${node};
in
(scope.callPackage (
  {
    stdenv,
    bison,
    flex,
  }:
  stdenv.mkDerivation {
    pname = "kernel-explain";
    inherit (kernel) version src;
    nativeBuildInputs = [
      bison
      flex
    ];
    cases = ./kernel-explain;
    configure = folder + "/kernel/configure.sh";
    explain = folder + "/kernel/explain.c";
    phases = [ "installPhase" ];
    installPhase = builtins.readFile ./kernel-explain-cases.sh;
  }
) { })
