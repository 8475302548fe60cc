# Packages of one git repository at one commit, as a directory that cargo takes in the place of the repository.
{
  stdenv,
  # The files at that commit.
  src,
  # The repository's address, and how manifests ask for the commit: branch=NAME, tag=NAME, rev=COMMIT or nothing.
  url,
  references,
  # NAME@VERSION, as Cargo.lock has them.
  packages,
}:
stdenv.mkDerivation {
  name = "git-crates";
  inherit src url packages;
  # One in a line, since one may be empty.
  references = builtins.concatStringsSep "\n" references;

  phases = [ "installPhase" ];
  installPhase = import ./words.nix { inherit stdenv; } + builtins.readFile ./git-crates.sh;

  meta.description = "Packages of ${url} for cargo";
}
