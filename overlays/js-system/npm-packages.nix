# The packages of a package-lock.json, unpacked to their places in node_modules. Their install scripts do not run.
{
  stdenv,
  # The archives, and for each its place and what a manifest calls it.
  archives,
  places,
  origins,
}:
stdenv.mkDerivation {
  name = "npm-packages";
  inherit archives places origins;

  phases = [ "installPhase" ];
  installPhase =
    import ../bare-metal/words.nix { inherit stdenv; } + builtins.readFile ./npm-packages.sh;

  meta.description = "Packages of npm, unpacked";
}
