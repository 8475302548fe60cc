# Toolchains of several targets side by side in one prefix: <target>/{bin,lib,include} for each, one share, and in bin the
# programs of all, each also under its second name, <tool prefix>-gcc. It can be copied to another place as a whole.
{
  stdenv,
  name,
  toolchains,
  # One for each toolchain.
  targets,
  # One for each toolchain: its target where programs have no second name.
  toolPrefixes,
}:
stdenv.mkDerivation {
  inherit
    name
    toolchains
    targets
    ;
  prefixes = toolPrefixes;

  phases = [ "installPhase" ];
  installPhase = builtins.readFile ./prefix.sh;

  meta.description = "Cross toolchains in one prefix: ${builtins.concatStringsSep ", " targets}";
}
