# All of the C library that libgcc has to see before there is one: headers, and the source of the start files that go
# into every shared library. It rebuilds libgcc, which is quick, and never the compiler.
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

  # An architecture without its own start files has empty ones.
  postInstall = ''
    mkdir "$out/crt"
    for part in crti crtn; do
      if [ -e "crt/${arch}/$part.s" ]; then
        cp "crt/${arch}/$part.s" "$out/crt/$part.s"
      else
        cp "crt/$part.c" "$out/crt/$part.s"
      fi
    done
  '';

  meta.description = "musl's headers for ${arch}";
}
