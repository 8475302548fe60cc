# The writer of disk images, a program for the build machine.
{
  stdenv,
  rust,
  crates,
}:
import ./host-tool.nix {
  inherit stdenv rust crates;
  src = ./disk-image;
  package = "disk-image";
}
