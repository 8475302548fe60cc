# Programs for a Mac, built by autotools, by CMake and by Meson with one toolchain, and by hand for both processors at
# once. No Mac runs them here: their structure is checked, and what they import is looked up in the SDK.
{
  stdenv,
  file,
  autoconf,
  automake,
  cmake,
  libtool,
  meson,
  ninja,
  pkg-config,
  python3,
  staticMacho,
  toolchain,
  target,
  # `x86_64` or `arm64`
  arch,
  # Version of macOS that the target stands for.
  minimum,
  # Whether there is a C++ compiler.
  cxx,
}:
stdenv.mkDerivation {
  pname = "check-programs-${target}";
  version = toolchain.version or "0";

  nativeBuildInputs = [
    autoconf
    automake
    cmake
    file
    libtool
    meson
    ninja
    pkg-config
    python3
    staticMacho
    toolchain
  ];
  programs = ./darwin-programs;
  inherit
    toolchain
    target
    arch
    minimum
    ;
  cxx = if cxx then "1" else "";

  phases = [ "installPhase" ];
  installPhase = builtins.readFile ./darwin-programs.sh;

  meta.description = "Programs for ${target}, built by three build systems and checked";
}
