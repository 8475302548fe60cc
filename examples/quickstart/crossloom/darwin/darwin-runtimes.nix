# What instrumented programs for macOS are linked with, out of compiler-rt: the library that writes profiles, for coverage, and
# the one of UBSan.
{
  stdenv,
  llvmPackages_19,
  src,
  version,
  # Root of an SDK.
  sdk,
  # The release of Darwin, such as `22`, and the version of macOS that it is.
  darwin,
  minimum,
  # LLVM's C++ library, and the stub of macOS' own.
  libcxx,
  libcxxStub,
}:
let
  universal = import ./universal.nix {
    inherit
      llvmPackages_19
      sdk
      version
      darwin
      minimum
      ;
  };
in
stdenv.mkDerivation {
  pname = "compiler-rt-runtimes-darwin${darwin}";
  inherit
    version
    src
    sdk
    libcxx
    libcxxStub
    darwin
    minimum
    ;
  # Headers that the open SDK lacks.
  compat = ./runtimes;
  inherit (universal) setup;

  unpackPhase = ''
    mkdir source
    tar -xf "$src" -C source --strip-components=1 --no-same-owner --wildcards '*/compiler-rt/include' \
      '*/compiler-rt/lib/profile' '*/compiler-rt/lib/ubsan' '*/compiler-rt/lib/sanitizer_common' \
      '*/compiler-rt/lib/interception'
    sourceRoot=source/compiler-rt/lib
  '';

  dontConfigure = true;
  buildPhase = builtins.readFile ./darwin-runtimes.sh;
  installPhase = ''
    mkdir -p "$out/lib/darwin"
    cp libclang_rt.* "$out/lib/darwin/"
  '';
  dontFixup = true;

  meta.description = "compiler-rt's libraries of instrumented programs for Darwin ${darwin}";
}
