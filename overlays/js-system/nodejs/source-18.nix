# Node.js' source, complete: Debian's archive, the parts that Debian packages by themselves, at the places where Node.js has
# them, and Debian's security fixes. An archive that recipes unpack in the place of the release.
{
  stdenv,
  python3,
  # The release, `nodejs_….orig.tar.xz`.
  src,
  # Package and version, as the lock names them: `nodejs-18.20.4`.
  name,
  # A second archive of the same release, and Debian's files for its package, `nodejs_….debian.tar.xz`.
  ada,
  debian,
  # Names of Debian's patches to apply, in the order of its `series`, and to leave out.
  fixes,
  others,
  brotli,
  # Archives of npm.
  undici,
  undiciVersion,
  busboy,
  acorn,
  acornWalk,
  cjsModuleLexer,
}:
stdenv.mkDerivation {
  name = "${name}-complete.tar.gz";
  inherit
    src
    ada
    debian
    fixes
    others
    brotli
    undici
    undiciVersion
    busboy
    acorn
    acornWalk
    cjsModuleLexer
    ;
  tree = name;
  nativeBuildInputs = [ python3 ];
  bundle = ./bundle.py;
  strictVersion = ./strict-version.py;
  brotliGyp = ./brotli.gyp;
  snapshot = ./snapshot-18.patch;

  patchPhase = builtins.readFile ./source.sh + builtins.readFile ./source-18.sh;
  dontConfigure = true;
  dontBuild = true;
  installPhase = builtins.readFile ../../source/pack.sh;
  dontFixup = true;

  meta.description = "${name} with everything that its build needs";
}
