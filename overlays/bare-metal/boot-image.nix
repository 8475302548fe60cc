# A disk image, started by QEMU from its firmware. It works as `boot-kernel` says.
{
  stdenv,
  qemu,
  image,
  # QEMU's own BIOS where there is none.
  ovmf ? null,
  emulator,
  machine,
  serial,
  status,
}:
stdenv.mkDerivation {
  name = "check-boot-${image.name}";
  inherit
    image
    qemu
    emulator
    machine
    status
    ;
  firmware = if ovmf == null then "" else "${ovmf}/OVMF.fd";
  serial = builtins.concatStringsSep "\n" serial;

  phases = [ "installPhase" ];
  installPhase = builtins.readFile ./boot-image.sh + builtins.readFile ./boot.sh;

  meta.description = "${image.name}, booted";
}
