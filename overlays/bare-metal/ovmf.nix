# UEFI firmware for QEMU's machine of a PC, out of Debian's package.
{
  stdenv,
  src,
  version,
}:
stdenv.mkDerivation {
  pname = "ovmf";
  inherit version src;

  phases = [ "installPhase" ];
  installPhase = ''
    ar p "$src" data.tar.xz | tar -xJ ./usr/share/ovmf/OVMF.fd
    mkdir "$out"
    cp usr/share/ovmf/OVMF.fd "$out/"
  '';

  meta.description = "OVMF ${version}";
}
