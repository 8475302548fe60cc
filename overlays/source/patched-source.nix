# A release with the user's patches, as an archive that recipes unpack in the place of the release.
{
  stdenv,
  src,
  # Package and version, as the lock names them: `musl-1.2.5-mine`.
  name,
  # Applied in this order.
  patches,
}:
stdenv.mkDerivation {
  name = "${name}.tar.gz";
  inherit src patches;
  tree = name;

  # Debian's archive of GCC holds another one.
  inherit (import ../musl-gcc/gcc-archive.nix) postUnpack;

  patchPhase = builtins.readFile ./apply.sh;
  dontConfigure = true;
  dontBuild = true;
  installPhase = builtins.readFile ./pack.sh;
  dontFixup = true;

  meta.description = "${name}, patched";
}
