# The packages of a package-lock.json, unpacked to their places in node_modules. Their install scripts do not run.
{
  stdenv,
  # The archives, and for each its place and what a manifest calls it.
  archives,
  places,
  origins,
  # Places of packages that another one can do without.
  optional,
  # How to treat packages with native code: `refuse` them, or `keep` their sources for the recipe that compiles them.
  native,
}:
stdenv.mkDerivation {
  name = "npm-packages";
  inherit
    archives
    places
    origins
    optional
    native
    ;

  phases = [ "installPhase" ];
  installPhase =
    import ../bare-metal/words.nix { inherit stdenv; }
    + builtins.readFile ./licence.sh
    + builtins.readFile ./npm-packages.sh;

  meta.description = "Packages of npm, unpacked";
}
