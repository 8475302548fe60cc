# The crates of one Cargo.lock and of the standard library, as a directory that cargo takes in the place of its registry.
{
  stdenv,
  # The archives, as the registry serves them.
  crates,
}:
stdenv.mkDerivation {
  name = "crates";
  inherit crates;

  phases = [ "installPhase" ];
  installPhase = builtins.readFile ./crates.sh;

  meta.description = "Crates, unpacked for cargo";
}
