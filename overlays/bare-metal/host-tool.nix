# A program for the build machine, from a package of a cargo workspace. It is compiled apart from kernels, so that no crate
# of theirs is compiled for this machine by accident.
{
  stdenv,
  rust,
  # The unpacked crates.
  crates,
  src,
  package,
  # Repositories of packages from git.
  git ? [ ],
}:
stdenv.mkDerivation {
  pname = "host-tool-${package}";
  version = "0";
  inherit src crates package;
  # An attribute without a name is left out.
  ${if git == [ ] then null else "git"} = git;

  nativeBuildInputs = [ rust ];

  buildPhase =
    import ./words.nix { inherit stdenv; }
    + builtins.readFile ./cargo.sh
    + (if git == [ ] then "" else builtins.readFile ./git.sh)
    + builtins.readFile ./host-tool.sh;
  dontConfigure = true;
  dontInstall = true;

  meta.description = "The program ${package}";
}
