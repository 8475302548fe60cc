# Node.js for a musl target, put together from its parts, with the module `system` linked in: one static program, or one that
# loads musl, libstdc++ and native addons.
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
  # `static` or `dynamic`.
  linking,
}:
let
  isDynamic = linking == "dynamic";
in
stdenv.mkDerivation {
  pname = "nodejs-${if isDynamic then "dynamic-" else ""}${target}";
  inherit
    version
    src
    target
    cpu
    linking
    ;
  needs = parts;
  module = ./system.c;
  mount = ../mount-options.h;
  nativeBuildInputs = [
    toolchain
    python3
  ];

  unpackPhase = builtins.readFile ./unpack.sh;
  configurePhase =
    import ../../bare-metal/words.nix { inherit stdenv; }
    + builtins.readFile ./environment.sh
    + (if cpu == "ia32" then builtins.readFile ./ia32.sh else "")
    + builtins.readFile ./configure.sh;
  libraries = "${toolchain}/${target}/lib";
  buildPhase = builtins.readFile ./link.sh;
  # The headers are what native addons are compiled with.
  installPhase = ''
    mkdir -p "$out/bin"
    cp node "$out/bin/node"
  ''
  + (
    if isDynamic then
      ''
        cp -r lib-shared "$out/lib"
        HEADERS_ONLY=1 python3 tools/install.py install "$out" /
      ''
    else
      ""
  );
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
    origin = "nodejs ${version} with Debian's fixes, brotli, undici, busboy, acorn, acorn-walk, cjs-module-lexer and ada; musl ${toolchain.musl.version}, libstdc++ and libgcc ${toolchain.libgcc.version}";
    licence = "MIT AND Apache-2.0 AND BSD-2-Clause AND BSD-3-Clause AND ISC AND MPL-2.0 AND Zlib AND (GPL-3.0-or-later WITH GCC-exception-3.1)";
  };
  meta.description = "Node.js for ${target}";
}
