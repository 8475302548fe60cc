# Packages of npm whose native addons are compiled for a Node.js that loads them, as node-gyp would: gyp reads the package's
# binding.gyp, and make builds what it describes.
{
  stdenv,
  python3,
  # Packages with their sources, and the list `native` of the folders to compile in.
  packages,
  # Places of packages that another one can do without.
  optional,
  # Node.js' source, for gyp.
  src,
  # The Node.js that loads them, here as a test; and a static one, which scripts in a binding.gyp run.
  runtime,
  interpreter,
  target,
  toolchain,
}:
stdenv.mkDerivation {
  name = "npm-packages-${target}";
  inherit
    packages
    src
    runtime
    target
    optional
    ;
  nativeBuildInputs = [
    toolchain
    python3
    interpreter
  ];
  settings = ./addon.gypi;

  phases = [ "buildPhase" ];
  buildPhase = builtins.readFile ./addons.sh;
  dontFixup = true;
  disallowedReferences = [
    toolchain
    python3
    interpreter
    runtime
    packages
    src
  ];

  meta.description = "Packages of npm with native addons for ${target}";
}
