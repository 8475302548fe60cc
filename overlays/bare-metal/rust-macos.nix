# The Rust compiler for kernels on macOS: the release's own archives, with the standard library's sources that Linux takes. It
# looks like the compiler of `rust.nix`, so that other recipes need not know on what machine they build.
{
  stdenv,
  llvmPackages_19,
  version,
  # The build machine, as rustc calls it.
  triple,
  # The release's archives of one component each: the compiler, cargo, the build machine's standard library.
  rustc,
  cargo,
  standard,
  # Debian's package of the standard library's sources.
  sources,
}:
stdenv.mkDerivation {
  pname = "rust";
  inherit
    version
    triple
    rustc
    cargo
    standard
    sources
    ;
  inherit (llvmPackages_19) llvm;
  inherit (stdenv) cc shell;

  phases = [ "installPhase" ];
  installPhase = builtins.readFile ./rust-macos.sh;

  meta.description = "rustc ${version}, cargo, and the standard library's sources";
}
