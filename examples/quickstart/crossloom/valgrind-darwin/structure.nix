# Every Mach-O file of a Valgrind for macOS, looked at without a Mac: load commands and what they point at, symbols that
# are in no library of the SDK, the minimum OS, and what makes the tools' executables static.
{
  stdenv,
  staticMacho,
  valgrind,
  sdk,
  target,
  # The macOS that programs and libraries say they need: "10.8".
  minimum,
}:
stdenv.mkDerivation {
  pname = "check-structure-${target}";
  version = valgrind.version or "0";

  nativeBuildInputs = [ staticMacho ];
  inherit
    valgrind
    sdk
    target
    minimum
    ;
  tools = "cachegrind callgrind dhat drd exp-bbv helgrind lackey massif memcheck none";
  preloads = "core dhat drd helgrind massif memcheck";
  programs = "bin/valgrind bin/valgrind-di-server bin/valgrind-listener bin/vgdb libexec/valgrind/getoff-amd64-darwin";

  phases = [ "installPhase" ];
  installPhase = builtins.readFile ./structure.sh;

  meta.description = "Mach-O files of Valgrind for ${target}, checked";
}
