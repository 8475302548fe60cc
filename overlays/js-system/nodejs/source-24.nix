# The source of Node.js 24, complete but for the libraries that it is linked with: Debian's archive, the parts that Debian
# packages by themselves, at the places where Node.js has them, and some of Debian's patches. An archive that recipes unpack in
# the place of the release.
{
  stdenv,
  python3,
  # The release, `nodejs_….orig.tar.xz`.
  src,
  # Package and version, as the lock names them: `nodejs-24.21.0`.
  name,
  # Debian's files for its package, `nodejs_….debian.tar.xz`, and names of its patches to apply and to leave out.
  debian,
  fixes,
  others,
  # Packages of npm, of which some stand in Node.js as one file each.
  acorn,
  acornWalk,
  amaro,
  balancedMatch,
  braceExpansion,
  minimatch,
  undici,
  # What Node.js says of their versions: `acorn=8.18.0`.
  versions,
  # Packages of Python that the build runs.
  gyp,
  jinja,
  markupsafe,
  packaging,
  # A crate with simdutf, which V8 compiles as a part of itself.
  simdutf,
}:
stdenv.mkDerivation {
  name = "${name}-complete.tar.gz";
  inherit
    src
    debian
    fixes
    others
    acorn
    amaro
    minimatch
    undici
    versions
    gyp
    jinja
    markupsafe
    packaging
    simdutf
    ;
  # Variables of a builder have names in small letters.
  acornwalk = acornWalk;
  balancedmatch = balancedMatch;
  braceexpansion = braceExpansion;
  tree = name;
  nativeBuildInputs = [ python3 ];
  bundle = ./bundle.py;

  patchPhase = builtins.readFile ./source-24.sh;
  dontConfigure = true;
  dontBuild = true;
  installPhase = builtins.readFile ../../source/pack.sh;
  dontFixup = true;

  meta.description = "${name} with everything that its build needs, but for libraries";
}
