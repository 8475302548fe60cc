# musl's headers alone: all of the C library that libgcc has to see, so that a change in musl's code rebuilds no compiler.
{
  stdenv,
  src,
  version,
  # musl's name for the architecture: `x86_64`, `i386`, …
  arch,
}:
stdenv.mkDerivation {
  pname = "musl-headers-${arch}";
  inherit version src;

  dontConfigure = true;
  dontBuild = true;
  makeFlags = [
    "ARCH=${arch}"
    "prefix="
  ];
  installTargets = [ "install-headers" ];
  preInstall = ''
    makeFlagsArray+=("DESTDIR=$out")
  '';

  meta.description = "musl's headers for ${arch}";
}
