# What macOS' dynamic linker would find for every file of a Valgrind that it loads: the launcher and the other programs that
# it starts, and the libraries that Valgrind puts into its clients.
{
  stdenv,
  python3,
  valgrind,
  sdk,
  target,
}:
stdenv.mkDerivation {
  pname = "check-dyld-${target}";
  version = valgrind.version or "0";

  nativeBuildInputs = [ python3 ];
  resolver = ../darwin/dyld.py;
  inherit valgrind sdk target;

  phases = [ "installPhase" ];
  installPhase = builtins.readFile ./dyld.sh;

  meta.description = "Symbols of Valgrind for ${target}, resolved as dyld does";
}
