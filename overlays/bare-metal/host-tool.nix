# A program for the build machine, from a package of a cargo workspace. It is compiled apart from kernels, so that no crate
# of theirs is compiled for this machine by accident.
{
  stdenv,
  rust,
  # The unpacked crates.
  crates,
  src,
  package,
}:
stdenv.mkDerivation {
  pname = "host-tool-${package}";
  version = "0";
  inherit src crates package;

  nativeBuildInputs = [ rust ];

  buildPhase = builtins.readFile ./cargo.sh + builtins.readFile ./host-tool.sh;
  dontConfigure = true;
  dontInstall = true;

  meta.description = "The program ${package}";
}
