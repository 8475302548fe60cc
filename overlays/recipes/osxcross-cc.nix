# The compiler and tools of osxcross for one Apple target: what darwin-cc.nix lays out, with Apple's own linker, assembler
# and object file tools out of cctools-port. Every program has the name that it has there.
{
  stdenv,
  llvmPackages_19,
  pkg-config,
  cctools,
  sdk,
  version,
  target,
  arch,
  minimum,
  name ? "osxcross-cc-${target}",
  # Apple's linker makes static executables by itself.
  staticMacho ? "",
  compilerRt ? "",
  libraries ? [ ],
}:
import ./darwin-cc.nix {
  inherit
    stdenv
    llvmPackages_19
    pkg-config
    staticMacho
    sdk
    version
    target
    arch
    minimum
    name
    cctools
    compilerRt
    libraries
    ;
}
