# QuickJS-ng for a musl target as one static program, with the module `qjs:system`.
{
  stdenv,
  src,
  version,
  # The triple, and a toolchain for it.
  target,
  toolchain,
}:
stdenv.mkDerivation {
  pname = "quickjs-ng-${target}";
  inherit version src target;

  patches = [
    ./quickjs-ng-poll.patch
    ./quickjs-ng-system.patch
  ];
  nativeBuildInputs = [ toolchain ];
  module = ./system.c;
  header = ./system.h;
  options = ./mount-options.h;
  prelude = ./prelude.js;

  # Upstream's CMakeLists.txt builds tests and a compiler, too; these are the files and flags of its program `qjs`.
  buildPhase = builtins.readFile ./quickjs-ng.sh;
  installPhase = ''
    mkdir -p "$out/bin"
    cp qjs "$out/bin/qjs"
  '';
  # The build machine's tools must not touch programs for another machine.
  dontConfigure = true;
  dontStrip = true;
  dontFixup = true;

  passthru = {
    inherit target;
    # For a system: its memory in MiB under an emulator, and what the boot check types.
    memory = "256";
    conversation = ./conversation.sh;
    # For the manifest of a system: the parts of the program, and their licences.
    origin = "quickjs-ng ${version}, musl ${toolchain.musl.version} and libgcc ${toolchain.libgcc.version}";
    licence = "MIT AND (GPL-3.0-or-later WITH GCC-exception-3.1)";
  };
  meta.description = "JavaScript runtime for ${target}";
}
