# A job of Hydra's that is done when all of its constituents are: what nixpkgs' releaseTools.aggregate makes, of
# nothing that the seed lacks.
{
  stdenv,
  name,
  constituents,
}:
stdenv.mkDerivation {
  inherit name constituents;
  _hydraAggregate = true;
  preferLocalBuild = true;

  phases = [ "installPhase" ];
  installPhase = ''
    mkdir -p "$out/nix-support"
    printf '%s\n' $constituents > "$out/nix-support/hydra-aggregate-constituents"
  '';
}
