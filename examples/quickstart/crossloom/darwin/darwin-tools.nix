# What real builds ask of a toolchain for a Mac beside compiling: that no option is dropped without a word, however arguments
# arrive, and that build systems find programs and what they need to build for the build machine on their way.
{
  stdenv,
  cmake,
  file,
  meson,
  ninja,
  pkg-config,
  python3,
  rustc,
  staticMacho,
  toolchain,
  target,
  # `x86_64` or `arm64`
  arch,
  # Version of macOS that the target stands for.
  minimum,
  # Rust's name of the target.
  rust,
  # Whether there is a C++ compiler.
  cxx,
  # Whether crossloom's stubs of macOS' libraries join the SDK.
  stubs,
}:
stdenv.mkDerivation {
  pname = "check-tools-${target}";
  version = toolchain.version or "0";

  nativeBuildInputs = [
    cmake
    file
    meson
    ninja
    pkg-config
    python3
    rustc
    staticMacho
    toolchain
  ];
  sources = ./darwin-tools;
  inherit
    toolchain
    target
    arch
    minimum
    rust
    ;
  cxx = if cxx then "1" else "";
  stubs = if stubs then "1" else "";

  phases = [ "installPhase" ];
  installPhase = builtins.readFile ./darwin-tools.sh;

  meta.description = "Linker, strip and other programs for ${target}, called as build systems call them";
}
