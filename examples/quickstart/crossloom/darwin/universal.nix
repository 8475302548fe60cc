# How runtime libraries for a Mac are compiled: by clang and LLVM's tools themselves, for one release of macOS and for both
# of a Mac's processors, since one call of clang may compile for both.
#
# Neither the target's wrappers nor its linker take part, so the libraries are the same for both processors and for every
# flavour, and a change of a wrapper rebuilds none of them.
{
  llvmPackages_19,
  # Root of an SDK.
  sdk,
  # LLVM's version.
  version,
  # The release of Darwin, such as `22`.
  darwin,
  # The version of macOS that it is.
  minimum,
}:
let
  inherit (llvmPackages_19) clang-unwrapped lld llvm;
  clangLib = clang-unwrapped.lib or clang-unwrapped;
  flags = "--target=x86_64-apple-darwin${darwin} -mmacos-version-min=${minimum} -isysroot ${sdk} -resource-dir ${clangLib}/lib/clang/${builtins.head (builtins.splitVersion version)}";
in
{
  # To be read at the start of a build phase.
  setup = ''
    # nixpkgs' own environment on a Mac names another SDK.
    unset SDKROOT MACOSX_DEPLOYMENT_TARGET
    export ZERO_AR_DATE=1
    export CLANG="${clang-unwrapped}/bin/clang ${flags}" CLANGXX="${clang-unwrapped}/bin/clang++ ${flags}"
    ar=${llvm}/bin/llvm-ar lipo=${llvm}/bin/llvm-lipo nm=${llvm}/bin/llvm-nm
    lld=${lld}/bin/ld64.lld
  '';
}
