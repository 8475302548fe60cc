# Node.js for a musl target as one static program, put together from its parts, with the module `system` linked in.
{
  stdenv,
  python3,
  src,
  version,
  target,
  toolchain,
  cpu,
  # All parts.
  parts,
}:
stdenv.mkDerivation {
  pname = "nodejs-${target}";
  inherit
    version
    src
    target
    cpu
    ;
  needs = parts;
  module = ./system.c;
  nativeBuildInputs = [
    toolchain
    python3
  ];

  unpackPhase = builtins.readFile ./unpack.sh;
  configurePhase = builtins.readFile ./environment.sh + builtins.readFile ./configure.sh;
  buildPhase = builtins.readFile ./link.sh;
  installPhase = ''
    mkdir -p "$out/bin"
    cp node "$out/bin/node"
  '';
  # The build machine's tools must not touch programs for another machine.
  dontStrip = true;
  dontFixup = true;
  disallowedReferences = [
    toolchain
    python3
  ]
  ++ parts;

  passthru = {
    inherit target;
    # For a system: the program's name, the first process and its library, its memory in MiB under an emulator, and what the
    # boot check types.
    program = "node";
    init = ./init.js;
    library = ./lib;
    memory = "512";
    conversation = ./conversation.sh;
    # For the manifest of a system: the parts of the program, and their licences.
    origin = "nodejs ${version}, musl ${toolchain.musl.version}, libstdc++ and libgcc ${toolchain.libgcc.version}";
    licence = "MIT AND Apache-2.0 AND BSD-3-Clause AND Zlib AND (GPL-3.0-or-later WITH GCC-exception-3.1)";
  };
  meta.description = "Node.js for ${target}";
}
