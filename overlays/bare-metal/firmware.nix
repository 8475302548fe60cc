# Firmware for one of QEMU's machines, out of a package of Debian's.
{
  stdenv,
  src,
  version,
  package,
  # The file's place in the package.
  file,
}:
stdenv.mkDerivation {
  pname = package;
  inherit version src file;

  phases = [ "installPhase" ];
  installPhase = ''
    ar p "$src" data.tar.xz | tar -xJ "./$file"
    mkdir "$out"
    cp "$file" "$out/"
  '';

  passthru.file = baseNameOf file;
  meta.description = "${package} ${version}";
}
