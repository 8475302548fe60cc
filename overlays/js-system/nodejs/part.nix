# A part of Node.js' build: the files that one run of make adds to the tree. Parts are nodes of their own, so that a build that
# stops has not lost what came before. Each part unpacks the source, lays the parts that it needs over it, and makes its own.
{
  stdenv,
  python3,
  src,
  version,
  # The triple, a toolchain for it, and V8's name of the processor.
  target,
  toolchain,
  cpu,
  name,
  # The parts that it needs. Without one, this is the first part, and configures.
  needs,
  # What it makes: paths below `out/Release`.
  goals,
  # Names of gyp's targets of which it makes objects, and which: `2/3` is every third object, from the second.
  objects,
  # Files of the source: the headers that they include are compiled once, and every one of these objects begins with them.
  precompiled ? [ ],
}:
let
  hasPrecompiled = precompiled != [ ];
in
stdenv.mkDerivation {
  pname = "nodejs-${name}-${target}";
  inherit
    version
    src
    target
    cpu
    needs
    goals
    objects
    ;
  ${if hasPrecompiled then "precompiled" else null} = precompiled;
  nativeBuildInputs = [
    toolchain
    python3
  ];

  unpackPhase = builtins.readFile ./unpack.sh;
  configurePhase =
    import ../../bare-metal/words.nix { inherit stdenv; }
    + builtins.readFile ./environment.sh
    + (if cpu == "ia32" then builtins.readFile ./ia32.sh else "")
    + builtins.readFile (./. + "/configure-${builtins.head (builtins.splitVersion version)}.sh");
  buildPhase =
    (if hasPrecompiled then builtins.readFile ./precompiled.sh else "") + builtins.readFile ./part.sh;
  installPhase = ''
    mkdir "$out"
    added >"$NIX_BUILD_TOP/added"
    tar -cf - -T "$NIX_BUILD_TOP/added" | tar -xf - -C "$out"
  '';
  dontFixup = true;

  meta.description = "Part ${name} of Node.js for ${target}";
}
