# A C compiler and tools for one Apple target: clang, a linker and LLVM's tools under the target's name, Apple's own
# names for what build systems ask, all of them against one SDK.
#
# Called twice for a toolchain: bare, to build the runtime libraries with; then with these, as what a user gets.
{
  stdenv,
  llvmPackages_19,
  pkg-config,
  staticMacho,
  # Root of an SDK.
  sdk,
  # LLVM's version.
  version,
  # `x86_64-apple-darwin22`
  target,
  # `x86_64` or `arm64`
  arch,
  # Version of macOS that the target stands for.
  minimum,
  name ? "darwin-cc-${target}",
  # cctools with Apple's linker, in place of LLVM's.
  cctools ? "",
  # compiler-rt's libraries: the builtins, and those of instrumented programs.
  compilerRt ? [ ],
  # Stubs of macOS' own libraries and frameworks, for an SDK that lacks them.
  systemStubs ? "",
  # libc++'s headers and static libraries.
  libcxx ? "",
  # The stub of macOS' own libc++.
  libcxxStub ? "",
  # Which of the two a program gets: `system` or `static`.
  cxxDefault ? "system",
  # Apple's Mach interface generator for the target.
  mig ? "",
}:
let
  inherit (llvmPackages_19) clang-unwrapped lld llvm;
  major = builtins.head (builtins.match ".*-darwin([0-9]+)" target);
in
stdenv.mkDerivation {
  pname = name;
  inherit
    version
    target
    arch
    minimum
    cctools
    compilerRt
    systemStubs
    libcxx
    libcxxStub
    cxxDefault
    staticMacho
    ;
  baseSdk = sdk;
  clang = clang-unwrapped;
  clangLib = clang-unwrapped.lib or clang-unwrapped;
  inherit lld llvm;
  pkgConfig = pkg-config;
  shell = stdenv.shell;
  build = "${major}A1";
  darwin = major;
  targetVariable = builtins.replaceStrings [ "-" ] [ "_" ] target;
  scripts = ./bin;
  share = ./share;
  # The same as for other targets.
  pkgConfigScript = ../shell/bin/pkg-config.sh;
  nativeCmake = ../shell/share/native.cmake;

  phases = [ "installPhase" ];
  installPhase =
    builtins.readFile ./toolchain.sh
    + (
      if mig == "" then
        ""
      else
        ''

          ln -s "${mig}/bin/mig" "$out/bin/$target-mig"
          ln -s "${mig}/bin/mig" "$out/libexec/apple/mig"
        ''
    );

  passthru = {
    inherit target arch minimum;
    isLlvm = cctools == "";
  };
  meta.description = "Cross compiler for ${target}";
}
