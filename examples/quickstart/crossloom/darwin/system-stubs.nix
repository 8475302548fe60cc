# Stubs of libraries and frameworks that every Mac has and the open SDK lacks, made of what names their symbols in public: the
# open headers, and bindings of the `objc2` project, which a program made out of Apple's headers. Names alone: a stub holds
# nothing else. Which macOS brought a symbol is not known from these sources, so a stub has all of them.
{
  stdenv,
  llvmPackages_19,
  stubs,
  # Root of the open SDK.
  sdk,
  # The crate `objc2`: Objective-C's runtime.
  runtime,
  # The crate `libsqlite3-sys`.
  sqlite,
  # Crates of bindings, one for each framework.
  bindings,
  version,
}:
stdenv.mkDerivation {
  pname = "macos-stubs";
  inherit
    version
    sdk
    stubs
    runtime
    sqlite
    bindings
    ;
  clang = llvmPackages_19.clang-unwrapped;
  clangLib = llvmPackages_19.clang-unwrapped.lib or llvmPackages_19.clang-unwrapped;
  names = ./system-stubs;

  phases = [ "installPhase" ];
  installPhase = builtins.readFile ./system-stubs.sh;

  meta.description = "Stubs of macOS' libraries and frameworks, from open sources";
}
