# A release of musl with the security fixes that Debian publishes for it, as an archive that recipes unpack in the place of
# the release. The fixes come out of Debian's own archive: no patch is copied into this tree.
{
  stdenv,
  # The release.
  src,
  # Package and version, as the lock names them: `musl-1.2.5`.
  name,
  # Debian's files for its package of musl, `musl_….debian.tar.xz`.
  debian,
  # Names of the patches to apply. They are applied in the order of Debian's `series`.
  fixes,
  # Names of the patches to leave out: they are in the release, or are no security fixes.
  others,
}:
stdenv.mkDerivation {
  name = "${name}-fixed.tar.gz";
  inherit
    src
    debian
    fixes
    others
    ;
  tree = name;

  patchPhase = builtins.readFile ./musl-source.sh;
  dontConfigure = true;
  dontBuild = true;
  installPhase = builtins.readFile ../source/pack.sh;
  dontFixup = true;

  meta.description = "${name} with Debian's security fixes";
}
