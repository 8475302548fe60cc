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
  scope = import ../scope.nix { inherit folder system; };
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
    cases = ./cases;
    configure = folder + "/linux/configure.sh";
    explain = folder + "/linux/explain.c";
    phases = [ "installPhase" ];
    installPhase = builtins.readFile ./cases.sh;
  }
) { })
