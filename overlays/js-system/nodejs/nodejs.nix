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
  # All parts and libraries.
  parts,
  # `static` or `dynamic`.
  linking,
  # What `process.versions` has to say of some of its parts: `uv=1.53.0`.
  versions,
  # For the manifest of a system: its parts, and their licences.
  components,
  licence,
}:
let
  line = builtins.head (builtins.splitVersion version);
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
  # The object that its code cache is switched on in: TARGET/SOURCE.
  codecache =
    if line == "24" then
      "node_mksnapshot/tools/snapshot/node_mksnapshot"
    else
      "libnode/src/node_snapshotable";
  ${if line == "18" then "padding" else null} = ./snapshot-padding-18.patch;
  # Node.js 18 has none.
  ${if versions == [ ] then null else "versions"} = versions;
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
    + builtins.readFile (./. + "/configure-${line}.sh");
  libraries = "${toolchain}/${target}/lib";
  buildPhase =
    (if line == "24" && isDynamic then builtins.readFile ./dynamic-24.sh else "")
    + builtins.readFile ./link.sh
    + (if line == "24" then builtins.readFile ./link-24.sh else "");
  # The headers are what native addons are compiled with.
  installPhase = ''
    mkdir -p "$out/bin"
    cp node "$out/bin/node"
  ''
  + (
    if isDynamic then
      ''
        cp -r lib-shared "$out/lib"
      ''
      + (
        if line == "24" then
          builtins.readFile ./headers-24.sh
        else
          ''
            HEADERS_ONLY=1 python3 tools/install.py install "$out" /
          ''
      )
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
    origin = "nodejs ${version} with ${components}; musl ${toolchain.musl.version}, libstdc++ and libgcc ${toolchain.libgcc.version}";
    licence = "${licence} AND (GPL-3.0-or-later WITH GCC-exception-3.1)";
  };
  meta.description = "Node.js for ${target}";
}
